"""A Spark with Delta that does what it is asked, one JSON object a line, and answers each with one line.

Usage: spark_worker.py IVY_FOLDER     (where Spark keeps the jars that it downloads)
"""

import json
import os
import sys

# Spark, Java and MLflow write to the standard output too; the answers have a way of their own.
answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)

root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.path.insert(0, os.path.join(root, "fixtures", "delta-tables", "generate"))
import spark as generate  # noqa: E402

spark = generate.session(
    {
        "spark.jars.packages": "io.delta:delta-spark_4.2_2.13:4.4.0",
        # Delta's own jars are enough: whatever else they ask for comes with Spark, in its own version.
        "spark.jars.excludes": "org.*:*,com.*:*,commons-*:*,javax.*:*,io.airlift:*",
        "spark.jars.ivy": sys.argv[1],
        "spark.sql.warehouse.dir": os.path.join(os.getcwd(), "warehouse"),
        "spark.sql.catalogImplementation": "in-memory",
        # Otherwise VACUUM and CONVERT list folders with ten thousand tasks.
        "spark.sql.sources.parallelPartitionDiscovery.parallelism": "2",
    }
)


def sql(text):
    return [row.asDict(recursive=True) for row in spark.sql(text).collect()]


def rows(path, format="delta", **options):
    frame = spark.read.format(format).options(**options).load(path)
    return {"schema": frame.schema.jsonValue(), "lines": generate.rows_of(frame)}


def history(path):
    commits = spark.sql(f"DESCRIBE HISTORY delta.`{path}`").collect()
    return [
        {
            **commit.asDict(recursive=True),
            "timestamp": commit.timestamp.isoformat(timespec="milliseconds") + "Z",
        }
        for commit in commits
    ]


def python(code):
    """Runs a program that finds `spark`, and answers what it leaves in `result`."""
    names = {"spark": spark, "rows_of": generate.rows_of}
    exec(code, names)  # noqa: S102
    return names.get("result")


def failure(error):
    condition = getattr(error, "getCondition", lambda: None)()
    return {"condition": condition, "message": str(error)}


work = {"sql": sql, "rows": rows, "history": history, "python": python}
print(json.dumps({"result": spark.version}), file=answers, flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    try:
        answer = {"result": work[asked.pop("do")](**asked)}
    except Exception as error:  # noqa: BLE001
        answer = {"error": failure(error)}
    print(json.dumps(answer, default=str), file=answers, flush=True)
spark.stop()
