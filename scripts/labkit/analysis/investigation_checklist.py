"""investigation_checklist.py - the rows that a finished investigation must pass, checked by machine.  audit numbers -> rows

A row is passed, failed or unmeasured. It is unmeasured where a tool is missing or was not permitted to observe the program,
because then neither the fault nor its absence was observed.
"""

from dataclasses import dataclass
from typing import Any, Callable, Iterator, Mapping

from labkit.fault_witnesses import View
from labkit.wording import duration, listing, plural

Audit = Mapping[str, Any]
RUNS_COUNT_MIN = 20


@dataclass(frozen=True)
class FaultRow:
    number: int
    title: str
    result: str  # pass, fail or unmeasured
    passed: bool
    seen: str
    evidence: tuple[str, ...]


class Unmet(Exception):
    """A row failed; the message is what was observed."""


class Unmeasured(Exception):
    """A row could not be measured; the message is the reason."""


def check_investigation(audit: Audit) -> list[dict[str, Any]]:
    """The rows of the checklist, each the fields of a FaultRow. audit: the numbers of analyse_investigation."""
    rows = [_row(number, *check, audit) for number, check in enumerate(_checks(audit), start=1)]
    return [vars(one) | {"evidence": list(one.evidence)} for one in rows]


Check = tuple[str, tuple[str, ...], Callable[[Audit], str]]


def _row(number: int, title: str, evidence: tuple[str, ...], check: Callable[[Audit], str], audit: Audit) -> FaultRow:
    try:
        result, seen = "pass", check(audit)
    except Unmet as reason:
        result, seen = "fail", str(reason)
    except Unmeasured as reason:
        result, seen = "unmeasured", str(reason)
    return FaultRow(number, title, result, result == "pass", seen, evidence)


def _checks(audit: Audit) -> Iterator[Check]:
    """The fixed rows, and for each witness of the manifest one row about the old code and one about the repaired code."""
    yield f"The fault happens in every run, at least {RUNS_COUNT_MIN} of them", ("evidence/reproduction.json",), check_reproduced
    for index, one in enumerate(audit["diagnosis"]):
        yield f"{one['title']} finds the fault in the old code", ("evidence/sights.json",), _of(index, check_found)
    yield "A witness names the function that the fault is in", ("evidence/sights.json",), check_hypotheses
    yield "The regression test fails on the old code, in every run", ("evidence/repairs.json",), check_test_fails
    yield "A repair removes the fault from every run", ("evidence/repairs.json",), check_repaired
    yield "The regression test passes on the repaired code, in every run", ("evidence/repairs.json",), check_test_passes
    for index, one in enumerate(audit["diagnosis"]):
        yield f"{one['title']} finds nothing in the repaired code", ("evidence/repairs.json",), _of(index, check_clean)
    yield "Every repair was judged by a rule", ("evidence/repairs.json",), check_judged


def _of(index: int, check: Callable[[Audit, int], str]) -> Callable[[Audit], str]:
    return lambda audit: check(audit, index)


def check_reproduced(audit: Audit) -> str:
    found = audit["reproduction"]
    seen = f"in {found['fault_count']} of {plural(found['runs_count'], 'run')}"
    if found["fault_count"] < found["runs_count"] or found["runs_count"] < RUNS_COUNT_MIN:
        raise Unmet(seen)
    return seen


def check_found(audit: Audit, index: int) -> str:
    one = audit["diagnosis"][index]
    if one["view"] == View.UNMEASURED.value:
        raise Unmeasured(one["unmeasured"])
    if one["view"] != View.COMPLAINS.value:
        raise Unmet(f"it reports no fault ({one['view']})")
    if one["missing"]:
        raise Unmet(f"its transcript does not contain {listing([repr(text) for text in one['missing']])}")
    return f"{one['complaint']}" + (f"; the transcript contains all of {plural(one['shown_count'], 'required text')}" if one["shown_count"] else "")


def check_hypotheses(audit: Audit) -> str:
    if not audit["hypotheses"] or all(one["verdict"] == "not seen" for one in audit["hypotheses"]):
        raise Unmeasured("no witness names a function of the sources")
    confirmed = [one["function"] for one in audit["hypotheses"] if one["verdict"] == "confirmed"]
    if not confirmed:
        raise Unmet("no hypothesis of the manifest names that function")
    return f"{listing(confirmed)}, of {plural(len(audit['hypotheses']), 'function')} that the manifest names"


def check_test_fails(audit: Audit) -> str:
    test = audit["regression"]
    seen = f"in {test['failed_count']} of {plural(test['runs_count'], 'run')}"
    if not test["runs_count"] or test["failed_count"] < test["runs_count"]:
        raise Unmet(seen)
    return seen + (f": {test['said']}" if test["said"] else "")


def check_repaired(audit: Audit) -> str:
    runs = _accepted(audit)["runs"]
    return f"{_accepted(audit)['id']}: no fault in {plural(runs['runs_count'], 'run')}; the longest took {duration(runs['longest_ended_ns'])}"


def check_test_passes(audit: Audit) -> str:
    """An accepted repair passes the test by definition; this row states in how many runs."""
    one = _accepted(audit)
    return f"{one['id']}: in {one['test']['runs_count'] - one['test']['failed_count']} of {plural(one['test']['runs_count'], 'run')}"


def check_clean(audit: Audit, index: int) -> str:
    one = _accepted(audit)["sights"][index]
    if one["view"] == View.UNMEASURED.value:
        raise Unmeasured(one["unmeasured"])
    if one["view"] != View.CLEAN.value:
        raise Unmet(one["complaint"] or one["view"])
    return f"{_accepted(audit)['id']}: the program ended normally after {duration(one['took_ns'])}, and the witness reported nothing"


def check_judged(audit: Audit) -> str:
    found = [f"{one['id']} {one['verdict']}" + (f" ({one['rule']})" if one["rule"] else "") for one in audit["candidates"]]
    return listing(found)


def _accepted(audit: Audit) -> Mapping[str, Any]:
    """The first accepted repair in the order of the manifest; Unmet if there is none."""
    for one in audit["candidates"]:
        if one["verdict"] == "accepted":
            return one
    raise Unmet("no repair was accepted")
