"""decide.py - accept or reject, by policy, with the reason.  candidates, profile, policy -> decide.py -> Decision

The lab decides, never the manifest. A candidate is accepted when no rule of RULES objects, rejected when a rule objects
whose objection more blocks could not remove, and otherwise undecided. All objections are recorded in the report. A
yardstick with right answers is neither accepted nor rejected: it is measured for comparison only.

Pure   no disk, no clock, no randomness beyond the seeds in the evidence.
Units  gains are baseline / candidate for costs (time), so above 1 is better; a _ratio is a fraction.
"""

import math
from dataclasses import dataclass, replace
from typing import Any, Callable, Mapping, Sequence

import numpy as np

from labkit.analysis.effects import Effect, confirmed, first_stage, is_exact, judged_together, sizes_of, stage_effects, verdict_policy
from labkit.analysis.shares import Share, sites_of_complaint, target_share
from labkit.metrics import METRICS
from labkit.phases import COMMAND
from labkit.policy import AcceptancePolicy, parse
from labkit.stats.power import NORMAL, SIGMA_MIN, median_error, robust_sigma
from labkit.verdicts.verdict import EQUIVALENT, IMPROVED, REGRESSED, equivalence_interval
from labkit.wording import count, detectable, gain_interval, p_is, p_value, percent, plural, size as in_bytes, times

ACCEPTED, REJECTED, UNDECIDED, YARDSTICK = "accepted", "rejected", "undecided", "yardstick"
GAIN_MAX = 9.0
FAILURES = {
    "build": "It does not compile",
    "answer": "It answers wrongly",
    "crash": "It crashed",
    "exit": "It ended with an error",
    "timeout": "It did not finish within its time limit",
    "untraceable": "Its gain cannot be traced",
}


@dataclass(frozen=True)
class Growth:
    """A cost that is compared as a plain number: before and after, at one size."""

    size: str
    before: float
    after: float

    @property
    def ratio(self) -> float:
        """After / before - 1; infinite when something came from nothing."""
        if self.before == 0:
            return 0.0 if self.after == 0 else float("inf")
        return self.after / self.before - 1.0


@dataclass(frozen=True)
class Facts:
    """The facts about one candidate that the rules use."""

    id: str
    risk: int
    target: str
    lines_count: int
    share: Share | None  # share of the target in the profile, or in the heap recording; None: it does not occur there
    failure: tuple[str, str] | None  # (reason, detail) of a candidate that was never timed
    wrong_answers: tuple[tuple[str, str, str], ...]  # size, the baseline's answer, the candidate's
    gain: Effect | None  # the metric of the complaint at its size; p corrected over all candidates
    others: tuple[Effect, ...]  # the same metric at the other sizes; p corrected over all sizes
    peak_rss: tuple[Growth, ...]
    allocations: tuple[Growth, ...]
    is_yardstick: bool = False
    is_command: bool = False
    traced_in: str = "profile"

    @property
    def measured_gain(self) -> Effect:
        """The gain, for rules that come behind the one that objects to a gain that was not measured."""
        if self.gain is None:
            raise ValueError(f"{self.id} was not measured at the size of the complaint")
        return self.gain


@dataclass(frozen=True)
class Objection:
    """The objection of one rule to a candidate."""

    rule: str
    text: str
    is_open: bool = False  # more blocks could remove the objection, so it leaves the candidate undecided instead of rejecting it


@dataclass(frozen=True)
class Decision:
    id: str
    verdict: str  # ACCEPTED, REJECTED, UNDECIDED or YARDSTICK
    rule: str  # "accepted", or the rule of the objection that decides
    reason: str  # one sentence with the numbers
    objections: tuple[Objection, ...]
    required_gain_ratio: float
    deciding_gain_ratio: float
    allowed_lines_count: int
    facts: Facts

    @property
    def gain_ratio(self) -> float:
        """Baseline / candidate at the size of the complaint; 0 when it was never timed."""
        return self.facts.gain.comparison.gain_ratio if self.facts.gain else 0.0

    @property
    def accepted(self) -> bool:
        return self.verdict == ACCEPTED

    @property
    def again_ratio(self) -> float | None:
        """The probability that an audit of the same size would find the gain large enough again, from the noise of this one;
        None where nothing was sampled. The other audit's estimate varies as much as this one's, so the variance doubles."""
        gain = self.facts.gain
        if gain is None or not gain.comparison.block_logs or gain.comparison.gain_low <= 0:
            return None
        logs = np.array(gain.comparison.block_logs)
        error = max(median_error(robust_sigma(logs), len(logs)), SIGMA_MIN)
        return NORMAL.cdf(math.log(gain.comparison.gain_low / (1.0 + self.deciding_gain_ratio)) / (math.sqrt(2.0) * error))


def decide_candidates(candidates: Sequence[Mapping[str, Any]], profile: Mapping[str, Any] | None,
                      manifest: Mapping[str, Any], policy: Mapping[str, Any],
                      memory: Mapping[str, Any] | None = None) -> tuple[Decision, ...]:
    """Judge all candidates of one audit together, corrected for their number.

    candidates: whole evidence documents of kind "candidate", in the manifest's order.
    profile:    the evidence document of kind "profile", or None when there is none; then no candidate is traceable.
    memory:     likewise of kind "memory", in which candidates are traced where the complaint is about memory.
    manifest:   the manifest in the plan evidence (main_size and metric are used).
    policy:     the table of policy.toml in the plan evidence.
    """
    rules = parse(policy)
    facts = [gather(one, profile, manifest, rules, memory) for one in candidates]
    gains = _judged_over_candidates([one.gain for one in facts], candidates, rules)
    return tuple(decide_candidate(replace(one, gain=gain), rules) for one, gain in zip(facts, gains))


def gather(candidate: Mapping[str, Any], profile: Mapping[str, Any] | None,
           manifest: Mapping[str, Any], policy: AcceptancePolicy, memory: Mapping[str, Any] | None = None) -> Facts:
    """The facts that the rules need, from one candidate's evidence; gains are not yet corrected over the candidates."""
    data, head = candidate["data"], candidate["data"]["candidate"]
    failure = data["failure"]
    effects = stage_effects(data, manifest["metric"], policy)
    main, _ = split_main(effects, manifest["main_size"])
    _, others = split_main(confirmed(judged_together(effects, policy), data, policy), manifest["main_size"])
    order = sizes_of(data["runs"])
    return Facts(
        id=head["id"],
        risk=head["risk"],
        target=head["targets"],
        lines_count=data["lines"]["added_count"] + data["lines"]["removed_count"],
        share=target_share(profile, memory, manifest["metric"], head["targets"]),
        traced_in="heap recording" if sites_of_complaint(memory, manifest["metric"]) else "profile",
        failure=(failure["reason"], failure["detail"]) if failure else None,
        wrong_answers=tuple((one["size"], one["baseline"], one["candidate"] or "nothing")
                            for one in data["answers"] if not one["equal"]),
        gain=main,
        others=tuple(sorted(others, key=lambda one: order.index(one.size))),
        peak_rss=peak_rss_growth(first_stage(data)),
        allocations=allocation_growth(data["memory"]),
        is_command=manifest.get("kind") == COMMAND,
        is_yardstick=head.get("is_yardstick", False),  # evidence of older labs lacks this field
    )


def split_main(effects: Sequence[Effect], main_size: str) -> tuple[Effect | None, tuple[Effect, ...]]:
    main = next((one for one in effects if one.size == main_size), None)
    return main, tuple(one for one in effects if one.size != main_size)


def _judged_over_candidates(gains: Sequence[Effect | None], candidates: Sequence[Mapping[str, Any]],
                            policy: AcceptancePolicy) -> list[Effect | None]:
    """Apply Holm's correction to all gains, then the confirmation of the gains that regressed."""
    judged = iter(judged_together([one for one in gains if one], policy))
    return [confirmed([next(judged)], candidate["data"], policy)[0] if gain else None
            for gain, candidate in zip(gains, candidates)]


def peak_rss_growth(runs: Sequence[Mapping[str, Any]]) -> tuple[Growth, ...]:
    """Growth of the largest resident set of any process, between the arms, per size."""
    peaks: dict[str, dict[str, int]] = {}
    for row in runs:
        arms = peaks.setdefault(row["size"], {})
        arms[row["arm"]] = max(arms.get(row["arm"], 0), row["max_rss_bytes"])
    return tuple(Growth(size, peaks[size]["A"], peaks[size]["B"]) for size in sizes_of(runs) if {"A", "B"} <= peaks[size].keys())


def allocation_growth(memory: Sequence[Mapping[str, Any]]) -> tuple[Growth, ...]:
    """Growth of the allocations of a whole run (the rows without a stage), per size."""
    totals: dict[str, dict[str, float]] = {}
    for row in memory:
        if row["stage"] is None:
            arm = "before" if row["variant"] == "baseline" else "after"
            totals.setdefault(row["size"], {})[arm] = row["allocations_count"] / row["runs_count"]
    return tuple(Growth(size, arms["before"], arms["after"]) for size, arms in totals.items() if len(arms) == 2)


@dataclass(frozen=True)
class Rule:
    """says returns a sentence with the numbers, or None. final: after its objection there is nothing left to weigh."""

    name: str
    says: Callable[[Facts, AcceptancePolicy], str | None]
    final: bool


RULES: dict[str, Rule] = {}


def rule(name: str, final: bool = False) -> Callable[[Callable], Callable]:
    """Register a function as a rule in RULES; rules are applied in the order of this file."""
    def register(says: Callable[[Facts, AcceptancePolicy], str | None]) -> Callable:
        RULES[name] = Rule(name, says, final)
        return says
    return register


@rule("failure", final=True)
def rule_failure(facts: Facts, policy: AcceptancePolicy) -> str | None:
    """It comes before the rule of answers: a candidate that was stopped, or that crashed, gave no answer that could be wrong."""
    if facts.failure is None or (facts.failure[0] == "answer" and facts.wrong_answers):
        return None
    reason, detail = facts.failure
    return f"{FAILURES[reason]}: {detail}"


@rule("answer", final=True)
def rule_answer(facts: Facts, policy: AcceptancePolicy) -> str | None:
    if not facts.wrong_answers:
        return None
    shown = "; ".join(f"at {size} the baseline answers {baseline}, the candidate {answer}"
                      for size, baseline, answer in facts.wrong_answers)
    return f"{FAILURES['answer']}: {shown}."


@rule("yardstick", final=True)
def rule_yardstick(facts: Facts, policy: AcceptancePolicy) -> str | None:
    if not facts.is_yardstick:
        return None
    measured = f" Measured: {interval(facts.gain)} the baseline." if facts.gain and not is_exact(facts.gain.comparison.metric) else ""
    return f"It is a yardstick: it shows how fast another implementation gives the same answers, and cannot be adopted as a change.{measured}"


@rule("untraceable")
def rule_untraceable(facts: Facts, policy: AcceptancePolicy) -> str | None:
    if facts.share is None:
        return f"{FAILURES['untraceable']}: its target {facts.target} does not occur in the {facts.traced_in}."
    if facts.share.ratio < policy.minimum_share_ratio:
        return (f"{FAILURES['untraceable']}: its target {facts.target} takes {percent(facts.share.ratio)} of the "
                f"{facts.traced_in}; the policy asks for {percent(policy.minimum_share_ratio)}.")
    return None


@rule("unmeasured")
def rule_unmeasured(facts: Facts, policy: AcceptancePolicy) -> str | None:
    if facts.gain is None:
        return "It was not timed at the size of the complaint, so its gain is unknown."
    return None


@rule("regression")
def rule_regression(facts: Facts, policy: AcceptancePolicy) -> str | None:
    lost = [one for one in facts.others if one.comparison.verdict == REGRESSED
            and one.comparison.ratio - 1.0 > policy.maximum_loss_ratio]
    if not lost:
        return None
    shown = ", ".join(f"{interval(one)} at {one.size}" for one in lost)
    return f"It is slower at another size: {shown}; the policy allows a loss of {percent(policy.maximum_loss_ratio)}."


@rule("insignificant")
def rule_insignificant(facts: Facts, policy: AcceptancePolicy) -> str | None:
    if facts.gain is None or facts.gain.comparison.verdict == IMPROVED:
        return None
    found = facts.gain.comparison
    if is_exact(found.metric):
        return f"The counts do not improve: {counts(facts.gain)}."
    shown = f"{interval(facts.gain)}, {p_is(found.p_exact)} alone and {p_value(found.p_adjusted)} after Holm"
    if found.verdict == REGRESSED:
        return f"It is slower: {shown}."
    if found.verdict == EQUIVALENT:
        (low, high), confidence = equivalence_interval(found, verdict_policy(policy))
        shown = gain_interval(found.gain_ratio, 1 / high, 1 / low, confidence)
        return f"Its median does not change by a relevant amount: {shown}, within {percent(found.equivalence_ratio)} of the baseline."
    required = 1.0 + deciding_gain(facts, policy)
    if found.gain_high < required:
        return f"Its gain is certainly too small: {shown}, while {times(required)} is needed."
    if found.gain_low > 1.0:
        return Open(f"It improves, but perhaps by too little: {shown}; the policy asks for {percent(policy.minimum_gain_ratio)}.")
    return Open(f"No improvement is proven: {shown}; {detectable(found.mde_ratio)} would have been seen 95 times in 100.")


@rule("too-little")
def rule_too_little(facts: Facts, policy: AcceptancePolicy) -> str | None:
    required = policy.required_gain(facts.risk)
    if not improved(facts) or gain_low_ratio(facts) >= required:
        return None
    asked = f"{interval(facts.measured_gain)}; risk {facts.risk} asks for a low end of {times(1.0 + required)}."
    return f"Its gain is too small for its risk: {asked}" if gain_high_ratio(facts) < required else Open(f"It is open whether its gain is large enough for its risk: {asked}")


@rule("complexity")
def rule_complexity(facts: Facts, policy: AcceptancePolicy) -> str | None:
    allowed = policy.allowed_lines(gain_low_ratio(facts))
    if not improved(facts) or facts.lines_count <= allowed:
        return None
    at_most = policy.allowed_lines(gain_high_ratio(facts))
    bought = (f"{plural(facts.lines_count, 'line')} changed; a low end of {times(facts.measured_gain.comparison.gain_low)} justifies {allowed}, "
              f"the high end of {times(facts.measured_gain.comparison.gain_high)} {at_most}.")
    return (f"It changes too many lines for its gain: {bought}" if facts.lines_count > at_most
            else Open(f"It is open whether its gain justifies its changed lines: {bought}"))


class Open(str):
    """The text of an objection that more blocks could remove."""


def deciding_gain(facts: Facts, policy: AcceptancePolicy) -> float:
    return policy.deciding_gain(facts.risk, facts.lines_count)


def gain_high_ratio(facts: Facts) -> float:
    """The largest gain that the interval allows, as a fraction."""
    return min(GAIN_MAX, max(0.0, facts.measured_gain.comparison.gain_high - 1.0))


def improved(facts: Facts) -> bool:
    """Whether the gain is proven; only a proven gain is weighed against its costs."""
    return facts.gain is not None and facts.gain.comparison.verdict == IMPROVED


def gain_low_ratio(facts: Facts) -> float:
    """The smallest gain that the interval allows, as a fraction: its low end, at most GAIN_MAX. A cost that fell to zero has no
    ratio and counts as GAIN_MAX."""
    return min(GAIN_MAX, max(0.0, facts.gain.comparison.gain_low - 1.0)) if facts.gain else 0.0


@rule("peak-rss")
def rule_peak_rss(facts: Facts, policy: AcceptancePolicy) -> str | None:
    grown = [one for one in facts.peak_rss if one.ratio > policy.peak_rss_growth_ratio
             and one.after - one.before > policy.peak_rss_free_bytes]
    if not grown:
        return None
    shown = ", ".join(f"{in_bytes(one.before)} to {in_bytes(one.after)} at {one.size}" for one in grown)
    return f"Its peak memory grows: {shown}; the policy allows {percent(policy.peak_rss_growth_ratio)}."


@rule("allocations")
def rule_allocations(facts: Facts, policy: AcceptancePolicy) -> str | None:
    allowed, free_count = ((policy.command_allocations_growth_ratio, policy.command_allocations_free_count) if facts.is_command
                           else (policy.allocations_growth_ratio, 0))
    grown = [one for one in facts.allocations if one.ratio > allowed and one.after - one.before > free_count]
    if not grown:
        return None
    shown = ", ".join(f"{one.before:g} to {one.after:g} at {one.size}" for one in grown)
    return f"It allocates more per {'run' if facts.is_command else 'batch'}: {shown}; the policy allows {percent(allowed)}."


def decide_candidate(facts: Facts, policy: AcceptancePolicy) -> Decision:
    """Apply every rule; the first objection names the rejection. After the objection of a final rule no others are applied."""
    objections = []
    for one in RULES.values():
        text = one.says(facts, policy)
        if text:
            objections.append(Objection(_failure_name(one.name, facts), str(text), isinstance(text, Open)))
            if one.final:
                break
    verdict, deciding = _verdict(objections)
    decision = Decision(
        id=facts.id,
        verdict=verdict,
        rule=deciding.rule if deciding else ACCEPTED,
        reason=deciding.text if deciding else "",
        objections=tuple(sorted(objections, key=lambda one: one is not deciding)),
        required_gain_ratio=policy.required_gain(facts.risk),
        deciding_gain_ratio=deciding_gain(facts, policy),
        allowed_lines_count=policy.allowed_lines(gain_low_ratio(facts)),
        facts=facts,
    )
    return decision if deciding else replace(decision, reason=_praise(decision))


def _verdict(objections: Sequence[Objection]) -> tuple[str, Objection | None]:
    """The decision and its objection: a certain objection rejects; an open one leaves the candidate undecided."""
    if any(one.rule == YARDSTICK for one in objections):
        return YARDSTICK, objections[0]
    certain = next((one for one in objections if not one.is_open), None)
    if certain:
        return REJECTED, certain
    return (UNDECIDED, objections[0]) if objections else (ACCEPTED, None)


def _failure_name(name: str, facts: Facts) -> str:
    return facts.failure[0] if name == "failure" and facts.failure else name


def _praise(decision: Decision) -> str:
    facts = decision.facts
    gain = facts.measured_gain
    if is_exact(gain.comparison.metric):
        return (f"{counts(gain)}, the same in every run, for "
                f"{plural(facts.lines_count, 'changed line')}.")
    return (f"{interval(gain)}, {p_is(gain.comparison.p_adjusted)} after Holm: the low end is above "
            f"the {times(1.0 + decision.deciding_gain_ratio)} that risk {facts.risk} and "
            f"{plural(facts.lines_count, 'changed line')} ask for. An audit of the same size would accept it again "
            f"{again_text(decision.again_ratio or 0.0)}, by the noise of this one.")


def again_text(ratio: float) -> str:
    return "more than 99 times in 100" if ratio > 0.99 else f"{100 * ratio:.0f} times in 100"


def counts(gain: Effect) -> str:
    found = gain.comparison
    return f"{METRICS[found.metric].title} {count(found.a_median)} before, {count(found.b_median)} after"


def interval(gain: Effect) -> str:
    found = gain.comparison
    return gain_interval(found.gain_ratio, found.gain_low, found.gain_high, found.confidence)
