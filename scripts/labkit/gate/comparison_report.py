"""comparison_report.py - make a document from a finished campaign, and text from the document.  campaign -> document -> page

The document is JSON (templates/schemas/comparison.schema.json); pages, CI output and history read only the document.
"""

import dataclasses
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote

from labkit import VERSION
from labkit.evidence import now_utc
from labkit.experiment.campaign import Campaign, CaseResult
from labkit.experiment.design import Design
from labkit.foreign_text import as_unicode, for_markdown, for_markdown_code, for_terminal
from labkit.gate.few_builds import few_builds_notes
from labkit.gate.layout_effects import layout_lines, layout_notes, layouts_of_case
from labkit.host import Host
from labkit.metrics import METRICS
from labkit.outcome import Exit
from labkit.terminal_output import Line, Part, Table, verdict_line
from labkit.verdicts.odd_runs import SKEW_ALPHA, OddRuns
from labkit.verdicts.stages import CONFIRMED_ALONE
from labkit.verdicts.second_opinions import TIMES, cpu_text, same_work_text
from labkit.verdicts.verdict import CHANGED, INCONCLUSIVE
from labkit.wording import at_confidence, p_value, plural, value_text

Link = Callable[[str, str], str]
"""(text, file of the report's folder) -> Markdown link that works on the page."""
VERDICT_MARKS = {"improved": "faster", "regressed": "SLOWER", "equivalent": "same", "inconclusive": "unclear",
                 "identical": "identical"}
HEADLINE_FIELDS = ("metric", "ratio", "low", "high", "gain_ratio", "gain_low", "gain_high", "mde_ratio", "floor_ratio",
                   "p_adjusted", "p_welch", "welch_disagrees", "pairs_count", "blocks_count")
NUMBERS = frozenset((1, 2, 5))  # columns of the printed table


@dataclass(frozen=True)
class Setting:
    """The part of the document that is not measured: where, when, and what was compared."""

    mode: str  # compare or gate
    host: Host
    started_utc: str
    arms: dict[str, dict]
    rows_path: str
    notes: list[str] = field(default_factory=list)
    calibration: dict | None = None
    base: dict | None = None  # of a gate: the ref and its commit
    in_process: bool = False  # both sides of a pair ran in one process
    is_named: bool = False  # the arms have names, or are more than two, so the summary lists them
    flames: list[dict] = field(default_factory=list)  # flame_difference.FlameDifference, one for each case that changed
    instructions: dict[str, tuple[int, int]] = field(default_factory=dict)  # counts of A and B by case, from instruction_witness.py


def document(campaign: Campaign, design: Design, setting: Setting) -> dict:
    """The document: everything except the rows, which have their own file."""
    headline = campaign.cases[0].headline.to_json() if campaign.cases else {}
    return {
        "schema": 1, "kind": "comparison", "mode": setting.mode, "tool": {"name": "lab", "version": VERSION}, "command": [as_unicode(word) for word in sys.argv],
        "started_utc": setting.started_utc, "ended_utc": now_utc(), "host": setting.host.to_json(),
        "seed": design.seed, "budget_s": design.budget_s, "wanted_s": campaign.wanted_s,
        "policy": dataclasses.asdict(design.policy),
        "arms": setting.arms, "is_named": setting.is_named, "in_process": setting.in_process, "base": setting.base, "rows": setting.rows_path, "notes": setting.notes,
        "calibration": setting.calibration,
        "verdict": campaign.verdict, "reason": campaign.reason, "exit_code": int(campaign.exit),
        **{name: headline.get(name) for name in HEADLINE_FIELDS},
        "canary": canary_of(campaign.cases[0]) if campaign.cases else None,
        "reruns": list(campaign.reruns),
        "cases": [with_opinions(case_document(campaign, case), setting) for case in campaign.cases],
        "flames": setting.flames,
    }


def case_document(campaign: Campaign, case: CaseResult) -> dict:
    return {"name": case.name, "verdict": case.verdict, "reason": case.reason, "gating": list(case.gating),
            "blocks_count": campaign.blocks[case.name], "wanted_blocks_count": campaign.wanted[case.name],
            "comparisons": [c.to_json() for c in case.comparisons],
            "first_stage": [c.to_json() for c in case.first_stage], "canary": canary_of(case), "layouts": layouts_of_case(campaign, case)}


def with_opinions(case: dict, setting: Setting) -> dict:
    """Add `opinions`: sentences about instruction counts and CPU time, where they add something."""
    headline, counts = case["comparisons"][0], setting.instructions.get(case["name"])
    said = [cpu_text(case), counts and headline["metric"] in TIMES and same_work_text(headline["verdict"], headline["ratio"], *counts)]
    return case | {"instructions_count": counts and list(counts), "opinions": [one for one in said if one]}


def canary_of(case: CaseResult) -> dict | None:
    if case.canary is None:
        return None
    found = case.canary.to_json()
    return {name: found[name] for name in ("verdict", "ratio", "low", "high", "confidence", "blocks_count")} | {
        "flagged": case.canary.changed}


def identical_document(design: Design, setting: Setting, sha256: str) -> dict:
    """The document for two identical programs, which need no runs: there is only one program, so all ratios are 1."""
    reason = f"A and B are the same program, byte for byte (sha256 {sha256[:16]})"
    campaign = Campaign("identical", reason, exit=Exit.PASSED, cases=())
    return document(campaign, design, setting) | {"ratio": 1.0, "low": 1.0, "high": 1.0, "gain_ratio": 1.0,
                                                  "gain_low": 1.0, "gain_high": 1.0, "pairs_count": 0,
                                                  "blocks_count": 0, "metric": None}


def change_text(comparison: dict) -> str:
    """"-3.2 % [-3.9, -2.5] at 99 %" of the metric as a cost; an exact count is shown with both values."""
    if METRICS[comparison["metric"]].is_exact:
        return f"{comparison['a_median']:,.0f} → {comparison['b_median']:,.0f}"
    return ratio_text(comparison)


def ratio_text(found: dict) -> str:
    """The ratio as a change, with its interval and the confidence of that where there is one."""
    low, high = found["low"], found["high"]
    span = "" if low is None or high is None else f" [{low - 1:+.2%}, {high - 1:+.2%}]{at_confidence(found.get('confidence'))}"
    return f"{found['ratio'] - 1:+.2%}{span}"


def mde_text(comparison: dict) -> str:
    if METRICS[comparison["metric"]].is_exact:
        return "any"
    mde = comparison["mde_ratio"]
    return "—" if mde is None else f"{mde:.2%}"


def summary(doc: dict) -> list[Part]:
    """What is printed: the verdict, a table of the metrics of each case, then how it was measured."""
    parts: list[Part] = [verdict_line(doc["verdict"], for_terminal(f": {doc['reason']}"))]
    texts = [for_terminal(note) for note in cautions(doc)]
    if doc.get("is_named"):
        texts += [for_terminal(f"{name}: {arm['command']}") for name, arm in doc["arms"].items()]
    parts += [Line(text, 2) for text in texts]
    for case in doc["cases"]:
        if len(doc["cases"]) > 1:
            parts.append(Line(for_terminal(f"{case['name']}: {case['verdict']}")))
        parts += [metrics_table(case), *(Line(text, 2) for text in case.get("opinions", ()))]
        if case["verdict"] == INCONCLUSIVE and (text := shortfall_text(doc, case)):
            parts.append(Line(text, 2))
    return parts + [Line(text, 2) for text in measured_texts(doc)]


def metrics_table(case: dict) -> Table:
    """The change in per cent is of a cost: above zero is worse."""
    found = case["comparisons"]
    rows = [(c["metric"], value_text(c["a_median"], c["unit"]), value_text(c["b_median"], c["unit"]), change_text(c),
             f"{c['verdict']}{'' if decides(c, case) else ' (watched)'}", mde_text(c)) for c in found]
    return Table(("metric", "A", "B", "change", "verdict", "detectable"), rows, NUMBERS,
                 {number: hidden_texts(c) for number, c in enumerate(found)}, indent=2)


def measured_texts(doc: dict) -> list[str]:
    counted = [f"{plural(doc['pairs_count'], 'pair')} in {plural(doc['blocks_count'], 'block')}, {rerun_text(doc)}, "
               f"{canary_text(doc['canary'])}, seed {doc['seed']}"] if doc["cases"] else []
    return [*counted, *map(flame_text, doc["flames"]), *(f"note: {for_terminal(note)}" for note in doc["notes"]), calibration_text(doc["calibration"])]


def cautions(doc: dict) -> list[str]:
    """The sentences that belong beside the verdict, without a full stop."""
    return [*few_builds_notes(doc), *layout_notes(doc)]


def odd_text(odd: dict) -> str:
    return OddRuns(**odd).text + one_sided(odd)


def decides(comparison: dict, case: dict) -> bool:
    """Whether this metric can fail the gate; a watched metric is judged, too, but cannot fail it."""
    return comparison["metric"] in case["gating"]


def shortfall_text(doc: dict, case: dict) -> str | None:
    """The sentence that the budget ended before the planned power was reached, with the consequence; None otherwise, also for
    a case that was decided at an early look."""
    if case["blocks_count"] >= case["wanted_blocks_count"]:
        return None
    timed = next((c for c in case["first_stage"] if not METRICS[c["metric"]].is_exact), None)
    if timed and timed["verdict"] in CHANGED:
        return None
    missed = f"; an effect below {mde_text(timed)} could be missed" if timed and timed["mde_ratio"] else ""
    return (f"first stage: {case['blocks_count']} of the {case['wanted_blocks_count']} blocks needed, which take about "
            f"--budget {math.ceil(doc['wanted_s'])}{missed}")


def flame_text(flame: dict) -> str:
    if flame["file"] is None:
        return for_terminal(f"{flame['case']}: no flame graph difference: {flame['unavailable']}")
    grew = ", ".join(f"{one['function']} +{value_text(one['new_self_ns'] - one['base_self_ns'], 'ns')}"
                     for one in flame["grew"])
    return for_terminal(f"{flame['case']}: largest growth of self CPU time per run: {grew or 'no function'}")


def rerun_text(doc: dict) -> str:
    count = len(doc["reruns"])
    return "no block run again" if count == 0 else f"{count} {'block' if count == 1 else 'blocks'} run again"


def canary_text(canary: dict | None) -> str:
    if canary is None:
        return "no canary"
    state = "FLAGGED" if canary["flagged"] else "quiet"
    return f"canary {state} ({ratio_text(canary)})"


def calibration_text(calibration: dict | None) -> str:
    if calibration is None:
        return "no calibration of this machine class: only theoretical error rates are known; make calibrate measures the real ones"
    return calibration["text"]


def beside(words: str, file: str) -> str:
    """The link on a page in the report's folder."""
    return f"[{words}]({quote(file)})"


def markdown(doc: dict, link: Link = beside) -> str:
    """The page of a document: verdict, table, details. The same document gives the same page."""
    title = {"gate": "Regression gate"}.get(doc["mode"], "Comparison")
    lines = [f"# {title}: {doc['verdict']}", "", " ".join(f"{one}." for one in map(for_markdown, [doc["reason"], *cautions(doc)])), ""]
    lines += [table(case, named=len(doc["cases"]) > 1) for case in doc["cases"]]
    lines += layout_lines(doc)
    lines += flame_lines(doc, link)
    lines += details(doc)
    return "\n".join(lines) + "\n"


def flame_lines(doc: dict, link: Link) -> list[str]:
    """For each changed case, the functions that grew, and the picture."""
    lines = []
    for flame in doc["flames"]:
        lines += [f"### Where {for_markdown(flame['case'])} spends its CPU time", ""]
        if flame["file"] is None:
            lines += [f"No flame graph difference: {for_markdown(flame['unavailable'])}.", ""]
        else:
            lines += [*growth_table(flame), f"{link('Flame graph difference', flame['file'])}: red grew, blue shrank; CPU time "
                      f"{value_text(flame['base_cpu_ns'], 'ns')} → {value_text(flame['new_cpu_ns'], 'ns')} per run, "
                      f"{flame['runs_count']} profiled runs of each arm, of equal work.{disagreement_text(doc, flame)}", ""]
    return lines


DISAGREEMENT_RATIO = 1.05


def disagreement_text(doc: dict, flame: dict) -> str:
    """A warning where the profiled CPU time does not agree with the verdict, because a reader may compare the two."""
    timed = next((c for case in doc["cases"] if case["name"] == flame["case"] for c in case["comparisons"]
                  if c["metric"] in TIMES and c["verdict"] in CHANGED), None)
    if timed is None or not flame["base_cpu_ns"]:
        return ""
    ratio = flame["new_cpu_ns"] / flame["base_cpu_ns"]
    if ratio < timed["low"] / DISAGREEMENT_RATIO or ratio > timed["high"] * DISAGREEMENT_RATIO:
        return (f" The profile disagrees with the verdict: CPU time {ratio - 1:+.1%}, {METRICS[timed['metric']].title} "
                f"{timed['ratio'] - 1:+.1%}. The verdict is from runs without a profiler; start-up, waiting and the sampler's own time may be contained "
                "in only one of the two.")
    return ""


def growth_table(flame: dict) -> list[str]:
    if not flame["grew"]:
        return ["No function takes more CPU time than before by more than the noise of sampling.", ""]
    rows = [f"| {for_markdown_code(one['function'])} | {value_text(one['base_self_ns'], 'ns')} | {value_text(one['new_self_ns'], 'ns')} | "
            f"+{value_text(one['new_self_ns'] - one['base_self_ns'], 'ns')} |" for one in flame["grew"]]
    return ["| function that grew | self time per run, A | B | change |", "|---|---:|---:|---:|", *rows, ""]


def gallery(names: list[str]) -> str:
    """The section with the figures, for a page in their folder."""
    return "".join(["\n## Figures\n", *(f"\n![{name.removesuffix('.svg')}]({quote(name)})\n" for name in names)])


def table(case: dict, named: bool = True) -> str:
    rows = [f"## {for_markdown(case['name'])}: {case['verdict']}\n"] if named else []
    rows += ["| metric | A | B | change [interval] | of the means | odd runs, A and B | verdict | detectable | "
             "p (exact) | Welch p |", "|---|---:|---:|---:|---:|---:|---|---:|---:|---:|"]
    for c in case["comparisons"]:
        rows.append(f"| {METRICS[c['metric']].title} | {value_text(c['a_median'], c['unit'])} | "
                    f"{value_text(c['b_median'], c['unit'])} | {change_text(c)} | {means_text(c)} | {odd_counts(c)} | "
                    f"{c['verdict']}{'' if decides(c, case) else ' (watched)'} | {mde_text(c)} | "
                    f"{p_value(c['p_exact'])} | {p_value(c['p_welch'])}{' ⚠' if c['welch_disagrees'] else ''} |")
    return "\n".join(rows) + "\n"


def means_text(c: dict) -> str:
    """The change of the means, with the means where it is another than that of the medians."""
    if c["mean_ratio"] is None:
        return "—"
    return f"{c['mean_ratio'] - 1:+.2%}" + (f", {arms_means(c)}" if means_differ(c) else "")


def arms_means(c: dict) -> str:
    return f"{value_text(c['a_mean'], c['unit'])} → {value_text(c['b_mean'], c['unit'])}"


def means_differ(c: dict) -> bool:
    """Whether the change of the means is another than that of the medians, by more than the smallest effect that counts."""
    return (None not in (c["mean_ratio"], c.get("a_mean"), c.get("b_mean"))
            and abs(math.log(c["mean_ratio"] / c["ratio"])) > math.log1p(c["effect_ratio"]))


def odd_counts(c: dict) -> str:
    """The numbers of slow runs, then the runs in which the kernel interfered, where the arms differ."""
    if not c["odd_runs"]:
        return "—"
    slow, *others = c["odd_runs"]
    return "; ".join([f"{slow['a_count']}, {slow['b_count']} slow{one_sided(slow)}",
                      *(f"{odd['a_count']}, {odd['b_count']} with {odd['what']}{one_sided(odd)}" for odd in others if odd["a_count"] != odd["b_count"])])


def one_sided(odd: dict) -> str:
    return " (one-sided)" if odd["one_sided"] else ""


def hidden_texts(c: dict) -> list[str]:
    """What a median hides, where the arms differ: the means, and the odd runs."""
    means = [f"means: {arms_means(c)} ({c['mean_ratio'] - 1:+.2%})"] if means_differ(c) else []
    return means + [odd_text(odd) for odd in c["odd_runs"] if odd["one_sided"] or odd["a_count"] != odd["b_count"]]


def details(doc: dict) -> list[str]:
    policy, stable = doc["policy"], doc["host"]["stable"]
    lines = ["## How this was measured", "",
             f"- Improved and regressed mean that the interval excludes 1 at alpha {policy['alpha']:g}, corrected over all deciding comparisons "
             "(Holm), and that the effect is beyond "
             f"{max(policy['effect_ratio'], doc['floor_ratio'] or 0):.2%}; a confirmed regression was {CONFIRMED_ALONE}. Behind each "
             "interval stands its confidence. Ratios are B over A of a cost: below 1 is "
             "better. The interval is the hull of the exact interval of the median and of its block bootstrap. A and B are medians; the change is "
             "the median of the blocks' own ratios, which need not be their quotient. Equivalent refers to the median; the table also shows the ratio of the means and the "
             "numbers of runs that took more than 1.5 times the median of all, and of runs in which the kernel interfered unusually often where the arms differ. "
             "One-sided means that they differ by more "
             f"than chance explains (p {SKEW_ALPHA:g}), which withholds equivalence, except for minor faults, which are only reported. Watched metrics are "
             "judged, too, in a family of their own, but decide nothing."]
    if doc["cases"]:
        how = "pairs, each in one fresh process," if doc.get("in_process") else "pairs of fresh processes"
        lines.append(f"- {doc['pairs_count']} {how} in {doc['blocks_count']} random mirrored blocks, "
                     f"seed {doc['seed']}; {canary_text(doc['canary'])}; {rerun_text(doc)}.")
    lines += [f"- {for_markdown(case['name'])}: {text}." for case in doc["cases"] for text in case.get("opinions", ())]
    lines += [f"- {for_markdown(case['name'])}, {text}." for case in doc["cases"] if (text := shortfall_text(doc, case))]
    if any(c["welch_disagrees"] for case in doc["cases"] for c in case["comparisons"]):
        lines.append("- ⚠ Welch's t test, which assumes independent runs, disagrees where marked, so the result is unstable.")
    lines += [f"- {for_markdown(note)}." for note in doc["notes"]]
    lines += [f"- {for_markdown(name)}: {for_markdown_code(arm['command'])} (sha256 {arm['sha256'][:16]})" for name, arm in doc["arms"].items()]
    lines += [f"- {stable['cpu_model']}, {stable['cores_count']} cores, {stable['kernel']}, {stable['virtualization']}; "
              f"fingerprint {doc['host']['fingerprint'][:16]}.",
              f"- {for_markdown(calibration_text(doc['calibration']))}.", f"- Raw rows: {for_markdown_code(doc['rows'])}."]
    lines += [f"- Run again: {reason}." for reason in doc["reruns"]]
    return lines
