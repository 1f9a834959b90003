"""fixture.py - frozen inputs: generated, and checked against SHA256SUMS before every use.  Manifest -> fixture.py -> files

A mismatch refuses to measure: a number from other input is a number about something else.
"""

import subprocess
from pathlib import Path

from labkit.evidence import disk_errors, sha256_of, write_text
from labkit.outcome import LabError
from labkit.workload.manifest import Manifest

FIXTURES = Path("build/fixtures")
TOOLS = Path("build/fixtures-tools")
SUMS = Path("fixtures/SHA256SUMS")


def path_of(manifest: Manifest, size: str) -> Path:
    return FIXTURES / manifest.name / f"{size}.bin"


def ensure(manifest: Manifest) -> dict[str, str]:
    """Every size of the workload, present and right: {size: sha256}. LabError on any difference."""
    wanted = read_sums()
    found = {}
    for size in manifest.fixture.sizes:
        path = path_of(manifest, size)
        if not path.exists():
            generate(manifest, size)
        key = f"{manifest.name}/{size}.bin"
        if key not in wanted:
            raise LabError(f"{SUMS} has no line for {key}; run `make bless-fixtures` and review the difference")
        found[size] = sha256_of(path)
        if found[size] != wanted[key]:
            raise LabError(f"fixture {path} is not the frozen one: sha256 {found[size][:16]}..., {SUMS} says "
                           f"{wanted[key][:16]}...; nothing is measured on it. Remove it to have it made again; if "
                           "the generator changed on purpose, run `make bless-fixtures`")
    return found


def generate(manifest: Manifest, size: str) -> None:
    tool, path = TOOLS / manifest.fixture.generator, path_of(manifest, size)
    if not tool.exists():
        raise LabError(f"fixture generator {tool} is not built; run make build")
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    done = subprocess.run([str(tool), "--seed", str(manifest.fixture.seed), "--ops",
                           str(manifest.fixture.sizes[size]), "-o", str(temporary)], capture_output=True, text=True)
    if done.returncode != 0:
        temporary.unlink(missing_ok=True)
        raise LabError(f"fixture generator {tool} failed on size {size}: {done.stderr.strip()}")
    temporary.rename(path)


def read_sums() -> dict[str, str]:
    if not SUMS.exists():
        return {}
    lines = [line.split(maxsplit=1) for line in SUMS.read_text().splitlines() if line.strip()]
    return {name.strip(): checksum for checksum, name in lines}


def bless(manifest: Manifest) -> None:
    """Writes the sums of what the generator makes now; the difference is for a person to read."""
    sums = read_sums()
    for size in manifest.fixture.sizes:
        generate(manifest, size)
        sums[f"{manifest.name}/{size}.bin"] = sha256_of(path_of(manifest, size))
    write_text(SUMS, "".join(f"{sums[name]}  {name}\n" for name in sorted(sums)))
