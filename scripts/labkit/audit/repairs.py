"""repairs.py - run the program, the regression test and the witnesses with each repair.  repairs -> rows, transcripts"""

import difflib
from pathlib import Path
from typing import Any

from labkit.audit.fault_sights import sights_of
from labkit.audit.investigation_state import InvestigationState
from labkit.audit.reproduction import runs_of
from labkit.host import Finding
from labkit.workload import investigation
from labkit.workload.build import BuildFailed
from labkit.workload.investigation import Repair
from labkit.workload.variant import lines_changed

TEST_LIMIT_S = 20.0  # a test that crashes or hangs has failed, like one that prints its failure


def measure(state: InvestigationState, _folder: Path, _findings: list[Finding]) -> dict:
    return {"faulty_test": runs_of(state, state.faulty_test, TEST_LIMIT_S), "repairs": [_repair(state, one) for one in state.manifest.repairs]}


def _repair(state: InvestigationState, repair: Repair) -> dict:
    before, after = investigation.faulty(state.manifest), investigation.repaired(state.manifest, repair)
    lines = lines_changed(before.sources, after.sources)
    found: dict[str, Any] = {"id": repair.id, "build_failure": None, "added_count": lines.added_count, "removed_count": lines.removed_count,
             "difference": difference(before.sources, after.sources), "runs": [], "test_runs": [], "sights": []}
    try:
        program, test = investigation.build_program(state.manifest, after), investigation.build_test(state.manifest, after)
    except BuildFailed as failed:
        return found | {"build_failure": failed.log}
    return found | {"runs": runs_of(state, program, state.manifest.limit_s), "test_runs": runs_of(state, test, TEST_LIMIT_S), "sights": sights_of(state, after, is_repaired=True)}


def difference(before: dict[str, str], after: dict[str, str]) -> str:
    """The output of `diff -u` for all files, without times. before, after: {file name: content}."""
    lines: list[str] = []
    for name in sorted(after):
        lines += difflib.unified_diff(before.get(name, "").splitlines(), after[name].splitlines(), f"old/{name}", f"new/{name}", lineterm="")
    return "\n".join(lines)
