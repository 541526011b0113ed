"""Opens a table at its latest with all its files, in Spark: a second time, which alone counts.

Usage: open_table_spark.py JARS TABLE     (JARS: the folder with Delta's)
"""

import glob
import json
import os
import sys
import time

from pyspark.sql import DataFrame, SparkSession

jars, path = sys.argv[1:]
spark = (
    SparkSession.builder.master("local[2]")
    .config("spark.ui.enabled", "false")
    .config("spark.driver.memory", "3g")
    .config("spark.jars", ",".join(glob.glob(os.path.join(jars, "*.jar"))))
    .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
    .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
    .getOrCreate()
)
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
