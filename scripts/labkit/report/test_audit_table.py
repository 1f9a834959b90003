"""The table at the end of `make audit-all` has a row for every case, including those that failed, and says how long each audit took."""

import json
import re
from pathlib import Path

from labkit.report.audit_table import audit_table
from labkit.terminal_output import plain_lines

HOTSPOT = json.loads(Path("reports/hotspot/v0001/audit.json").read_text())


def test_every_case_has_a_row_and_columns_are_in_line():
    head, hotspot, bare, broken = plain_lines([audit_table({"hotspot": HOTSPOT, "bare": {"headline": {"gain": None, "verdict": "nothing accepted"}, "candidates": []}},
                                              {"broken": "its baseline does not compile"}, {"hotspot": 59.6, "bare": 7.2, "broken": 0.4})])
    assert head.split() == ["case", "verdict", "gain", "took", "rejected"]
    assert hotspot.startswith("hotspot  closed ") and re.search(r"74\.888× \[[^]]+\] at 95", hotspot)
    assert hotspot.endswith("sellers-wide (regression), primality-fermat (answer)")
    assert bare.split("  ")[0] == "bare" and bare.endswith("nothing")
    assert broken.startswith("broken   failed ") and broken.endswith("its baseline does not compile")
    assert [line[head.index("took"):].split("  ")[0] for line in (hotspot, bare, broken)] == ["60 s", "7 s", "0 s"]
    assert hotspot.index("closed") == bare.index("nothing accepted") == head.index("verdict")


def test_a_verdict_at_another_size_than_the_complaints_names_its_size():
    small = HOTSPOT | {"manifest": HOTSPOT["manifest"] | {"complaint_size": "large"}, "headline": HOTSPOT["headline"] | {"size": "small"}}
    assert "reached at small" in plain_lines([audit_table({"hotspot": small}, {}, {"hotspot": 1.0})])[1]
