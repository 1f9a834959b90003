"""progress.py - show the progress of a phase and the time left: one live line on a terminal, plain lines in a log."""

import contextlib
import sys
import time


class Progress:
    """Counts steps of one phase. Times are monotonic seconds; nothing here reaches evidence."""

    def __init__(self, title: str, steps: int, stream=None):
        self.stream = stream or sys.stderr
        self.live = self.stream.isatty()
        self.title, self.steps, self.done = title, max(1, steps), 0
        self.started = self.drawn = time.monotonic()

    def __enter__(self) -> "Progress":
        if not self.live:
            self._line(f"{self.title} ...")
        return self

    def __exit__(self, kind, *_rest) -> None:
        if self.live:
            self._write("\r\x1b[K")
        verdict = "stopped" if kind else "done"
        self._line(f"{self.title}: {verdict} in {_span(time.monotonic() - self.started)}")

    def advance(self, note: str = "") -> None:
        self.done = min(self.steps, self.done + 1)
        now = time.monotonic()
        if self.live and now - self.drawn > 0.1:
            self.drawn = now
            self._draw(now, note)

    def reach(self, done: float, note: str = "") -> None:
        """Set the progress of a phase that has a time budget instead of a number of steps."""
        self.done = min(self.steps, int(done))
        self.advance(note)

    def _draw(self, now: float, note: str) -> None:
        share = self.done / self.steps
        left = (now - self.started) * (1 - share) / share
        bar = "#" * int(20 * share) + "." * (20 - int(20 * share))
        self._write(f"\r\x1b[K{self.title} [{bar}] {share:4.0%}, {_span(left)} left  {note}"[:110])

    def _line(self, text: str) -> None:
        self._write(text + "\n")

    def _write(self, text: str) -> None:
        """Errors are ignored, because the work goes on even where progress cannot be shown (a full disk, a closed pipe)."""
        with contextlib.suppress(OSError):
            self.stream.write(text)
            self.stream.flush()


def _span(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60:02d} s"
