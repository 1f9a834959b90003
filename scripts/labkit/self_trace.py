"""self_trace.py - where the time of lab itself goes: its phases, and each program that it runs.  LAB_TRACE=FILE -> self_trace -> FILE

The file is a JSON array of complete events ("ph": "X") of the Trace Event Format, which https://ui.perfetto.dev and chrome://tracing show.
It is written at the end, also of a command that failed or was interrupted.

Units  ts and dur are microseconds, ts of CLOCK_MONOTONIC.
Cost   without LAB_TRACE, two readings of the clock for each span; nothing is kept.
"""

import contextlib
import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from labkit.named_output import probe, write_named

VARIABLE = "LAB_TRACE"
VERB, PHASE, PROGRAM = "verb", "phase", "program"  # from the outside in

_events: list[dict] | None = None  # None: nobody asked


@contextlib.contextmanager
def traced_to(path: Path | None) -> Iterator[None]:
    """The spans that end inside are written to this file. UsageError: nothing can be written there."""
    global _events
    if path is None:
        yield
        return
    probe(VARIABLE, path)
    _events = []
    try:
        yield
    finally:
        ended, _events = _events, None
        write_named(path, json.dumps(ended) + "\n", advice=f"start without {VARIABLE}, or name another place")


@contextlib.contextmanager
def span(kind: str, name: str, **details: object) -> Iterator[None]:
    """One thing that takes time. kind: VERB, PHASE or PROGRAM. It is also a decorator of the function that does it."""
    began_ns = time.monotonic_ns()
    try:
        yield
    finally:
        if _events is not None:
            _events.append({"name": name, "cat": kind, "ph": "X", "ts": began_ns / 1e3, "dur": (time.monotonic_ns() - began_ns) / 1e3,
                            "pid": os.getpid(), "tid": threading.get_native_id(), "args": details})
