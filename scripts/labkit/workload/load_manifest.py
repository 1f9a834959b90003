"""load_manifest.py - [load] of a workload.toml: a server, or a pipeline, that is offered rising loads.  Table -> load_manifest -> OfferedLoad

Its programs are those of the folder load/ (offered_load.py).
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

FOLDER = "load"
RATE_MAX = 1e9


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

    offer: the program of load/ that offers a rate. batch_size: the size of the fixture that it sends, each file of operations as one; empty if it
    makes its own requests. shapes: options of that program, each of which makes another shape of the server with the same answers; the threads of the
    last one are looked at.

    What is empty or 0 is not measured. yardstick_config: of nginx, which gives the same answers. yardstick_p99_ratio: how many times nginx's the
    union's p99 may be, at half of the union's knee. witness_script: the same requests for wrk, on witness_connections. memory_per_s: the rate at
    which the heap is watched."""

    main: str
    rates_per_s: tuple[float, ...]
    crowd_per_s: float
    memory_per_s: float
    knee_gain: float
    yardstick_config: str
    yardstick_p99_ratio: float
    witness_script: str
    witness_connections: int
    offer: str = "offered_load"
    batch_size: str = ""
    shapes: tuple[str, ...] = ()


def offered_load(table: Table, folder: Path, sizes: Collection[str]) -> OfferedLoad:
    """sizes: of the fixture."""
    def is_file(name: Any) -> bool:
        return isinstance(name, str) and (folder / name).is_file()

    def file_name(key: str, default: str | None = None) -> str:
        return table.get(key, f"a file below {folder}", is_file, default)

    yardstick, witness = file_name("yardstick_config", ""), file_name("witness_script", "")
    found = OfferedLoad(
        main=file_name("main"),
        rates_per_s=tuple(map(float, table.get("rates_per_s", "at least two rising rates above 0", is_rising))),
        crowd_per_s=table.number("crowd_per_s", 1, RATE_MAX),
        memory_per_s=float(table.get("memory_per_s", f"a number from 1 to {RATE_MAX:g}", lambda v: is_number(v) and 1 <= v <= RATE_MAX, 0.0)),
        knee_gain=table.number("knee_gain", 1, 1000),
        yardstick_config=yardstick,
        yardstick_p99_ratio=table.number("yardstick_p99_ratio", 1, 1000) if yardstick else 0.0,
        witness_script=witness,
        witness_connections=table.integer("witness_connections", 1, 10000) if witness else 0,
        offer=table.get("offer", f"the name of a program {folder / FOLDER}/NAME.c", lambda v: is_file(f"{FOLDER}/{v}.c"), "offered_load"),
        batch_size=table.get("batch_size", ", ".join(sizes), lambda v: v in sizes, ""),
        shapes=tuple(table.get("shapes", "names of options, such as threads", are_names, ())),
    )
    table.done()
    return found


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def are_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) and one.isidentifier() for one in value) and len(set(value)) == len(value)


def is_rising(rates: Any) -> bool:
    return (isinstance(rates, list) and len(rates) > 1 and all(is_number(one) and one > 0 for one in rates)
            and all(low < high for low, high in zip(rates, rates[1:])))
