"""Opens a table at its latest with all its files, in Spark; its own start and a small query before it do not count.

Usage: open_table_spark.py JARS TABLE     (JARS: the folder with Delta's)
"""

import glob
import json
import os
import sys
import time

from pyspark.sql import SparkSession

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
spark.range(10).groupBy().count().collect()
begun = time.perf_counter()
log = spark._jvm.org.apache.spark.sql.delta.DeltaLog.forTable(spark._jsparkSession, path)
snapshot = log.update(False, spark._jvm.scala.Option.empty(), spark._jvm.scala.Option.empty())
# A count alone would be taken from statistics.
files = snapshot.allFiles().toDF().selectExpr("count(path)", "max(stats)").collect()[0][0]
print(json.dumps({"insideMs": (time.perf_counter() - begun) * 1000, "version": snapshot.version(), "files": files}))
spark.stop()
