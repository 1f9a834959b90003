"""progress.py - show the progress of a phase and the time left: one live line on a terminal, plain lines in a log."""

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import ClassVar, TypeVar

from labkit.terminal_output import is_terminal

REDRAWN_EVERY_S = 0.5  # seldom, because a redraw takes processor time while something may be measured
SHOWN_AFTER_S = 1.0  # a phase that ends before needs no bar
BAR_MOST = 20
CLEARED = "\r\x1b[K"  # the line of the cursor
WITHIN_STEP_MOST = 0.95  # a step that takes longer than expected does not count as done


T = TypeVar("T")


class Progress:
    """Counts steps of one phase; of a phase within another one, the outer has the live line. Times are monotonic seconds; nothing here reaches evidence.

    step_s: how long a step is expected to take, where that is known; else it is estimated from the steps that are done, and before the first
    from what `expecting` says of the phase. is_logged: whether the phase has lines in a log that is no terminal, and a line that it has ended.
    """

    shown: ClassVar["Progress | None"] = None  # the one whose live line there is
    expected_s: ClassVar[float | None] = None

    def __init__(self, title: str, steps: float, stream=None, *, step_s: float | None = None, is_logged: bool = True):
        self.stream = stream or sys.stderr
        self.live = is_terminal(self.stream)
        self.title, self.steps, self.done, self.step_s, self.is_logged = title, max(1.0, steps), 0.0, step_s, is_logged
        self.first_step_s = Progress.expected_s and Progress.expected_s / self.steps
        self.note, self.is_drawn = "", False
        self.started = self.step_began = time.monotonic()
        self.ended = threading.Event()
        self.clock = threading.Thread(target=self._redraw, daemon=True)

    def __enter__(self) -> "Progress":
        if self.live and Progress.shown is None:
            Progress.shown = self
            self.clock.start()
        elif self.is_logged and not self.live:
            self._line(f"{self.title} ...")
        return self

    def __exit__(self, kind, *_rest) -> None:
        if Progress.shown is self:
            Progress.shown = None
            self.ended.set()
            self.clock.join()
        if self.is_logged:
            self.say(f"{self.title}: {'stopped' if kind else 'done'} in {_span(time.monotonic() - self.started)}")
        elif self.is_drawn:
            self._write(CLEARED)

    def advance(self, note: str = "") -> None:
        self._at(min(self.steps, self.done + 1), note)

    def reach(self, done: float, note: str = "") -> None:
        """Set the progress of a phase that has a time budget instead of a number of steps."""
        self._at(min(self.steps, done), note)

    def over(self, items: Iterable[T], name: Callable[[T], str] = lambda _item: "") -> Iterator[T]:
        """The items, each of which is a step."""
        for item in items:
            yield item
            self.advance(name(item))

    def say(self, sentence: str) -> None:
        """A sentence of its own line, which the live line does not run into."""
        self._line((CLEARED if (Progress.shown or self).is_drawn else "") + sentence)

    def share(self, now: float) -> float | None:
        """How much is done, between 0 and 1; None before anything is known."""
        step_s = self.step_s or (self.done and (self.step_began - self.started) / self.done) or self.first_step_s
        if not step_s:
            return None
        within = min(WITHIN_STEP_MOST, (now - self.step_began) / step_s)
        return min(1.0, (self.done + within) / self.steps)

    def line(self, now: float, width: int) -> str:
        """The live line: in a narrow terminal the note goes first, then the bar, then the title; the time left stays."""
        share, spent_s = self.share(now), now - self.started
        if share is None:
            return f"{self.title}, {_span(spent_s)} so far  {self.note}".rstrip()[:width]
        words = f"{share:4.0%}, {_span(self._left_s(now, share))} left"
        title = self.title[:max(0, width - len(words) - 1)]
        bar_width = min(BAR_MOST, width - len(title) - len(words) - 4)
        filled = int(bar_width * share)
        bar = f" [{'#' * filled}{'.' * (bar_width - filled)}]" if bar_width > 2 else ""
        return f"{title}{bar} {words}  {self.note}".strip()[:width]

    def _left_s(self, now: float, share: float) -> float:
        if step_s := self.step_s or (not self.done and self.first_step_s):
            return max(0.0, self.steps * step_s * (1 - share))
        return (now - self.started) * (1 - share) / share

    def _at(self, done: float, note: str) -> None:
        self.done, self.note, self.step_began = done, note, time.monotonic()

    def _redraw(self) -> None:
        """A thread, because a long step would otherwise leave the line as it was, and the time left wrong."""
        if self.ended.wait(SHOWN_AFTER_S):
            return
        self.is_drawn = True
        while True:
            self._write(CLEARED + self.line(time.monotonic(), self._width() - 1))
            if self.ended.wait(REDRAWN_EVERY_S):
                return

    def _width(self) -> int:
        """Asked each time, because a window may be resized."""
        with contextlib.suppress(OSError, ValueError):
            return os.get_terminal_size(self.stream.fileno()).columns or 80
        return 80

    def _line(self, text: str) -> None:
        self._write(text + "\n")

    def _write(self, text: str) -> None:
        """Errors are ignored, because the work goes on even where progress cannot be shown (a full disk, a closed pipe)."""
        with contextlib.suppress(OSError):
            self.stream.write(text)
            self.stream.flush()


@contextlib.contextmanager
def expecting(seconds: float | None) -> Iterator[None]:
    """How long the phase within took the last time, if it is known."""
    before, Progress.expected_s = Progress.expected_s, seconds
    try:
        yield
    finally:
        Progress.expected_s = before


def _span(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60:02d} s"
