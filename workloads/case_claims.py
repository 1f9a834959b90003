"""case_claims.py - the figures of a CASE.md; each is a link to a number of a sealed report.

    [**12.3×**](../../reports/hotspot/v0001/audit.json#headline.gain.gain_ratio)

The part after the # is the place of the number: keys joined by dots. In a list, a key is words joined by commas, and means the one element
that has all of them among its values (`rebench.effects.large,p95`). `A/over/B` is a quotient; `1-A` and `A-1` are differences from 1. The
text of the link determines the form of the figure: its unit and its number of decimals.

Pure    it only reads; `make bless-cases` writes the result of restate().
Errors  ClaimError names the claim.
"""

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

LINK = re.compile(r"\[(?P<says>[^\]\[]+)\]\((?P<report>\S+?)/audit\.json#(?P<where>[^\s)]+)\)")
NUMBER = re.compile(r"(?P<number>\d+(?: \d{3})*(?:\.\d+)?)(?P<unit>\s?(?:×|%|ns|µs|ms|s|B|KiB|MiB)(?![a-z]))?")
UNITS = {"": 1.0, "×": 1.0, "%": 0.01, "ns": 1.0, "µs": 1e3, "ms": 1e6, "s": 1e9, "B": 1.0, "KiB": 1024.0, "MiB": 1048576.0}


class ClaimError(Exception):
    pass


@dataclass(frozen=True)
class Claim:
    says: str
    report: str  # relative to the CASE.md
    where: str


def claims_of(text: str) -> list[Claim]:
    return [Claim(**found.groupdict()) for found in LINK.finditer(text)]


def restated(claim: Claim, folder: Path) -> str:
    """The text that the claim must have, in its own form. folder: the folder of the CASE.md."""
    return _in_the_form_of(claim, value_of(claim, folder))


def restate(text: str, folder: Path) -> str:
    """The whole page, with every claim as its report states it."""
    return LINK.sub(lambda found: found[0].replace(f"[{found['says']}]", f"[{restated(Claim(**found.groupdict()), folder)}]", 1), text)


def value_of(claim: Claim, folder: Path) -> Any:
    parts = [_value(claim, folder, part) for part in claim.where.split("/over/")]
    if len(parts) == 1:
        return parts[0]
    if len(parts) != 2 or not all(isinstance(one, (int, float)) and one for one in parts):
        raise ClaimError(f"{claim.where}: is no quotient of two numbers, but of {parts}")
    return parts[0] / parts[1]


def _value(claim: Claim, folder: Path, where: str) -> Any:
    if where.startswith("1-"):
        return 1.0 - _at(claim, folder, where[2:])
    if where.endswith("-1"):
        return _at(claim, folder, where[:-2]) - 1.0
    return _at(claim, folder, where)


def _at(claim: Claim, folder: Path, where: str) -> Any:
    found = _audit((folder / claim.report / "audit.json").resolve())
    for key in where.split("."):
        found = _element(found, key, claim)
    return found


@lru_cache
def _audit(path: Path) -> dict:
    if not path.is_file():
        raise ClaimError(f"{path}: there is no such report")
    return json.loads(path.read_text())


def _element(found: Any, key: str, claim: Claim) -> Any:
    if isinstance(found, dict):
        if key not in found:
            raise ClaimError(f"{claim.where}: there is no {key!r}; there are {', '.join(sorted(found))}")
        return found[key]
    if isinstance(found, list):
        words = key.split(",")
        fits = [one for one in found if isinstance(one, dict) and all(word in map(str, one.values()) for word in words)]
        named = [one for one in fits if words[0] in (one.get("id"), one.get("function"))]  # not an element that names it as its rival
        fits = named if len(fits) > 1 and len(named) == 1 else fits
        if len(fits) != 1:
            raise ClaimError(f"{claim.where}: {len(fits)} elements of the list have {key!r}")
        return fits[0]
    raise ClaimError(f"{claim.where}: {key!r} asks for a part of {found!r}")


def _in_the_form_of(claim: Claim, value: Any) -> str:
    """The claim with its value replaced: a text replaces the words between the stars, a number replaces the one number of the claim."""
    if isinstance(value, str):
        stars = "*" * (len(claim.says) - len(claim.says.lstrip("*")))
        return f"{stars}{value}{stars}"
    numbers = list(NUMBER.finditer(claim.says))
    if len(numbers) != 1 or not isinstance(value, (int, float)):
        raise ClaimError(f"{claim.where}: [{claim.says}] states {len(numbers)} numbers, and there is {value!r}")
    number, unit = numbers[0]["number"], (numbers[0]["unit"] or "")
    decimals = len(number.partition(".")[2])
    shown = f"{value / UNITS[unit.strip()]:,.{decimals}f}".replace(",", " ")
    if len(shown.split(".")[0]) <= 5:
        shown = shown.replace(" ", "")  # pages write 1000 without a space and 10 000 with one
    return claim.says[:numbers[0].start("number")] + shown + claim.says[numbers[0].end("number"):]
