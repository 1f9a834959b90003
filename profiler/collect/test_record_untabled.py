"""test_record_untabled.py - code without unwind tables, also after the kernel is no longer asked for its own chain."""

import pytest
from recorded_session import BOTH_IN_FULL, GUESSED, VICTIMS

# Real programs, for seconds each: for `make test`.
pytestmark = pytest.mark.slow


@pytest.mark.parametrize("backend", BOTH_IN_FULL)
def test_frame_pointers_alone_lead_through(record, backend):
    """A stack below such code reaches main, and is marked as guessed."""
    session = record(VICTIMS / "untabled", 600, 400, backend=backend)
    below = [(session.stacks[stack], flags) for (stack, _), flags in zip(session.samples, session.flags())
             if "call_untabled" in session.stacks[stack]]
    assert len(below) > 0.3 * len(session.samples)
    assert sum("main" in names for names, _ in below) > 0.95 * len(below)
    assert all(flags & GUESSED for _, flags in below)
