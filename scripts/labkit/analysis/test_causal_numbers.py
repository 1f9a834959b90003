"""What virtual speed-ups say beside Amdahl's law, from rows whose answer is known."""

import copy

import pytest

from example_evidence import LEAN, example_documents, write_example
from labkit.analysis import analyse
from labkit.analysis.causal_numbers import ALIKE, LESS, MORE, OPEN, amdahl, causal_numbers
from labkit.analysis.evidence_set import read_evidence_set
from labkit.report.render import render_pages

NOISE = (0.99, 1.01, 1.0, 1.02, 0.98, 1.0, 1.01, 0.99)


def rows(periods: dict[int, float], share: float, *, blocks: int = 8, wobble: float = 0.0) -> list[dict]:
    """Two rows of each speed-up in each block. wobble: by how much the sped-up runs of every second block are slower, and of the others faster."""
    found = []
    for block in range(blocks):
        for speedup, period in periods.items():
            factor = NOISE[block % len(NOISE)] * (1 + wobble * (-1) ** block * (speedup > 0))
            found += [{"function": "f", "block": block, "speedup_percent": speedup, "period_ns": period * factor, "cpu_ns": 1000,
                       "function_cpu_ns": round(1000 * share), "ready_ns": 50, "threads_count": 3}] * 2
    return found


def test_amdahls_gain_is_that_of_the_share():
    assert amdahl(0.5, 50) == pytest.approx(4 / 3) and amdahl(1.0, 100) == float("inf") and amdahl(0.0, 50) == 1.0


def test_the_shorter_of_two_threads_gains_nothing():
    """A third of the CPU time, for which nobody waits."""
    found = causal_numbers(rows({0: 40.0, 25: 40.0, 50: 40.0}, 1 / 3))
    assert [one.verdict for one in found.gains] == [LESS, LESS]
    assert found.ceiling_ratio == pytest.approx(1.5, rel=0.01) and found.gains[-1].amdahl_ratio == pytest.approx(1.2, rel=0.01)
    assert "gains nothing" in found.says and "33.3" in found.says


def test_the_longer_of_two_threads_gains_more_than_its_share():
    found = causal_numbers(rows({0: 40.0, 50: 20.0}, 2 / 3))
    assert found.gains[-1].ratio == pytest.approx(2.0) and found.gains[-1].verdict == MORE
    assert "other threads wait for it" in found.says


def test_one_thread_gains_what_amdahl_promises():
    found = causal_numbers(rows({0: 40.0, 25: 35.0, 50: 30.0}, 0.5))
    assert [one.verdict for one in found.gains] == [ALIKE, ALIKE] and not found.is_open


def test_a_part_of_the_share_is_gained():
    found = causal_numbers(rows({0: 40.0, 50: 36.0}, 0.5))
    assert found.gains[-1].verdict == LESS and "for a part of its time" in found.says


def test_what_makes_the_work_slower_is_said():
    found = causal_numbers(rows({0: 40.0, 50: 44.0}, 0.5))
    assert found.gains[-1].verdict == LESS and "gains nothing" in found.says and "even slower" in found.says


def test_too_few_blocks_decide_nothing():
    found = causal_numbers(rows({0: 40.0, 50: 30.0}, 0.5, blocks=5))
    assert found.is_open and found.gains[-1].low is None and "at least 6 blocks" in found.says


def test_noise_that_contains_both_answers_decides_nothing():
    found = causal_numbers(rows({0: 40.0, 50: 39.0}, 0.1, wobble=0.2))
    assert found.gains[-1].verdict == OPEN and "do not decide" in found.says


def test_a_small_share_is_not_called_open_where_the_interval_excludes_amdahls_gain():
    """The server's shop_price once had 0.990 to 1.008, of which the sentence said that it contains Amdahl's 1.021."""
    found = causal_numbers(rows({0: 40.0, 50: 40.0}, 0.036, wobble=0.001))
    assert found.gains[-1].verdict == ALIKE and "as far as the runs can tell" in found.says


def test_threads_that_wait_for_a_cpu_decide_nothing():
    found = causal_numbers([row | {"ready_ns": 800} for row in rows({0: 40.0, 50: 40.0}, 2 / 3)])
    assert found.is_open and found.gains[-1].verdict == OPEN and "ready for 0.8 s without a CPU" in found.says


def test_a_block_that_is_not_complete_is_left_out():
    kept = rows({0: 40.0, 50: 30.0}, 0.5)
    assert causal_numbers([row for row in kept if not (row["block"] == 3 and row["speedup_percent"] == 50)]).blocks_count == 7


SUMS = {"samples_count": 9, "function_samples_count": 3, "inserted_ns": 5, "slept_ns": 4}


def audit_of(folder, found: dict | None, **asked) -> dict:
    documents = copy.deepcopy(example_documents(candidates=LEAN))
    documents["plan"]["data"]["manifest"] |= asked
    if found:
        documents["causal"] = documents["counters"] | {"kind": "causal", "data": found}
    return analyse(read_evidence_set(write_example(folder, documents)))


@pytest.mark.slow
def test_the_report_shows_it_beside_the_ceiling(tmp_path):
    kept = [row | SUMS | {"function": name} for name, period in (("shorter", 40.0), ("longer", 20.0)) for row in rows({0: 40.0, 50: period}, 1 / 3)]
    audit = audit_of(tmp_path, {"progress": "round", "rows": kept}, causal={"functions": ["shorter", "longer"], "work": "Two threads that meet."})
    page = render_pages(audit)["audit.md"]
    assert [one["function"] for one in audit["causal"]] == ["shorter", "longer"]
    assert "### What a faster function would gain" in page and "in 8 blocks of runs" in page and "What ran: Two threads that meet." in page
    assert "| `shorter` | 33.3\u00a0% | 1.499× | 50\u00a0% | 1.200× | 1.000× [1.000,\u00a01.000] |" in page
    assert "A faster shorter gains nothing, although it takes" in page and "A faster longer gains more" in page


def test_a_report_that_asks_for_none_has_none(tmp_path):
    audit = audit_of(tmp_path, None)
    assert "causal" not in audit and "What a faster function would gain" not in render_pages(audit)["audit.md"]
    assert not any(one["subject"] == "causal" for one in audit["findings"])


def test_missing_evidence_is_a_finding(tmp_path):
    audit = audit_of(tmp_path, None, causal={"functions": ["shorter"]})
    assert any(one["subject"] == "causal" for one in audit["findings"])
