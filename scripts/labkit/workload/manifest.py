"""manifest.py - read and check workload.toml.  workloads/<name>/workload.toml -> manifest.py -> Manifest

Errors  UsageError naming the file, the key, what was found and what is accepted.
Pure    reads one file and nothing else.
Format  TOML with `schema = 1`; templates/workload_library/workload.toml is an example with explanations.
"""

import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable

from labkit.metrics import complaints
from labkit.outcome import UsageError
from labkit.phases import LIBRARY, WHOLE
from labkit.subject import manifest_kinds
from labkit.untrusted_file import UntrustedFileError, read_text
from labkit.workload.causal_manifest import CausalCheck, causal_check
from labkit.workload.change import CHANGES, Change
from labkit.workload.load_manifest import OfferedLoad, offered_load
from labkit.workload.quick_audit import QuickAudit, quick_audit

WORKLOADS = Path("workloads")
READERS: dict[str, Callable[["Table", Path], "Manifest"]] = {}
"""Kinds whose manifest has more than the common parts; each enters its reader here."""
INVESTIGATION = "investigation"  # a crash, a hang or a lie: investigation.py reads its manifest


@dataclass(frozen=True)
class Fixture:
    generator: str
    seed: int
    sizes: dict[str, int]  # size name -> operations in one run, in the order of the file


@dataclass(frozen=True)
class Stage:
    name: str
    entry: str  # the function whose subtree is this stage in a profile


@dataclass(frozen=True)
class Hypothesis:
    says: str
    function: str


@dataclass(frozen=True)
class Candidate:
    id: str
    title: str
    change: Change
    targets: str
    predicted_gain: float  # of the metric: 0.20 is 20 % more throughput
    risk: int  # 1 trivial to 5 could corrupt data
    risk_why: str
    rollback: str
    is_yardstick: bool = False  # measured for comparison, and never adopted


@dataclass(frozen=True)
class Manifest:
    folder: Path
    name: str
    title: str
    kind: str
    complaint: str
    measured: str  # which part of the complaint is measured, if not all of it; may be empty
    metric: str
    target: float  # gain (optimised / baseline) that closes the complaint
    op: str
    main_size: str  # the size of the complaint
    fixture: Fixture
    stages: tuple[Stage, ...]
    hypotheses: tuple[Hypothesis, ...]
    candidates: tuple[Candidate, ...]
    load: OfferedLoad | None = field(default=None, kw_only=True)  # of a server that is offered rising loads
    # Functions with virtual speed-ups. It has no part in repr, because repr decides whether earlier evidence of other phases is still valid.
    causal: CausalCheck | None = field(default=None, kw_only=True, repr=False)
    quick: QuickAudit | None = field(default=None, kw_only=True, repr=False)  # what a quick audit measures, if not everything
    complaint_size: str = field(default="", kw_only=True, repr=False)  # where a quick audit judges at another size than the complaint's: the complaint's

    @property
    def offered(self) -> OfferedLoad:
        """The load of a workload that offers one."""
        if self.load is None:
            raise UsageError(f"{self.folder / 'workload.toml'}: load: is missing; accepted: a table [load]")
        return self.load

    @property
    def causal_check(self) -> CausalCheck:
        """The check of a workload that asks for one."""
        if self.causal is None:
            raise UsageError(f"{self.folder / 'workload.toml'}: causal: is missing; accepted: a table [causal]")
        return self.causal


def names(root: Path = WORKLOADS) -> list[str]:
    """All workloads that have a manifest."""
    return sorted(path.parent.name for path in root.glob("*/workload.toml"))


class Unfinished(UsageError):
    """A workload that is not finished. Commands that work on all workloads leave it out and print a message."""


class OfAnotherKind(UsageError):
    """A workload that is not measured for its speed."""


def kind_of(name: str, root: Path | None = None) -> Any:
    """As its manifest says, which need not be one that exists."""
    return open_table(name, root or WORKLOADS).table.get("kind")


def investigation_names(root: Path | None = None) -> list[str]:
    return [name for name in names(root or WORKLOADS) if kind_of(name, root) == INVESTIGATION]


def finished_names(root: Path | None = None) -> list[str]:
    """The libraries whose manifest is filled in: what is built here and linked with the harness."""
    return [name for name, found in finished(root) if found.kind == LIBRARY]


def finished(root: Path | None = None) -> list[tuple[str, Manifest]]:
    """The workloads that are measured for their speed and whose manifest is filled in."""
    finished = []
    for name in names(root or WORKLOADS):
        try:
            finished.append((name, load(name, root or WORKLOADS)))
        except OfAnotherKind:
            pass
        except Unfinished as error:
            print(f"lab: a workload is left out: {error}", file=sys.stderr)
    return finished


def load(name: str, root: Path = WORKLOADS) -> Manifest:
    """OfAnotherKind where it is an investigation."""
    table = open_table(name, root)
    if table.table.get("kind") == INVESTIGATION:
        raise OfAnotherKind(f"{table.path}: kind: is {INVESTIGATION!r}, which is not measured for its speed; `make audit W={name}` audits it")
    return _manifest(table, table.path.parent)


def open_table(name: str, root: Path = WORKLOADS) -> "Table":
    """The manifest as TOML, none of whose keys has been looked at."""
    path = root / name / "workload.toml"
    if not path.is_file():
        known = ", ".join(names(root)) or "none yet"
        raise UsageError(f"no workload {name!r}: {path} does not exist; workloads here: {known}")
    try:
        table = tomllib.loads(read_text(path.resolve()))
    except UntrustedFileError as error:
        raise UsageError(str(error)) from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: not valid TOML: {error}") from error
    return Table(path, "", table)


class Table:
    """A TOML table that knows its place in the file and which of its keys were read."""

    def __init__(self, path: Path, where: str, table: dict):
        self.path, self.where, self.table = path, where, table
        self.asked: set[str] = set()

    def fail(self, key: str, why: str) -> UsageError:
        return UsageError(f"{self.path}: {self.where}{key}: {why}")

    def get(self, key: str, accepted: str, check: Callable[[Any], bool], default: Any = None) -> Any:
        self.asked.add(key)
        if key not in self.table:
            if default is not None:
                return default
            raise self.fail(key, f"is missing; accepted: {accepted}")
        value = self.table[key]
        if isinstance(value, str) and value.strip().upper() == "FILL IN":
            raise Unfinished(str(self.fail(key, f"is not filled in yet; accepted: {accepted}")))
        if not check(value):
            raise self.fail(key, f"is {value!r}; accepted: {accepted}")
        return value

    def text(self, key: str) -> str:
        return self.get(key, "a text that is not empty", lambda v: isinstance(v, str) and v.strip() != "")

    def optional_text(self, key: str) -> str:
        return self.get(key, "a text", lambda v: isinstance(v, str), default="")

    def one_of(self, key: str, choices: tuple) -> Any:
        return self.get(key, ", ".join(map(str, choices)), lambda v: v in choices)

    def integer(self, key: str, low: int, high: int) -> int:
        return self.get(key, f"a whole number from {low} to {high}",
                        lambda v: isinstance(v, int) and not isinstance(v, bool) and low <= v <= high)

    def number(self, key: str, low: float, high: float) -> float:
        return float(self.get(key, f"a number from {low} to {high}",
                              lambda v: isinstance(v, (int, float)) and low <= v <= high))

    def sub(self, key: str) -> "Table":
        value = self.get(key, f"a table [{key}]", lambda v: isinstance(v, dict))
        return Table(self.path, f"{self.where}{key}.", value)

    def many(self, key: str) -> list["Table"]:
        value = self.get(key, f"tables [[{key}]]",
                         lambda v: isinstance(v, list) and all(isinstance(one, dict) for one in v), default=[])
        return [Table(self.path, f"{self.where}{key}[{i}].", one) for i, one in enumerate(value)]

    def done(self) -> None:
        for key in self.table:
            if key not in self.asked:
                raise self.fail(key, f"is not a key here; accepted: {', '.join(sorted(self.asked))}")


def _manifest(table: Table, folder: Path) -> Manifest:
    table.one_of("schema", (1,))
    table.one_of("name", (folder.name,))
    if (own := READERS.get(str(table.table.get("kind")))) is not None:
        return own(table, folder)
    fixture = fixture_of(table.sub("fixture"))
    load = offered_load(table.sub("load"), folder, fixture.sizes) if "load" in table.table else None
    manifest = Manifest(**common_parts(table, folder, fixture, LIBRARY), load=load)
    table.done()
    return manifest


def common_parts(table: Table, folder: Path, fixture: Fixture, kind: str) -> dict[str, Any]:
    """The fields that a manifest of every kind has. kind: whose changes and metrics are accepted."""
    parts = dict(
        folder=folder,
        name=table.text("name"),
        title=table.text("title"),
        kind=table.one_of("kind", (*manifest_kinds(), INVESTIGATION)),
        complaint=table.text("complaint"),
        measured=table.optional_text("measured"),
        metric=table.one_of("metric", complaints(kind)),
        target=table.number("target", 1.0, 1000.0),
        op=table.text("op"),
        main_size=_main_size(table, fixture),
        fixture=fixture,
        stages=tuple(_stage(one) for one in table.many("stage")) if kind == LIBRARY else (),
        hypotheses=tuple(hypothesis(one) for one in table.many("hypothesis")),
        candidates=tuple(_candidate(one, folder, kind) for one in table.many("candidate")),
        causal=causal_check(table.sub("causal"), folder, fixture.sizes) if "causal" in table.table else None,
        quick=_quick(table, fixture) if "quick" in table.table else None,
    )
    unique(table, "stage", [stage.name for stage in parts["stages"]])
    unique(table, "candidate", [candidate.id for candidate in parts["candidates"]])
    return parts


def _quick(table: Table, fixture: Fixture) -> QuickAudit:
    used = {part: table.table[part].get(key, "") for part, key in (("load", "batch_size"), ("causal", "size")) if part in table.table}
    return quick_audit(table.sub("quick"), fixture.sizes, used)


def _main_size(table: Table, fixture: Fixture) -> str:
    sizes = tuple(fixture.sizes)
    default = "large" if "large" in sizes else sizes[-1]
    return table.get("main_size", ", ".join(sizes), lambda v: v in sizes, default=default)


def unique(table: Table, key: str, found: list[str]) -> None:
    for name in found:
        if found.count(name) > 1:
            raise table.fail(key, f"{name!r} occurs twice; each needs a name of its own")


def sizes_of(table: Table) -> dict[str, int]:
    return dict(table.get("sizes", "a table of size = operations, each a whole number of at least 1",
                          lambda v: isinstance(v, dict) and v != {} and
                          all(isinstance(n, int) and n >= 1 for n in v.values())))


def fixture_of(table: Table) -> Fixture:
    fixture = Fixture(sizes=sizes_of(table), generator=table.text("generator"), seed=table.integer("seed", 0, 2**63 - 1))
    table.done()
    return fixture


def _stage(table: Table) -> Stage:
    stage = Stage(name=table.text("name"), entry=table.text("entry"))
    table.done()
    return stage


def hypothesis(table: Table) -> Hypothesis:
    hypothesis = Hypothesis(says=table.text("says"), function=table.text("function"))
    table.done()
    return hypothesis


def _candidate(table: Table, folder: Path, kind: str) -> Candidate:
    candidate = Candidate(
        id=table.get("id", "lower-case letters, digits and dashes, not 'baseline' or 'union'", is_id),
        title=table.text("title"),
        change=_change(table.sub("change"), folder, kind),
        targets=table.text("targets") if kind == LIBRARY or "targets" in table.table else WHOLE,
        predicted_gain=table.number("predicted_gain", 0.0, 100.0),
        risk=table.integer("risk", 1, 5),
        risk_why=table.text("risk_why"),
        rollback=table.text("rollback"),
        is_yardstick=table.get("yardstick", "true or false", lambda v: isinstance(v, bool), default=False),
    )
    table.done()
    return candidate


def is_id(value: Any) -> bool:
    return (isinstance(value, str) and value != "" and value not in ("baseline", "union")
            and all(c.islower() or c.isdigit() or c == "-" for c in value))


def _change(table: Table, folder: Path, workload_kind: str) -> Change:
    accepted = [word for word, kind in CHANGES.items() if workload_kind in kind.of]
    kinds = [word for word in accepted if word in table.table]
    if len(kinds) != 1:
        raise table.fail("", f"has {len(kinds)} kinds of change; accepted: exactly one of {', '.join(accepted)}")
    kind = CHANGES[kinds[0]]
    value = kind.read(table.get(kind.word, kind.accepted, kind.accepts))
    objection = kind.objection(folder, value)
    if objection is not None:
        raise table.fail(kind.word, objection)
    table.done()
    return Change(kind.word, value)
