"""ci_output.py - a gate's document in the formats of CI systems.  comparison document -> comment, annotations, reports

github  a Markdown comment, the step summary ($GITHUB_STEP_SUMMARY), annotations on standard output
gitlab  a Markdown comment, metrics.txt (OpenMetrics), junit.xml
json    the document on standard output
Formats GitHub: "Workflow commands"; GitLab: "Metrics reports", "Unit test reports" (JUnit XML). Both are checked by
        tests against templates/schemas.
"""

import json
import os
import re
from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree

from labkit.evidence import write_text
from labkit.foreign_text import for_markdown
from labkit.gate.comparison_report import Link, beside, cautions, change_text, flame_lines, markdown, table
from labkit.gate.layout_effects import layout_lines
from labkit.outcome import Exit, UsageError

SEVERITIES = ("minor", "moderate", "critical")
DEFAULT_THRESHOLDS = {"minor": 0.0, "moderate": 0.05, "critical": 0.20}
COMMENT_MARK = "<!-- perf-clinic-gate -->"


def add_arguments(parser) -> None:
    parser.add_argument("--ci-output", choices=("github", "gitlab", "json"), help="also write the files of this CI system")
    parser.add_argument("--fail-on", choices=("any", *SEVERITIES), default="any",
                        help="the smallest severity of a regression that makes the gate fail; the default is any")
    parser.add_argument("--thresholds", default="", metavar="moderate=0.05,critical=0.20",
                        help="the regression at which each severity begins, as a ratio")
    parser.add_argument("--artifact-url", default="", metavar="URL",
                        help="the address at which reports/gate will be published; {path} in it is replaced by the path of a file")


def parse_thresholds(text: str) -> dict[str, float]:
    found = dict(DEFAULT_THRESHOLDS)
    for part in filter(None, text.split(",")):
        name, _, value = part.partition("=")
        if name not in SEVERITIES or not re.fullmatch(r"\d+(\.\d+)?", value):
            raise UsageError(f"--thresholds {part!r}is not NAME=RATIO with a NAME of {', '.join(SEVERITIES)}")
        found[name] = float(value)
    if not found["minor"] <= found["moderate"] <= found["critical"]:
        raise UsageError("--thresholds: minor, moderate and critical must not fall")
    return found


def severity_of(ratio: float | None, thresholds: dict[str, float]) -> str:
    """The severity of a regression; ratio None means a change from zero."""
    if ratio is None:
        return "critical"
    return [name for name in SEVERITIES if ratio - 1 >= thresholds[name]][-1]


def regressions_of(doc: dict, thresholds: dict[str, float]) -> list[dict]:
    """Every confirmed regression of a deciding metric, with its severity, worst first."""
    found = [{"case": case["name"], "severity": severity_of(c["ratio"], thresholds), **c}
             for case in doc["cases"] if case["verdict"] == "regressed"
             for c in case["comparisons"] if c["verdict"] == "regressed" and c["metric"] in case["gating"]]
    return sorted(found, key=lambda c: -(c["ratio"] or float("inf")))


def exit_code(doc: dict, fail_on: str, thresholds: dict[str, float]) -> Exit:
    """The exit code of the gate: only a regression below --fail-on is ignored."""
    code = Exit(doc["exit_code"])
    if code is not Exit.FAILED or fail_on == "any":
        return code
    worst = {found["severity"] for found in regressions_of(doc, thresholds)}
    failing = SEVERITIES[SEVERITIES.index(fail_on):]
    return Exit.FAILED if worst & set(failing) or not worst else Exit.PASSED


def deliver(doc: dict, folder: Path, args) -> Exit:
    """Write the files of the CI system to folder; returns the exit code of the gate."""
    thresholds, link = parse_thresholds(args.thresholds), linker(folder, args.artifact_url)
    if args.ci_output == "json":
        print(json.dumps(doc, ensure_ascii=False))
    if args.ci_output in ("github", "gitlab"):
        write_text(folder / "comment.md", comment(doc, thresholds, link))
    if args.ci_output == "github":
        print("\n".join(annotations(doc, thresholds)))
        append_to("GITHUB_STEP_SUMMARY", markdown(doc, link))
        append_to("GITHUB_OUTPUT", f"verdict={doc['verdict']}\n")
    if args.ci_output == "gitlab":
        write_text(folder / "metrics.txt", metrics_report(doc))
        write_text(folder / "junit.xml", junit_report(doc))
    return exit_code(doc, args.fail_on, thresholds)


def linker(folder: Path, artifact_url: str) -> Link:
    """How a page outside of the report's folder links to a file in it.

    With {path}, it links to the file itself (GitLab, any web server). Without, it links to the artifact that contains the
    file (GitHub's are ZIP files). Without a URL, the link is relative, because comment.md is in the same folder.
    """
    if not artifact_url:
        return beside

    def link(words: str, file: str) -> str:
        path = f"{folder.name}/{file}"
        if "{path}" in artifact_url:
            return f"[{words}]({artifact_url.replace('{path}', quote(path))})"
        return f"[{words}]({artifact_url}) (`{path}` in it)"
    return link


def comment(doc: dict, thresholds: dict[str, float], link: Link) -> str:
    """The verdict, then the table, then details that are folded. A bot finds its own comment by the hidden mark."""
    found = regressions_of(doc, thresholds)
    lines = [COMMENT_MARK, f"## {headline(doc, found)}", "", " ".join(f"{one}." for one in map(for_markdown, [doc["reason"], *cautions(doc)])), ""]
    lines += [f"- **{one['severity']}**: {for_markdown(one['case'])}, {one['metric']} {change_text(one)}" for one in found]
    lines += ["", *(table(case) for case in doc["cases"])]
    lines += flame_lines(doc, link)
    lines += [link("Figures and raw rows", "comparison.md"), ""]
    return "\n".join([*lines, "<details><summary>How this was measured</summary>", "", *layout_lines(doc),
                      markdown(doc).split("## How", 1)[-1].strip(), "", "</details>", ""])


def headline(doc: dict, found: list[dict]) -> str:
    counted = f"{len(found)} regression{'s' if len(found) != 1 else ''}"
    return {"regressed": f"Performance regressed: {counted}", "improved": "Performance improved",
            "equivalent": "No performance change in the median", "identical": "No performance change: identical binaries",
            "inconclusive": "Performance: inconclusive"}.get(doc["verdict"], "Performance: the environment is invalid")


def annotations(doc: dict, thresholds: dict[str, float]) -> list[str]:
    """GitHub workflow commands; property and message are escaped as its toolkit does."""
    found = regressions_of(doc, thresholds)
    lines = [f"::{'error' if one['severity'] != 'minor' else 'warning'} title="
             f"{escape_property(one['case'] + ' ' + one['metric'])}::"
             f"{escape_message(one['severity'] + ': ' + change_text(one))}" for one in found]
    if not found:
        level = "notice" if doc["exit_code"] == 0 else "warning"
        lines.append(f"::{level} title=performance::{escape_message(doc['verdict'] + ': ' + doc['reason'])}")
    return lines


def escape_message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escape_property(text: str) -> str:
    return escape_message(text).replace(":", "%3A").replace(",", "%2C")


def append_to(variable: str, text: str) -> None:
    """Append to the file that an environment variable of GitHub names; outside of GitHub nothing is written."""
    path = os.environ.get(variable)
    if path:
        with open(path, "a", encoding="utf-8") as file:
            file.write(text)


def metrics_report(doc: dict) -> str:
    """OpenMetrics text: ratios B over A, which GitLab compares with the target branch."""
    lines = ["# TYPE clinic_ratio gauge"]
    for case in doc["cases"]:
        for c in case["comparisons"]:
            labels = f'case="{label(case["name"])}",metric="{c["metric"]}"'
            for name, value in (("ratio", c["ratio"]), ("ratio_low", c["low"]), ("ratio_high", c["high"])):
                if value is not None:
                    lines.append(f"clinic_{name}{{{labels}}} {value:.6g}")
    return "\n".join([*lines, "# EOF", ""])


def label(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def junit_report(doc: dict) -> str:
    """One test case per comparison: a regression of a deciding metric is a failure, a missing verdict a skip, and an invalid
    environment an error."""
    suites = ElementTree.Element("testsuites")
    for case in doc["cases"]:
        suite = ElementTree.SubElement(suites, "testsuite", name=case["name"], tests=str(len(case["comparisons"])),
                                       failures="0", errors="0", skipped="0")
        for c in case["comparisons"]:
            test = ElementTree.SubElement(suite, "testcase", classname=case["name"], name=c["metric"], time="0")
            outcome = junit_outcome(doc, case, c)
            if outcome is not None:
                ElementTree.SubElement(test, outcome, message=f"{c['verdict']}: {change_text(c)}; {c['reason']}")
                counter = {"failure": "failures", "error": "errors", "skipped": "skipped"}[outcome]
                suite.set(counter, str(int(suite.get(counter, "0")) + 1))
    ElementTree.indent(suites)
    return ElementTree.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def junit_outcome(doc: dict, case: dict, c: dict) -> str | None:
    if doc["exit_code"] == Exit.ENVIRONMENT:
        return "error"
    if c["verdict"] == "regressed" and c["metric"] in case["gating"]:
        return "failure"
    return "skipped" if c["verdict"] == "inconclusive" else None
