"""What the phases of an audit ask of a workload."""

from pathlib import Path

from labkit.audit.measure import load_of
from labkit.audit.patient import Reference, patient_of
from labkit.workload import manifest


def test_a_report_does_not_name_the_folder_of_the_checkout():
    """The harness is compiled with the path of its sources, and profile.json of a sealed report named the folder where it was measured."""
    patient = patient_of(manifest.load("leak"))
    assert patient.own_path(None, str(Path.cwd() / "profiler/bench/bench.c")) == "profiler/bench/bench.c"
    assert patient.own_path(None, "./malloc/malloc.c") == "./malloc/malloc.c" and patient.own_path(None, None) is None


def test_a_faster_program_keeps_four_times_the_samples_of_the_baseline_at_most():
    """A candidate at 150 times the speed kept 6000 samples in each process, and a report had 16 megabytes of them."""
    median, tail = (Reference("any", "0x1", 1, samples_count, 50, 1, {}) for samples_count in (1, 1000))
    assert "--runs-max 160" in " ".join(load_of(median).arguments())
    assert load_of(tail).samples_max == 4000
