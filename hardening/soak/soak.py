"""soak.py - `make soak`: check that real programs run under every instrument as they run alone.  programs.toml -> runs -> table

The exit code is 1 if a program ran differently and programs.toml gives no reason; the output of each such run is kept below build/soak/.
"""

import argparse
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from labkit.evidence import write_text
from labkit.progress import Progress

INSTRUMENTS = {
    "cpu": ("-e", "cpu"), "timer": ("--backend", "timer"), "alloc": ("-e", "alloc"), "lock": ("-e", "lock"),
    "offcpu": ("-e", "offcpu"), "all": ("-e", "cpu,offcpu,alloc,lock"),
}
RUNS_COUNT = 20
ALONE_RUNS_COUNT = 3
LIMIT_S = 180
HERE = Path(__file__).parent
WORK = Path("build/soak")
PAGE = Path("reports/soak/soak.md")
CLINIC = Path("build/bin/clinic").resolve()


@dataclass(frozen=True)
class Program:
    name: str
    run: str
    prepare: str
    differs: dict[str, str]  # {instrument: the reason why the program cannot run under it as it does alone}


@dataclass(frozen=True)
class Ending:
    """Everything that a user would see of one run."""

    code: int | str  # the exit code; "hangs" if it was killed after LIMIT_S; with ", no session" behind it if none was left
    stdout: bytes
    stderr: bytes


@dataclass
class Row:
    """The result of one program. same: {instrument: how many of runs_count runs ended as alone}. why_not: the reason why it could not
    be compared, or an empty text."""

    program: str
    runs_count: int
    same: dict[str, int]
    why_not: str = ""


def main() -> int:
    args = arguments()
    known = {program.name: program for program in programs()}
    chosen = [program for program in known.values() if not args.only or program.name in args.only]
    started = time.monotonic()
    rows = run_all(chosen, args, lambda row: write_row(row, known) if args.page else None)
    print("\n".join(line(known[row.program], row) for row in rows))
    bad = [row.program for row in rows if not is_as_alone(known[row.program], row)]
    print(f"soak: {len(rows)} programs, {time.monotonic() - started:.0f} s, {len(bad)} not as alone"
          + (f": {', '.join(bad)}; see {WORK}/NAME/differs" if bad else ""), file=sys.stderr)
    return 1 if bad else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", help="run only these programs; the rows of the others stay in the page")
    parser.add_argument("--instruments", nargs="*", default=list(INSTRUMENTS), choices=list(INSTRUMENTS), help="use only these instruments")
    parser.add_argument("--times", type=int, default=RUNS_COUNT, help="the number of runs under each instrument; the default is %(default)s")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="the number of programs at once; the default is %(default)s")
    parser.add_argument("--no-page", dest="page", action="store_false", help=f"do not write {PAGE}")
    return parser.parse_args()


def programs(path: Path = HERE / "programs.toml") -> list[Program]:
    table = tomllib.loads(path.read_text())
    return [Program(name, one["run"], one.get("prepare", ""), one.get("differs", {})) for name, one in table.items()]


def run_all(chosen: list[Program], args: argparse.Namespace, on_row: Callable[[Row], None]) -> list[Row]:
    """The rows in the order of chosen. on_row: is called with each row as soon as its program is done, because all take an hour."""
    steps_count = len(chosen) * (ALONE_RUNS_COUNT + len(args.instruments) * args.times)
    with Progress("soak", steps_count) as progress, ThreadPoolExecutor(args.jobs) as pool:
        running = [pool.submit(soak, one, args.instruments, args.times, progress) for one in chosen]
        for done in as_completed(running):
            on_row(done.result())
        return [one.result() for one in running]


def soak(program: Program, instruments: list[str], times: int, progress: Progress) -> Row:
    folder = (WORK / program.name).resolve()
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "differs").mkdir(parents=True)
    row = Row(program.name, times, {})
    made = ended(folder, "prepare.sh", program.prepare, ())
    alone = [counted(progress, ended(folder, "run.sh", program.run, ())) for _ in range(ALONE_RUNS_COUNT)]
    if made.code != 0 or len(set(alone)) > 1 or alone[0].code in (126, 127, "hangs"):
        row.why_not = why_incomparable(made, alone)
        progress.reach(progress.done + times * len(instruments))
        return row
    for instrument in instruments:
        row.same[instrument] = same_count(program, folder, instrument, times, alone[0], progress)
        if not progress.live:
            print(f"{program.name} under {instrument}: {row.same[instrument]} of {times} as alone", file=sys.stderr, flush=True)
    return row


def counted(progress: Progress, ending: Ending) -> Ending:
    progress.advance()
    return ending


def why_incomparable(made: Ending, alone: list[Ending]) -> str:
    if made.code != 0:
        return f"its preparation failed here: exit {made.code}, {last_line(made.stderr)}"
    if len(set(alone)) > 1:
        return "its runs alone differ"
    return f"it does not run alone: {alone[0].code}, {last_line(alone[0].stderr)}"


def last_line(text: bytes) -> str:
    lines = text.decode(errors="replace").strip().splitlines() or ["it printed nothing"]
    return lines[-1][:120].replace("|", "/")


def same_count(program: Program, folder: Path, instrument: str, times: int, alone: Ending, progress: Progress) -> int:
    same = 0
    for number in range(times):
        ending = counted(progress, ended(folder, "run.sh", program.run, INSTRUMENTS[instrument]))
        if ending == alone:
            same += 1
        else:
            keep(folder / "differs" / f"{instrument}-{number}", alone, ending, folder)
    return same


def keep(path: Path, alone: Ending, ending: Ending, folder: Path) -> None:
    said = (folder / "clinic.txt").read_text(errors="replace")
    path.write_text("\n".join(f"== {name}: exit {one.code}\n{one.stdout.decode(errors='replace')[-3000:]}\n-- stderr\n"
                              f"{one.stderr.decode(errors='replace')[-3000:]}" for name, one in
                              (("alone", alone), ("observed", ending))) + f"\n== the recorder\n{said}\n")


def ended(folder: Path, name: str, script: str, instrument: tuple[str, ...]) -> Ending:
    """Runs a script. Its output goes to files, so that nobody waits for a daemon that keeps the output open."""
    (folder / name).write_text(f"exec > stdout 2> stderr\n{script}\n")
    command = ["bash", name]
    if instrument:
        command = [str(CLINIC), "record", *instrument, "-o", "session.json", "--", *command]
    with (folder / "clinic.txt").open("wb") as said:
        code = exit_code(command, folder, said)
    if instrument and code != "hangs" and not is_readable(folder / "session.json"):
        code = f"{code}, no session"
    return Ending(code, (folder / "stdout").read_bytes(), (folder / "stderr").read_bytes())


def exit_code(command: list[str], folder: Path, said) -> int | str:
    process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=said, stderr=said,
                               start_new_session=True)
    try:
        return process.wait(LIMIT_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return "hangs"


def is_readable(session: Path) -> bool:
    """Whether the run left a session that `clinic report` reads. The session is removed, so the next run cannot be mistaken for it."""
    done = subprocess.run([CLINIC, "report", session, "--json"], capture_output=True)
    try:
        return done.returncode == 0 and json.loads(done.stdout) is not None
    except ValueError:
        return False
    finally:
        session.unlink(missing_ok=True)


def is_as_alone(program: Program, row: Row) -> bool:
    return not row.why_not and all(count == row.runs_count or name in program.differs for name, count in row.same.items())


def line(program: Program, row: Row) -> str:
    reasons = [f"{name}: {why}" for name, why in program.differs.items()]
    cells = [str(row.same.get(name, "—")) for name in INSTRUMENTS]
    return f"| {row.program} | {' | '.join(cells)} | {row.runs_count} | {row.why_not or '; '.join(reasons)} |"


def write_row(row: Row, known: dict[str, Program]) -> None:
    """Writes the row into the page; the rows of other programs stay."""
    write_text(PAGE, page({**kept_rows(), row.program: line(known[row.program], row)}, known))


def kept_rows() -> dict[str, str]:
    """{program: row}, read from the page that exists."""
    lines = PAGE.read_text().splitlines() if PAGE.exists() else []
    return {line.split(" | ")[0].removeprefix("| "): line for line in lines if line.startswith("| ")}


def page(rows: dict[str, str], known: dict[str, Program]) -> str:
    version = subprocess.run([CLINIC, "--version"], capture_output=True, text=True).stdout.strip()
    lines = ["# Real programs under every instrument", "",
             "`make soak` runs each program of [programs.toml](../../hardening/soak/programs.toml) alone, then under each "
             "instrument, and compares exit code, standard output and standard error; each run must also leave a session "
             "that `clinic report` reads. A cell is the number of runs that ended as alone; the column *of* is the number of all runs.", "",
             f"{version}; {date.today()}; {platform.freedesktop_os_release()['PRETTY_NAME']}, Linux {platform.release()}.", "",
             f"| program | {' | '.join(INSTRUMENTS)} | of | remark |", f"|---|{'---:|' * (len(INSTRUMENTS) + 1)}---|"]
    return "\n".join([*lines, *(rows[name] for name in known if name in rows)]) + "\n"


if __name__ == "__main__":
    sys.exit(main())
