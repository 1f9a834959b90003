"""Static probes: the table in the README, the notes in the files and what gdb sees are the same."""

from pathlib import Path

import pytest

from gate_ending import Unavailable
from observability import documented_probes, fired_probes, listed_probes

CLINIC, PRELOAD = Path("build/bin/clinic"), Path("build/lib/libclinic-preload.so")


def fired(*arguments) -> dict[str, list[str]]:
    try:
        return fired_probes(*arguments)
    except Unavailable as reason:
        pytest.skip(str(reason))


def test_the_probes_in_the_files_are_those_of_the_readme():
    assert listed_probes(CLINIC) | listed_probes(PRELOAD) == documented_probes()


@pytest.mark.slow
def test_every_probe_of_a_recording_fires_with_its_arguments(tmp_path):
    probes = sorted(listed_probes(CLINIC))
    seen = fired(probes, [CLINIC, "record", "-e", "alloc", "-o", tmp_path / "s.json", "--", "build/victims/alloc_stages"], {})
    assert set(probes) == {probe for probe, arguments in seen.items() if arguments}
    assert seen["clinic:recording_start"] == seen["clinic:recording_stop"] and int(seen["clinic:recording_start"][0]) > 1
    assert len(seen["clinic:drain_begin"]) == len(seen["clinic:drain_end"]) and set(seen["clinic:drain_end"]) == {"0"}
    assert seen["clinic:snapshot_end"] == ["0"] and (tmp_path / "s.json").exists()


def test_the_probes_of_stages_name_them(tmp_path):
    seen = fired(sorted(listed_probes(PRELOAD)), ["build/victims/alloc_stages"], {"LD_PRELOAD": str(PRELOAD.resolve())})
    assert seen == {"clinic_preload:stage_begin": ["parse", "copy"] * 2, "clinic_preload:stage_end": ["copy", "parse", "never begun"] * 2}
