"""fixture.py - frozen inputs, which are generated and checked against SHA256SUMS before every use.  Manifest -> fixture.py -> files

On a mismatch nothing is measured, because numbers from other inputs cannot be compared.
"""

import os
import subprocess
from pathlib import Path

from labkit.evidence import digest, disk_errors, sha256_of, write_text
from labkit.outcome import LabError
from labkit.workload.manifest import Manifest, Unfinished

FIXTURES = Path("build/fixtures")
TOOLS = Path("build/fixtures-tools")
SUMS = Path("fixtures/SHA256SUMS")


def path_of(manifest: Manifest, size: str) -> Path:
    return FIXTURES / manifest.name / f"{size}.bin"


def ensure(manifest: Manifest) -> dict[str, str]:
    """Make sure that the fixture of every size exists and is right: {size: sha256}. A fixture from another generator, seed or
    size, or a damaged one, is generated again. LabError where the new one does not match SHA256SUMS."""
    wanted, place = sums_of(manifest), place_of_sums(manifest)
    found = {}
    for size in manifest.fixture.sizes:
        path, key = path_of(manifest, size), f"{manifest.name}/{size}.bin"
        if key not in wanted:
            raise Unfinished(f"{place} has no line for {key}; run `make bless-fixtures` and review the difference")
        if not is_made_from(manifest, size) or sha256_of(path) != wanted[key]:
            generate(manifest, size)
        found[size] = sha256_of(path)
        if found[size] != wanted[key]:
            raise LabError(f"fixture {path} is not the frozen one: sha256 {found[size][:16]}..., {place} says "
                           f"{wanted[key][:16]}...; nothing is measured with it. If the generator, the seed or the size was changed on "
                           "purpose, run `make bless-fixtures`")
    return found


def is_made_from(manifest: Manifest, size: str) -> bool:
    try:
        return path_of(manifest, size).exists() and note_of(manifest, size).read_text() == inputs_of(manifest, size)
    except OSError:
        return False


def note_of(manifest: Manifest, size: str) -> Path:
    return path_of(manifest, size).with_name(f".{size}.made_from")


def inputs_of(manifest: Manifest, size: str) -> str:
    return digest([sha256_of(tool_of(manifest)), manifest.fixture.seed, manifest.fixture.sizes[size]])


def tool_of(manifest: Manifest) -> Path:
    """The compiled generator."""
    tool = TOOLS / manifest.fixture.generator
    if tool.exists():
        return tool
    if not SUMS.with_name(f"{manifest.fixture.generator}.c").exists():
        raise Unfinished(f"{manifest.name} names the fixture generator {manifest.fixture.generator}, but there is no "
                         f"{SUMS.with_name(f'{manifest.fixture.generator}.c')}; write it, then run `make bless-fixtures`")
    raise LabError(f"fixture generator {tool} is not built; run make build")


def generate(manifest: Manifest, size: str) -> None:
    tool, path = tool_of(manifest), path_of(manifest, size)
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    done = subprocess.run([str(tool), "--seed", str(manifest.fixture.seed), "--ops",
                           str(manifest.fixture.sizes[size]), "-o", str(temporary)], capture_output=True, text=True)
    if done.returncode != 0:
        temporary.unlink(missing_ok=True)
        raise LabError(f"fixture generator {tool} failed on size {size}: {done.stderr.strip()}")
    temporary.rename(path)
    write_text(note_of(manifest, size), inputs_of(manifest, size))


def place_of_sums(manifest: Manifest) -> Path:
    """A workload that was made by `make new` brings its own."""
    own = manifest.folder / SUMS.name
    return own if own.exists() else SUMS


def sums_of(manifest: Manifest) -> dict[str, str]:
    path = place_of_sums(manifest)
    if not path.exists():
        return {}
    lines = [line.split(maxsplit=1) for line in path.read_text().splitlines() if line.strip()]
    return {name.strip(): checksum for checksum, name in lines}


def bless(manifest: Manifest) -> None:
    """Write the sums of the generator's current output; a person has to review the difference."""
    sums = sums_of(manifest)
    for size in manifest.fixture.sizes:
        generate(manifest, size)
        sums[f"{manifest.name}/{size}.bin"] = sha256_of(path_of(manifest, size))
    write_text(place_of_sums(manifest), "".join(f"{sums[name]}  {name}\n" for name in sorted(sums)))
