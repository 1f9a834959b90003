"""lab_cells.py - faults in the phases of `lab`, each on a copy of a tree in which the phases before it are done.  tools, place -> what went wrong

A fault of the moment comes once the phase works: its compiler runs, its line stands in the log, its rows grow, or its figures are drawn again.
"""

import json
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import fault_cells as f
from cell_place import EMPTY_PROC, Place, ends
from fault_cells import Cell, Tools, left_behind, spoken
from labkit.row_file import read_rows
from sandbox import Sandbox

LAB = ("/usr/bin/python3", "-B", f.ROOT / "scripts" / "lab")
NAME = "sick"
REPORT = f"reports/{NAME}/v0001"
QUICK = ("--budget", "quick")
# The arguments of each phase, and the command that makes the next tree of it.
PHASES = {
    "build": ("build", NAME),
    "baseline": ("baseline", NAME, *QUICK),
    "profile": ("profile", NAME, *QUICK),
    "optimize": ("optimize", NAME, *QUICK),
    "rebench": ("rebench", NAME, *QUICK),
    "compare": ("compare", "--a", "sleep 0.02", "--b", "sleep 0.03", "--budget", "10"),
    "verify": ("verify", REPORT),
}
STARTS = {"baseline": "baseline ...", "profile": "profile (", "optimize": "candidates/no-copy ...", "rebench": "rebench ..."}
STARTS_WITHIN_S = 90
DONE = {0}
# A disturbed machine ends a phase that measures with 4, and a comparison of two times with 0, 1 or 3; both say so.
MEASURED = {"baseline": {0}, "optimize": {0, 4}, "rebench": {0, 4}, "compare": {0, 1, 3, 4}}

REASONS = {(f.TWO, "verify"): "it only reads, and two readers cannot meet"}


class Trees:
    """The tree before each phase, made once, while other cells run; a cell works on a copy."""

    def __init__(self, folder: Path, wanted: set[str]):
        self.folder, self.wanted = folder, wanted
        self.is_made = {phase: Event() for phase in PHASES}
        self.failure = "the phase before it was not done"

    def before(self, phase: str) -> Path:
        """Waits until the tree before this phase is made."""
        self.is_made[phase].wait()
        if not (self.folder / phase).exists():
            raise RuntimeError(self.failure)
        return self.folder / phase

    def make(self) -> None:
        try:
            self.make_each()
        except Exception as error:
            self.failure = f"the trees could not be made: {error}"
        finally:
            for event in self.is_made.values():
                event.set()

    def make_each(self) -> None:
        """Does the phases one after the other, up to the last that is wanted, and keeps a copy before each."""
        self.folder.mkdir()
        working = Sandbox(make_folder(self.folder / "working"), is_timed=False)
        working.keep_candidates("no-copy")
        working.lab("fixtures", NAME, "--bless", expect=0)
        last = max((list(PHASES).index(phase) for phase in self.wanted), default=-1)
        for phase in list(PHASES)[:last + 1]:
            if phase == "verify":
                working.audit()
            copy_tree(working.folder, self.folder / phase)
            self.is_made[phase].set()
            if phase in STARTS:
                working.lab(*PHASES[phase])


def make_folder(path: Path) -> Path:
    path.mkdir()
    return path


def copy_tree(source: Path, target: Path) -> None:
    subprocess.run(["cp", "-a", f"{source}/.", target], check=True) if target.exists() else subprocess.run(["cp", "-a", source, target], check=True)


def lab(place: Place, phase: str, before: tuple = (), **options) -> subprocess.Popen:
    log = open(place.folder / f"log.{time.monotonic_ns()}", "w+")
    process: Any = place.start([*before, *LAB, *PHASES[phase]], stdout=log, stderr=log, **options)
    process.log = Path(log.name)
    log.close()
    return process


def said(process: Any) -> str:
    return process.log.read_text(errors="replace")


def finish(process: subprocess.Popen) -> tuple[int, str]:
    code, _, err = ends(process)
    return code, said(process) + err


def works(place: Place, phase: str, process: subprocess.Popen) -> bool:
    """Whether the phase does now what it is for."""
    if phase == "build":
        return bool({"cc1", "as", "gcc", "collect2", "ld"} & set(place.living().values()))
    if phase == "compare":
        return any(path.stat().st_size for path in place.tree.glob("reports/compare/*/rows.jsonl"))
    if phase == "verify":
        return "scipy" in maps_of(process)
    return STARTS[phase] in said(process)


def maps_of(process: subprocess.Popen) -> str:
    try:
        return Path(f"/proc/{process.pid}/maps").read_text()
    except OSError:
        return ""


def until_it_works(place: Place, phase: str, process: subprocess.Popen) -> list[str]:
    deadline = time.monotonic() + STARTS_WITHIN_S
    while not works(place, phase, process):
        if process.poll() is not None or time.monotonic() > deadline:
            return [f"the phase never began: {said(process)[-200:]}"]
        time.sleep(0.01)
    time.sleep(0.2 if phase not in ("build", "verify") else 0)
    return []


def prepare(place: Place, trees: Trees, phase: str) -> None:
    copy_tree(trees.before(phase), place.tree)
    if phase == "build":
        shutil.rmtree(place.tree / "build" / "workloads", ignore_errors=True)


def judged(place: Place, ended: tuple[int, str], codes: set[int], says: str = "") -> list[str]:
    code, text = ended
    wrong = [] if code in codes else [f"exit code {code} instead of {sorted(codes)}: {text.strip()[-200:]}"]
    sentences = [line for line in text.splitlines() if line.startswith("lab: ") and "another audit runs" not in line]
    if says and says not in text:
        wrong.append(f"it does not say {says!r}: {text.strip()[-200:]}")
    if code > 1 and code != 3 and len(sentences) != 1 and "environment invalid" not in text:
        wrong.append(f"it says {len(sentences)} sentences: {text.strip()[-200:]}")
    return f.all_of(wrong, spoken(text), unreadable(place), left_behind(place))


def unreadable(place: Place) -> list[str]:
    """Evidence, pages and rows that are not whole. The reader of rows ignores a last one that is cut short."""
    wrong = []
    for path in place.tree.glob("reports/**/*.json*"):
        try:
            list(read_rows(path)) if path.suffix == ".jsonl" else json.loads(path.read_text())
        except ValueError:
            wrong.append(f"{path.relative_to(place.tree)} cannot be read")
    return wrong


def lost(place: Place, trees: Trees, phase: str) -> list[str]:
    """Files of earlier phases that are not there any more."""
    before = trees.before(phase) / "reports"
    return [f"{path.relative_to(before)} is gone" for path in before.rglob("*") if path.is_file() and not path.name.startswith(".")
            and not (place.tree / "reports" / path.relative_to(before)).exists()]


def stopped(trees: Trees, phase: str, number: int, tools: Tools, place: Place) -> list[str]:
    prepare(place, trees, phase)
    process = lab(place, phase)
    late = until_it_works(place, phase, process)
    process.send_signal(number)
    return f.all_of(late, judged(place, finish(process), {3}, "interrupted"), lost(place, trees, phase))


def killed(trees: Trees, phase: str, tools: Tools, place: Place) -> list[str]:
    """What SIGKILL leaves is removed by the next run, and the same command continues."""
    prepare(place, trees, phase)
    process = lab(place, phase)
    late = until_it_works(place, phase, process)
    process.kill()
    code = finish(process)[0]
    wrong = late + ([] if code == -9 else [f"exit code {code}"]) + [f"{one} goes on" for one in place.processes()] + lost(place, trees, phase)
    place.age()
    return f.all_of(wrong, judged(place, finish(lab(place, phase)), MEASURED.get(phase, DONE)))


def no_disk(trees: Trees, phase: str, fault: str, tools: Tools, place: Place) -> list[str]:
    """The disk is full once the phase works; a tree is read-only from the start, because a file system with an open writer cannot become so."""
    place.make_small("64m")
    prepare(place, trees, phase)
    codes = {0} if phase == "verify" else {4}
    says = {f.DISK_FULL: "No space left", f.READ_ONLY: "Read-only file system"}[fault] if phase != "verify" else ""
    if fault == f.READ_ONLY:
        place.make_read_only()
        process, late = lab(place, phase), []
    else:
        process = lab(place, phase)
        late = until_it_works(place, phase, process)
        place.fill()
    return f.all_of(late, judged(place, finish(process), codes, says), lost(place, trees, phase))


def clock_jumps(trees: Trees, phase: str, tools: Tools, place: Place) -> list[str]:
    """The wall clock goes back by ten years while the phase works."""
    prepare(place, trees, phase)
    clock = f.Clock(place, tools)
    process = lab(place, phase, environment=clock.environment)
    late = until_it_works(place, phase, process)
    clock.go_back_ten_years()
    return f.all_of(late, judged(place, finish(process), MEASURED.get(phase, DONE)), lost(place, trees, phase))


# The file that a phase reads, cut in half, and the exit codes that say so; 0: it is made again.
INPUTS: dict[str, tuple[str, set[int]]] = {
    "build": (f"workloads/{NAME}/workload.toml", {2}),
    "baseline": (f"build/fixtures/{NAME}/large.bin", {0}),
    "profile": (f"{REPORT}/evidence/plan.json", {0, 1}),
    "optimize": (f"{REPORT}/evidence/profile.json", {0, 1}),
    "rebench": (f"{REPORT}/evidence/candidates/no-copy.json", {0, 1, 4}),
    "compare": ("program", {2, 4}),
    "verify": (f"{REPORT}/evidence/rebench.json", {1}),
}


def hostile_input(trees: Trees, phase: str, tools: Tools, place: Place) -> list[str]:
    prepare(place, trees, phase)
    name, codes = INPUTS[phase]
    path = place.tree / name
    if phase == "compare":
        path.write_bytes(Path("/bin/sleep").read_bytes())
        path.chmod(0o755)
    path.write_bytes(path.read_bytes()[:path.stat().st_size // 2])
    argv = ("compare", "--a", "./program 0.01", "--b", "sleep 0.01", "--budget", "10") if phase == "compare" else PHASES[phase]
    done = place.start([*LAB, *argv])
    code, out, err = ends(done)
    return [one for one in judged(place, (code, err + out), codes) if one != f"{name} cannot be read"]


def two_at_once(trees: Trees, phase: str, tools: Tools, place: Place) -> list[str]:
    """The second starts when the first works, and both are done."""
    prepare(place, trees, phase)
    first = lab(place, phase)
    late = until_it_works(place, phase, first)
    second = lab(place, phase)
    ended, ended_too = finish(first), finish(second)
    codes = MEASURED.get(phase, DONE)
    return f.all_of(late, judged(place, ended, codes), judged(place, ended_too, codes), lost(place, trees, phase))


def under(trees: Trees, phase: str, prefix: Callable[[Tools], tuple], codes: set[int], says: str, tools: Tools, place: Place) -> list[str]:
    """The whole phase in an environment that lacks something."""
    prepare(place, trees, phase)
    return f.all_of(judged(place, finish(lab(place, phase, prefix(tools))), codes, says), lost(place, trees, phase))


def without_proc(phase: str) -> tuple[set[int], str]:
    """Nothing is measured without /proc, and a phase that measures nothing does not need it."""
    return ({0}, "") if phase in ("build", "verify") else ({4}, "/proc is not mounted")


def run_of(trees: Trees, fault: str, phase: str) -> tuple[Callable[[Tools, Place], list[str]], tuple[str, ...]]:
    codes = MEASURED.get(phase, DONE)
    if fault in f.SIGNALS:
        return partial(stopped, trees, phase, getattr(signal, fault)), ()
    return {
        f.KILLED: (partial(killed, trees, phase), ()),
        f.DISK_FULL: (partial(no_disk, trees, phase, fault), ("mounts",)),
        f.READ_ONLY: (partial(no_disk, trees, phase, fault), ("mounts",)),
        f.CLOCK: (partial(clock_jumps, trees, phase), ()),
        f.INPUT: (partial(hostile_input, trees, phase), ()),
        f.NO_PROC: (partial(under, trees, phase, lambda tools: ("unshare", "-m", "sh", "-c", EMPTY_PROC, "sh"), *without_proc(phase)), ("mounts",)),
        f.NO_PERF: (partial(under, trees, phase, lambda tools: (tools.forbid_perf,), codes, ""), ()),
        f.NO_PTRACE: (partial(under, trees, phase, lambda tools: (tools.forbid_ptrace,), codes, ""), ()),
        f.TWO: (partial(two_at_once, trees, phase), ()),
    }[fault]


def cell_of(trees: Trees, fault: str, phase: str) -> Cell:
    reason = REASONS.get((fault, phase), "")
    run, needs = (None, ()) if reason else run_of(trees, fault, phase)
    return Cell(fault, phase, "", run, reason, needs)


def cells(trees: Trees) -> list[Cell]:
    return [cell_of(trees, fault, phase) for fault in f.FAULTS for phase in PHASES]
