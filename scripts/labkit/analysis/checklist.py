"""checklist.py - the acceptance checklist, checked by machine.  audit numbers -> checklist.py -> rows

Each check examines the audit and returns a description of what it found, or raises Unmet with the reason. A row without
its evidence fails.

Pure  no disk; `evidence` is the file, relative to the report, where a reader can see the same.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any, Callable

from labkit.analysis.decide import ACCEPTED, REJECTED, UNDECIDED, YARDSTICK
from labkit.analysis.effects import is_exact
from labkit.phases import COMMAND
from labkit.wording import at_confidence, count, duration, listing, p_is, p_value, percent, plural, times

Audit = dict[str, Any]


class Unmet(Exception):
    """The description of what was found, and why it is not enough."""


@dataclass(frozen=True)
class Row:
    number: int
    title: str
    passed: bool
    seen: str
    evidence: tuple[str, ...]


def check_rows(audit: Audit) -> list[Row]:
    checks = COMMAND_CHECKS if audit["manifest"].get("kind") == COMMAND else CHECKS
    checks += _load_checks(audit["manifest"].get("load"))
    return [_row(number, *check, audit) for number, check in enumerate(checks, start=1)]


def _load_checks(plan: dict[str, Any] | None) -> "tuple[Check, ...]":
    """A yardstick and a second generator are looked for where the manifest names them."""
    if not plan:
        return ()
    left_out = {check_yardstick: not plan["yardstick_p99_ratio"], check_load_witness: not plan["witness_script"]}
    return tuple(one for one in LOAD_CHECKS if not left_out.get(one[2]))


def _row(number: int, title: str, evidence: tuple[str, ...], check: Callable[[Audit], str], audit: Audit) -> Row:
    try:
        return Row(number, title, True, check(audit), evidence)
    except Unmet as reason:
        return Row(number, title, False, str(reason), evidence)


def need(condition: Any, seen: str) -> None:
    if not condition:
        raise Unmet(seen)


def check_intervals(audit: Audit) -> str:
    """The whole pipeline before the change, at every size; and the change itself, at the size of the complaint."""
    sizes = audit["baseline"]["sizes"]
    open_ended = [one["name"] for one in sizes if not all(map(_is_finite, (one["p50"]["low"], one["p50"]["high"])))]
    need(not open_ended, f"there is no interval at {listing(open_ended)}, because there were too few processes")
    main = _main(audit)
    wanted = 1 if is_exact(main["metric"]) else audit["policy"]["evidence"]["minimum_pairs_count"]
    need(main["pairs_count"] >= wanted, f"there are {main['pairs_count']} pairs of processes; {wanted} are needed")
    return (f"{plural(len(sizes), 'size')}, each with 95 % intervals of {_supported_quantiles(sizes)} from at least "
            f"{min(one['runs_count'] for one in sizes)} processes; the change {times(main['gain_ratio'])} "
            f"[{times(main['gain_low'])}, {times(main['gain_high'])}]{at_confidence(main['confidence'])} from {main['pairs_count']} pairs")


def _supported_quantiles(sizes: list[dict[str, Any]]) -> str:
    """p95 of a process needs 100 samples, p99 needs 1000; with fewer, it would be merely the slowest sample."""
    supported = [name for name in ("p50", "p95", "p99") if all(one[name]["supported"] for one in sizes)]
    without = [name for name in ("p95", "p99") if name not in supported]
    return listing(supported) + (f" (not of {listing(without)}, because a process has too few samples)" if without else "")


def check_black_box(audit: Audit) -> str:
    found = audit["environment"]["disassembly"]
    kinds = {one["kind"] for one in found["barriers"]}
    need(kinds == {"in", "out"}, f"barriers found in the program: {listing(sorted(kinds))}; barriers for input and output are needed")
    gone = [one["name"] for one in found["functions"] if not (one["present"] and one["loop"])]
    need(found["functions"] and not gone, f"missing, or without a loop, after optimisation: {listing(gone)}")
    where = listing(sorted({one["function"] for one in found["barriers"]}))
    return (f"{plural(len(found['barriers']), 'barrier')} in the machine code of {where}; "
            f"{plural(len(found['functions']), 'hot function')} found with their loops")


def check_fixture_outside(audit: Audit) -> str:
    """By the clock of each process, the set-up ended before the first sample, and the time after it holds all samples."""
    setup = audit["baseline"]["setup"]
    need(setup["checked_count"], "no process recorded the start of its timed part")
    overlapping = plural(setup["overlapping_count"], "process")
    need(setup["overlapping_count"] == 0, f"in {overlapping} the timed samples overlap with the set-up")
    need(audit["environment"]["fixtures_equal"], "the phases were not measured on the same fixture files")
    took = duration(setup["median_ns"])
    return (f"in all {setup['checked_count']} processes: the set-up (median {took}) ended before the first sample, and the time after it holds "
            "all samples; fixtures were verified by SHA-256 before use")


def check_process_clock(audit: Audit) -> str:
    """A command is timed from its start to its end, by a clock that was tested; its input exists before."""
    tested = [one for one in audit["environment"]["self_test"] if one["instrument"] == "process clock"]
    need(tested and all(one["passed"] for one in tested), "the clock of the processes was not tested, or failed its test")
    need(audit["environment"]["fixtures_equal"], "the phases were not measured on the same inputs")
    return f"each run is timed by the launcher from start to end ({tested[0]['measured']} in its test); inputs exist before, and their SHA-256 was taken"


def check_answers(audit: Audit) -> str:
    """A check of answers that cannot fail would be worthless."""
    tested = [one for one in audit["environment"]["self_test"] if one["instrument"] == "answer check"]
    need(tested and all(one["passed"] for one in tested), "the check of answers was not tested, or failed its test")
    how = {"output": "all that it prints", "exit": "its exit code alone"}.get(audit["manifest"]["answer"], "a check of its own")
    need(audit["manifest"]["answer"] != "exit", f"every run was judged by {how}, which a wrong result may have, too")
    return f"every run was judged by {how}; a planted wrong expectation was refused"


def check_process_allocations(audit: Audit) -> str:
    memory = audit["memory"]
    sizes = list(audit["manifest"]["fixture"]["sizes"])
    missing = [size for size in sizes if not memory or not any(one["size"] == size for one in memory["stages"])]
    need(not missing, f"no allocation was counted at {listing(missing)}")
    need(all(one["passed"] for one in audit["environment"]["self_test"] if "alloc" in one["instrument"]),
         "the allocation counter failed its self-test")
    return f"the whole process at {plural(len(sizes), 'size')}, exact counts"


def check_flame_graph(audit: Audit) -> str:
    profile = audit["profile"]
    need(profile, "nothing was sampled")
    wanted = audit["policy"]["evidence"]["flame_graph_seconds"]
    first = next(one for one in profile["samplings"] if one["instrument"] == profile["instrument"])
    need(profile["flame_graph"], "no flame graph was drawn")
    need(first["duration_s"] >= wanted, f"sampling lasted {first['duration_s']:g} s; {wanted:g} s are needed")
    return (f"{first['duration_s']:g} s of sustained load, {count(first['samples_count'])} samples by "
            f"{first['instrument']}, {count(first['lost_count'])} lost")


def check_stage_allocations(audit: Audit) -> str:
    memory = audit["memory"]
    need(memory and memory["stages"], "no allocation was counted per stage")
    wanted = {one["name"] for one in audit["manifest"]["stages"]}
    for size in audit["manifest"]["fixture"]["sizes"]:
        missing = wanted - {one["stage"] for one in memory["stages"] if one["size"] == size}
        need(not missing, f"at {size} no allocations were counted for {listing(sorted(missing))}")
    need(all(one["passed"] for one in audit["environment"]["self_test"] if "alloc" in one["instrument"]),
         "the allocation counter failed its self-test")
    sizes = plural(len(audit["manifest"]["fixture"]["sizes"]), "size")
    return f"{plural(len(wanted), 'stage')} at {sizes}, exact counts"


def check_before_after(audit: Audit) -> str:
    rebench = audit["rebench"]
    need(rebench and rebench["accepted"], "no accepted change was measured before and after")
    need(not rebench["failure"], "the union of the accepted candidates failed")
    need(rebench["answers"] and all(one["equal"] for one in rebench["answers"]), "the answers differ")
    sizes = {one["size"] for one in rebench["effects"]}
    need(sizes == set(audit["manifest"]["fixture"]["sizes"]), f"it was measured at {listing(sorted(sizes))} only")
    return (f"{listing(rebench['accepted'])} together, equal answers and before/after at all "
            f"{plural(len(sizes), 'size')}")


def check_significance(audit: Audit) -> str:
    main = _main(audit)
    if is_exact(main["metric"]):
        seen = f"{count(main['a_median'])} before, {count(main['b_median'])} after, in every run: these are exact counts, so no p is needed"
        need(main["verdict"] == "improved", seen)
        return seen
    seen = (f"{p_is(main['p_adjusted'])} (exact, paired by block), "
            f"Welch's p {p_value(main['p_welch'])} for comparison, {main['blocks_count']} blocks on fresh processes")
    need(main["p_adjusted"] < 0.05, f"{seen}; p must be below 0.05")
    need(main["verdict"] == "improved", f"{seen}; but the verdict is {main['verdict']}: {main['reason']}")
    return seen


def check_noise(audit: Audit) -> str:
    noise = audit["baseline"]["noise"]
    need(noise, "the baseline was not compared with its own copy")
    fooled = [one["size"] for one in noise if one["verdict"] in ("improved", "regressed")]
    need(not fooled, f"identical programs were called different at {listing(fooled)}")
    worst = max(noise, key=lambda one: abs(one["gain_ratio"] - 1.0))
    return (f"the baseline against its own copy: no difference at any of {plural(len(noise), 'size')}, at most "
            f"{percent(abs(worst['gain_ratio'] - 1.0), 2)} apart (at {worst['size']})")


def check_decisions(audit: Audit) -> str:
    unmeasured = [one["id"] for one in audit["candidates"] if not one["measured"]]
    need(not unmeasured, f"never measured: {listing(unmeasured)}")
    need(audit["candidates"], "there are no candidates")
    found = Counter(one["verdict"] for one in audit["candidates"])
    undecided = [one["id"] for one in audit["candidates"] if one["verdict"] == UNDECIDED]
    return (f"{found[ACCEPTED]} accepted, {found[REJECTED]} rejected, each by a rule of the policy" +
            (f"; {plural(found[YARDSTICK], 'yardstick')} measured for comparison" if found[YARDSTICK] else "") +
            (f"; undecided when the budget ended, and therefore not used: {listing(undecided)}" if undecided else ""))


def check_witness(audit: Audit) -> str:
    witnesses = audit["memory"]["witnesses"] if audit["memory"] else []
    need(witnesses, "no second tool counted the allocations")
    pairs = [(one["instrument"], name, pair) for one in witnesses for name, pair in one["counts"].items()]
    unexplained = [f"{tool} differs by {count(abs(pair['unexplained']))} in {name}" for tool, name, pair in pairs
                   if pair["unexplained"]]
    need(not unexplained, "; ".join(unexplained))
    exact = [one["instrument"] for one in witnesses
             if all(pair["difference"] == 0 for pair in one["counts"].values())]
    need(exact, "no other tool gives the same counts without a correction")
    corrected = [one["instrument"] for one in witnesses if one["instrument"] not in exact]
    return (f"the same counts as {listing(exact)}" +
            (f"; {listing(corrected)} gives them, too, after subtracting its counts for a program that allocates nothing" if corrected else ""))


def check_canary(audit: Audit) -> str:
    """In each campaign a copy of the baseline ran under another name; if it differs, no difference can be trusted."""
    found = [(one["id"], one) for one in audit["candidates"] if one["measured"] and not one["failure"]]
    found += [("the union", audit["rebench"])] if audit["rebench"] and not audit["rebench"]["failure"] else []
    silent = [name for name, one in found if not (one["campaign"] and one["campaign"]["canary"])]
    need(found and not silent, f"no canary ran in the comparison of {listing(silent)}")
    invalid = [f"{name}: {one['campaign']['invalid']}" for name, one in found if one["campaign"]["invalid"]]
    need(not invalid, "; ".join(invalid))
    worst = max((one["campaign"]["canary"]["ratio"] for _, one in found), key=lambda ratio: abs(ratio - 1.0))
    reruns = sum(one["campaign"]["rerun_count"] for _, one in found)
    return (f"equal to the baseline in all {plural(len(found), 'comparison')}, at most {percent(abs(worst - 1.0), 2)} from the "
            f"baseline; {plural(reruns, 'block')} run again, each for a reason defined beforehand")


def check_target(audit: Audit) -> str:
    main, target = _main(audit), audit["manifest"]["target"]
    seen = f"the low end of the interval is {times(main['gain_low'])}, the target {times(target)}"
    need(main["gain_low"] >= target, seen)
    return seen


def check_silence(audit: Audit) -> str:
    """A stage without allocations stays without them, checked by the same assertion as in CI."""
    silence = audit["trade_offs"]["guard"]["silence"]
    need(silence, "no stage was checked for zero allocations")
    broken = [f"{one['stage']}: {one['breach']}" for one in silence if one["status"] == "broken"]
    need(not broken, "; ".join(broken))
    held = [one["stage"] for one in silence if one["status"] == "held"]
    fired = [one["stage"] for one in silence if one["status"] == "allocates"]
    if not held:
        return f"every stage allocates ({listing(fired)}), so zero cannot be asserted of any; their exact counts are compared instead"
    return (f"{listing(held)} did not allocate from the first batch on" +
            (f"; the assertion can fail: it failed in {listing(fired)}" if fired else ""))


def check_knee(audit: Audit) -> str:
    return _check_reach(audit, "knee", "the union's knee is {} the baseline's; at least {} was required")


def check_yardstick(audit: Audit) -> str:
    return _check_reach(audit, "p99", "the union's p99 at half of its knee is {} nginx's; at most {} was required")


def _check_reach(audit: Audit, what: str, words: str) -> str:
    load = audit["load"]
    need(load, "no load was offered")
    found = next(one for one in load["reach"] if one["what"] == what)
    missing = listing(sorted(f"{tool}: {reason}" for tool, reason in load["unmeasured"].items()))
    need(found["met"] is not None, f"not measured ({missing})" if missing else "not measured, because there is no knee")
    seen = words.format(times(found["ratio"]), times(found["limit"]))
    need(found["met"], seen)
    return seen


def check_load(audit: Audit) -> str:
    """Figures of a generator that was late are the generator's; servers that answer differently are not compared."""
    load = audit["load"]
    need(load, "no load was offered")
    answers, curves = load["answers"], load["curves"]
    need(answers["compared_count"] and not answers["differ_count"], f"{answers['differ_count']} of {answers['compared_count']} equal streams got different answers")
    invalid = [one["server"] for one in curves if all(point["invalid_count"] == point["rounds_count"] for point in one["points"])]
    need(not invalid, f"the generator never kept its schedule against {listing(invalid)}")
    late = plural(len(load["invalid"]), "point")
    return f"equal answers to {answers['compared_count']} equal streams; {late} invalid because the generator was late, each named"


def check_load_witness(audit: Audit) -> str:
    load = audit["load"]
    need(load and load["witness"], "no second generator measured")
    doubts = [f"{one['server']}: {one['verdict']}" for one in load["witness"] if one["verdict"] != "confirms the knee"]
    rates = listing([f"{one['server']} {count(round(one['answered_per_s']))} a second" for one in load["witness"]])
    need(not doubts, f"{'; '.join(doubts)} ({rates})")
    return f"wrk's connections that wait for their answers got {rates}, at least what each knee says"


def _main(audit: Audit) -> dict[str, Any]:
    main = audit["rebench"]["main"] if audit["rebench"] else None
    need(main, "no before and after was measured at the size of the complaint")
    return main


def _is_finite(value: float | None) -> bool:
    return value is not None and abs(value) != float("inf")


Check = tuple[str, tuple[str, ...], Callable[[Audit], str]]
"""What a row asserts, the files that prove it, and the function that looks."""

CHECKS: tuple[Check, ...] = (
    ("The benchmark gives confidence intervals for the full pipeline",
     ("evidence/baseline.json", "evidence/rebench.json"), check_intervals),
    ("black_box on input and output, in the machine code", ("evidence/baseline.json",), check_black_box),
    ("Fixtures are built outside the timed region", ("evidence/baseline.json",), check_fixture_outside),
    ("A flame graph from a run of at least 30 s", ("evidence/profile.json",), check_flame_graph),
    ("Allocation counts per stage", ("evidence/memory.json",), check_stage_allocations),
    ("At least one fix implemented, with before and after", ("evidence/rebench.json",), check_before_after),
    ("p < 0.05 for the improvement", ("evidence/rebench.json",), check_significance),
    ("Identical programs are called identical on this machine", ("evidence/baseline.json",), check_noise),
    ("Every candidate was measured and judged by policy", ("evidence/candidates/",), check_decisions),
    ("Allocation counts confirmed by a second tool", ("evidence/memory.json",), check_witness),
    ("The canary equalled the baseline in every comparison", ("evidence/candidates/", "evidence/rebench.json"), check_canary),
    ("The target of the complaint is reached by the low end of the interval", ("evidence/rebench.json",), check_target),
    ("Stages without allocations are checked to stay so", ("evidence/rebench.json",), check_silence),
)

# Of a server that was offered rising loads.
LOAD_CHECKS = (
    ("The generator kept its schedule, and all servers answered alike", ("evidence/rebench.json",), check_load),
    ("The knee is as far above the baseline's as the manifest requires", ("evidence/rebench.json",), check_knee),
    ("p99 at half load is near the yardstick's", ("evidence/rebench.json",), check_yardstick),
    ("A second load generator confirms the knees", ("evidence/rebench.json",), check_load_witness),
)

# A command has no timed part with barriers, and no stages.
OF_A_LIBRARY: dict[Callable[[Audit], str], Check | None] = {
    check_black_box: ("Every run's answer is checked, and the check can fail", ("evidence/baseline.json",), check_answers),
    check_fixture_outside: ("The clock was tested, and inputs are made before it starts", ("evidence/baseline.json",), check_process_clock),
    check_stage_allocations: ("Allocation counts of the process", ("evidence/memory.json",), check_process_allocations),
    check_silence: None,
}
COMMAND_CHECKS = tuple(one for one in (OF_A_LIBRARY.get(check[2], check) for check in CHECKS) if one)
