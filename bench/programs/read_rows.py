"""Reads all rows of a table at its latest version, batch after batch.

Usage: read_rows.py TABLE
"""

import json
import sys
import time

from deltalake import DeltaTable, QueryBuilder

begun = time.perf_counter()
query = QueryBuilder().register("t", DeltaTable(sys.argv[1]))
rows = sum(batch.num_rows for batch in query.execute("SELECT * FROM t"))
print(json.dumps({"insideMs": (time.perf_counter() - begun) * 1000, "rows": rows}))
