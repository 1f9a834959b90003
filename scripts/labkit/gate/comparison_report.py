"""comparison_report.py - a finished campaign as a document, and the document as text.  campaign -> document -> page

The document is JSON (templates/schemas/comparison.schema.json); pages, CI output and history read it, not the campaign.
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
from labkit.host import Host
from labkit.metrics import METRICS
from labkit.verdicts.odd_runs import OddRuns
from labkit.verdicts.second_opinions import TIMES, cpu_text, same_work_text
from labkit.verdicts.verdict import CHANGED, INCONCLUSIVE
from labkit.wording import p_value, plural, value_text

Link = Callable[[str, str], str]
"""(words, file of the report's folder) -> Markdown, as the reader of that page can follow it."""
VERDICT_MARKS = {"improved": "faster", "regressed": "SLOWER", "equivalent": "same", "inconclusive": "unclear",
                 "identical": "identical"}
HEADLINE_FIELDS = ("metric", "ratio", "low", "high", "gain_ratio", "gain_low", "gain_high", "mde_ratio", "floor_ratio",
                   "p_adjusted", "p_welch", "welch_disagrees", "pairs_count", "blocks_count")


@dataclass(frozen=True)
class Setting:
    """What the document says beside the numbers: where, when, what was compared with what."""

    mode: str  # compare or gate
    host: Host
    started_utc: str
    arms: dict[str, dict]
    rows_path: str
    notes: list[str] = field(default_factory=list)
    calibration: dict | None = None
    base: dict | None = None  # of a gate: the ref and the commit it was
    is_named: bool = False  # the arms have names, or are more than two: a summary says which is which
    flames: list[dict] = field(default_factory=list)  # flame_difference.FlameDifference, one a case that changed
    instructions: dict[str, tuple[int, int]] = field(default_factory=dict)  # of A and B, by case: instruction_witness.py


def document(campaign: Campaign, design: Design, setting: Setting) -> dict:
    """Everything but the rows, which stand in their own file."""
    headline = campaign.cases[0].headline.to_json() if campaign.cases else {}
    return {
        "schema": 1, "kind": "comparison", "mode": setting.mode, "tool": {"name": "lab", "version": VERSION}, "command": [as_unicode(word) for word in sys.argv],
        "started_utc": setting.started_utc, "ended_utc": now_utc(), "host": setting.host.to_json(),
        "seed": design.seed, "budget_s": design.budget_s, "wanted_s": campaign.wanted_s,
        "policy": dataclasses.asdict(design.policy),
        "arms": setting.arms, "is_named": setting.is_named, "base": setting.base, "rows": setting.rows_path, "notes": setting.notes,
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
            "first_stage": [c.to_json() for c in case.first_stage], "canary": canary_of(case)}


def with_opinions(case: dict, setting: Setting) -> dict:
    """opinions: sentences of second witnesses, where they add something."""
    headline, counts = case["comparisons"][0], setting.instructions.get(case["name"])
    said = [cpu_text(case), counts and headline["metric"] in TIMES and same_work_text(headline["verdict"], headline["ratio"], *counts)]
    return case | {"instructions_count": counts and list(counts), "opinions": [one for one in said if one]}


def canary_of(case: CaseResult) -> dict | None:
    if case.canary is None:
        return None
    found = case.canary.to_json()
    return {name: found[name] for name in ("verdict", "ratio", "low", "high", "blocks_count")} | {
        "flagged": case.canary.changed}


def identical_document(design: Design, setting: Setting, sha256: str) -> dict:
    """Two identical programs: an answer that needs no run. Ratios are exactly 1 because there is only one program."""
    reason = f"A and B are the same program, byte for byte (sha256 {sha256[:16]})"
    campaign = Campaign("identical", reason, exit=0, cases=())
    return document(campaign, design, setting) | {"ratio": 1.0, "low": 1.0, "high": 1.0, "gain_ratio": 1.0,
                                                  "gain_low": 1.0, "gain_high": 1.0, "pairs_count": 0,
                                                  "blocks_count": 0, "metric": None}


def change_text(comparison: dict) -> str:
    """"-3.2 % [-3.9, -2.5]" of the metric as a cost; a count says how many."""
    if METRICS[comparison["metric"]].is_exact:
        return f"{comparison['a_median']:,.0f} → {comparison['b_median']:,.0f}"
    low, high = comparison["low"], comparison["high"]
    span = "" if low is None or high is None else f" [{low - 1:+.2%}, {high - 1:+.2%}]"
    return f"{comparison['ratio'] - 1:+.2%}{span}"


def mde_text(comparison: dict) -> str:
    if METRICS[comparison["metric"]].is_exact:
        return "any"
    mde = comparison["mde_ratio"]
    return "—" if mde is None else f"{mde:.2%}"


def summary_lines(doc: dict) -> list[str]:
    """The terminal's view: verdict first, then one line per metric, then what a sceptic asks."""
    lines = [for_terminal(f"{doc['verdict']}: {doc['reason']}"), *(f"  {note}" for note in one_build_notes(doc))]
    if doc.get("is_named"):
        lines += [for_terminal(f"  {name}: {arm['command']}") for name, arm in doc["arms"].items()]
    for case in doc["cases"]:
        if len(doc["cases"]) > 1:
            lines.append(for_terminal(f"{case['name']}: {case['verdict']}"))
        for c in case["comparisons"]:
            lines.append(f"  {c['metric']:<15} {value_text(c['a_median'], c['unit']):>11} → "
                         f"{value_text(c['b_median'], c['unit']):<11} {change_text(c):<28} {c['verdict']:<13}"
                         f"detectable {mde_text(c)}{'' if decides(c, case) else ' (watched)'}")
            lines += [f"    {odd_text(odd)}" for odd in c["odd_runs"] if odd["one_sided"]]
        lines += [f"  {text}" for text in case.get("opinions", ())]
        if case["verdict"] == INCONCLUSIVE and (text := shortfall_text(doc, case)):
            lines.append(f"  {text}")
    if doc["cases"]:
        lines.append(f"  {plural(doc['pairs_count'], 'pair')} in {plural(doc['blocks_count'], 'block')}, {rerun_text(doc)}, "
                     f"{canary_text(doc['canary'])}, seed {doc['seed']}")
    lines += [f"  {flame_text(flame)}" for flame in doc["flames"]]
    lines += [f"  note: {for_terminal(note)}" for note in doc["notes"]]
    lines.append(f"  {calibration_text(doc['calibration'])}")
    return lines


def odd_text(odd: dict) -> str:
    return OddRuns(**odd).text


def one_build_notes(doc: dict) -> list[str]:
    """Two links of one source differ too: 1 % of spread between layouts was called a change in half of such comparisons."""
    if not doc["cases"] or any(len(set(arm["builds"])) > 1 for arm in doc["arms"].values()):
        return []
    return ["What is said holds for these two binaries, not for the change between them: each side is one build, and where the "
            "linker puts code changes its speed"]


def decides(comparison: dict, case: dict) -> bool:
    """What is only watched is judged as well, but fails nothing."""
    return comparison["metric"] in case["gating"]


def shortfall_text(doc: dict, case: dict) -> str | None:
    """Where the budget ended before the wanted power was reached, and what that cost. What was decided at an early look
    missed nothing."""
    if case["blocks_count"] >= case["wanted_blocks_count"]:
        return None
    timed = next((c for c in case["first_stage"] if not METRICS[c["metric"]].is_exact), None)
    if timed and timed["verdict"] in CHANGED:
        return None
    missed = f"; an effect below {mde_text(timed)} could be missed" if timed and timed["mde_ratio"] else ""
    return (f"first stage: {case['blocks_count']} of the {case['wanted_blocks_count']} blocks wanted, for which about "
            f"--budget {math.ceil(doc['wanted_s'])} has room{missed}")


def flame_text(flame: dict) -> str:
    if flame["file"] is None:
        return for_terminal(f"{flame['case']}: no flame graph difference: {flame['unavailable']}")
    grew = ", ".join(f"{one['function']} +{value_text(one['new_self_ns'] - one['base_self_ns'], 'ns')}"
                     for one in flame["grew"])
    return for_terminal(f"{flame['case']}: grew most, own CPU time a run: {grew or 'no function'}")


def rerun_text(doc: dict) -> str:
    count = len(doc["reruns"])
    return "no block run again" if count == 0 else f"{count} {'block' if count == 1 else 'blocks'} run again"


def canary_text(canary: dict | None) -> str:
    if canary is None:
        return "no canary"
    state = "FLAGGED" if canary["flagged"] else "quiet"
    return f"canary {state} ({canary['ratio'] - 1:+.2%})"


def calibration_text(calibration: dict | None) -> str:
    if calibration is None:
        return "no calibration of this machine class: error rates are those of theory; make calibrate measures them"
    return calibration["text"]


def beside(words: str, file: str) -> str:
    """The link of a page that lies in the report's folder."""
    return f"[{words}]({quote(file)})"


def markdown(doc: dict, link: Link = beside) -> str:
    """One page: verdict, table, details. The same document gives the same page."""
    title = {"gate": "Regression gate"}.get(doc["mode"], "Comparison")
    lines = [f"# {title}: {doc['verdict']}", "", " ".join(f"{one}." for one in [for_markdown(doc["reason"]), *one_build_notes(doc)]), ""]
    lines += [table(case, 1 - doc["policy"]["alpha"], named=len(doc["cases"]) > 1) for case in doc["cases"]]
    lines += flame_lines(doc, link)
    lines += details(doc)
    return "\n".join(lines) + "\n"


def flame_lines(doc: dict, link: Link) -> list[str]:
    """Where each changed case spends more, and the picture."""
    lines = []
    for flame in doc["flames"]:
        lines += [f"### Where {for_markdown(flame['case'])} spends its CPU time", ""]
        if flame["file"] is None:
            lines += [f"No flame graph difference: {for_markdown(flame['unavailable'])}.", ""]
        else:
            lines += [*growth_table(flame), f"{link('Flame graph difference', flame['file'])}: red grew, blue shrank; CPU time "
                      f"{value_text(flame['base_cpu_ns'], 'ns')} → {value_text(flame['new_cpu_ns'], 'ns')} a run, "
                      f"{flame['runs_count']} profiled runs of each, of equal work.{disagreement_text(doc, flame)}", ""]
    return lines


DISAGREEMENT_RATIO = 1.05


def disagreement_text(doc: dict, flame: dict) -> str:
    """Where the profiled CPU time does not move as the verdict says: a reader who compares them must know why."""
    timed = next((c for case in doc["cases"] if case["name"] == flame["case"] for c in case["comparisons"]
                  if c["metric"] in TIMES and c["verdict"] in CHANGED), None)
    if timed is None or not flame["base_cpu_ns"]:
        return ""
    ratio = flame["new_cpu_ns"] / flame["base_cpu_ns"]
    if ratio < timed["low"] / DISAGREEMENT_RATIO or ratio > timed["high"] * DISAGREEMENT_RATIO:
        return (f" The profile does not say what the verdict says: CPU time {ratio - 1:+.1%}, {METRICS[timed['metric']].title} "
                f"{timed['ratio'] - 1:+.1%}. The verdict is of runs that nobody watched; start-up, waiting and the sampler's own cost stand "
                "in the profile alone or in the time alone.")
    return ""


def growth_table(flame: dict) -> list[str]:
    if not flame["grew"]:
        return ["No function takes more CPU time than before, beyond the noise of sampling.", ""]
    rows = [f"| {for_markdown_code(one['function'])} | {value_text(one['base_self_ns'], 'ns')} | {value_text(one['new_self_ns'], 'ns')} | "
            f"+{value_text(one['new_self_ns'] - one['base_self_ns'], 'ns')} |" for one in flame["grew"]]
    return ["| function that grew | own time a run, A | B | change |", "|---|---:|---:|---:|", *rows, ""]


def gallery(names: list[str]) -> str:
    """The end of a page that lies beside its figures."""
    return "".join(["\n## Figures\n", *(f"\n![{name.removesuffix('.svg')}]({quote(name)})\n" for name in names)])


def table(case: dict, confidence: float, named: bool = True) -> str:
    rows = [f"## {for_markdown(case['name'])}: {case['verdict']}\n"] if named else []
    rows += [f"| metric | A | B | change [{confidence:.0%}] | of the means | slow runs, A and B | verdict | detectable | "
             "p (exact) | Welch p |", "|---|---:|---:|---:|---:|---:|---|---:|---:|---:|"]
    for c in case["comparisons"]:
        rows.append(f"| {METRICS[c['metric']].title} | {value_text(c['a_median'], c['unit'])} | "
                    f"{value_text(c['b_median'], c['unit'])} | {change_text(c)} | {means_text(c)} | {slow_text(c)} | "
                    f"{c['verdict']}{'' if decides(c, case) else ' (watched)'} | {mde_text(c)} | "
                    f"{p_value(c['p_exact'])} | {p_value(c['p_welch'])}{' ⚠' if c['welch_disagrees'] else ''} |")
    return "\n".join(rows) + "\n"


def means_text(c: dict) -> str:
    return "—" if c["mean_ratio"] is None else f"{c['mean_ratio'] - 1:+.2%}"


def slow_text(c: dict) -> str:
    return f"{c['odd_runs'][0]['a_count']}, {c['odd_runs'][0]['b_count']}" if c["odd_runs"] else "—"


def details(doc: dict) -> list[str]:
    policy, stable = doc["policy"], doc["host"]["stable"]
    lines = ["## How", "",
             f"- Changed means: the interval excludes 1 at alpha {policy['alpha']:g}, corrected over what gates together "
             "(Holm), and the effect is beyond "
             f"{max(policy['effect_ratio'], doc['floor_ratio'] or 0):.2%}. Ratios are B over A of a cost: below 1 is "
             "better. The interval is the hull of the exact one of the median and of its block bootstrap. A and B are medians; the change is the median of the blocks' own ratios, which need not be their "
             "quotient. Equivalent means: in the median; the means of all runs, and how many were beyond 1.5 times the "
             "median of all, stand beside it. What is marked as watched is judged too, in a family of its own, and decides nothing."]
    if doc["cases"]:
        lines.append(f"- {doc['pairs_count']} pairs of fresh processes in {doc['blocks_count']} random mirrored blocks, "
                     f"seed {doc['seed']}; {canary_text(doc['canary'])}; {rerun_text(doc)}.")
    lines += [f"- {for_markdown(case['name'])}: {text}." for case in doc["cases"] for text in case.get("opinions", ())]
    lines += [f"- {for_markdown(case['name'])}, {text}." for case in doc["cases"] if (text := shortfall_text(doc, case))]
    if any(c["welch_disagrees"] for case in doc["cases"] for c in case["comparisons"]):
        lines.append("- ⚠ Welch's t test, which takes runs for independent, disagrees where marked: unstable.")
    lines += [f"- {for_markdown(note)}." for note in doc["notes"]]
    lines += [f"- {for_markdown(name)}: {for_markdown_code(arm['command'])} (sha256 {arm['sha256'][:16]})" for name, arm in doc["arms"].items()]
    lines += [f"- {stable['cpu_model']}, {stable['cores_count']} cores, {stable['kernel']}, {stable['virtualization']}; "
              f"fingerprint {doc['host']['fingerprint'][:16]}.",
              f"- {for_markdown(calibration_text(doc['calibration']))}.", f"- Raw rows: {for_markdown_code(doc['rows'])}."]
    lines += [f"- Run again: {reason}." for reason in doc["reruns"]]
    return lines
