"""policy.py - the rules every candidate is judged by, checked.  hardening/policy.toml -> policy.py -> Policy

Errors  UsageError naming the file, the key, what was found and what is accepted.
Units   a _ratio is a fraction (0.02 is two per cent), _bytes and _count are whole numbers.
"""

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Mapping

from labkit.outcome import UsageError

POLICY = Path("hardening/policy.toml")
SCHEMA = 1
RISKS = ("1", "2", "3", "4", "5")


@dataclass(frozen=True)
class Policy:
    """One field per key of policy.toml, the table's name leading where the key alone would not tell."""

    alpha: float
    equivalence_ratio: float
    minimum_gain_ratio: float
    required_gain_ratio: tuple[float, ...]  # of risk 1 to 5
    free_lines_count: int
    lines_per_percent: float
    maximum_loss_ratio: float
    peak_rss_growth_ratio: float
    peak_rss_free_bytes: int
    allocations_growth_ratio: float
    minimum_share_ratio: float
    flame_graph_seconds: float
    minimum_pairs_count: int
    host_load_ratio: float
    host_steal_ratio: float

    def required_gain(self, risk: int) -> float:
        """What the low end of the gain must reach, as a fraction: never less than the minimum effect."""
        return max(self.minimum_gain_ratio, self.required_gain_ratio[risk - 1])

    def allowed_lines(self, gain_low_ratio: float) -> int:
        """Lines that a gain of at least gain_low_ratio may cost."""
        return max(self.free_lines_count, int(self.lines_per_percent * 100.0 * max(0.0, gain_low_ratio)))


TABLES = {
    "verdict": ("alpha", "equivalence_ratio", "minimum_gain_ratio"),
    "risk": ("required_gain_ratio",),
    "complexity": ("free_lines_count", "lines_per_percent"),
    "regression": ("maximum_loss_ratio",),
    "memory": ("peak_rss_growth_ratio", "peak_rss_free_bytes", "allocations_growth_ratio"),
    "trace": ("minimum_share_ratio",),
    "evidence": ("flame_graph_seconds", "minimum_pairs_count", "host_load_ratio", "host_steal_ratio"),
}


def load(path: Path = POLICY) -> dict[str, Any]:
    """The table as it stands in the file, checked; it goes into the evidence verbatim."""
    try:
        table = tomllib.loads(path.read_text())
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}); it is part of the repository") from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: not valid TOML: {error}") from error
    parse(table, str(path))
    return table


def parse(table: Mapping[str, Any], source: str = "policy") -> Policy:
    """A checked table to a Policy; source is the file that errors name."""
    if table.get("schema") != SCHEMA:
        raise UsageError(f"{source}: schema: is {table.get('schema')!r}; accepted: {SCHEMA}")
    _refuse_unknown(table, ("schema", *TABLES), source)
    values = {}
    for name, keys in TABLES.items():
        part = table.get(name)
        if not isinstance(part, Mapping):
            raise UsageError(f"{source}: {name}: is missing; accepted: a table [{name}] with {', '.join(keys)}")
        _refuse_unknown(part, keys, f"{source}: [{name}]")
        for key in keys:
            values[key] = _risks(part, source) if key == "required_gain_ratio" else _number(part, name, key, source)
    return Policy(**values)


def _refuse_unknown(part: Mapping[str, Any], accepted: tuple[str, ...], source: str) -> None:
    for key in part:
        if key not in accepted:
            raise UsageError(f"{source}: {key}: is not a key here; accepted: {', '.join(accepted)}")


def _number(part: Mapping[str, Any], table: str, key: str, source: str) -> float:
    whole = next(field.type for field in fields(Policy) if field.name == key) is int
    accepted = "a whole number of at least 0" if whole else "a number of at least 0"
    value = part.get(key)
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)) or value < 0:
        raise UsageError(f"{source}: {table}.{key}: is {value!r}; accepted: {accepted}")
    return value


def _risks(part: Mapping[str, Any], source: str) -> tuple[float, ...]:
    value = part.get("required_gain_ratio")
    if not isinstance(value, Mapping) or sorted(value) != list(RISKS):
        raise UsageError(f"{source}: risk.required_gain_ratio: is {value!r}; accepted: one number for each of 1 to 5")
    numbers = tuple(value[risk] for risk in RISKS)
    if any(isinstance(one, bool) or not isinstance(one, (int, float)) for one in numbers) or \
            list(numbers) != sorted(numbers):
        raise UsageError(f"{source}: risk.required_gain_ratio: is {value!r}; "
                         "accepted: numbers that do not fall as the risk grows")
    return numbers
