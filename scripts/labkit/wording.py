"""wording.py - format numbers with their units. Base units in, text out; the same text on every machine.

Used by all modules that write sentences with numbers: decisions, checklist, templates (as filters).
"""

import re
from typing import Any

ABSENT = "–"
# A no-break space between a number and its unit, so that no line breaks there.
GAP = "\u00a0"


def times(ratio: float | None) -> str:
    """A ratio as a factor: 1.523×; ∞× where something became nothing."""
    if ratio is None:
        return ABSENT
    return "∞×" if ratio == float("inf") else f"{ratio:.3f}×"


def percent(ratio: float | None, digits: int = 1) -> str:
    """A fraction as per cent: 0.234 is 23.4 %."""
    return ABSENT if ratio is None else f"{100.0 * ratio:.{digits}f}{GAP}%"


def change(ratio: float | None) -> str:
    """A relative change with its sign: 0.05 is +5.0 %; a change from zero has no percentage."""
    if ratio is None or ratio == float("inf"):
        return ABSENT
    rounded = round(100.0 * ratio, 1)
    return f"0.0{GAP}%" if rounded == 0 else f"{rounded:+.1f}{GAP}%".replace("-", "−")


def worsening(ratio: float | None) -> str:
    """A change for the worse: like change(), but one too small for its digits is not shown as none."""
    return f"by less than 0.1{GAP}%" if ratio and 0 < ratio < 0.0005 else change(ratio)


def detectable(ratio: float | None) -> str:
    """The smallest effect that would have been seen; above a doubling, the number itself is not shown."""
    if ratio is None or ratio == float("inf") or ratio > 1.0:
        return "not even a doubling"
    return f"{percent(ratio)} or more"


def significant(value: float, digits: int = 3) -> str:
    """Plain decimal notation with `digits` significant digits, thousands separated by a thin space."""
    if value == 0:
        return "0"
    text = f"{value:.{digits}g}"
    if "e" in text:
        text = f"{float(text):.12f}".rstrip("0").rstrip(".") if abs(value) < 1 else f"{float(text):.0f}"
    return grouped(text)


def exact_digits(value: float, digits: int) -> str:
    """Like significant, but with trailing zeros, so that a column has one precision."""
    if value == 0:
        return "0"
    before = len(str(int(abs(value)))) if abs(value) >= 1 else 1
    return grouped(f"{value:.{max(0, digits - before)}f}")


def grouped(text: str) -> str:
    whole, dot, fraction = text.partition(".")
    sign, digits = ("−", whole[1:]) if whole.startswith("-") else ("", whole)
    if len(digits) > 4:
        digits = f"{int(digits):,}".replace(",", "\u202f")
    return sign + digits + dot + fraction


def count(value: float | None) -> str:
    """A whole number in full, a fraction to four digits."""
    if value is None:
        return ABSENT
    return grouped(str(int(value))) if float(value).is_integer() else significant(value, 4)


def duration(value_ns: float | None, digits: int = 4) -> str:
    """Nanoseconds in the unit that reads best; an integer below 1000 ns has no decimals."""
    if value_ns is None:
        return ABSENT
    if isinstance(value_ns, int) and abs(value_ns) < 1000:
        return f"{value_ns}{GAP}ns"
    for unit, scale in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if abs(value_ns) >= scale:
            return f"{exact_digits(value_ns / scale, digits)}{GAP}{unit}"
    return f"{exact_digits(value_ns, digits)}{GAP}ns"


def duration_interval(value_ns: float | None, low_ns: float | None, high_ns: float | None) -> str:
    """Estimate and interval in one unit, the estimate's: 304.1 µs [303.2, 305.5]."""
    if value_ns is None:
        return ABSENT
    text = duration(value_ns)
    unit = text.split(GAP)[-1]
    if low_ns is None or high_ns is None:
        return f"{text} [no interval]"
    scale = {"s": 1e9, "ms": 1e6, "µs": 1e3, "ns": 1.0}[unit]
    return f"{text} [{exact_digits(low_ns / scale, 4)},{GAP}{exact_digits(high_ns / scale, 4)}]"


def confidence(value: float) -> str:
    """95 %, or 99.98 % in a large family; never rounded up to certainty."""
    shown = f"{100 * value:.4g}"
    return f"{100 * value:.6g}{GAP}%" if shown == "100" else f"{shown}{GAP}%"


def at_confidence(value: float | None) -> str:
    """What stands behind an interval; nothing behind the range of counts, which has no confidence."""
    return "" if value is None or value >= 1 else f" at {confidence(value)}"


def gain_interval(ratio: float | None, low: float | None, high: float | None, confidence: float | None = None) -> str:
    """A gain with its interval: 1.616× [1.599, 1.630], and " at 97.5 %" where its confidence is given."""
    if ratio is None:
        return ABSENT
    if low is None or high is None:
        return f"{times(ratio)} [no interval]"
    return f"{times(ratio)} [{interval_end(low)},{GAP}{interval_end(high)}]{at_confidence(confidence)}"


def interval_end(value: float) -> str:
    """Three decimals; more where an end beside 1 would be shown as 1, because there it decides."""
    decimals = next((digits for digits in (3, 4, 5) if round(value, digits) != 1.0), 3)
    return f"{value:.{decimals}f}"


def share_interval(share: dict[str, Any] | None) -> str:
    """A share of samples with its binomial interval: 42.1 % [41.5, 42.7]; one of what was counted has none."""
    if share is None:
        return ABSENT
    if share["low"] == share["high"]:
        return percent(share["ratio"])
    return f"{percent(share['ratio'])} [{100 * share['low']:.1f},{GAP}{100 * share['high']:.1f}]"


def size(value_bytes: float | None) -> str:
    """Bytes in binary units."""
    if value_bytes is None:
        return ABSENT
    for unit, scale in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if abs(value_bytes) >= scale:
            return f"{exact_digits(value_bytes / scale, 4)}{GAP}{unit}"
    return f"{count(value_bytes)}{GAP}B"


def value_text(value: float, unit: str) -> str:
    """Four significant digits in the unit of a metric that reads best, for a table in which units differ by row."""
    scales = {"ns": ((1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1, "ns")),
              "ops/s": ((1e9, "s/op"), (1e6, "ms/op"), (1e3, "µs/op"), (1, "ns/op")),
              "bytes": ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"), (1, "B"))}.get(unit, ((1, ""),))
    size, name = next(((size, name) for size, name in scales if abs(value) >= size), scales[-1])
    return f"{value / size:.4g} {name}".strip()


def quantity(value: float | str | None, name: str) -> str:
    """A value whose name contains its unit, as in evidence: steal_ratio, memory_available_bytes."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return str(value)
    if name.endswith("_bytes"):
        return size(value)
    if name.endswith("_mhz"):
        return f"{significant(value, 4)} MHz"
    if name == "load1_ratio":  # load is often above 1 per core, where per cent would mislead
        return f"{value:.2f} per core"
    return percent(value, 2) if name.endswith("_ratio") else significant(value, 4)


def title(name: str) -> str:
    """A key of the evidence as words, without its unit."""
    return re.sub(r"_(bytes|mhz|ratio|count)$", "", name).replace("load1", "load, 1 minute").replace("_", " ")


def p_value(value: float | None) -> str:
    if value is None:
        return ABSENT
    return "< 0.0001" if value < 1e-4 else f"{value:.4f}" if value < 0.01 else f"{value:.3f}"


def p_is(value: float | None) -> str:
    """In a sentence: p = 0.0123, or p < 0.0001."""
    text = p_value(value)
    return f"p {text}" if text.startswith("<") else f"p = {text}"


def plural(number: int, noun: str) -> str:
    """1 process, 2 processes, 3 lines: for the regular nouns the reports use."""
    if number == 1:
        return f"1 {noun}"
    return f"{count(number)} {noun}{'es' if noun.endswith('s') else 's'}"


def sentence(text: str) -> str:
    """The text of an instrument as a sentence, with a capital letter and a full stop; a name like request_read stays as it is."""
    text = text.strip()
    begin = text[:1] if "_" in text.split(" ")[0] else text[:1].upper()
    return begin + text[1:] + ("" if not text or text[-1] in ".!?:" else ".")


def listing(items: list[Any]) -> str:
    """a, b and c."""
    texts = [str(item) for item in items]
    return texts[0] if len(texts) == 1 else " and ".join([", ".join(texts[:-1]), texts[-1]]) if texts else "none"
