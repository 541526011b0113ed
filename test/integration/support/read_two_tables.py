"""A training on two tables: says what it found in both at the versions that it was given.

Usage: read_two_tables.py METRICS_FILE
"""

import json
import os
import sys

from deltalake import DeltaTable, QueryBuilder


def last_row(alias):
    version = int(os.environ[f"ASOF_{alias}_VERSION"])
    table = DeltaTable(os.environ[f"ASOF_{alias}_PATH"], version=version)
    # Not to_pyarrow_table: in a program as short as this, deltalake 1.6 at times aborts after it, at the very end.
    rows = QueryBuilder().register("rows", table).execute("SELECT max(n) FROM rows").read_all()
    return rows.column(0)[0].as_py()


with open(sys.argv[1], "w", encoding="utf-8") as file:
    json.dump({"first": last_row("FIRST"), "second": last_row("SECOND")}, file)
