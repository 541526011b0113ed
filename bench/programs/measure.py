"""Runs programs and says what each cost: one JSON object a line in, one a line out.

In:  {"argv": [...], "cwd": "...", "env": {...}}
Out: {"wallMs": 1, "cpuMs": 1, "peakBytes": 1, "exitCode": 0, "stdout": "...", "stderr": "..."}
"""

import json
import os
import subprocess
import sys
import tempfile
import time

# Kibibytes, but on macOS.
PEAK_UNIT = 1 if sys.platform == "darwin" else 1024


def run(argv, cwd, env):
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        begun = time.perf_counter()
        child = subprocess.Popen(argv, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - begun
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        return {
            "wallMs": wall * 1000,
            "cpuMs": (usage.ru_utime + usage.ru_stime) * 1000,
            "peakBytes": usage.ru_maxrss * PEAK_UNIT,
            "exitCode": child.returncode,
            "stdout": out.read().decode(errors="replace"),
            "stderr": err.read().decode(errors="replace"),
        }


for line in sys.stdin:
    print(json.dumps(run(**json.loads(line))), flush=True)
