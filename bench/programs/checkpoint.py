"""Writes checkpoints of a table.

Usage: checkpoint.py TABLE VERSION...
"""

import sys

from deltalake import DeltaTable

for version in sys.argv[2:]:
    DeltaTable(sys.argv[1], version=int(version)).create_checkpoint()
