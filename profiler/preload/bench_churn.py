"""bench_churn.py - the instrument's own memory while a program allocates and frees for a long time.

Eight threads churn until the time is over; resident memory is read ten times. What the program itself
holds stays the same all along, so growth would be the instrument's.

    /usr/bin/python3 profiler/preload/bench_churn.py [--seconds 60]      (3600 for the hour)
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LIBRARY = Path("build/lib/libclinic-preload.so").resolve()
CHURN = Path("build/victims/alloc_churn").resolve()
FOREVER = str(10**15)
READINGS = 10


def resident_bytes(pid: int) -> int:
    """RssAnon and RssShmem: the program's blocks, the shadow of live blocks, and the arena."""
    status = Path(f"/proc/{pid}/status").read_text()
    return 1024 * sum(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60)
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as directory:
        environment = os.environ | {"LD_PRELOAD": str(LIBRARY), "CLINIC_ALLOC_RAW": directory,
                                    "CLINIC_ALLOC_STACKS": "1", "CLINIC_ALLOC_LIVE": "1"}
        with subprocess.Popen([CHURN, "8", FOREVER], env=environment) as churn:
            for reading in range(1, READINGS + 1):
                time.sleep(seconds / READINGS)
                arena = sum(file.stat().st_blocks * 512 for file in Path(directory).iterdir())
                print(f"{reading * seconds / READINGS:>8.1f} s  resident {resident_bytes(churn.pid):>12,} bytes, "
                      f"arena {arena:>11,} bytes", flush=True)
            churn.kill()
    return 0


if __name__ == "__main__":
    sys.exit(main())
