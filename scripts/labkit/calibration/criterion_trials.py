"""criterion_trials.py - criterion compares the programs of every sixth trial, too.  trials -> criterion -> the same file

Criterion runs under the same condition as the trial and for as long as the gate took, but after all trials of the gate:
its analysis of 1.3 s of runs takes longer than the runs.
"""

import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from labkit import host
from labkit.calibration.calibration_trials import Trial, neighbour, trial_of, work_argv, workplace
from labkit.calibration.trial_file import CRITERION, read_trials, unpack
from labkit.evidence import now_utc
from labkit.instruments import Unavailable, criterion
from labkit.row_file import RowFile
from labkit.trial_records import CONDITIONS

EVERY = 6
TIMEOUT_S = 120


def missing_criterion(path: Path) -> list[dict]:
    """The trials in path that criterion has not run yet; [] if criterion is not built."""
    if not criterion.PROGRAM.exists():
        return []
    return [record for record in read_trials(path) if record["index"] % EVERY == 0 and CRITERION not in record]


def run_criterion_trials(path: Path, *, ends: float, on_trial: Callable[[], None]) -> None:
    """Appends criterion's results to path. ends: when to stop, by time.monotonic(); the next call runs the trials that are left."""
    missing = missing_criterion(path)
    if not missing:
        return
    unpack(path)
    with workplace() as files, RowFile(path) as log:
        for condition in CONDITIONS:
            with neighbour(condition):
                for record in missing:
                    if record["condition"] == condition and time.monotonic() < ends:
                        log.add(criterion_record(trial_of(record), files, record["took_s"]))
                        on_trial()


def criterion_record(trial: Trial, files: dict[str, Path], budget_s: float) -> dict:
    started_utc = now_utc()
    try:
        found = criterion.compare(list(work_argv(files["A"], 0)), list(work_argv(files["B"], trial.extra)),
                                  budget_s=budget_s, cpu=host.measuring_cpu(), timeout_s=TIMEOUT_S)
    except Unavailable as reason:
        found = {"failure": str(reason)}
    return {"kind": CRITERION, **asdict(trial), "started_utc": started_utc, **found}
