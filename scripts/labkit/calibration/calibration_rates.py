"""calibration_rates.py - trials to error rates: our gate and the tools beside it.  trials -> rates -> summary

The tools are judged with their usual settings: alpha 0.05, no smallest effect. Because that could be called unfair, a second
row gives the same test the gate's alpha and smallest effect. Each test judges both kinds of runs, back to back and interleaved;
the difference shows what the order of the runs contributes and what the gate adds.
"""

import itertools
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from labkit.calibration import ratio_of_medians
from labkit.calibration.trial_file import CRITERION
from labkit.gate_rates import floor_ratio, gate_hits, gate_rates, rate_of, verdicts_to_count
from labkit.stats.other_tests import mann_whitney_p, welch_p
from labkit.trial_records import OF_ONE_PROGRAM
from labkit.verdicts.verdict import VerdictPolicy

TOOL_ALPHA = 0.05
BLOCK = re.compile(r"([pmc])(\d+)\.(\d+)([ABC]+)")
FIRST_STAGE = "pm"
FIRST_STAGE_GATE = "gate's first stage alone"
FIRST_STAGE_MEDIANS = "its first stage by the ratio of medians (ADR 5)"

INTERLEAVED, BACK_TO_BACK = "interleaved", "back to back"
HYPERFINE_WELCH, STRICT_WELCH = "Welch t on hyperfine's runs", "Welch t on hyperfine's runs, our alpha and effect"
HYPERFINE_U, STRICT_U = "Mann-Whitney on hyperfine's runs", "Mann-Whitney on hyperfine's runs, our alpha and effect"
COMPARE_PY = "compare.py (Google Benchmark) on hyperfine's runs"
CRITERION_RS = "criterion (Rust)"
SAME_RUNS_WELCH, SAME_STRICT_WELCH = "Welch t on our runs", "Welch t on our runs, our alpha and effect"
SAME_RUNS_U, SAME_STRICT_U = "Mann-Whitney on our runs", "Mann-Whitney on our runs, our alpha and effect"
ON_OUR_RUNS = (FIRST_STAGE_GATE, FIRST_STAGE_MEDIANS, SAME_RUNS_WELCH, SAME_STRICT_WELCH, SAME_RUNS_U, SAME_STRICT_U)
ON_RUNS_BACK_TO_BACK = (HYPERFINE_WELCH, STRICT_WELCH, HYPERFINE_U, STRICT_U, COMPARE_PY, CRITERION_RS)
TOOLS = (*ON_OUR_RUNS, *ON_RUNS_BACK_TO_BACK)


def order_of_runs(tool: str) -> str:
    return BACK_TO_BACK if tool in ON_RUNS_BACK_TO_BACK else INTERLEAVED


@dataclass(frozen=True)
class Floors:
    """The noise floors, as |ratio - 1| between identical programs: by the gate's statistic, and by the ratio of medians (ADR 5)."""

    gate: float
    medians: float


@dataclass(frozen=True)
class CrossFitted:
    """The floors of the trials with even and with odd numbers. A trial is judged with the floors of the half that it is not in."""

    halves: tuple[Floors, Floors]

    def of(self, trial: dict) -> Floors:
        return self.halves[1 - trial["index"] % 2]


def floors_of(identical: list[dict]) -> Floors:
    return Floors(gate=floor_ratio(identical, lambda trial: trial["gate"]["first_ratio"]),
                  medians=floor_ratio(identical, lambda trial: ratio_of_medians.ratio_of(*first_stage(trial))))


def cross_fitted(identical: list[dict]) -> CrossFitted:
    even, odd = (floors_of([trial for trial in identical if trial["index"] % 2 == half]) for half in (0, 1))
    return CrossFitted((even, odd))


def summarise(head: dict, trials: list[dict], compare_py: dict[str, float], size: str) -> dict:
    """The document that templates/schemas/calibration.schema.json describes. compare_py: {trial name: p} from the real tool."""
    identical = [trial for trial in trials if trial["extra"] == 0 and trial["condition"] in OF_ONE_PROGRAM]
    floors, policy, apart = floors_of(identical), policy_of(head), cross_fitted(identical)
    conditions = {name: ours | rates_of([trial for trial in trials if trial["condition"] == name], apart, policy, compare_py)
                  for name, ours in gate_rates(trials).items()}
    return {"schema": 1, "kind": "calibration", "tool": {"name": "lab"}, "host": head["host"],
            "started_utc": head["started_utc"], "ended_utc": max(trial["started_utc"] for trial in trials),
            "size": size, "engine": head.get("engine", 1), "tools": head.get("tools", {}),
            "policy": asdict(policy), "floor_ratio": floors.gate,
            "ratio_of_medians_floor_ratio": floors.medians, "instructions": head["instructions"],
            "startup_ratio": head["startup_ratio"], "conditions": conditions, "hours": rates_by_hour(trials),
            "noise": {name: noise_of([trial for trial in trials if trial["condition"] == name])
                      for name in conditions}}


def rates_by_hour(trials: list[dict]) -> dict[str, dict[str, dict[str, list[int]]]]:
    """{condition: {hour, as 2026-01-01T00: {planted effect in thousandths: [trials called changed, trials]}}}, of the gate"""
    found: dict[str, dict[str, dict[str, list[int]]]] = {}
    for trial, hit in sorted(gate_hits(trials), key=lambda one: one[0]["started_utc"]):
        hour = found.setdefault(trial["condition"], {}).setdefault(trial["started_utc"][:len("2026-01-01T00")], {})
        counts = hour.setdefault(str(trial["extra"]), [0, 0])
        counts[0] += hit
        counts[1] += 1
    return found


def policy_of(head: dict) -> VerdictPolicy:
    """The policy of the trials. Fields that only an earlier engine knew are left out."""
    known = {one.name for one in fields(VerdictPolicy)}
    return VerdictPolicy(**{name: value for name, value in head["policy"].items() if name in known})


def trial_name(trial: dict) -> str:
    return f"{trial['condition']}-{trial['extra']}-{trial['index']}"


def rival_pairs(trials: list[dict]) -> dict[str, tuple[list[float], list[float]]]:
    """{trial name: (times of A, times of B)} in microseconds, as hyperfine measured them, for compare.py."""
    return {trial_name(trial): (trial["hyperfine"]["a_us"], trial["hyperfine"]["b_us"]) for trial in trials
            if trial["hyperfine"] and "failure" not in trial["hyperfine"]}


def rates_of(trials: list[dict], floors: CrossFitted, policy: VerdictPolicy, compare_py: dict[str, float]) -> dict:
    """{rival, or part of the gate: {planted effect in thousandths: rate}}"""
    found: dict[str, dict[str, list[bool]]] = {}
    for trial in trials:
        for tool, is_change in verdicts_of(trial, floors.of(trial), policy, compare_py).items():
            found.setdefault(tool, {}).setdefault(str(trial["extra"]), []).append(is_change)
    return {tool: {extra: rate_of(hits) for extra, hits in found[tool].items()} for tool in TOOLS if tool in found}


def verdicts_of(trial: dict, floors: Floors, policy: VerdictPolicy, compare_py: dict[str, float]) -> dict[str, bool]:
    """{rival, or part of the gate: whether it reported a change}: an error where the programs are identical, correct where B was made slower."""
    verdicts = {}
    if (said := trial.get(CRITERION, {}).get("verdict")) is not None:
        verdicts[CRITERION_RS] = said in verdicts_to_count(trial)
    if trial["condition"] not in OF_ONE_PROGRAM:  # the rivals cannot link a program anew for each block
        return verdicts
    return verdicts | on_our_runs(trial, floors, policy) | on_hyperfines_runs(trial, policy, compare_py)


def on_our_runs(trial: dict, floors: Floors, policy: VerdictPolicy) -> dict[str, bool]:
    """The verdicts of rivals that judge the runs of the gate's first stage."""
    planted = trial["extra"] > 0
    a, b = first_stage(trial)
    by_medians = ratio_of_medians.slower_or_faster(a, b, policy=policy, floor_ratio=floors.medians, seed=trial["seed"])
    return {FIRST_STAGE_GATE: first_stage_reports_change(trial, floors.gate),
            FIRST_STAGE_MEDIANS: by_medians == 1 if planted else by_medians != 0,
            **both_ways(welch_p, SAME_RUNS_WELCH, SAME_STRICT_WELCH, a.ravel(), b.ravel(), planted, policy),
            **both_ways(mann_whitney_p, SAME_RUNS_U, SAME_STRICT_U, a.ravel(), b.ravel(), planted, policy)}


def both_ways(test, name: str, strict_name: str, a: np.ndarray, b: np.ndarray, planted: bool, policy: VerdictPolicy
              ) -> dict[str, bool]:
    """The verdicts of a test with the tool's alpha, and with the gate's alpha and smallest effect."""
    return {name: says(test, a, b, planted), strict_name: says(test, a, b, planted, policy.alpha, policy.effect_ratio)}


def on_hyperfines_runs(trial: dict, policy: VerdictPolicy, compare_py: dict[str, float]) -> dict[str, bool]:
    """The verdicts of rivals that judge hyperfine's runs, all A and then all B; {} for a trial without such runs."""
    name, planted = trial_name(trial), trial["extra"] > 0
    pairs = rival_pairs([trial])
    if name not in pairs:
        return {}
    a, b = (np.array(times, dtype=float) for times in pairs[name])
    verdicts = (both_ways(welch_p, HYPERFINE_WELCH, STRICT_WELCH, a, b, planted, policy)
                | both_ways(mann_whitney_p, HYPERFINE_U, STRICT_U, a, b, planted, policy))
    if name in compare_py:  # the same test on the same runs, but by the tool itself
        verdicts[COMPARE_PY] = directed(compare_py[name] <= TOOL_ALPHA, a, b, planted)
        del verdicts[HYPERFINE_U]
    return verdicts


def first_stage_reports_change(trial: dict, floor: float) -> bool:
    """Whether the gate's first stage, without confirmation and canary, reports a change; to compare it with another statistic."""
    gate = trial["gate"]
    if gate.get("first_verdict") not in verdicts_to_count(trial):
        return False
    return abs(math.log(gate["first_ratio"])) > math.log1p(floor)


def says(test, a: np.ndarray, b: np.ndarray, planted: bool, alpha: float = TOOL_ALPHA, effect: float = 0.0) -> bool:
    if a.size < 2 or b.size < 2:
        return False
    beyond = abs(math.log(np.median(b) / np.median(a))) >= math.log1p(effect)
    return directed(test(a, b) <= alpha and beyond, a, b, planted)


def directed(significant: bool, a: np.ndarray, b: np.ndarray, planted: bool) -> bool:
    return bool(significant and (not planted or np.median(b) > np.median(a)))


def first_stage(trial: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    return blocks_of(trial["gate"]["runs"])


def attempt_of(text: str) -> tuple[str, ...]:
    """Stage, block, attempt and the order of the arms. ValueError if the text names none of them."""
    found = BLOCK.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no attempt at a block")
    return found.groups()


def blocks_of(columns: dict) -> tuple[np.ndarray, np.ndarray]:
    """Wall times of A and B, shape (blocks, runs per block), of the first stage's blocks, each by its last attempt
    (calibration_trials.columns)."""
    attempts = [attempt_of(text) for text in columns["blocks"]]
    last = {block: attempt for _, block, attempt, _ in attempts}
    times, kept = iter(columns["wall_us"]), []
    for stage, block, attempt, arms in attempts:
        here = list(zip(arms, itertools.islice(times, len(arms))))
        if stage in FIRST_STAGE and attempt == last[block]:
            kept.append(here)
    a, b = (np.array([[time_us for arm, time_us in block if arm == wanted] for block in kept], dtype=float) for wanted in "AB")
    return a, b


def noise_of(trials: list[dict]) -> dict[str, float]:
    """How noisy this machine was: medians over the trials, as ratios; trial_s in seconds."""
    def median(name: str) -> float:
        values = [trial["gate"][name] for trial in trials if trial["gate"].get(name) is not None]
        return float(np.median(values)) if values else 0.0

    return {"pair_noise_ratio": median("noise_ratio"), "blocks_count": median("blocks_count"),
            "mde_ratio": median("mde_ratio"), "autocorrelation": median("autocorrelation"),
            "trial_s": float(np.median([trial["took_s"] for trial in trials]))}
