"""Two variants in one process: they are kept apart and checked, and each process is one observation."""

import subprocess
from dataclasses import replace

import numpy as np
import pytest

from labkit.experiment.design import Case
from labkit.experiment.interleave import plan_blocks, run_blocks
from labkit.metrics import METRICS
from labkit.outcome import UsageError
from labkit.runner import LocalRunner
from labkit.verdicts.stages import CANARY, CONFIRM, MAIN
from labkit.workload import fixture, manifest, variant
from labkit.workload.harness import Load
from labkit.workload.library import LibrarySubject
from labkit.workload.link_orders import OneLayout, build
from labkit.workload.paired_process import PLACES, PairedPrograms, PairedSubject, paired_ns, relocatable

# They build one variant at one place.
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("checkout"), pytest.mark.xdist_group("paired process")]


def subject(tmp_path, b=None, **load) -> PairedSubject:
    wanted = manifest.load("telemetry")
    fixture.ensure(wanted)
    base = variant.baseline(wanted)
    variants = {"A": base, "B": b(base) if b else replace(base, name="paired-b")}
    classical = LibrarySubject(wanted, {arm: OneLayout(build(wanted, base)) for arm in PLACES}, Load("tiny"), LocalRunner())
    return PairedSubject(wanted, PairedPrograms(wanted, variants, 1, tmp_path), Load("tiny", samples_count=9, batch_count=2, **load),
                         LocalRunner(), classical)


def test_a_half_of_a_block_is_one_process_with_all_its_arms(tmp_path):
    rows = run_blocks(plan_blocks(2, 1, canary_share=0.5), subject(tmp_path))
    assert [len([row for row in rows if row["block"] == block]) for block in (0, 1)] == [4, 6]
    for row in rows:
        assert row["failure"] is None and len(row["samples_ns"]) == 9 and METRICS["time"].value(row) > 0
        assert "max_rss_bytes" not in row and "user_ns" not in row  # they are of the process, not of an arm
    halves = {(row["block"], row["position"] >= len([one for one in rows if one["block"] == row["block"]]) // 2): [] for row in rows}
    for row in rows:
        halves[row["block"], row["position"] >= len([one for one in rows if one["block"] == row["block"]]) // 2].append(row)
    assert all(len({row["started_ns"] for row in half}) == 1 for half in halves.values())
    assert len({row["started_ns"] for row in rows}) == 4
    assert {row["arm"] for row in rows} == {"A", "B", CANARY}


def test_a_variant_that_answers_wrongly_is_a_failure_of_the_process(tmp_path):
    def wrong(base):
        text = base.sources["checksum.c"]
        changed = text.replace("crc >> 8", "crc >> 9", 1)
        assert changed != text
        return replace(base, name="paired-wrong", sources=base.sources | {"checksum.c": changed})

    rows = run_blocks(plan_blocks(1, 1), subject(tmp_path, wrong))
    assert {row["failure"] for row in rows} == {"answer"} and "answer differently" in rows[0]["detail"]


def test_all_names_of_a_variant_but_its_workload_are_its_own(tmp_path):
    wanted = manifest.load("telemetry")
    path = relocatable(wanted, variant.baseline(wanted), 1, tmp_path)
    named = subprocess.run(["nm", "--defined-only", "--extern-only", path], capture_output=True, text=True, check=True).stdout
    assert [line.split()[-1] for line in named.splitlines()] == ["clinic_variant_1"]


def test_each_block_has_a_link_of_its_own(tmp_path):
    programs = subject(tmp_path).programs
    assert len({programs.of_block(number, False).read_bytes() for number in range(3)}) == 3
    assert programs.of_block(1, False) == programs.of_block(1, False) != programs.of_block(1, True)


def test_variants_of_unlike_environments_do_not_share_a_process(tmp_path):
    with pytest.raises(UsageError, match="only one"):
        subject(tmp_path, lambda base: replace(base, name="paired-env", env={"X": "1"}))


def test_what_slows_a_round_is_in_no_ratio():
    source = np.random.default_rng(1)
    disturbed = np.where(source.random(40) < 0.4, 5.0, 1.0)
    assert paired_ns(1e6 * disturbed, 1.02e6 * disturbed) / np.median(1e6 * disturbed) == pytest.approx(1.02)


def test_a_regression_is_confirmed_in_processes_of_their_own(tmp_path):
    paired = subject(tmp_path)
    case = Case("x", paired, confirmed_by=paired.classical)
    assert case.subject_of(MAIN) is paired and case.subject_of(CONFIRM) is paired.classical
