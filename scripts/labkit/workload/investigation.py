"""investigation.py - a workload that crashes, hangs or lies: its manifest and its programs.  workload.toml -> investigation -> Investigation, Binary

The sources beside the manifest have the fault. A repair is a folder of files that replace some of them. The regression test is a
separate program, linked with all sources except the one that has main().

Errors  UsageError names the file, the key, the value found and the accepted values.
"""

from dataclasses import dataclass
from pathlib import Path

from labkit.outcome import UsageError
from labkit.workload import build
from labkit.workload.build import Binary
from labkit.workload.change import sources_of
from labkit.workload.manifest import INVESTIGATION, WORKLOADS, Hypothesis, Table, hypothesis, is_id, open_table, unique
from labkit.workload.variant import BASELINE, Variant
from labkit.fault_witnesses import FAULTS, WITNESSES

REGRESSION = "regression"


@dataclass(frozen=True)
class AskedWitness:
    """A witness in a manifest. tool: a key of WITNESSES. shows: texts that its transcript of the faulty program must contain."""

    tool: str
    arguments: tuple[str, ...]
    script: str  # relative to the workload's folder; empty where the tool needs none
    shows: tuple[str, ...]


@dataclass(frozen=True)
class Repair:
    id: str
    title: str
    overlay: str


@dataclass(frozen=True)
class Investigation:
    folder: Path
    name: str
    title: str
    kind: str
    complaint: str
    fault: str  # a key of FAULTS
    limit_s: float  # seconds; a run that takes longer counts as a hang
    program: str  # the source file that has main()
    test: str  # the source file of the regression test
    witnesses: tuple[AskedWitness, ...]
    hypotheses: tuple[Hypothesis, ...]
    repairs: tuple[Repair, ...]


def load(name: str, root: Path = WORKLOADS) -> Investigation:
    table = open_table(name, root)
    folder = table.path.parent
    table.one_of("schema", (1,))
    table.one_of("name", (folder.name,))
    found = Investigation(
        folder=folder, name=table.text("name"), title=table.text("title"), kind=table.one_of("kind", (INVESTIGATION,)),
        complaint=table.text("complaint"), fault=table.one_of("fault", tuple(FAULTS)), limit_s=table.number("limit_s", 0.1, 60.0),
        program=_file(table, folder, "program"), test=_file(table, folder, "test"),
        witnesses=tuple(_witness(one, folder) for one in table.many("witness")),
        hypotheses=tuple(hypothesis(one) for one in table.many("hypothesis")),
        repairs=tuple(_repair(one, folder) for one in table.many("repair")))
    table.done()
    unique(table, "witness", [one.tool for one in found.witnesses])
    unique(table, "repair", [one.id for one in found.repairs])
    for key, there in (("witness", found.witnesses), ("repair", found.repairs)):
        if not there:
            raise table.fail(key, f"is missing; accepted: at least one table [[{key}]]")
    return found


def _witness(table: Table, folder: Path) -> AskedWitness:
    asked = AskedWitness(tool=table.one_of("tool", tuple(WITNESSES)), arguments=_texts(table, "arguments"),
                         script=_file(table, folder, "script") if "script" in table.table else "", shows=_texts(table, "shows"))
    table.done()
    return asked


def _repair(table: Table, folder: Path) -> Repair:
    repair = Repair(id=table.get("id", "lower-case letters, digits and dashes, not 'baseline' or 'union'", is_id),
                    title=table.text("title"), overlay=table.text("overlay"))
    if not sources_of(folder / repair.overlay):
        raise table.fail("overlay", f"{folder / repair.overlay} has no C sources")
    table.done()
    return repair


def _texts(table: Table, key: str) -> tuple[str, ...]:
    return tuple(table.get(key, "a list of texts", lambda v: isinstance(v, list) and all(isinstance(one, str) for one in v), default=[]))


def _file(table: Table, folder: Path, key: str) -> str:
    name = table.text(key)
    if not (folder / name).is_file():
        raise table.fail(key, f"{folder / name} is not a file")
    return name


def faulty(wanted: Investigation) -> Variant:
    sources = sources_of(wanted.folder)
    if wanted.program not in sources:
        raise UsageError(f"{wanted.folder / 'workload.toml'}: program: {wanted.program} is not a source beside it")
    return Variant(BASELINE, sources)


def repaired(wanted: Investigation, repair: Repair) -> Variant:
    return Variant(repair.id, faulty(wanted).sources | sources_of(wanted.folder / repair.overlay))


def build_program(wanted: Investigation, variant: Variant, *, tool: str = "", cflags: tuple[str, ...] = ()) -> Binary:
    """The program of a variant, for one tool with its cflags. BuildFailed: it does not compile."""
    name = f"{variant.name}-{tool}" if cflags else variant.name
    return build.build(wanted, Variant(name, variant.sources, cflags=cflags))


def build_test(wanted: Investigation, variant: Variant) -> Binary:
    test = wanted.folder / wanted.test
    sources = {name: text for name, text in variant.sources.items() if name != wanted.program}
    return build.build(wanted, Variant(f"{variant.name}-{REGRESSION}", sources | {test.name: test.read_text()}))
