"""load_manifest.py - [load] of a workload.toml: a server that is offered rising loads.  Table -> load_manifest -> OfferedLoad

Its programs are those of the folder load/ (offered_load.py).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

FOLDER = "load"


class Table(Protocol):
    """What of manifest.Table this file needs."""

    def get(self, key: str, accepted: str, check: Any, default: Any = None) -> Any: ...
    def number(self, key: str, low: float, high: float) -> float: ...
    def integer(self, key: str, low: int, high: int) -> int: ...
    def done(self) -> None: ...


@dataclass(frozen=True)
class OfferedLoad:
    """main: the source with main(), in whose place the programs of load/ have their own. rates_per_s: rising. crowd_per_s: beyond what the
    baseline can answer; its threads are looked at there. knee_gain: how many times the baseline's the union's knee has to be.

    yardstick_config: of nginx, which gives the same answers. yardstick_p99_ratio: how many times nginx's the union's p99 may be, at half of the
    union's knee. witness_script: the same requests for wrk, on witness_connections. memory_per_s: the rate at which the heap is watched."""

    main: str
    rates_per_s: tuple[float, ...]
    crowd_per_s: float
    memory_per_s: float
    knee_gain: float
    yardstick_config: str
    yardstick_p99_ratio: float
    witness_script: str
    witness_connections: int


def offered_load(table: Table, folder: Path) -> OfferedLoad:
    def is_file(name: Any) -> bool:
        return isinstance(name, str) and (folder / name).is_file()

    def file_name(key: str) -> str:
        return table.get(key, f"a file below {folder}", is_file)

    found = OfferedLoad(
        main=file_name("main"),
        rates_per_s=tuple(map(float, table.get("rates_per_s", "at least two rising rates above 0", is_rising))),
        crowd_per_s=table.number("crowd_per_s", 1, 1e6),
        memory_per_s=table.number("memory_per_s", 1, 1e6),
        knee_gain=table.number("knee_gain", 1, 1000),
        yardstick_config=file_name("yardstick_config"),
        yardstick_p99_ratio=table.number("yardstick_p99_ratio", 1, 1000),
        witness_script=file_name("witness_script"),
        witness_connections=table.integer("witness_connections", 1, 10000),
    )
    table.done()
    return found


def is_rising(rates: Any) -> bool:
    return (isinstance(rates, list) and len(rates) > 1 and all(isinstance(one, (int, float)) and not isinstance(one, bool) and one > 0 for one in rates)
            and all(low < high for low, high in zip(rates, rates[1:])))
