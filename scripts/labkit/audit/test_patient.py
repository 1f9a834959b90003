"""What the phases of an audit ask of a workload."""

from pathlib import Path

from labkit.audit.patient import patient_of
from labkit.workload import manifest


def test_a_report_does_not_name_the_folder_of_the_checkout():
    """The harness is compiled with the path of its sources, and profile.json of a sealed report named the folder where it was measured."""
    patient = patient_of(manifest.load("leak"))
    assert patient.own_path(None, str(Path.cwd() / "profiler/bench/bench.c")) == "profiler/bench/bench.c"
    assert patient.own_path(None, "./malloc/malloc.c") == "./malloc/malloc.c" and patient.own_path(None, None) is None
