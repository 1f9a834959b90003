"""measure.py - two variants, interleaved, on one size.  patient, interleave -> measure -> rows

The rows go to a side file as they come, so that an interrupted run keeps what it measured.
"""

import json
from pathlib import Path
from typing import Callable

from labkit import patient
from labkit.audit_state import AuditState
from labkit.build import Binary
from labkit.evidence import disk_errors
from labkit.interleave import Slot, plan_blocks, run_blocks
from labkit.patient import Load


class RowLog:
    """Rows of a phase that is not finished: evidence/.NAME.rows.jsonl, gone when its evidence is there."""

    def __init__(self, folder: Path, name: str):
        self.path = folder / "evidence" / f".{name.replace('/', '-')}.rows.jsonl"
        with disk_errors(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.unlink(missing_ok=True)

    def add(self, row: dict) -> None:
        with disk_errors(self.path), open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    def close(self) -> None:
        self.path.unlink(missing_ok=True)


def interleaved(state: AuditState, arms: dict[str, tuple[Binary, Path]], size: str, *, blocks_count: int, seed: int,
                expect: str, on_row: Callable[[dict], None]) -> list[dict]:
    """Rows of all arms {"A": (binary, path to run), ...} in random mirrored blocks, in the order they ran."""
    load = Load(size, minimum_ms=state.budget.minimum_ms, expect=expect)

    def observe(slot: Slot) -> dict:
        binary, path = arms[slot.arm]
        return patient.observe(state.manifest, binary, load, path=path, cpu=state.cpu,
                               environment=slot.environment({}), timeout_s=state.budget.timeout_s)

    rows = run_blocks(plan_blocks(blocks_count, seed, tuple(arms)), observe, on_row, cpu=state.cpu)
    return [_trimmed(row) for row in rows]


def _trimmed(row: dict) -> dict:
    """The clock is the same in every row; it stands once in the evidence."""
    return {key: value for key, value in row.items() if key != "clock"}


def answers(state: AuditState, binary: Binary) -> dict[str, dict]:
    """{size: {"answer", "failure", "detail"}} of one variant."""
    return {size: patient.answer_of(state.manifest, binary, size, cpu=state.cpu, timeout_s=state.budget.timeout_s)
            for size in state.manifest.fixture.sizes}


def allocations_by_stage(state: AuditState, binary: Binary, size: str, environment: dict[str, str]) -> list[dict]:
    """One row per stage and one for the whole run (stage null): counts over runs_count runs."""
    load = Load(size, samples_count=20, batch_count=1, stages=True)
    row = patient.must(patient.observe(state.manifest, binary, load, cpu=state.cpu, environment=environment,
                                       timeout_s=state.budget.timeout_s), "counting allocations")
    counted = [(stage["name"], stage.get("allocations")) for stage in row.get("stages", [])]
    counted.append((None, row.get("allocations")))
    return [{"variant": binary.variant, "size": size, "stage": name, "ops_count": row["ops_count"], **counts}
            for name, counts in counted if counts is not None]
