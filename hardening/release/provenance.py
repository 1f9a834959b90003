"""provenance.py - how published files were built, as SLSA v1 provenance in an in-toto statement.

    provenance.py TREE FILE... >provenance.json     TREE: the unpacked tarball; its file RELEASE names version, commit and compiler
    provenance.py --check FILE                      0: FILE names a commit, and the files beside it have the digests that it lists

It has Build level 1 of SLSA and no more: whoever calls `make release` writes it, and nobody else confirms its statements.
"""

import hashlib
import json
import re
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

STATEMENT, PREDICATE = "https://in-toto.io/Statement/v1", "https://slsa.dev/provenance/v1"
REPOSITORY = "git+https://perf-clinic.invalid/perf-clinic"  # there is no public address yet; the commit identifies the source


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def built_with() -> list[dict]:
    """The packages of compiler, linker and C library, on which the bytes depend besides the sources."""
    listed = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version}\n", "gcc-12", "gcc", "binutils", "libc6-dev"], capture_output=True, text=True)
    return [{"uri": f"pkg:deb/debian/{name}@{version.replace('+', '%2B')}"} for name, version in map(str.split, listed.stdout.splitlines())]


def statement(tree: Path, files: list[Path]) -> dict:
    said = dict(line.split(" ", 1) for line in (tree / "RELEASE").read_text().splitlines())
    finished = datetime.fromtimestamp(int(said["epoch"]), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"_type": STATEMENT, "subject": [{"name": path.name, "digest": {"sha256": digest(path)}} for path in files],
            "predicateType": PREDICATE,
            "predicate": {
                "buildDefinition": {
                    "buildType": f"{REPOSITORY}/blob/v{said['version']}/hardening/release/publish.sh",
                    "externalParameters": {"version": said["version"], "command": "make packages"},
                    "internalParameters": {"SOURCE_DATE_EPOCH": said["epoch"], "sourceTime": finished, "compiler": said["compiler"]},
                    "resolvedDependencies": [{"uri": f"{REPOSITORY}@{said['commit']}", "digest": {"gitCommit": said["commit"]}}, *built_with()]},
                "runDetails": {"builder": {"id": f"{REPOSITORY}#make-release"}, "metadata": {"invocationId": f"{said['version']}-{said['commit'][:12]}"}}}}


def wrong_with(document: dict, folder: Path) -> list[str]:
    """A sentence for each requirement of SLSA v1 that is not met, and for each file in folder that is not the one that it lists."""
    definition, details = (document["predicate"][part] for part in ("buildDefinition", "runDetails"))
    commit = definition["resolvedDependencies"][0]["digest"].get("gitCommit", "")
    wrong = [] if (document["_type"], document["predicateType"]) == (STATEMENT, PREDICATE) else ["it is not SLSA v1 provenance"]
    wrong += [] if re.fullmatch(r"[0-9a-f]{40}", commit) else ["it names no commit"]
    wrong += [f"it has no {name}" for name, value in (("buildType", definition["buildType"]), ("externalParameters", definition["externalParameters"]),
                                                      ("builder", details["builder"]["id"]), ("subject", document["subject"])) if not value]
    return wrong + [f"{one['name']} is missing or is not the file that it lists" for one in document["subject"]
                    if not (folder / one["name"]).is_file() or digest(folder / one["name"]) != one["digest"]["sha256"]]


def main() -> int:
    if sys.argv[1] == "--check":
        path = Path(sys.argv[2])
        document = json.loads(path.read_text())
        wrong = wrong_with(document, path.parent)
        print("\n".join(wrong) if wrong else f"SLSA v1 provenance, Build L1: {len(document['subject'])} files")
        return int(bool(wrong))
    print(json.dumps(statement(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]]), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
