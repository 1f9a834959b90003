"""variant_pair.py - two variants of one library workload as a comparison in one process.  names -> variant_pair -> compare

A variant is named WORKLOAD, which is its baseline, or WORKLOAD/CANDIDATE. The size is that of the workload's complaint. As in a gate, a
regression is confirmed in separate processes.
"""

from pathlib import Path

from labkit.gate.gate import Subjects, arm_document, equal_load, in_one_process, in_process_note, workload_case
from labkit.outcome import Exit, LabError, UsageError
from labkit.workload import fixture, manifest, variant
from labkit.workload.build import BuildFailed
from labkit.workload.link_orders import Layouts, layouts_of
from labkit.workload.manifest import LIBRARY, Manifest
from labkit.workload.paired_process import PairedPrograms
from labkit.workload.variant import Variant


def variant_subjects(a: str, b: str, seed: int, scratch: Path, *, measure_identical: bool) -> Subjects:
    """scratch: for programs; seed: of the layouts. No case where both build to the same bytes, unless measure_identical."""
    wanted = workload_of(a, b)
    fixture.ensure(wanted)
    variants = {arm: variant_of(wanted, text) for arm, text in (("A", a), ("B", b))}
    arms = {arm: layouts(wanted, one, seed, scratch) for arm, one in variants.items()}
    names = {"A": a, "B": b} if a != b else {"A": f"{a}, A", "B": f"{b}, B"}
    subjects = Subjects(arms={names[arm]: arm_document(one.usual, variants[arm].name) for arm, one in arms.items()})
    if arms["A"].usual.sha256 == arms["B"].usual.sha256 and not measure_identical:
        subjects.identical.append(wanted.name)
        return subjects
    pairs = PairedPrograms(wanted, variants, seed, scratch)
    subjects.layouts |= {names[arm]: one for arm, one in arms.items()}
    subjects.pairs |= dict.fromkeys(subjects.layouts, pairs)
    case = workload_case(wanted, equal_load(wanted, wanted.main_size, arms["A"].usual), arms, counts_instructions=False)
    subjects.cases.append(in_one_process(case, wanted, pairs))
    subjects.notes.append(in_process_note(wanted.name))
    return subjects


def workload_of(a: str, b: str) -> Manifest:
    names = [text.partition("/")[0] for text in (a, b)]
    if names[0] != names[1]:
        raise UsageError(f"--a {a} and --b {b}: with --in-process both are variants of one workload, as W and W/CANDIDATE")
    wanted = manifest.load(names[0])
    if wanted.kind != LIBRARY:
        raise UsageError(f"--in-process: {wanted.name} is no library that can be linked with the harness, so each run of it is a process")
    return wanted


def variant_of(wanted: Manifest, text: str) -> Variant:
    name = text.partition("/")[2]
    if not name:
        return variant.baseline(wanted)
    found = next((one for one in wanted.candidates if one.id == name), None)
    if found is None:
        raise UsageError(f"{text}: {wanted.name} has no candidate {name}; it has {', '.join(one.id for one in wanted.candidates) or 'none'}")
    return variant.candidate(wanted, found)


def layouts(wanted: Manifest, one: Variant, seed: int, folder: Path) -> Layouts:
    try:
        return layouts_of(wanted, one, seed, folder)
    except BuildFailed as failure:
        raise LabError(f"{wanted.name}/{one.name} does not build: {str(failure).splitlines()[0]}", Exit.USAGE) from None
