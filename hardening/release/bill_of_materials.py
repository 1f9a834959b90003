"""bill_of_materials.py - the packages that a program is linked with, as a CycloneDX 1.5 document.  binaries -> ldd, dpkg -> sbom.cdx.json

    bill_of_materials.py VERSION EPOCH BINARY... >sbom.cdx.json     EPOCH: the time of the commit, in seconds since 1970
    bill_of_materials.py --check FILE                               0: FILE is strictly valid by the schema beside this script

All libraries that the loader would load are listed, not only those that the binary names, because a flaw in a library of libdw
affects the program, too.
"""

import hashlib
import json
import re
import subprocess
import sys
import uuid
from datetime import datetime, timezone
from pathlib import Path

import jsonschema

SCHEMAS = Path(__file__).with_name("cyclonedx")
LINKED_IN = ("libiberty-dev",)  # a static library, which the loader does not load
LICENCE = [{"license": {"id": "Apache-2.0"}}]


def loaded_libraries(binaries: list[str]) -> list[Path]:
    """The files that ld.so would load for any of them."""
    said = "".join(subprocess.run(["ldd", name], capture_output=True, text=True, check=True).stdout for name in binaries)
    return sorted({Path(path).resolve() for path in re.findall(r"(?:=> |^\s+)(/\S+) \(0x", said, re.M)})


def package(name: str) -> tuple[str, str, str, str]:
    """Name, version, architecture and source package."""
    shown = ["dpkg-query", "-W", "-f", "${Package} ${Version} ${Architecture} ${source:Package}", name]
    found, version, architecture, source = subprocess.run(shown, capture_output=True, text=True, check=True).stdout.split()
    return found, version, architecture, source


def package_of(library: Path) -> tuple[str, str, str, str]:
    """The package that contains the file, which dpkg may list below /lib or below /usr/lib. SystemExit: there is none."""
    for path in (str(library), str(library).removeprefix("/usr")):
        found = subprocess.run(["dpkg-query", "-S", path], capture_output=True, text=True)
        if found.returncode == 0:
            return package(found.stdout.split(": ")[0].split(",")[0])
    raise SystemExit(f"bill_of_materials: no package of Debian has {library}")


def component(name: str, version: str, architecture: str, source: str) -> dict:
    purl = f"pkg:deb/debian/{name}@{version.replace('+', '%2B')}?arch={architecture}"
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl,
            "properties": [{"name": "debian:source", "value": source}]}


def bill_of_materials(version: str, epoch: int, binaries: list[str]) -> dict:
    """The document. Equal binaries and equal libraries give equal bytes, because the serial number is computed from the list."""
    components = [component(*package) for package in sorted({*map(package_of, loaded_libraries(binaries)), *map(package, LINKED_IN)})]
    digests = [hashlib.sha256(Path(name).read_bytes()).hexdigest() for name in binaries]
    program = f"pkg:generic/perf-clinic@{version}"
    listed = json.dumps([version, components, digests])
    return {"bomFormat": "CycloneDX", "specVersion": "1.5", "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, listed)}", "version": 1,
            "metadata": {"timestamp": datetime.fromtimestamp(epoch, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
                         "component": {"type": "application", "bom-ref": program, "name": "perf-clinic", "version": version, "purl": program, "licenses": LICENCE,
                                       "components": [{"type": "file", "name": Path(name).name, "hashes": [{"alg": "SHA-256", "content": digest}]}
                                                      for name, digest in zip(binaries, digests)]}},
            "components": components,
            "dependencies": [{"ref": program, "dependsOn": [one["bom-ref"] for one in components]}]}


def strict_errors(document: dict) -> list[str]:
    """A sentence for each violation of the schema of CycloneDX 1.5, which allows no unknown key; formats (URIs, times) are checked, too."""
    schemas = {path.name.replace(".schema", ".SNAPSHOT.schema"): json.loads(path.read_text()) for path in SCHEMAS.glob("*.json")}
    store = {f"http://cyclonedx.org/schema/{name}": schema for name, schema in schemas.items()}
    schema = schemas["bom-1.5.SNAPSHOT.schema.json"]
    resolver = jsonschema.RefResolver(schema["$id"], schema, store | {schema["$id"]: schema})
    checker = jsonschema.Draft7Validator(schema, resolver=resolver, format_checker=jsonschema.FormatChecker())
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}" for error in checker.iter_errors(document)]


def main() -> int:
    if sys.argv[1] == "--check":
        document = json.loads(Path(sys.argv[2]).read_text())
        errors = strict_errors(document)
        print("\n".join(errors) if errors else f"CycloneDX {document['specVersion']}: {len(document['components'])} components, strictly valid")
        return int(bool(errors))
    print(json.dumps(bill_of_materials(sys.argv[1], int(sys.argv[2]), sys.argv[3:]), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
