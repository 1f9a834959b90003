"""judged_builds.py - builds one program in several ways and lets `lab compare` judge them.  used by gates/02-profile-guided and 03-bolt

Each way is trained with other inputs than it is judged by. A slower or undecided build is a result and no fault; a fault is a build that
was not made as it should, or that answers otherwise.
"""

import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, "scripts")
from gate_ending import Fault, Unavailable, run  # noqa: E402  # once the path is set

from labkit.workload import build, fixture, manifest, variant  # noqa: E402  # once the path is set

BUDGET_S = 20
EXPORTS = ("svg", "collapsed", "prom", "json.gz")
WORKLOAD = "telemetry"
UNDECIDED, NOT_JUDGED = 3, 4  # exit codes of lab: inconclusive, and an invalid environment
FUNCTIONS, DEPTH, THREADS = 400, 24, 8
OUTERMOST = ("\t    1200 main+0x40 (/usr/bin/worker)", "\t   2724a __libc_start_call_main+0x7a (/usr/lib/libc.so.6)")
PRELOAD = Path("build/lib/libclinic-preload.so")
RECORDED = "build/victims/alloc_threads"


def write_profile(path: Path, *, seed: int, samples: int) -> Path:
    """A text of perf script, whose stacks have many functions in common, as those of a program have."""
    draw, lines = random.Random(seed), []
    for sample in range(samples):
        callee, stack = draw.randrange(FUNCTIONS), []
        for _ in range(draw.randint(4, DEPTH)):
            stack.append(f"\t    {0x1000 + 16 * callee:x} function_{callee}+0x{draw.randrange(16):x} (/usr/lib/lib{callee % 5}.so)")
            callee //= draw.choice((1, 2, 3))
        stack += OUTERMOST
        thread = draw.randrange(THREADS)
        lines += [f"worker 71/{71 + thread} [000]   1{sample / 1e4:010.6f}:    1001001 cpu-clock:pppH: ", *stack, ""]
    path.write_text("\n".join(lines) + "\n")
    return path


def train_clinic(program: Path, folder: Path) -> None:
    """What a person does with it: import, reports in both forms, pictures, a comparison, a merge, a recording."""
    texts = [write_profile(folder / f"{seed}.perf.txt", seed=seed, samples=4000) for seed in (1, 2)]
    sessions = [text.with_suffix(".json.gz") for text in texts]
    for text, session in zip(texts, sessions):
        run([program, "import", text, "-o", session])
        run([program, "report", session])
        run([program, "report", session, "--json"])
    for suffix in EXPORTS:
        run([program, "export", sessions[0], "-o", folder / f"exported.{suffix}"])
    run([program, "diff", *sessions])
    run([program, "merge", *sessions, "-o", folder / "merged.json"])
    library = program.resolve().parents[1] / "lib" / PRELOAD.name
    if not library.exists():
        library.symlink_to(PRELOAD.resolve())  # clinic looks for it there
    for options in (["-e", "alloc,lock"], ["--backend", "timer"]):
        run([program, "record", *options, "-o", folder / "recorded.json", "--", RECORDED])


def judge_clinic(plain: Path, other: Path, folder: Path) -> str:
    text = write_profile(folder / "judged.perf.txt", seed=3, samples=20000)
    return judge("clinic", *(f"{program.resolve()} report {text} --json" for program in (plain, other)))


def build_workload(folder: Path, flags: Sequence[str] = (), link: Sequence[str] = ()) -> Path:
    """The baseline of the workload, compiled in this folder with these flags besides those of an audit."""
    wanted = manifest.load(WORKLOAD)
    folder.mkdir(parents=True, exist_ok=True)
    objects = []
    for name in sorted(name for name in variant.baseline(wanted).sources if name.endswith(".c")):
        objects.append(folder / f"{name}.o")
        run(["gcc", *build.FLAGS, *flags, f"-I{build.HEADERS}", "-c", wanted.folder / name, "-o", objects[-1]])
    run(["gcc", *build.FLAGS, *flags, *link, *objects, build.HARNESS, *build.LIBRARIES, "-o", folder / WORKLOAD])
    return folder / WORKLOAD


def fixture_of(size: str) -> Path:
    wanted = manifest.load(WORKLOAD)
    fixture.ensure(wanted)
    return fixture.path_of(wanted, size).resolve()


def train_workload(program: Path) -> None:
    for size in ("tiny", "small"):
        run([program, "--size", size, "--fixture", fixture_of(size), "--runs", "50"])


def judge_workload(plain: Path, other: Path) -> str:
    """Each run must give the baseline's answer, or ends with an error."""
    load = ["--size", "large", "--fixture", str(fixture_of("large")), "--warmup", "2", "--batch", "1", "--runs"]
    with tempfile.TemporaryDirectory() as folder:
        run([plain, *load, "1", "--json", Path(folder) / "run.json"])
        answer = json.loads((Path(folder) / "run.json").read_text())["answer"]
    return judge(WORKLOAD, *(" ".join([str(program.resolve()), *load, "100", "--expect", answer]) for program in (plain, other)), output="any")


def judge(name: str, plain: str, other: str, *, output: str = "same") -> str:
    """One line of evidence. Fault: the second command answers otherwise, or is the first one byte for byte."""
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "comparison.json"
        done = subprocess.run(["scripts/lab", "compare", "--a", plain, "--b", other, "--expect-output", output, "--budget", str(BUDGET_S),
                               "--json", str(told)], capture_output=True, text=True)
        if done.returncode == NOT_JUDGED:
            raise Unavailable(f"{name}: not judged: {done.stderr.strip()[-300:]}")
        if not told.exists() and done.returncode == UNDECIDED:
            return f"{name} inconclusive"
        if not told.exists():
            raise Fault(f"{name}: {done.stderr.strip()[-1000:]}")
        document = json.loads(told.read_text())
    if document["verdict"] == "identical":
        raise Fault(f"{name}: the two builds are the same, byte for byte, so nothing was optimised")
    return f"{name} {document['verdict']}{span(document)}"


def span(document: dict) -> str:
    """How much more or less time it takes, with the interval."""
    known = [document[key] for key in ("ratio", "low", "high")]
    return "" if None in known else " {:+.1%} [{:+.1%}, {:+.1%}]".format(*(ratio - 1 for ratio in known))
