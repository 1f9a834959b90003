"""findings.py - the limits of the report that a reader must know first: reported by the phases, or found in the numbers.

A finding is {"level", "subject", "text", "cost", "sources"}. Errors come first, then warnings, then notes. The same finding
of several phases is listed once, with all its sources.
"""

from typing import Any, Iterator

from labkit.analysis.evidence_set import EvidenceSet
from labkit.analysis.environment_numbers import LIMITS
from labkit.phases import single
from labkit.verdicts.second_opinions import TIMES, same_work_text
from labkit.wording import at_confidence, listing, percent, plural, quantity, significant, times

LEVELS = ("error", "warning", "note")
AGREEMENT_WANTED_RATIO = 0.8


def collect_findings(evidence_set: EvidenceSet, audit: dict[str, Any]) -> list[dict[str, Any]]:
    merged: dict[tuple[str, str, str, str], list[str]] = {}
    for path, document in evidence_set.documents:
        for one in document["findings"]:
            merged.setdefault((one["level"], one["subject"], one["text"], one["cost"]), []).append(path)
    for key in _own_findings(evidence_set, audit):
        merged.setdefault(key, [])
    ordered = sorted(merged, key=lambda key: LEVELS.index(key[0]))  # a stable sort: within a level they keep their order
    return [dict(zip(("level", "subject", "text", "cost"), key), sources=sorted(set(merged[key]))) for key in ordered]


def _own_findings(evidence_set: EvidenceSet, audit: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    yield from _budget(audit)
    yield from _complaint(audit)
    yield from _environment(audit)
    yield from _missing_phases(evidence_set)
    yield from _instruments(audit)
    yield from _noise(audit)
    yield from _losses(audit)
    yield from _candidates(audit)
    yield from _rebench(audit)


def _budget(audit: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    if audit["budget"] == "quick":
        yield ("warning", "budget", "This is a quick audit, with few blocks and short sampling.",
               "Its results are not defensible: use it to try changes, and `BUDGET=standard` to make a claim.")
    source = audit["environment"]["source"]
    if source and source["dirty"]:
        yield ("warning", "sources", f"The tree had uncommitted changes on top of {source['commit'][:12]}.",
               "The commit alone does not reproduce these binaries; their hashes below identify them.")


def _complaint(audit: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    complaint = audit["complaint"]
    if complaint["reproduced"] is False:
        named = listing([f"{significant(one, 4)} {audit['manifest']['op']}s/s" for one in complaint["rates_per_s"]])
        yield ("warning", "complaint", f"The complaint speaks of {named}; the baseline measures "
               f"{significant(complaint['measured_per_s'], 3)}.",
               "The audit does not measure the situation of the complaint; its gain holds for the measured part only.")


def _environment(audit: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    environment = audit["environment"]
    if environment["fingerprints_count"] > 1:
        yield ("error", "machine", f"The evidence comes from {environment['fingerprints_count']} different machine classes.",
               "Each comparison is sound within its own file; figures of different phases must not be compared.")
    for name, limit in LIMITS.items():
        seen, allowed = environment["unstable"].get(name), audit["policy"]["evidence"][limit]
        if seen and seen["high"] > allowed:
            what = "The load" if name == "load1_ratio" else "The time that the hypervisor took"
            yield ("warning", "machine", f"{what} rose to {quantity(seen['high'], name)}; the policy warns above "
                   f"{quantity(allowed, name)}.",
                   "Intervals are wider than on a quiet machine; they stay valid because the runs are interleaved.")
    for one in environment["self_test"]:
        if not one["passed"]:
            yield ("error", one["instrument"], f"Its self-test failed: expected {one['expected']}, "
                   f"measured {one['measured']}.", "The figures of this instrument below cannot be trusted.")


def _missing_phases(evidence_set: EvidenceSet) -> Iterator[tuple[str, str, str, str]]:
    for phase in single():
        if evidence_set.by_phase[phase.name] is None and phase.applies_to(evidence_set.manifest):
            yield ("warning", phase.name, f"There is no {phase.name} evidence.", f"Without it, {phase.cost}.")


def _instruments(audit: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    profile, memory = audit["profile"], audit["memory"]
    for one in profile["samplings"] if profile else ():
        if one["lost_count"]:
            yield ("warning", one["instrument"], f"It lost {one['lost_count']} samples and kept "
                   f"{one['samples_count']}.",
                   "Shares refer to the samples that were kept; a lost sample is as likely in a hot function as elsewhere.")
    for one in profile["agreements"] if profile else ():
        if "callgrind" not in one["second"] and one["overlap_ratio"] < AGREEMENT_WANTED_RATIO:
            yield ("warning", "profile", f"{one['first']} and {one['second']} agree on {percent(one['overlap_ratio'])} "
                   "of the self time only.", "Shares are uncertain by this difference, which the table below shows.")
    for one in memory["witnesses"] if memory else ():
        for name, pair in one["counts"].items():
            if pair["unexplained"]:
                apart = abs(pair["unexplained"])
                yield ("warning", "allocations", f"The counter and {one['instrument']} differ by {apart} in {name}, "
                       "and the difference is unexplained.", "One of the two is wrong by this much.")
    for one in memory["sites_unaccounted"] if memory else ():
        yield ("warning", "call sites", f"Stage {one['stage']} of the {one['variant']} made {one['by_stage']:g} "
               f"allocations in a batch; its call sites add up to {one['by_site']:g}.",
               "The table of call sites is off by the difference.")


def _noise(audit: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    for one in audit["baseline"]["noise"]:
        if one["verdict"] in ("improved", "regressed"):
            yield ("error", "noise floor", f"At {one['size']} the baseline differs from its own copy: "
                   f"{times(one['gain_ratio'])} [{times(one['low'])}, {times(one['high'])}]{at_confidence(one['confidence'])}.",
                   "An effect of this size or less proves nothing on this machine today.")


def _losses(audit: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    measured = [(one["id"], one) for one in audit["candidates"] if one["measured"]]
    measured += [("union", audit["rebench"])] if audit["rebench"] else []
    for name, one in measured:
        losses, campaign = one["losses"], one["campaign"]
        if campaign and campaign["invalid"]:
            yield ("error", name, f"The environment was invalid: {campaign['invalid']}.",
                   "The results of this comparison prove nothing; measure again.")
        for reason, count in losses["failures"].items():
            yield ("warning", name, f"{plural(count, 'run')} of {losses['runs_count']} failed: {reason}.",
                   "Their whole blocks are not used; the rows stay in the evidence.")
        if losses["rerun_count"]:
            runs = plural(losses["rerun_count"], "run")
            yield ("note", name, f"{runs} belonged to disturbed blocks, which were run again.",
                   "Only whole blocks are run again, for a reason that was defined beforehand; the first attempts stay in the evidence.")


def _candidates(audit: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    for one in audit["candidates"]:
        if not one["measured"]:
            yield ("warning", one["id"], one["reason"], "The candidate is neither accepted nor rejected.")
            continue
        yield from _work(one["id"], one["gain"], one["instructions"])
        if one["exceeds_ceiling"]:
            yield ("note", one["id"], f"Its gain is {times(one['gain']['gain_ratio'])}, more than the "
                   f"{times(one['ceiling_ratio'])} that its target's share allows.",
                   "The gain is real, but part of it comes from elsewhere: from caches, layout, or less work in a called function.")
        if one["prediction_exceeds_ceiling"]:
            yield ("note", one["id"], f"Its predicted gain of {percent(one['predicted_gain'])} was impossible: "
                   f"the ceiling of its target is {times(one['ceiling_ratio'])}.", "The prediction counts as refuted.")
        if one["gain"] and one["gain"]["welch_disagrees"]:
            yield ("note", one["id"], "Welch's t test, shown for comparison, disagrees with the paired test.",
                   "The paired test decides, because it does not assume that runs on one machine are independent.")


def _work(name: str, gain: dict[str, Any] | None, counted: dict[str, Any] | None) -> Iterator[tuple[str, str, str, str]]:
    """The instructions of the timed loop, which have no noise, compared with the verdict about time."""
    if gain and counted and gain["metric"] in TIMES and (
            text := same_work_text(gain["verdict"], 1.0 / gain["gain_ratio"], counted["baseline"], counted["candidate"])):
        yield ("note", name, text, "Time, measured in several layouts, decides; the count shows where to look for the reason.")


def _rebench(audit: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    rebench = audit["rebench"]
    if rebench is None:
        return
    if rebench["failure"]:
        yield ("error", "union", f"The union failed ({rebench['failure']['reason']}): {rebench['failure']['detail']}",
               "The report cannot show before and after.")
    if rebench["layouts"] and rebench["layouts"]["depends"]:
        gains = [one["gain_ratio"] for one in rebench["layouts"]["table"]]
        yield ("warning", "layout", f"The gain depends on where the linker puts code: {times(min(gains))} to {times(max(gains))}.",
               "The headline averages over all layouts with equal weights; a single build may show any of these gains. *Before and after* has the table.")
    accepted = [one["id"] for one in audit["candidates"] if one["accepted"]]
    known = [*rebench["accepted"], *(one["id"] for one in rebench["left_out"])]
    if sorted(accepted) != sorted(known):
        yield ("error", "union", "The union was built from candidates other than those accepted now.",
               "The confirmation does not belong to this selection; run `make audit` again.")
    for one in rebench["left_out"]:
        yield ("note", one["id"], f"The candidate was accepted alone, but left out of the union: {one['reason']}", "Its gain is not claimed.")
