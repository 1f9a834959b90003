"""one_at_a_time.py - audits of one tree run one after the other.  tree -> one_at_a_time.py -> a lock until the process ends

Two audits would write the same evidence and disturb each other's times. The kernel releases the lock however the
process ends, so that no lock file has to be removed by hand.
"""

import fcntl
import os
import sys
from functools import lru_cache
from pathlib import Path

from labkit.evidence import disk_errors

LOCK = Path("build/audit.lock")


@lru_cache(maxsize=None)
def wait_for_turn() -> int:
    """Wait while another audit runs in this tree, and print its process id. Returns the descriptor of the lock, which stays open
    until this process ends."""
    with disk_errors(LOCK):
        LOCK.parent.mkdir(exist_ok=True)
        lock = os.open(LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(lock, 20, 0).decode(errors="replace").strip() or "unknown"
        print(f"lab: another audit runs in this tree (process {holder}); waiting until it ends", file=sys.stderr, flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    return lock
