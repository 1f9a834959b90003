"""bench_churn.py - measures the instrument's own memory while a program allocates and frees for a long time.

Eight threads allocate and free until the time is over; the resident memory is read at equal intervals. The program itself always holds
the same amount, so growth is that of the instrument. The first tenth is warm-up; after it, the highest reading of the second
half may exceed that of the first half by 2 %. --plant-leak shows that a leak is detected: the program then forgets one block in 1000,
which the readings cannot distinguish from a leak of ours.

    /usr/bin/python3 profiler/preload/alloc/bench_churn.py [--seconds 60]      (3600 for the hour)

The exit code is 0 if the memory stayed within its bounds, and 1 if it grew.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

LIBRARY = Path("build/lib/libclinic-preload.so").resolve()
CHURN = Path("build/victims/alloc_churn").resolve()
FOREVER = str(10**15)
READINGS = 20
WARM_UP = READINGS // 10
MOST_GROWTH = 1.02


@dataclass(frozen=True)
class Reading:
    time_s: float
    resident_bytes: int
    arena_bytes: int


def resident_bytes(pid: int) -> int:
    """The resident memory: the program's blocks, our table of live blocks, and the arena."""
    status = Path(f"/proc/{pid}/status").read_text()
    return 1024 * sum(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))


def read_memory(seconds: float, leak: tuple[str, ...]) -> list[Reading]:
    """Reads the memory, and prints each row at once, so that progress is visible during an hour."""
    readings = []
    with tempfile.TemporaryDirectory() as directory:
        environment = os.environ | {"LD_PRELOAD": str(LIBRARY), "CLINIC_ALLOC_RAW": directory,
                                    "CLINIC_ALLOC_STACKS": "1", "CLINIC_ALLOC_LIVE": "1"}
        with subprocess.Popen([CHURN, "8", FOREVER, *leak], env=environment) as churn:
            for step in range(1, READINGS + 1):
                time.sleep(seconds / READINGS)
                arena = sum(file.stat().st_blocks * 512 for file in Path(directory).iterdir())
                readings.append(Reading(step * seconds / READINGS, resident_bytes(churn.pid), arena))
                print(f"{readings[-1].time_s:>8.1f} s  resident {readings[-1].resident_bytes:>12,} bytes, "
                      f"arena {arena:>11,} bytes", flush=True)
            churn.kill()
    return readings


def growth(readings: list[Reading]) -> float:
    """The ratio of the highest reading of the second half to that of the first half, without the warm-up."""
    settled = [reading.resident_bytes for reading in readings[WARM_UP:]]
    middle = len(settled) // 2
    return max(settled[middle:]) / max(settled[:middle])


def slope_bytes_per_hour(readings: list[Reading]) -> float:
    settled = readings[WARM_UP:]
    return 3600 * statistics.linear_regression([reading.time_s for reading in settled],
                                               [reading.resident_bytes for reading in settled]).slope


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--plant-leak", action="store_true", help="must be found: the exit code is then 1")
    arguments = parser.parse_args()
    readings = read_memory(arguments.seconds, ("1000",) if arguments.plant_leak else ())
    grown = growth(readings)
    print(f"resident memory: second half {grown:.4f} times the first, {slope_bytes_per_hour(readings):+,.0f} bytes "
          f"an hour; at most {MOST_GROWTH}: {'PASS' if grown <= MOST_GROWTH else 'MISSED'}")
    return 0 if grown <= MOST_GROWTH else 1


if __name__ == "__main__":
    sys.exit(main())
