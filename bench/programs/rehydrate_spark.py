"""Copies the rows of a table version that Spark reads into Parquet files: by Spark itself, or collected in Python.

Usage: rehydrate_spark.py JARS write|collect TABLE VERSION OUT     (JARS: the folder with Delta's)
"""

import glob
import os
import sys

import pyarrow.parquet
from pyspark.sql import SparkSession

jars, how, table, version, out = sys.argv[1:]
spark = (
    SparkSession.builder.master("local[2]")
    .config("spark.ui.enabled", "false")
    .config("spark.driver.memory", "3g")
    .config("spark.driver.maxResultSize", "0")
    .config("spark.jars", ",".join(glob.glob(os.path.join(jars, "*.jar"))))
    .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
    .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
    .getOrCreate()
)
rows = spark.read.format("delta").option("versionAsOf", int(version)).load(table)
if how == "write":
    rows.write.option("compression", "zstd").parquet(out)
else:
    os.makedirs(out)
    target = os.path.join(out, "part-0.parquet")
    pyarrow.parquet.write_table(rows.toArrow(), target, compression="zstd")
spark.stop()
