"""Opens a table at a version, or at its latest, with all its files.

Usage: open_table.py TABLE [VERSION]
"""

import json
import sys
import time

from deltalake import DeltaTable

begun = time.perf_counter()
table = DeltaTable(sys.argv[1], version=int(sys.argv[2]) if len(sys.argv) > 2 else None)
files = table.get_add_actions().num_rows
print(json.dumps({"insideMs": (time.perf_counter() - begun) * 1000, "version": table.version(), "files": files}))
