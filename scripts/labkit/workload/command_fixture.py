"""command_fixture.py - provides the inputs of a command: files, the output of a generator or of a command, or none.  CommandManifest -> command_fixture -> paths, hashes

The output of a generator is frozen by fixtures/SHA256SUMS, or by the file of this name beside the manifest, as for libraries. A command
makes each input twice, and both must be equal.
"""

import hashlib
import shlex
import subprocess
from pathlib import Path

from labkit.evidence import digest, disk_errors, sha256_of, write_text
from labkit.outcome import LabError, UsageError
from labkit.workload import fixture
from labkit.workload.command_manifest import CommandManifest

NOTHING_SHA256 = hashlib.sha256(b"").hexdigest()
MAKE_TIMEOUT_S = 600


def path_of(manifest: CommandManifest, size: str) -> Path | None:
    """The absolute path of the input, because a command runs in a folder of its own; None if there is no input."""
    if manifest.fixture.files:
        return (manifest.folder / manifest.fixture.files[size]).resolve()
    if manifest.fixture.generator or manifest.fixture.make:
        return fixture.path_of(manifest, size).absolute()
    return None


def ensure(manifest: CommandManifest) -> dict[str, str]:
    """Makes the inputs that are missing, and returns the hash of the input of each size."""
    if manifest.fixture.generator:
        return fixture.ensure(manifest)
    if manifest.fixture.make:
        for size in manifest.fixture.sizes:
            make(manifest, size)
    paths = {size: path_of(manifest, size) for size in manifest.fixture.sizes}
    return {size: sha256_of(path) if path else NOTHING_SHA256 for size, path in paths.items()}


def make(manifest: CommandManifest, size: str) -> None:
    """Makes the input again if it is missing, was changed, or was made by another command."""
    path, note, wanted = fixture.path_of(manifest, size).absolute(), fixture.note_of(manifest, size), recipe_of(manifest, size)
    if path.exists() and note.exists() and note.read_text() == f"{wanted} {sha256_of(path)}":
        return
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    first, second = (made(manifest, size, path.with_name(f".{path.name}.{number}")) for number in (1, 2))
    sums = {sha256_of(first), sha256_of(second)}
    second.unlink()
    if len(sums) > 1:
        first.unlink()
        raise UsageError(f"{manifest.folder / 'workload.toml'}: fixture.make: its output differs each time (size {size}), so that the input "
                         "could not be made again; give it a fixed seed")
    first.rename(path)
    write_text(note, f"{wanted} {sums.pop()}")


def recipe_of(manifest: CommandManifest, size: str) -> str:
    """The hash of the command and of the files beside the manifest that it names."""
    command = command_of(manifest, size, Path("-"))
    named = sorted(path for path in manifest.folder.iterdir() if path.is_file() and path.name in command)
    return digest([command, [sha256_of(path) for path in named]])


def command_of(manifest: CommandManifest, size: str, output: Path) -> str:
    values = {"size": size, "ops": str(manifest.fixture.sizes[size]), "seed": str(manifest.fixture.seed), "output": shlex.quote(str(output))}
    text = manifest.fixture.make
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def made(manifest: CommandManifest, size: str, output: Path) -> Path:
    output.unlink(missing_ok=True)
    try:
        done = subprocess.run(["sh", "-c", command_of(manifest, size, output)], cwd=manifest.folder, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, errors="replace", timeout=MAKE_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        raise LabError(f"fixture.make of {manifest.name} did not end within {MAKE_TIMEOUT_S} s (size {size})") from None
    if done.returncode != 0 or not output.is_file():
        said = done.stderr.strip()[-300:] or ("it wrote no {output}" if done.returncode == 0 else "it printed nothing")
        raise UsageError(f"{manifest.folder / 'workload.toml'}: fixture.make: failed on size {size} with exit code {done.returncode}: {said}")
    return output
