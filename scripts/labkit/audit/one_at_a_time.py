"""one_at_a_time.py - audits of one tree run one after the other.  tree -> one_at_a_time.py -> a lock until the process ends

Two of them would write the same evidence and disturb each other's times. The kernel lets go of the lock however the
process ends, so that nothing is left to be removed by hand.
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
    """The lock's descriptor, open until the process ends. Waits, and says for whom, while another audit runs here."""
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
