"""new - scaffold a workload: workloads/NAME, whose manifest names what is still missing"""

import re
import shutil
from pathlib import Path

from labkit.evidence import disk_errors
from labkit.outcome import Exit, UsageError
from labkit.workload import manifest

SKELETON = Path(__file__).resolve().parents[3] / "templates" / "workload"


def add_arguments(parser) -> None:
    parser.add_argument("workload", help="the name of the workload: lower-case letters, digits and underscores")


def run(args) -> Exit:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", args.workload):
        raise UsageError(f"{args.workload!r} is not a name for a workload; accepted: lower-case letters, digits and "
                         "underscores, a letter first")
    folder = manifest.WORKLOADS / args.workload
    if folder.exists():
        raise UsageError(f"{folder} exists already; choose another name or edit what is there")
    with disk_errors(folder):
        try:
            write_skeleton(folder, args.workload)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)  # an incomplete folder would prevent the next attempt
            raise
    print(f"new: {folder}; fill in {folder / 'workload.toml'}, then: make baseline W={args.workload}")
    return Exit.PASSED


def write_skeleton(folder: Path, name: str) -> None:
    shutil.copytree(SKELETON, folder)
    for path in list(folder.rglob("*")):
        if path.is_file():
            _fill_in(path, name)


def _fill_in(path: Path, name: str) -> None:
    """Replace @NAME@ in texts and NAME in file names by the workload's name."""
    path.write_text(path.read_text().replace("@NAME@", name))
    if "NAME" in path.name:
        path.rename(path.with_name(path.name.replace("NAME", name)))
