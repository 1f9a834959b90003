"""build.py - compile each variant to a binary, only when its inputs have changed.  Variant -> build.py -> Binary

Flags are part of the evidence. Paths are mapped away, so the same sources give the same build-id in any folder. A variant
that does not compile gives the result BuildFailed and does not end the lab.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from labkit.evidence import digest, disk_errors, sha256_of, write_text
from labkit.host import first_line
from labkit.outcome import LabError
from labkit.progress import Progress
from labkit.workload.variant import Variant

BUILD = Path("build")
HARNESS = BUILD / "lib" / "libclinic-bench.a"
HEADERS = Path("profiler/include")
COMPILE_TIMEOUT_S = 120
FLAGS = ("-std=gnu11", "-O2", "-g", "-fno-omit-frame-pointer", "-Wall", "-Wextra", "-D_GNU_SOURCE")
LIBRARIES = ("-ljansson", "-lpthread")


class Sourced(Protocol):
    """What a build takes from a manifest, of whatever kind."""

    @property
    def folder(self) -> Path: ...

    @property
    def name(self) -> str: ...


@dataclass(frozen=True)
class Binary:
    variant: str
    path: Path
    build_id: str
    sha256: str
    size_bytes: int
    compiler: str
    flags: tuple[str, ...]
    env: tuple[tuple[str, str], ...] = ()

    def to_json(self) -> dict:
        return {"build_id": self.build_id, "sha256": self.sha256, "size_bytes": self.size_bytes,
                "compiler": self.compiler, "flags": list(self.flags), "env": dict(self.env)}


class BuildFailed(Exception):
    """A variant did not compile; the message has at most LOG_LIMIT characters of the compiler's output."""

    LOG_LIMIT = 4000

    def __init__(self, variant: str, log: str):
        super().__init__(f"{variant} does not compile:\n{log[:self.LOG_LIMIT]}")
        self.log = log[:self.LOG_LIMIT]


def compiler() -> str:
    return os.environ.get("CC", "gcc")


def folder_of(manifest: Sourced) -> Path:
    return BUILD / "workloads" / manifest.name


def build_all(manifest: Sourced, variants: list[Variant]) -> dict[str, Binary | BuildFailed]:
    """Build two variants at a time; a failure is returned as a value, so that one bad candidate does not stop the audit."""

    def attempt(variant: Variant) -> Binary | BuildFailed:
        try:
            return build(manifest, variant)
        except BuildFailed as failure:
            return failure
        finally:
            progress.advance(variant.name)

    with Progress(f"build {manifest.name}", len(variants), is_logged=False) as progress, ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        return dict(zip([variant.name for variant in variants], pool.map(attempt, variants)))


def build(manifest: Sourced, variant: Variant) -> Binary:
    """Build the baseline layout of a variant, with objects linked in the order of their names."""
    if not HARNESS.exists():
        raise LabError(f"{HARNESS} is not built; run make build")
    path = folder_of(manifest) / variant.name
    note = path.with_name(f".{variant.name}.built.json")
    inputs = _inputs(variant)
    known = _known(note, path, inputs)
    if known is None:
        link(variant, objects_of(manifest, variant), path)
        known = {"inputs": inputs, "build_id": read_build_id(path), "sha256": sha256_of(path)}
        write_text(note, json.dumps(known) + "\n")
    return Binary(variant.name, path, known["build_id"], known["sha256"], path.stat().st_size,
                  first_line(compiler(), "--version"), (*FLAGS, *variant.cflags, *variant.link),
                  tuple(sorted(variant.env.items())))


def objects_of(manifest: Sourced, variant: Variant) -> list[Path]:
    """The objects, one per source and beside it. They are compiled once and linked in many orders. Raises BuildFailed."""
    folder = folder_of(manifest) / "src" / variant.name
    note, inputs = folder.with_name(f".{variant.name}.objects"), _inputs(variant)
    objects = [folder / f"{name}.o" for name in sorted(variant.sources) if name.endswith(".c")]
    if note.exists() and note.read_text() == inputs and all(path.exists() for path in objects):
        return objects
    note.unlink(missing_ok=True)
    for source in _lay_out(variant, folder):
        _compiler(variant, [f"-I{HEADERS}", f"-I{folder}", f"-ffile-prefix-map={folder}={manifest.folder}",
                            f"-ffile-prefix-map={Path.cwd()}=.", "-c", str(source)], Path(f"{source}.o"))
    write_text(note, inputs)
    return objects


def link(variant: Variant, objects: Sequence[Path], path: Path) -> None:
    """objects: in the order in which the linker places their code."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        _compiler(variant, [*map(str, objects), str(HARNESS), "-Wl,--build-id=sha1", *variant.link, *LIBRARIES],
                  temporary)
        temporary.rename(path)
    finally:
        temporary.unlink(missing_ok=True)


def copy_of(binary: Binary) -> Binary:
    """A copy of the file, for a canary: the arms of one comparison never share pages."""
    path = binary.path.with_name(f"{binary.path.name}.canary")
    with disk_errors(path):
        path.unlink(missing_ok=True)
        shutil.copy2(binary.path, path)
    return replace(binary, path=path)


def _inputs(variant: Variant) -> str:
    return digest([variant.sources, FLAGS, variant.cflags, variant.link, LIBRARIES,
                   first_line(compiler(), "--version"), sha256_of(HARNESS), _headers_sha256()])


def _headers_sha256() -> str:
    whole = hashlib.sha256()
    for path in sorted(HEADERS.rglob("*.h")):
        whole.update(path.read_bytes())
    return whole.hexdigest()


def _known(note: Path, binary: Path, inputs: str) -> dict | None:
    """The note of an earlier build, if it has the same inputs and the binary has not changed since."""
    try:
        known = json.loads(note.read_text())
        fresh = known["inputs"] == inputs and sha256_of(binary) == known["sha256"]
    except (OSError, ValueError, KeyError):
        return None
    return known if fresh else None


def _lay_out(variant: Variant, folder: Path) -> list[Path]:
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for stale in set(path.name for path in folder.iterdir()) - set(variant.sources):
            (folder / stale).unlink()
        for name, text in variant.sources.items():
            write_text(folder / name, text)
    return [folder / name for name in sorted(variant.sources) if name.endswith(".c")]


def _compiler(variant: Variant, arguments: list[str], output: Path) -> None:
    """Run the compiler with the variant's flags. The linker gets them, too, because -flto and -fsanitize need this."""
    argv = [compiler(), *FLAGS, *variant.cflags, *arguments, "-o", str(output)]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=COMPILE_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        raise BuildFailed(variant.name, f"the compiler did not finish within {COMPILE_TIMEOUT_S} s") from None
    except OSError as error:
        raise LabError(f"cannot run the compiler {compiler()}: {error.strerror}; install it or set CC=") from error
    if done.returncode == 0:
        return
    if "No space left on device" in done.stderr:
        raise LabError(f"cannot write {output}: No space left on device; free some space, then run the same command")
    raise BuildFailed(variant.name, done.stderr)


def read_build_id(path: Path) -> str:
    done = subprocess.run(["readelf", "-n", str(path)], capture_output=True, text=True)
    found = re.search(r"Build ID: ([0-9a-f]+)", done.stdout)
    return found.group(1) if found else ""
