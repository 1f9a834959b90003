"""error_rates.py - the measured error rates of this gate on this class of machine.  reports/calibration -> citation

`make calibrate` keeps every raw run (trial_records.py), and writes FINGERPRINT.json (rates). Machine classes are never mixed:
rates measured on another class are not used. Rates that do not follow from the runs stored beside them are not cited.
"""

import lzma
import math
import sys
from functools import lru_cache
from pathlib import Path

from labkit import host, in_a_checkout
from labkit.gate_rates import GATE, GATE_WHERE_USABLE, gate_floor, gate_rates
from labkit.host import Finding
from labkit.outcome import LabError
from labkit.schemas import check
from labkit.trial_records import AUDIT, read_records
from labkit.untrusted_file import read_json
from labkit.verdicts.verdict import ENGINE

FOLDER = Path("reports/calibration")
TOLERANCE = 1e-9  # a percentile may differ in its last digit from one numpy to another
A_A = "0"
HEADLINE_EFFECT = "20"
WHAT_IS_COMPARED = {"relinked": "one program, linked anew for each block, and judged as a gate does,",
                    AUDIT: "the telemetry pipeline against itself, linked anew for each block, in process and judged as one candidate of an audit,",
                    "in process": "the telemetry pipeline against itself in one process, by gate --in-process,"}


def summary_path(fingerprint: str) -> Path:
    return FOLDER / f"{fingerprint[:16]}.json"


@lru_cache(maxsize=None)
def load(fingerprint: str | None = None) -> dict | None:
    """The rates of one machine class, or None if it was never calibrated."""
    path = in_a_checkout(summary_path(fingerprint or host.fingerprint()))
    if not path.exists():
        return None
    summary = read_json(path)
    check(summary, str(path))
    if why := why_not_to_cite(summary, path):
        print(f"lab: {path} is not cited, and no noise floor is taken from it: {why}; `lab calibrate --render-only` computes it anew", file=sys.stderr)
        return None
    return summary


def why_not_to_cite(summary: dict, path: Path) -> str | None:
    """The first figure of the summary that does not follow from its trials; None if all figures do."""
    try:
        trials = [record for record in read_records(path.with_suffix(".jsonl")) if record["kind"] == "trial"]
        measured, floor = gate_rates(trials), gate_floor(trials)
    except (LabError, ArithmeticError, EOFError, LookupError, OSError, TypeError, ValueError, lzma.LZMAError) as error:
        return f"the runs beside it cannot be read ({error})"
    if not math.isclose(summary["floor_ratio"], floor, rel_tol=TOLERANCE, abs_tol=TOLERANCE):
        return f"its noise floor is {summary['floor_ratio']:.4%}, but the runs beside it give {floor:.4%}"
    said, found = by_place(summary["conditions"]), by_place(measured)
    for condition, tool, extra in sorted(said.keys() | found.keys()):
        ours, theirs = (rates.get((condition, tool, extra)) for rates in (found, said))
        if ours is None or theirs is None or any(not math.isclose(value, theirs.get(name, math.nan), abs_tol=TOLERANCE)
                                                 for name, value in ours.items()):
            whose = "" if tool == GATE else f" ({tool})"
            return f"{condition}, +{int(extra) / 10:g} %{whose}: the summary has {rate_text(theirs)}, but the runs beside it give {rate_text(ours)}"
    return None


def by_place(conditions: dict) -> dict[tuple[str, str, str], dict]:
    """{(condition, tool, planted effect): rate} of the gate's own rates; those of its rivals are not cited."""
    return {(condition, tool, extra): rate for condition, tools in conditions.items() for tool in (GATE, GATE_WHERE_USABLE)
            for extra, rate in tools.get(tool, {}).items()}


def floor_ratio(fingerprint: str | None = None) -> float:
    """The 99th percentile of |ratio - 1| between identical programs on this machine class; 0 where it was never measured."""
    summary = load(fingerprint)
    return 0.0 if summary is None else summary["floor_ratio"]


def citation(fingerprint: str | None = None) -> dict | None:
    """{"text", "path", "floor_ratio", rates...} for a report, or None where this machine class was never calibrated."""
    summary = load(fingerprint)
    if summary is None:
        return None
    return {"text": citation_text(summary), "path": str(summary_path(summary["host"]["fingerprint"])),
            "floor_ratio": summary["floor_ratio"], "size": summary["size"],
            "conditions": {name: rates[GATE] for name, rates in summary["conditions"].items()}}


def finding() -> Finding:
    """The finding at the head of a report: this gate's error rates on this machine class, or that they were never measured."""
    summary = load()
    if summary is None:
        return Finding("note", "calibration", "the error rates of this gate were never measured on this class of "
                       "machine", "only the theoretical error rates are known; make calibrate measures the real ones")
    return Finding("note", "calibration", citation_text(summary), "")


def engine_text(summary: dict) -> str:
    """The engine that made a summary; summaries written before engine 2 do not name it."""
    measured = summary.get("engine", 1)
    return f"engine {measured}" + ("" if measured == ENGINE else f", while engine {ENGINE} decides here")


def citation_text(summary: dict) -> str:
    parts = []
    for name, gates in summary["conditions"].items():
        rates = gates[GATE]
        said = f"{WHAT_IS_COMPARED.get(name, f'{name}: identical programs')} called different {rate_text(rates.get(A_A))}"
        if HEADLINE_EFFECT in rates:
            said += f", {'a gain of 2 %' if name == AUDIT else '+2 %'} found {rate_text(rates[HEADLINE_EFFECT])}"
        parts.append(said)
    quick = "" if summary["size"] == "documented" else f" ({summary['size']} size: not a figure to rely on)"
    settings = "" if AUDIT in summary["conditions"] else "; not measured at an audit's settings (alpha, families, link orders, time in process)"
    return (f"calibration of this machine class{quick}, by {engine_text(summary)}, {summary['started_utc'][:10]}: {'; '.join(parts)}"
            f"{settings}")


def rate_text(rate: dict | None) -> str:
    if rate is None:
        return "not measured"
    return (f"{rate['changed_count']} of {rate['trials_count']} times "
            f"(95 %: {rate['low_ratio']:.1%} to {rate['high_ratio']:.1%})")
