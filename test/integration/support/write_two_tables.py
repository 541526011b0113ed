"""Appends to two tables in turn, always to the first before the second, until its input ends.

Usage: write_two_tables.py FIRST SECOND PAUSE    Version n of either table has the rows 0 to n. PAUSE: seconds between two commits.
"""

import select
import sys
import time

import pyarrow
from deltalake import write_deltalake

first, second, pause = sys.argv[1], sys.argv[2], float(sys.argv[3])


def append(path, n):
    write_deltalake(path, pyarrow.table({"n": [n]}), mode="append")


n = 0
append(first, n)
append(second, n)
print("begun", flush=True)
while not select.select([sys.stdin], [], [], 0)[0]:
    n += 1
    append(first, n)
    time.sleep(pause)
    append(second, n)
    time.sleep(pause)
print(n)
