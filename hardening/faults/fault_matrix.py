"""fault_matrix.py - `make faults`: every fault in every phase of `clinic record` and of `lab`; prints the table with its counts.  -> matrix.json, matrix.md

Ends with 0 if no cell failed, 1 otherwise. --only takes words: cells whose name contains one of them ("SIGTERM in saving", "lab:", "alloc").
"""

import argparse
import json
import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(Path(__file__).parent), str(ROOT / "hardening"), str(ROOT / "scripts")]

import lab_cells  # noqa: E402 - the path is set first
import record_cells  # noqa: E402 - the path is set first
from cell_place import Place, enter_namespace, is_isolated, make_base, remove_base  # noqa: E402 - the path is set first
from fault_cells import FAULTS, Cell, Tools  # noqa: E402 - the path is set first
from matrix_page import FAIL, NO_SENSE, NOT_HERE, PASS, Outcome, page, tables  # noqa: E402 - the path is set first

PAGE, KEPT = (Path(__file__).with_name(f"matrix.{suffix}") for suffix in ("md", "json"))


def outcome_of(cell: Cell, tools: Tools, base: Path) -> Outcome:
    started = time.monotonic()
    if cell.makes_no_sense or cell.missing:
        return Outcome(cell.fault, cell.phase, cell.instrument, NO_SENSE if cell.makes_no_sense else NOT_HERE, cell.makes_no_sense or cell.missing, 0)
    assert cell.run, "a cell that makes sense and lacks nothing can be run"
    place = Place(base)
    try:
        wrong = cell.run(tools, place)
    except Exception as error:  # a cell that cannot be judged has failed, and the others go on
        wrong = [f"{type(error).__name__}: {error}"]
    finally:
        place.remove()
    said = "; ".join(" ".join(one.split()) for one in wrong).replace(str(base), "").replace(str(ROOT), "")
    return Outcome(cell.fault, cell.phase, cell.instrument, FAIL if wrong else PASS, said, round(time.monotonic() - started, 1))


def run(cells: list[Cell], trees: lab_cells.Trees, tools: Tools, base: Path, jobs: int) -> list[Outcome]:
    def one(cell: Cell) -> Outcome:
        found = outcome_of(cell, tools, base)
        if found.verdict in (FAIL, PASS):
            print(f"{found.verdict:8} {found.seconds:5.1f} s  {cell.name}{': ' if found.said else ''}{found.said}", file=sys.stderr, flush=True)
        return found

    tools.build()
    with ThreadPoolExecutor(jobs) as pool:
        if trees.wanted:
            pool.submit(trees.make)  # the cells of lab come last, and wait for it
        return list(pool.map(one, cells))


def wanted_cells(trees: lab_cells.Trees, only: list[str]) -> list[Cell]:
    every = record_cells.cells() + lab_cells.cells(trees)
    found = [cell for cell in every if not only or any(word in f"{'record' if cell.instrument else 'lab'}: {cell.name}" for word in only)]
    trees.wanted.update(cell.phase for cell in found if not cell.instrument and cell.run)
    return found


def keep(outcomes: list[Outcome], *, is_whole: bool) -> None:
    """Writes both files with these outcomes. If not all cells were run, the outcomes of the others stay."""
    kept = [] if is_whole else [Outcome(**one) for one in json.loads(KEPT.read_text())]
    found = {one.name: one for one in [*kept, *outcomes]}
    places = {phase: place for place, phase in enumerate([*record_cells.PHASES, *record_cells.INSTRUMENTS, *lab_cells.PHASES, *FAULTS])}
    ordered = sorted(found.values(), key=lambda one: (one.tool, places[one.fault], places[one.phase], places.get(one.instrument, 0)))
    write_outcomes(KEPT, ordered)
    PAGE.write_text(page(ordered))


def write_outcomes(path: Path, outcomes: list[Outcome]) -> None:
    path.write_text("[\n" + ",\n".join(json.dumps(asdict(one)) for one in outcomes) + "\n]\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", default=[], metavar="WORDS", help="run only cells whose names contain one of these, and do not write the page (but see --again)")
    parser.add_argument("--again", action="store_true", help="with --only: write the outcomes of these cells into the page; the others stay")
    parser.add_argument("--jobs", type=int, default=(os.cpu_count() or 1) + 1, help="how many cells run at once; the default is one more than CPUs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the outcomes to this file")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the places are removed
    enter_namespace([sys.executable, "-B", *sys.argv])
    started, base = time.monotonic(), make_base()
    try:
        trees = lab_cells.Trees(base / "trees", set())
        cells = wanted_cells(trees, args.only)
        outcomes = run(cells, trees, Tools(base), base, args.jobs if is_isolated() else 1)
    finally:
        remove_base(base)
    print(tables(outcomes))
    if not args.only or args.again:
        keep(outcomes, is_whole=not args.only)
    if args.json:
        write_outcomes(args.json, outcomes)
    failed = sum(one.verdict == FAIL for one in outcomes)
    count = {verdict: sum(one.verdict == verdict for one in outcomes) for verdict in (PASS, FAIL, NO_SENSE, NOT_HERE)}
    print(f"faults: {len(outcomes)} cells in {time.monotonic() - started:.0f} s: " + ", ".join(f"{number} {name}" for name, number in count.items()))
    return int(failed > 0 or not outcomes)


if __name__ == "__main__":
    sys.exit(main())
