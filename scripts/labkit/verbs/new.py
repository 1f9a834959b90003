"""new - scaffold a workload: workloads/NAME, an example that can be audited at once; you then replace it by your program"""

import re
import shutil
from pathlib import Path

from labkit.evidence import disk_errors
from labkit.outcome import Exit, UsageError
from labkit.phases import COMMAND, LIBRARY
from labkit.workload import fixture, manifest

TEMPLATES = Path(__file__).resolve().parents[3] / "templates"


def add_arguments(parser) -> None:
    parser.add_argument("workload", help="the name of the workload: lower-case letters, digits and underscores")
    parser.add_argument("--kind", default=LIBRARY, choices=[LIBRARY, COMMAND],
                        help="library: C sources, linked with the harness (the default); command: any program, in any language")


def run(args) -> Exit:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", args.workload):
        raise UsageError(f"{args.workload!r} is not a name for a workload; accepted: lower-case letters, digits and "
                         "underscores, a letter first")
    folder = manifest.WORKLOADS / args.workload
    if folder.exists():
        raise UsageError(f"{folder} exists already; choose another name, or edit its files")
    with disk_errors(folder):
        try:
            write_skeleton(folder, args.workload, args.kind)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)  # an incomplete folder would prevent the next attempt
            raise
    print(f"new: wrote {folder}; it can be audited as it stands with make audit W={args.workload} BUDGET=quick; then put your program in its place")
    return Exit.PASSED


def write_skeleton(folder: Path, name: str, kind: str) -> None:
    """Writes the files of the kind, and the checksums of its inputs if a generator makes them."""
    shutil.copytree(TEMPLATES / f"workload_{kind}", folder)
    for path in list(folder.rglob("*")):
        if path.is_file():
            _fill_in(path, name)
    wanted = manifest.load(name, folder.parent)
    if wanted.fixture.generator:
        (folder / fixture.SUMS.name).touch()
        fixture.bless(wanted)


def _fill_in(path: Path, name: str) -> None:
    """Replaces @NAME@ in the text and NAME in the file's name by the workload's name."""
    path.write_text(path.read_text().replace("@NAME@", name))
    if "NAME" in path.name:
        path.rename(path.with_name(path.name.replace("NAME", name)))
