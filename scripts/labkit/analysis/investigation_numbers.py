"""investigation_numbers.py - all that the report of a crash, a hang or a lie says, from its evidence.  InvestigationSet -> investigation_numbers -> dict

Pure   no disk, no clock. The complaint of a witness is read here from its transcript, so that a recomputation reads it again.
Units  _count is a number of runs, unless the name says otherwise; took_ns is wall time.
"""

import re
from typing import Any, Mapping, Sequence

from labkit.analysis.appendix import commands_of, files_of
from labkit.analysis.investigation_checklist import check_investigation
from labkit.analysis.investigation_set import InvestigationSet
from labkit.fault_witnesses import FAULTS, WITNESSES, View, complaint_in, view_of
from labkit.wording import listing

SCHEMA = 1
FRAME = re.compile(r"^#\d+\s+(?:0x[0-9a-f]+ in )?(?P<function>[\w.]+) \(.*\) at (?P<file>\S+):\d+$")

CLOSED, NOT_REPRODUCED, NOT_REPAIRED, UNTESTED = "closed", "not reproduced", "not repaired", "test misses it"
SENTENCES = {
    CLOSED: "The fault was found and repaired, and a test detects it",
    NOT_REPRODUCED: "The fault was not reproduced in every run, so no repair can be trusted",
    NOT_REPAIRED: "No repair removes the fault",
    UNTESTED: "The regression test passes in some runs of the faulty program, so it does not reliably detect the fault",
}


def analyse_investigation(found: InvestigationSet) -> dict[str, Any]:
    """All numbers of the report, as values that JSON can hold. The same evidence gives the same dict on any machine."""
    audit: dict[str, Any] = {
        "schema": SCHEMA, "workload": found.manifest["name"], "version": found.plan["data"]["version"],
        "previous": found.plan["data"]["previous"], "budget": found.plan["budget"], "manifest": found.manifest,
        "runs_count": found.plan["data"]["runs_count"], "fault_word": FAULTS[found.manifest["fault"]].word,
        "environment": _environment(found),
        "reproduction": _counted(found.by_phase["reproduction"]["data"]["runs"], found.manifest["fault"]),
        "regression": _tested(found.by_phase["repairs"]["data"]["faulty_test"]),
        "diagnosis": [_sight(one, asked) for one, asked in
                      zip(found.by_phase["sights"]["data"]["sights"], found.manifest["witnesses"], strict=True)],
    }
    audit["hypotheses"] = _hypotheses(found)
    audit["candidates"] = [_repair(one, found.manifest) for one in found.by_phase["repairs"]["data"]["repairs"]]
    audit["headline"] = _headline(audit)
    audit["findings"] = _findings(found, audit)
    audit["checklist"] = check_investigation(audit)
    audit["regression_check"] = {"line": _line(audit)}
    audit["appendix"] = {"commands": commands_of(found), "files": files_of(found)}
    return audit


def _environment(found: InvestigationSet) -> dict[str, Any]:
    host = found.plan["host"]
    return {"fingerprint": host["fingerprint"], "fingerprints_count": len({one["host"]["fingerprint"] for _, one in found.documents}),
            "stable": dict(sorted(host["stable"].items())), "binaries": found.plan["binaries"], "source": found.plan["data"].get("source"),
            "started_utc": min(one["started_utc"] for _, one in found.documents),
            "ended_utc": max(one["ended_utc"] for _, one in found.documents)}


def _counted(runs: Sequence[Mapping[str, Any]], fault: str) -> dict[str, Any]:
    """How many runs had the fault, which is only the failure of that kind; other failures are listed beside it."""
    others = sorted({one["failure"] for one in runs if one["failure"] not in (None, FAULTS[fault].failure)})
    return {"runs_count": len(runs), "fault_count": sum(one["failure"] == FAULTS[fault].failure for one in runs),
            "ended_count": sum(one["failure"] is None for one in runs), "other_failures": others,
            "signals": sorted({one["signal"] for one in runs if one["failure"] == "signal"}),
            "longest_ended_ns": max((one["wall_ns"] for one in runs if one["failure"] is None), default=None)}


def _tested(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    said = next((one["said"] for one in runs if one["failure"] is not None), "")
    signal = next((one["signal"] for one in runs if one["failure"] == "signal"), None)
    return {"runs_count": len(runs), "failed_count": sum(one["failure"] is not None for one in runs), "said": said, "signal": signal}


def _sight(sight: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """missing: the texts that the manifest requires and that the transcript does not contain."""
    return {"tool": sight["tool"], "title": WITNESSES[sight["tool"]].title, "command": sight["command"], "view": view_of(sight).value,
            "is_proof": WITNESSES[sight["tool"]].is_proof, "complaint": complaint_in(sight), "unmeasured": sight["unmeasured"], "took_ns": sight["wall_ns"],
            "missing": [text for text in asked["shows"] if text not in sight["transcript"]], "shown_count": len(asked["shows"]),
            "transcript": sight["transcript"]}


def _hypotheses(found: InvestigationSet) -> list[dict[str, Any]]:
    """The hypotheses of the manifest, scored by how many threads in gdb's backtraces have the function as their innermost one, and by
    whether another witness names the function."""
    blamed = [name for one in found.by_phase["sights"]["data"]["sights"] for name in _blamed_by(one, found.manifest["folder"])]
    return [{"says": one["says"], "function": one["function"], "threads_count": blamed.count(one["function"]),
             "verdict": _scored(one["function"], blamed)} for one in found.manifest["hypotheses"]]


def _blamed_by(sight: Mapping[str, Any], folder: str) -> list[str]:
    if sight["tool"] == "gdb":
        return blamed_functions(sight["transcript"], folder)
    return list(dict.fromkeys(one["function"] for one in re.finditer(WITNESSES[sight["tool"]].blames, sight["transcript"], re.M)))


def _scored(function: str, blamed: list[str]) -> str:
    """Confirmed: the function in which most threads are. In a hang those threads wait for each other; the thread that joins them
    waits, too, but in another function."""
    if not blamed:
        return "not seen"
    return "confirmed" if blamed.count(function) == max(map(blamed.count, blamed)) else "refuted"


def blamed_functions(transcript: str, folder: str) -> list[str]:
    """The innermost function of each backtrace after the last signal whose source file is in the workload's folder."""
    blamed, looking = [], False
    for line in transcript.rpartition("received signal ")[2].splitlines():
        frame = FRAME.match(line)
        if line.startswith("#0 "):
            looking = True
        if looking and frame and frame["file"].startswith(f"{folder}/"):
            blamed.append(frame["function"])
            looking = False
    return blamed


def _repair(one: Mapping[str, Any], manifest: Mapping[str, Any]) -> dict[str, Any]:
    stated = next(repair for repair in manifest["repairs"] if repair["id"] == one["id"])
    repair = {"id": one["id"], "title": stated["title"], "added_count": one["added_count"], "removed_count": one["removed_count"],
              "difference": one["difference"], "build_failure": one["build_failure"], "runs": _counted(one["runs"], manifest["fault"]),
              "test": _tested(one["test_runs"]),
              "sights": [_sight(sight, {"shows": ()}) for sight in one["sights"]]}
    rule, reason = _judged(repair, manifest["fault"])
    return repair | {"verdict": "rejected" if rule else "accepted", "rule": rule, "reason": reason}


def _judged(repair: Mapping[str, Any], fault: str) -> tuple[str | None, str]:
    """(the first rule that the repair breaks, or None; the reason)."""
    runs, test = repair["runs"], repair["test"]
    if repair["build_failure"] is not None:
        return "build", "it does not compile"
    if runs["ended_count"] < runs["runs_count"]:
        return "fault", f"the program still {FAULTS[fault].word} or fails in {runs['runs_count'] - runs['ended_count']} of {runs['runs_count']} runs"
    if test["failed_count"]:
        return "regression", f"the regression test fails in {test['failed_count']} of {test['runs_count']} runs"
    wrong = [f"{one['title']} {one['view']}" for one in repair["sights"] if one["view"] in (View.COMPLAINS.value, View.NOT_ENDED.value)]
    if wrong:
        return "witness", f"on the repaired program, {listing(wrong)}"
    silent = [one["title"] for one in repair["sights"] if one["view"] == View.UNMEASURED.value]
    clean = [one["title"] for one in repair["sights"] if one["view"] == View.CLEAN.value]
    return None, (f"no fault in {runs['runs_count']} runs, the test passes in all {test['runs_count']}, and "
                  f"{listing(clean) if clean else 'no witness'} {'find' if len(clean) > 1 else 'finds'} nothing" + (f"; {listing(silent)} could not observe it" if silent else ""))


def _headline(audit: Mapping[str, Any]) -> dict[str, Any]:
    verdict, name = _verdict(audit), audit["workload"]
    return {"verdict": verdict, "sentence": SENTENCES[verdict], "gain": None, "metric": "fault", "size": "",
            "defensible": audit["budget"] != "quick", "reproduce": f"make audit W={name} BUDGET={audit['budget']}",
            "recompute": f"make verify R=reports/{name}/{audit['version']}"}


def _verdict(audit: Mapping[str, Any]) -> str:
    reproduction, test = audit["reproduction"], audit["regression"]
    if not reproduction["runs_count"] or reproduction["fault_count"] < reproduction["runs_count"]:
        return NOT_REPRODUCED
    if not any(one["verdict"] == "accepted" for one in audit["candidates"]):
        return NOT_REPAIRED
    return CLOSED if test["failed_count"] == test["runs_count"] else UNTESTED


def _findings(found: InvestigationSet, audit: Mapping[str, Any]) -> list[dict[str, Any]]:
    findings = [dict(one, sources=[path]) for path, document in found.documents for one in document["findings"]]
    if audit["budget"] == "quick":
        findings.append({"level": "warning", "subject": "budget", "text": "This is a quick audit: few runs of each program.",
                         "cost": "Not defensible: use it to try things, and `BUDGET=standard` to claim them.", "sources": []})
    source = audit["environment"]["source"]
    if source and source["dirty"]:
        findings.append({"level": "warning", "subject": "sources", "text": f"The tree had uncommitted changes on top of {source['commit'][:12]}.",
                         "cost": "The commit alone does not reproduce these programs; their hashes below identify them.", "sources": []})
    return findings


def _line(audit: Mapping[str, Any]) -> str:
    """The result in one line, for a log."""
    test, accepted = audit["regression"], [one for one in audit["candidates"] if one["verdict"] == "accepted"]
    after = ", ".join(f"{one['id']} {one['test']['failed_count']}/{one['test']['runs_count']}" for one in accepted) or "no repair"
    word = "PASS" if audit["headline"]["verdict"] == CLOSED else "FAIL"
    return f"regression-check: {word}: the test fails on the old code {test['failed_count']}/{test['runs_count']} → {after}"
