"""defence_answers.py - the four questions of the design defence, answered from the numbers.

What fails first under load, what the worst-case allocation pattern is, how noise was handled, and when a speed-up would
have been rejected. This module selects the facts; the template has the sentences.
"""

from typing import Any

from labkit.phases import COMMAND, WHOLE

Audit = dict[str, Any]
SHARE_THAT_FAILS = 0.05  # share of the largest batch's time


def defence_answers(audit: Audit) -> dict[str, Any]:
    return {"load": load_answer(audit), "allocations": allocation_answer(audit), "noise": noise_answer(audit),
            "rejection": rejection_answer(audit)}


def load_answer(audit: Audit) -> dict[str, Any]:
    """The stage whose time per operation grows most from the smallest batch to the largest, and the capacity. A single stage cannot
    be compared, and a stage with a small share of the largest batch is not the one that fails."""
    growths = sorted((one for one in _stage_growths(audit) if one["growth_ratio"] is not None),
                     key=lambda one: (-one["growth_ratio"], one["stage"]))
    counts = [one for one in growths if one["share_ratio"] is None or one["share_ratio"] >= SHARE_THAT_FAILS]
    return {"growths": growths, "first": counts[0] if counts and len(growths) > 1 else None,
            "alone": growths[0] if len(growths) == 1 else None,
            "small": [one for one in growths if one not in counts and (not counts or one["growth_ratio"] > counts[0]["growth_ratio"])],
            "capacity": _capacity(audit), "tail": _tail(audit), "crowd": _crowd(audit)}


def _crowd(audit: Audit) -> dict[str, Any] | None:
    """What was waited for under a load that was too high: the lock with the longest waits in sum, by three instruments. None where nobody
    looked, or only at another shape than the one that is judged; lock is None where no wait was seen."""
    seen = audit.get("concurrency")
    if not seen or seen["locks"] is None or "shape" in seen:
        return None
    worst = seen["locks"]["worst"]
    facts = {"offered_per_s": seen["offered_per_s"], "seconds": seen["seconds"], "threads_count": seen["threads_count"], "off_cpu": seen["off_cpu"],
             "knee_per_s": _baseline_knee(audit), "lock": None, "waiting_count": None, "line": None, "blocked_there_ratio": None}
    if worst is None or not worst["waiter"]:
        return facts
    place = worst["waiter"][0]
    waiting = [one for one in seen["threads"] or () if one["own"][:1] == [place]]
    blocked = [one["share_ratio"] for one in (seen["off_cpu"] or {"stacks": ()})["stacks"] if _waits_for_a_lock(one["frames"], place)]
    return facts | {"lock": worst | {"place": place}, "waiting_count": sum(one["count"] for one in waiting), "line": waiting[0]["line"] if waiting else None,
                    "blocked_there_ratio": sum(blocked)}


def _waits_for_a_lock(frames: list[str], place: str) -> bool:
    """Whether the innermost frame below the functions of the C library is `place`. A thread that holds the lock and waits for something else
    has other functions of the program below it."""
    return place in frames and all("lock" in one or "futex" in one for one in frames[:frames.index(place)])


def _baseline_knee(audit: Audit) -> float | None:
    curves = audit["load"]["curves"] if audit.get("load") else ()
    return next((one["knee_per_s"] for one in curves if one["server"] == "baseline"), None)


def _stage_growths(audit: Audit) -> list[dict[str, Any]]:
    sizes = [one["name"] for one in sorted(audit["baseline"]["sizes"], key=lambda one: one["ops_count"])]
    times = {(one["stage"], one["size"]): one["p50"]["median"] / one["ops_count"]
             for one in audit["baseline"]["stages"] or _whole(audit)}
    first, last = (sizes[0], sizes[-1]) if sizes else ("", "")
    shares = {one["stage"]: one["share_ratio"] for one in audit["baseline"]["stages"] if one["size"] == last}
    return [{"stage": stage, "from_size": first, "to_size": last, "from_ns": times[stage, first],
             "to_ns": times[stage, last], "share_ratio": shares.get(stage),
             "growth_ratio": times[stage, last] / times[stage, first] if times[stage, first] else None}
            for stage in dict.fromkeys(stage for stage, _ in times)
            if (stage, first) in times and (stage, last) in times]


def _whole(audit: Audit) -> list[dict[str, Any]]:
    """A command as the only stage of itself."""
    if audit["manifest"].get("kind") != COMMAND:
        return []
    return [{**one, "stage": WHOLE, "size": one["name"]} for one in audit["baseline"]["sizes"] if one["p50"]["median"]]


def _capacity(audit: Audit) -> list[dict[str, Any]]:
    """Operations per second at the size of the complaint, as the comparison has them; above this rate, input must be queued or dropped."""
    compared = audit["rebench"]["effects"] if audit["rebench"] else []
    main = next((one for one in compared if (one["metric"], one["size"]) == ("throughput", audit["manifest"]["main_size"])), None)
    return [{"variant": variant, "size": main["size"], "ops_per_s": 1e9 / main[median]}
            for variant, median in (("baseline", "a_median"), ("union", "b_median"))] if main else []


def _tail(audit: Audit) -> dict[str, Any] | None:
    """p99 / p50 of single batches at the size of the complaint: the margin that a deadline needs."""
    main = next((one for one in audit["baseline"]["single_batches"] if one["size"] == audit["manifest"]["main_size"]),
                None)
    return main and {**main, "ratio": main["p99_ns"] / main["p50_ns"]}


def allocation_answer(audit: Audit) -> dict[str, Any] | None:
    """The stage and size with the most allocations in one batch, and the number that remains in the union."""
    is_command = audit["manifest"].get("kind") == COMMAND  # which is the only stage of itself
    stages = [{**one, "stage": WHOLE} if is_command else one for one in audit["memory"]["stages"] if one["stage"] or is_command] if audit["memory"] else []
    if not stages:
        return None
    worst = max(stages, key=lambda one: (one["allocations_count"], one["allocated_bytes"], one["stage"]))
    place = (worst["stage"], worst["size"])
    after = next((one for one in (audit["rebench"]["memory"] if audit["rebench"] else ())
                  if one["variant"] != "baseline" and (one["stage"] or (WHOLE if is_command else None), one["size"]) == place), None)
    heap = audit["memory"]["heap"]
    return {"worst": worst, "after": after, "growth": _allocation_growth(stages, worst["stage"]),
            "kept_count": worst["allocations_count"] - worst["frees_count"],
            "rate": _fastest(audit, stages), "burst": audit["memory"]["burst"],
            "peak": _peak(heap) if heap else None, "sizes": _sizes(heap["sizes"]) if heap else None}


def _fastest(audit: Audit, stages: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The stage and size with most allocations per second of its own median time."""
    times = {(one["stage"], one["size"]): one["p50"]["median"] for one in audit["baseline"]["stages"]}
    rates = [{"stage": one["stage"], "size": one["size"], "allocations_count": one["allocations_count"],
              "median_ns": median_ns, "allocations_per_s": 1e9 * one["allocations_count"] / median_ns}
             for one in stages if (median_ns := times.get((one["stage"], one["size"]))) and one["allocations_count"]]
    return max(rates, key=lambda one: one["allocations_per_s"]) if rates else None


def _peak(heap: dict[str, Any]) -> dict[str, Any]:
    return {"peak_bytes": heap["before"]["totals"]["peak_bytes"], "sites": heap["before"]["peak_sites"][:3],
            "after_bytes": heap["after"]["totals"]["peak_bytes"] if heap["after"] else None}


def _sizes(sizes: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The smallest size limit that covers nine of ten blocks, and that of the largest block; None without blocks."""
    counted = [one for one in sizes if one["before"]]
    total, covered = sum(one["before"] for one in counted), 0.0
    for one in counted:
        covered += one["before"]
        if covered >= 0.9 * total:
            return {"common_up_to_bytes": one["up_to_bytes"], "common_ratio": covered / total,
                    "largest_up_to_bytes": counted[-1]["up_to_bytes"]}
    return None


def _allocation_growth(stages: list[dict[str, Any]], stage: str) -> dict[str, Any]:
    """Allocations per operation at the smallest and the largest batch; if equal, the count grows in proportion to the input."""
    rows = sorted((one for one in stages if one["stage"] == stage), key=lambda one: one["ops_count"])
    return {"from_size": rows[0]["size"], "from_per_op": rows[0]["allocations_per_op"],
            "to_size": rows[-1]["size"], "to_per_op": rows[-1]["allocations_per_op"]}


def noise_answer(audit: Audit) -> dict[str, Any]:
    main_size = audit["manifest"]["main_size"]
    noise = next((one for one in audit["baseline"]["noise"] if one["size"] == main_size), None)
    main = audit["rebench"]["main"] if audit["rebench"] else None
    measured = [one["losses"] for one in audit["candidates"] if one["measured"]]
    measured += [audit["rebench"]["losses"]] if audit["rebench"] else []
    return {"floor": noise, "main": main, "runs_count": sum(one["runs_count"] for one in measured),
            "failed_count": sum(sum(one["failures"].values()) for one in measured),
            "rerun_count": sum(one["rerun_count"] for one in measured),
            "clock": audit["environment"]["clock"], "unstable": audit["environment"]["unstable"]}


def rejection_answer(audit: Audit) -> dict[str, Any]:
    """The rejected candidates with their reasons, and how close the accepted ones were to rejection."""
    rejected = [{"id": one["id"], "rule": one["rule"], "reason": one["reason"],
                 "gain_ratio": one["gain"]["gain_ratio"] if one["gain"] else None}
                for one in audit["candidates"] if one["measured"] and one["verdict"] == "rejected"]
    margins = audit["trade_offs"]["margins"]
    nearest = min(margins, key=lambda one: (one["gain_low"] - one["gain_needed"], one["id"]), default=None)
    faster = [one["id"] for one in rejected if (one["gain_ratio"] or 0.0) > 1.0]
    return {"rejected": rejected, "faster_but_rejected": faster, "nearest": nearest}
