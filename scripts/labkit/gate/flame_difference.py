"""flame_difference.py - profile both arms of a changed case and show the difference.  gate -> clinic -> SVG, table

The verdict comes from runs without a profiler. These runs are profiled and show where the difference is. Both arms run
equally often on equal input, so that their CPU time per run can be compared, not only their shares.
"""

import math
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from labkit.instruments import Unavailable, clinic

FREQUENCY_HZ = 999  # sampling rate of `clinic record`
RECORD_S = 5.0  # limit for both arms together
RUNS_MAX = 50
TOP_COUNT = 3
NOISE_DEVIATIONS = 3.0


@dataclass(frozen=True)
class ProfiledRun:
    """The way to run one arm of a case once, as in the comparison."""

    argv: tuple[str, ...]
    cwd: Path | None = None
    stdin: Path | None = None
    timeout_s: float = 60.0
    before: Callable[[], None] = lambda: None

    def record(self, session: Path) -> None:
        self.before()
        clinic.record(self.argv, session, timeout_s=self.timeout_s, stdin=self.stdin, cwd=self.cwd)


@dataclass(frozen=True)
class Growth:
    """Self CPU time of one function in one run, before and after."""

    function: str
    base_self_ns: float
    new_self_ns: float


@dataclass(frozen=True)
class FlameDifference:
    """The difference of one case. unavailable: why there is no picture; then file is None and the rest is empty."""

    case: str
    file: str | None
    unavailable: str | None = None
    runs_count: int = 0
    base_cpu_ns: float = 0.0
    new_cpu_ns: float = 0.0
    grew: list[Growth] = field(default_factory=list)

    def to_json(self) -> dict:
        return asdict(self)


def draw(case: str, base: ProfiledRun, new: ProfiledRun, folder: Path, stem: str) -> FlameDifference:
    """Draw STEMflame-difference.svg in folder, and keep the two sessions from which it is made."""
    sessions = {name: folder / f"{stem}flame-{name}.json.gz" for name in ("base", "new")}
    picture = folder / f"{stem}flame-difference.svg"
    try:
        runs_count = record_both({"base": base, "new": new}, sessions)
        found = clinic.diff(sessions["base"], sessions["new"], picture, f"{case}: red grew, blue shrank")
    except Unavailable as reason:
        return FlameDifference(case, None, unavailable=str(reason))
    return FlameDifference(case, picture.name, runs_count=runs_count, base_cpu_ns=found["base_value"] / runs_count,
                           new_cpu_ns=found["new_value"] / runs_count, grew=grown(found, runs_count))


def record_both(arms: dict[str, ProfiledRun], sessions: dict[str, Path]) -> int:
    """Record both arms alternately, so that neither has only the quiet seconds. Returns the number of runs of each."""
    started = time.monotonic()
    parts: dict[str, list[Path]] = {name: [] for name in arms}
    with tempfile.TemporaryDirectory(prefix="clinic-") as scratch:
        for number in range(RUNS_MAX):
            for name, run in arms.items():
                parts[name].append(Path(scratch) / f"{name}-{number}.json")
                run.record(parts[name][-1])
            if time.monotonic() - started > RECORD_S:
                break
        for name, session in sessions.items():
            clinic.merge(parts[name], session)
    return number + 1


def grown(found: dict, runs_count: int) -> list[Growth]:
    """The functions that grew most, if they grew by more than the noise of sampling.

    The standard deviation of a count of samples is about its square root (Poisson), that of a difference the root of the sum.
    """
    sample_ns = 1e9 / FREQUENCY_HZ
    both = [(one["name"], one["base_self_ratio"] * found["base_value"], one["new_self_ratio"] * found["new_value"])
            for one in found["functions"]]
    loud = [one for one in both if one[2] - one[1] > NOISE_DEVIATIONS * math.sqrt((one[1] + one[2]) * sample_ns)]
    loud.sort(key=lambda one: one[1] - one[2])
    return [Growth(name, base / runs_count, new / runs_count) for name, base, new in loud[:TOP_COUNT]]
