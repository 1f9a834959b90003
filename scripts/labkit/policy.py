"""policy.py - read and check the rules by which candidates are judged.  hardening/policy.toml -> policy.py -> AcceptancePolicy

Errors  UsageError naming the file, the key, what was found and what is accepted.
Units   a _ratio is a fraction (0.02 is two per cent), _bytes and _count are whole numbers.
"""

import tomllib
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, Mapping

from labkit.outcome import UsageError
from labkit.untrusted_file import UntrustedFileError, read_text

POLICY = Path("hardening/policy.toml")
SCHEMA = 1
RISKS = ("1", "2", "3", "4", "5")


def limit(table: str, absent: float | None = None) -> Any:
    """One entry of the policy: its name and type are the field's, and it stands under [table] of policy.toml. absent: its value in the
    policies of older evidence, which do not have it."""
    return field(metadata={"table": table, "absent": absent})


@dataclass(frozen=True)
class AcceptancePolicy:
    """When a candidate is accepted. One field per key of policy.toml; reading, checking and errors follow from it."""

    alpha: float = limit("verdict")
    equivalence_ratio: float = limit("verdict")
    minimum_gain_ratio: float = limit("verdict")
    required_gain_ratio: tuple[float, ...] = limit("risk")  # of risk 1 to 5
    free_lines_count: int = limit("complexity")
    lines_per_percent: float = limit("complexity")
    maximum_loss_ratio: float = limit("regression")
    peak_rss_growth_ratio: float = limit("memory")
    peak_rss_free_bytes: int = limit("memory")
    allocations_growth_ratio: float = limit("memory")
    command_allocations_growth_ratio: float = limit("memory", absent=0.0)
    command_allocations_free_count: int = limit("memory", absent=0)
    minimum_share_ratio: float = limit("trace")
    flame_graph_seconds: float = limit("evidence")
    minimum_pairs_count: int = limit("evidence")
    host_load_ratio: float = limit("evidence")
    host_steal_ratio: float = limit("evidence")

    def required_gain(self, risk: int) -> float:
        """The value that the low end of the gain must reach, as a fraction: never less than the minimum effect."""
        return max(self.minimum_gain_ratio, self.required_gain_ratio[risk - 1])

    def deciding_gain(self, risk: int, lines_count: int) -> float:
        """The gain that the whole interval must reach for an acceptance; it grows with the risk and with the lines changed."""
        paid = lines_count / (100.0 * self.lines_per_percent) if lines_count > self.free_lines_count else 0.0
        return max(self.required_gain(risk), paid)

    def allowed_lines(self, gain_low_ratio: float) -> int:
        """The number of changed lines that a gain of at least gain_low_ratio justifies."""
        return max(self.free_lines_count, int(self.lines_per_percent * 100.0 * max(0.0, gain_low_ratio)))


def keys_by_table(policy: type = AcceptancePolicy) -> dict[str, tuple[Field, ...]]:
    """{table of policy.toml: its keys}, in the order of the fields."""
    tables: dict[str, tuple[Field, ...]] = {}
    for one in fields(policy):
        tables[one.metadata["table"]] = (*tables.get(one.metadata["table"], ()), one)
    return tables


def load(path: Path = POLICY) -> dict[str, Any]:
    """The checked table, unchanged; the evidence contains it verbatim."""
    try:
        table = tomllib.loads(read_text(path.resolve()))
    except UntrustedFileError as error:
        raise UsageError(f"{error}; it is part of the repository") from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: not valid TOML: {error}") from error
    parse(table, str(path))
    return table


def parse(table: Mapping[str, Any], source: str = "policy", policy: type = AcceptancePolicy) -> AcceptancePolicy:
    """Check a table and turn it into a policy; source is the file that errors name."""
    if table.get("schema") != SCHEMA:
        raise UsageError(f"{source}: schema: is {table.get('schema')!r}; accepted: {SCHEMA}")
    tables = keys_by_table(policy)
    _refuse_unknown(table, ("schema", *tables), source)
    values: dict[str, Any] = {}
    for name, entries in tables.items():
        part, keys = table.get(name), tuple(one.name for one in entries)
        if not isinstance(part, Mapping):
            raise UsageError(f"{source}: {name}: is missing; accepted: a table [{name}] with {', '.join(keys)}")
        _refuse_unknown(part, keys, f"{source}: [{name}]")
        values |= {one.name: _READERS[one.type](part, one, source) for one in entries}
    return policy(**values)


def _refuse_unknown(part: Mapping[str, Any], accepted: tuple[str, ...], source: str) -> None:
    for key in part:
        if key not in accepted:
            raise UsageError(f"{source}: {key}: is not a key here; accepted: {', '.join(accepted)}")


def _number(part: Mapping[str, Any], entry: Field, source: str) -> float:
    return _checked(part, entry, source, (int, float), "a number of at least 0")


def _whole_number(part: Mapping[str, Any], entry: Field, source: str) -> int:
    return _checked(part, entry, source, int, "a whole number of at least 0")


def _checked(part: Mapping[str, Any], entry: Field, source: str, accepted: Any, description: str) -> Any:
    value = part.get(entry.name, entry.metadata["absent"])
    if isinstance(value, bool) or not isinstance(value, accepted) or value < 0:
        raise UsageError(f"{source}: {entry.metadata['table']}.{entry.name}: is {value!r}; accepted: {description}")
    return value


def _by_risk(part: Mapping[str, Any], entry: Field, source: str) -> tuple[float, ...]:
    value = part.get(entry.name)
    place = f"{source}: {entry.metadata['table']}.{entry.name}"
    if not isinstance(value, Mapping) or sorted(value) != list(RISKS):
        raise UsageError(f"{place}: is {value!r}; accepted: one number for each of 1 to 5")
    numbers = tuple(value[risk] for risk in RISKS)
    if any(isinstance(one, bool) or not isinstance(one, (int, float)) for one in numbers) or \
            list(numbers) != sorted(numbers):
        raise UsageError(f"{place}: is {value!r}; accepted: numbers that do not fall as the risk grows")
    return numbers


_READERS = {float: _number, int: _whole_number, tuple[float, ...]: _by_risk}
