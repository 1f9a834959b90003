"""descendants.py - the processes that a process has started, as /proc lists them.  pid -> pids

They are empty where the kernel does not list the children of a thread, and a process that ends meanwhile is left out.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def children_of(pid: int) -> list[int]:
    """The children that any thread of the process has started."""
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []
    found: list[int] = []
    for thread in threads:
        with suppress(OSError):
            found += map(int, Path(f"/proc/{pid}/task/{thread}/children").read_text().split())
    return found


def descendants_of(pid: int) -> Iterator[int]:
    """The children, their children and so on, each before its own children."""
    for child in children_of(pid):
        yield child
        yield from descendants_of(child)
