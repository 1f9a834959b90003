"""earlier_claims.py - results of earlier audits of the same code on this machine class, which show the variation between sessions.  plan -> headline"""

from typing import Any, Mapping

from labkit.repeatability import between, is_bounded


def between_audits(plan: Mapping[str, Any], environment: Mapping[str, Any], main: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """{"versions", "between"}: this claim and earlier ones with the same two programs, metric, size and machine class; None without any."""
    if main is None or not is_bounded(main) or "union" not in environment["binaries"]:
        return None
    same = {"fingerprint": environment["fingerprint"], "metric": main["metric"], "size": main["size"],
            "baseline_sha256": environment["binaries"]["baseline"]["sha256"], "union_sha256": environment["binaries"]["union"]["sha256"]}
    earlier = [one for one in plan.get("earlier", ()) if all(one[key] == value for key, value in same.items()) and is_bounded(one)]
    if not earlier:
        return None
    return {"versions": [{key: one[key] for key in ("version", "started_utc", "gain_ratio", "gain_low", "gain_high", "confidence")} for one in earlier],
            "between": between([*earlier, main])}
