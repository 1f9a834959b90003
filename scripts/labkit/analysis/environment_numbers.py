"""environment_numbers.py - machine, toolchain, fixture, flags: what must be equal for the numbers to hold."""

from typing import Any

from labkit.analysis.evidence_set import EvidenceSet

# Changing values of the host that have a limit in the policy, and the consequence of exceeding it.
LIMITS = {"load1_ratio": "host_load_ratio", "steal_ratio": "host_steal_ratio"}


def environment_numbers(evidence_set: EvidenceSet) -> dict[str, Any]:
    hosts = [document["host"] for _, document in evidence_set.documents]
    binaries: dict[str, Any] = {}
    for _, document in evidence_set.documents:
        for variant, binary in document["binaries"].items():
            binaries.setdefault(variant, binary)
    return {
        "fingerprint": evidence_set.baseline["host"]["fingerprint"],
        "fingerprints_count": len({host["fingerprint"] for host in hosts}),
        "stable": dict(sorted(evidence_set.baseline["host"]["stable"].items())),
        "unstable": _ranges(hosts),
        "fixture_sha256": dict(sorted(evidence_set.baseline["fixture"]["sha256"].items())),
        "fixtures_equal": len({str(sorted(one["fixture"]["sha256"].items())) for _, one in evidence_set.documents}) == 1,
        "binaries": {name: {**binary, "differs": _difference(binary, binaries["baseline"])}
                     for name, binary in binaries.items()},
        "clock": evidence_set.baseline["data"]["clock"],
        "self_test": evidence_set.baseline["data"]["self_test"],
        "disassembly": evidence_set.baseline["data"]["disassembly"],
        "started_utc": min(document["started_utc"] for _, document in evidence_set.documents),
        "ended_utc": max(document["ended_utc"] for _, document in evidence_set.documents),
        "source": evidence_set.plan["data"].get("source"),
    }


def _difference(binary: dict[str, Any], baseline: dict[str, Any]) -> str:
    """How the build differs from the baseline's; candidates that only change sources do not differ here."""
    added = [flag for flag in binary["flags"] if flag not in baseline["flags"]]
    removed = [f"without {flag}" for flag in baseline["flags"] if flag not in binary["flags"]]
    compiler = [binary["compiler"]] if binary["compiler"] != baseline["compiler"] else []
    environment = [f"{name}={value}" for name, value in sorted(binary.get("env", {}).items())
                   if baseline.get("env", {}).get(name) != value]
    return " ".join(compiler + added + removed + environment)


def _ranges(hosts: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """The lowest and the highest value of every changing number of the host, over all phases."""
    numbers: dict[str, list[float]] = {}
    for host in hosts:
        for name, value in host["unstable"].items():
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                numbers.setdefault(name, []).append(value)
    return {name: {"low": min(values), "high": max(values)} for name, values in sorted(numbers.items())}
