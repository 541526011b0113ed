"""What Spark says of all versions and moments of a table, at once."""

from datetime import UTC, datetime

import spark as generate

# Without them Delta does not even read a table whose columns are mapped by id.
field_ids = "spark.sql.parquet.fieldId.write.enabled"


def truth(spark, path, moments_beside):
    """For each version its rows and schema or the class of Spark's error; for moments the version that Spark takes."""
    spark.conf.set(field_ids, "true")
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    commits = spark.sql(f"DESCRIBE HISTORY delta.`{path}`").collect()
    history = [
        {
            **commit.asDict(recursive=True),
            "timestamp": commit.timestamp.isoformat(timespec="milliseconds") + "Z",
        }
        for commit in commits
    ]
    versions = [version_of(spark, path, commit.version) for commit in reversed(commits)]
    times = {round(commit.timestamp.timestamp() * 1000) for commit in commits}
    moments = [
        {"millis": millis, "version": at_moment(spark, path, millis)}
        for millis in sorted({time + beside for time in times for beside in moments_beside})
    ]
    return {"history": history, "versions": versions, "moments": moments}


def version_of(spark, path, version):
    try:
        frame = spark.read.format("delta").option("versionAsOf", version).load(path)
        return {
            "version": version,
            "schema": frame.schema.jsonValue(),
            "lines": generate.rows_of(frame),
        }
    except Exception as error:  # noqa: BLE001
        return {"version": version, "error": condition_of(error)}


def at_moment(spark, path, millis):
    text = datetime.fromtimestamp(millis / 1000, UTC).isoformat(" ", "milliseconds").split("+")[0]
    try:
        frame = spark.read.format("delta").option("timestampAsOf", text).load(path)
        return snapshot_of(frame).version()
    except Exception as error:  # noqa: BLE001
        return condition_of(error)


def condition_of(error):
    return getattr(error, "getCondition", lambda: None)() or str(error)[:500]


def snapshot_of(frame):
    """Delta's own, of which the public API tells nothing."""
    relation = frame._jdf.queryExecution().analyzed().collectLeaves().head().relation()
    return relation.location().getSnapshot()


def describe(spark, path):
    """A table at its latest version."""
    before = spark.conf.get(field_ids)
    spark.conf.set(field_ids, "true")
    try:
        return described(spark, path)
    finally:
        spark.conf.set(field_ids, before)


def described(spark, path):
    frame = spark.read.format("delta").load(path)
    snapshot = snapshot_of(frame)
    as_java = spark._jvm.scala.jdk.javaapi.CollectionConverters.asJava
    metadata = snapshot.metadata()
    return {
        "version": snapshot.version(),
        "schema": metadata.schemaString(),
        "partitionColumns": list(as_java(metadata.partitionColumns())),
        "properties": dict(as_java(metadata.configuration())),
    }
