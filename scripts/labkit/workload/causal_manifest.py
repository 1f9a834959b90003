"""causal_manifest.py - [causal] of a workload.toml: functions whose virtual speed-ups are measured.  Table -> causal_manifest -> CausalCheck"""

from dataclasses import dataclass
from typing import Any, Protocol


class Table(Protocol):
    """What of manifest.Table this file needs."""

    def get(self, key: str, accepted: str, check: Any, default: Any = None) -> Any: ...
    def optional_text(self, key: str) -> str: ...
    def done(self) -> None: ...


@dataclass(frozen=True)
class CausalCheck:
    """speedups_percent: by how much of its time each function is to be faster. progress: the stage of clinic/stage.h that begins once for each
    piece of work; "": the whole run is one."""

    functions: tuple[str, ...]
    speedups_percent: tuple[int, ...]
    progress: str


def causal_check(table: Table) -> CausalCheck:
    found = CausalCheck(
        functions=tuple(table.get("functions", "a list of names of functions, each once", are_names)),
        speedups_percent=tuple(table.get("speedups_percent", "a list of rising whole numbers from 1 to 100", are_speedups, default=[50])),
        progress=table.optional_text("progress"),
    )
    table.done()
    return found


def are_names(value: Any) -> bool:
    return isinstance(value, list) and value != [] and all(isinstance(one, str) and one for one in value) and len(set(value)) == len(value)


def are_speedups(value: Any) -> bool:
    return (isinstance(value, list) and value != [] and all(isinstance(one, int) and not isinstance(one, bool) and 1 <= one <= 100 for one in value)
            and value == sorted(set(value)))
