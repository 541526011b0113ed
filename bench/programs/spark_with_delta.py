"""A local Spark that knows Delta, for the programs of this folder."""

import glob
import os

from pyspark.sql import SparkSession


def session(jars):
    """jars: the folder with Delta's."""
    return (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.memory", "3g")
        .config("spark.driver.maxResultSize", "0")
        .config("spark.jars", ",".join(glob.glob(os.path.join(jars, "*.jar"))))
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
        .getOrCreate()
    )
