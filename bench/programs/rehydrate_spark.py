"""Copies the rows of a table version that Spark reads into Parquet files: by Spark itself, or collected in Python.

Usage: rehydrate_spark.py JARS write|collect TABLE VERSION OUT     (JARS: the folder with Delta's)
"""

import os
import sys

import pyarrow.parquet
from spark_with_delta import session

jars, how, table, version, out = sys.argv[1:]
spark = session(jars)
rows = spark.read.format("delta").option("versionAsOf", int(version)).load(table)
if how == "write":
    rows.write.option("compression", "zstd").parquet(out)
else:
    os.makedirs(out)
    target = os.path.join(out, "part-0.parquet")
    pyarrow.parquet.write_table(rows.toArrow(), target, compression="zstd")
spark.stop()
