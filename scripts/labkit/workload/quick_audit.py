"""quick_audit.py - [quick] of a workload.toml: what an audit of a minute or so can measure of this workload.  Manifest -> quick_audit -> Manifest

A program whose run at the size of the complaint takes a second leaves no time for the blocks that a verdict needs, and valgrind makes it fifty times
slower. Such a workload names the sizes for which there is time. The manifest of a quick audit has these sizes only, so that no phase can measure others
and the report shows what it judged; complaint_size tells it what it did not judge.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from labkit.host import Finding
from labkit.outcome import UsageError

LEFT_OUT = ("causal",)
"""The parts of a manifest that a quick audit may leave out."""


class Table(Protocol):
    """What of manifest.Table this file needs."""

    def get(self, key: str, accepted: str, check: Any, default: Any = None) -> Any: ...
    def fail(self, key: str, why: str) -> UsageError: ...
    def done(self) -> None: ...


@dataclass(frozen=True)
class QuickAudit:
    """sizes: of the fixture, in its order; the last one takes the place of the complaint's, if that one is not among them. leaves_out: of LEFT_OUT."""

    sizes: tuple[str, ...]
    leaves_out: tuple[str, ...]


class Shortened(Protocol):
    """What of a Manifest this file reads."""

    @property
    def quick(self) -> QuickAudit | None: ...
    @property
    def main_size(self) -> str: ...
    @property
    def complaint_size(self) -> str: ...
    @property
    def fixture(self) -> Any: ...


M = TypeVar("M", bound=Shortened)


def quick_audit(table: Table, sizes: Collection[str], used: Mapping[str, str]) -> QuickAudit:
    """sizes: of the fixture. used: {part of the manifest: the size that it measures, or ""}."""
    def some_of(known: Collection[str]) -> Any:
        return lambda value: isinstance(value, list) and value == [one for one in known if one in value]

    found = QuickAudit(
        sizes=tuple(table.get("sizes", f"some of {', '.join(sizes)}, in this order", lambda value: bool(value) and some_of(sizes)(value), list(sizes))),
        leaves_out=tuple(table.get("leaves_out", f"a list of {', '.join(LEFT_OUT)}", some_of(LEFT_OUT), ())),
    )
    table.done()
    for part, size in used.items():
        if size and part not in found.leaves_out and size not in found.sizes:
            raise table.fail("sizes", f"lacks {size!r}, which [{part}] measures; accepted: with this size, or leave out what measures it")
    return found


def shortened(whole: M) -> M:
    """The manifest of a quick audit."""
    plan = whole.quick
    if plan is None:
        return whole
    main = whole.main_size if whole.main_size in plan.sizes else plan.sizes[-1]
    fixture = replace(whole.fixture, sizes={name: whole.fixture.sizes[name] for name in plan.sizes})
    changes: dict[str, Any] = {"fixture": fixture, "main_size": main, "complaint_size": "" if main == whole.main_size else whole.main_size}
    return replace(whole, **changes, **dict.fromkeys(plan.leaves_out))


def findings(measured: Shortened) -> list[Finding]:
    """What the audit of a shortened manifest does not say. measured: what shortened() returned."""
    found = []
    if measured.complaint_size:
        found.append(Finding("warning", "size", f"This quick audit judges at {measured.main_size}, because {measured.complaint_size}, the size of the complaint, "
                             "takes too long for it.", f"What is true at {measured.complaint_size} is unknown; BUDGET=standard measures it."))
    if measured.quick is not None and measured.quick.leaves_out:
        found.append(Finding("warning", "budget", f"This quick audit leaves out: {', '.join(measured.quick.leaves_out)}.", "BUDGET=standard measures it."))
    return found
