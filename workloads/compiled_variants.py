"""compiled_variants.py - compiles a variant of a workload, or its unit tests, from objects that all variants share.  used by tests

A candidate differs from the baseline in one or two files, so an object with the same inputs is compiled only once.
"""

import hashlib
import json
import os
import subprocess
from pathlib import Path

from labkit.workload.variant import Variant

SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
FLAGS = ("-std=gnu11", "-O1", "-g", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Wshadow", "-Wconversion", "-Werror")


def compile_variant(cache: Path, one: Variant, *flags: str, link: tuple[str, ...], tests: tuple[Path, ...] = ()) -> Path:
    """The program. tests: sources of unit tests that are linked with it; they are compiled without the flags of the variant.

    cache: a folder for the objects and programs, which several workers may use at once.
    """
    headers = {name: text for name, text in one.sources.items() if name.endswith(".h")}
    folder = _folder(cache, headers)
    objects = [_object(folder, name, text, (*FLAGS, *one.cflags, *flags)) for name, text in one.sources.items() if name.endswith(".c")]
    objects += [_object(folder, path.name, path.read_text(), (*FLAGS, *flags, f"-I{path.parent.resolve()}")) for path in tests]
    program = folder / "-".join([str(os.getpid()), one.name, *(path.stem for path in tests)])
    subprocess.run(["gcc", *one.cflags, *flags, *objects, *one.link, *link, "-o", program], check=True)
    return program


def _folder(cache: Path, headers: dict[str, str]) -> Path:
    ours = {str(path): path.read_text() for path in sorted(Path("profiler/include").rglob("*.h"))}
    folder = cache / hashlib.sha256(json.dumps([headers, ours]).encode()).hexdigest()[:16]
    folder.mkdir(exist_ok=True)
    for name, text in headers.items():
        _write(folder / name, text)
    return folder


def _write(path: Path, text: str) -> None:
    """The file appears only when it is complete, because another worker may read it."""
    half = path.with_name(f"{os.getpid()}-{path.name}")
    half.write_text(text)
    half.rename(path)


def _object(folder: Path, name: str, text: str, flags: tuple[str, ...]) -> Path:
    stem = folder / hashlib.sha256(json.dumps([name, text, flags]).encode()).hexdigest()[:16]
    source, target = stem.with_suffix(".c"), stem.with_suffix(".o")
    if not target.exists():
        _write(source, text)
        half = target.with_name(f"{os.getpid()}-{target.name}")
        done = subprocess.run(["gcc", *flags, "-Iprofiler/include", f"-I{folder}", "-c", source, "-o", half],
                              capture_output=True, text=True)
        assert done.returncode == 0, f"{name}: {done.stderr}"
        half.rename(target)
    return target
