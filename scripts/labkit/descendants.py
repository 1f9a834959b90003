"""descendants.py - the processes that a process has started, as /proc lists them.  pid -> pids

They are empty where the kernel does not list the children of a thread, and a process that ends meanwhile is left out.
"""

from collections.abc import Iterator
from pathlib import Path


def children_of(pid: int) -> list[int]:
    """The children that any thread of the process has started."""
    found: list[int] = []
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += map(int, listed.read_text().split())
        except OSError:
            continue
    return found


def descendants_of(pid: int) -> Iterator[int]:
    """The children, their children and so on, each before its own children."""
    for child in children_of(pid):
        yield child
        yield from descendants_of(child)
