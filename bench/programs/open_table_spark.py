"""Opens a table at its latest with all its files, in Spark: a second time, which alone counts.

Usage: open_table_spark.py JARS TABLE     (JARS: the folder with Delta's)
"""

import json
import sys
import time

from pyspark.sql import DataFrame
from spark_with_delta import session

jars, path = sys.argv[1:]
spark = session(jars)
logs = spark._jvm.org.apache.spark.sql.delta.DeltaLog
none = spark._jvm.scala.Option.empty()


def opened():
    snapshot = logs.forTable(spark._jsparkSession, path).update(False, none, none)
    # A count alone would be taken from statistics.
    files = DataFrame(snapshot.allFiles().toDF(), spark).selectExpr("count(path)", "max(stats)")
    return snapshot.version(), files.collect()[0][0]


opened()
logs.clearCache()
begun = time.perf_counter()
version, files = opened()
print(json.dumps({"insideMs": (time.perf_counter() - begun) * 1000, "version": version, "files": files}))
spark.stop()
