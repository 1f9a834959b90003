"""calibration_page.py - the page of the rates: tables beside the figure.  summary -> FINGERPRINT.md"""

from labkit.calibration.calibration_rates import order_of_runs
from labkit.error_rates import engine_text
from labkit.gate_rates import GATE
from labkit.trial_records import AUDIT, IN_PROCESS, RELINKED

MEANS = {RELINKED: " (one program, both sides linked anew for each block, judged as a gate does)",
         AUDIT: " (the telemetry pipeline in process, both sides linked anew for each block, judged as one candidate of an audit; planted effects are gains: a sample of the "
                "baseline has more batches, and B has to be called improved)",
         IN_PROCESS: " (the telemetry pipeline against itself in one process, linked anew for each block; `gate --in-process`)"}


def page(summary: dict, stem: str) -> str:
    """The text of FINGERPRINT.md. summary: by templates/schemas/calibration.schema.json; stem: the figure's name without .svg."""
    lines = [f"# Calibration: how often this gate is wrong ({summary['size']} size)", "",
             f"![operating characteristic]({stem}.svg)", "",
             "Each cell is the share of comparisons that the tool called changed or, where a slowdown was planted, called slower; at an audit's "
             "settings a gain was planted, and has to be called improved. "
             "In brackets stands the exact 95 % interval of the rate. It is computed over all trials as if they were independent, "
             "which trials of the same hour on one machine are not. Every tool was given as much time as the gate took. Runs back "
             "to back are all of A and then all of B, as hyperfine and criterion run them; interleaved runs are the gate's own. The "
             "same test in two rows therefore shows what the order of the runs contributes, and a test on the gate's runs, beside the "
             "gate, shows what the engine adds. The gate's first stage, without confirmation and canary, has two rows: one by the "
             "median of the blocks' ratios, which is the gate's statistic, and one by the ratio of medians (ADR 5). The noise floor "
             "that a trial is judged with is computed from the other half of the trials. The gate has a second row for the trials "
             "whose pilot, which does not know the arms, found that the blocks for the wanted power fit into the budget. The figure "
             "leaves out the other tests on the gate's runs.", "", provenance_line(summary), ""]
    for condition, tools in summary["conditions"].items():
        noise = summary["noise"][condition]
        extras = sorted({extra for rates in tools.values() for extra in rates}, key=int)
        lines += [f"## {condition}{MEANS.get(condition, '')}: {noise['pair_noise_ratio']:.2%} noise a pair", "",
                  "| tool | runs | " + " | ".join(map(effect_title, extras)) + " |",
                  "|---|---|" + "---:|" * len(extras)]
        lines += ["| " + " | ".join([tool, order_of_runs(tool), *(rate_cell(rates.get(extra)) for extra in extras)]) + " |"
                  for tool, rates in tools.items()]
        lines.append("")
        lines += by_hour(summary.get("hours", {}).get(condition, {}), extras)
    lines += gate_verdicts(summary)
    lines += [machine_line(summary), "", planted_line(summary)]
    return "\n".join(lines) + "\n"


def provenance_line(summary: dict) -> str:
    tools = ", ".join(f"{name} {version}" for name, version in summary["tools"].items())
    return (f"Measured {summary['started_utc'][:16]} to {summary['ended_utc'][:16]} (UTC) by {engine_text(summary)}; "
            f"{tools or 'the versions of the other tools were not recorded; they were those of Debian 12 at that time'}.")


def machine_line(summary: dict) -> str:
    stable = summary["host"]["stable"]
    return (f"Machine: {stable['cpu_model']}, {stable['cores_count']} cores, {stable['kernel']}, "
            f"{stable['virtualization']}. Noise floor (99th percentile between identical programs): "
            f"{summary['floor_ratio']:.2%}; by the ratio of medians it would be "
            f"{summary['ratio_of_medians_floor_ratio']:.2%}.")


def planted_line(summary: dict) -> str:
    counted = {int(extra): count for extra, count in summary["instructions"].items()}
    planted = ", ".join(f"+{extra / 10:g} %: {count / counted[0] - 1:+.3%}"
                        for extra, count in counted.items() if extra)
    return (f"Planted work in instructions, counted by callgrind: {planted}. Starting the process takes "
            f"{summary['startup_ratio']:.1%} of a run and was not multiplied, so the effect on wall time is smaller by that share.")


def gate_verdicts(summary: dict) -> list[str]:
    names = ("improved", "regressed", "equivalent", "inconclusive", "environment")
    lines = ["## Every verdict of the gate", "", "| condition | planted | " + " | ".join(names) + " |",
             "|---|---:|" + "---:|" * len(names)]
    for condition, tools in summary["conditions"].items():
        for extra, rate in sorted(tools[GATE].items(), key=lambda item: int(item[0])):
            lines.append(f"| {condition} | +{int(extra) / 10:g} % | "
                         + " | ".join(str(rate[f"{name}_count"]) for name in names) + " |")
    return [*lines, ""]


def by_hour(hours: dict, extras: list[str]) -> list[str]:
    """The gate's rates of each hour, where there are several: hours of one machine differ."""
    if len(hours) < 2:
        return []
    lines = ["The gate by hour (UTC):", "", f"| hour | {' | '.join(map(effect_title, extras))} |", "|---|" + "---:|" * len(extras)]
    for hour, counts in hours.items():
        cells = ["{}/{}".format(*counts[extra]) if extra in counts else "—" for extra in extras]
        lines.append(f"| {hour.replace('T', ' ')} h | {' | '.join(cells)} |")
    return [*lines, ""]


def effect_title(extra: str) -> str:
    return "identical" if extra == "0" else f"+{int(extra) / 10:g} %"


def rate_cell(rate: dict | None) -> str:
    if rate is None:
        return "—"
    return (f"{rate['changed_count']}/{rate['trials_count']} "
            f"[{rate['low_ratio']:.1%}, {rate['high_ratio']:.1%}]")
