"""The curves, knees, yardstick and witness of a report, from points whose knees are known; and what stands there where something was not measured."""

import copy

import pytest
from example_evidence import LEAN, example_documents, write_example

from labkit.analysis import analyse
from labkit.analysis.concurrency_numbers import threads_of
from labkit.analysis.evidence_set import read_evidence_set
from labkit.figures.audit_figures import FIGURES
from labkit.load_curve import histogram_of
from labkit.report.render import render_pages

PLAN = {"knee_gain": 5.0, "yardstick_p99_ratio": 2.0, "witness_script": "load/requests.lua", "rates_per_s": [100.0, 400.0, 800.0, 3200.0]}
CAPACITY = {"baseline": 500, "union": 3300, "nginx": 20000}
BACKTRACES = """Thread 3 (Thread 0x7f58 (LWP 31) "load"):
#0  futex_wait (private=0, expected=2) at ../sysdeps/nptl/futex-internal.h:146
#1  __GI___lll_lock_wait (futex=futex@entry=0x5636, private=0) at ./nptl/lowlevellock.c:49
#2  0x0000563 in shop_price (shop=0x5, item=item@entry=1) at workloads/mill/shop.c:44
#3  0x0000564 in serve (fd=9) at workloads/mill/serve.c:66

Thread 2 (Thread 0x7f59 (LWP 32) "load"):
#0  futex_wait (private=0, expected=2) at ../sysdeps/nptl/futex-internal.h:146
#2  0x0000563 in shop_price (shop=0x5, item=item@entry=2) at workloads/mill/shop.c:44
#3  0x0000564 in serve (fd=8) at workloads/mill/serve.c:66

Thread 1 (Thread 0x7f60 (LWP 30) "load"):
#0  __GI___clock_nanosleep (flags=flags@entry=0) at ../sysdeps/unix/sysv/linux/clock_nanosleep.c:48
#1  0x00007f5 in ?? () from /lib/x86_64-linux-gnu/libc.so.6
#2  main (argc=<optimized out>, argv=<optimized out>) at workloads/mill/main.c:190
[Inferior 1 (process 30) detached]"""


def point(server: str, rate: float, *, number: int = 0, purpose: str = "curve", p99_ms: float = 12.0, late: int = 0, answers: int = 7) -> dict:
    is_behind = rate > CAPACITY[server]
    count, times = 200, [10e6] * 190 + [(500e6 if is_behind else p99_ms * 1e6)] * 10
    return {"purpose": purpose, "round": number, "attempt": 0, "server": server, "offered_per_s": float(rate), "seconds": 2.0, "seed": number,
            "requests_count": count, "times": histogram_of(map(int, times)), "ended_ns": round(1e9 * count / min(rate, CAPACITY[server])),
            "late_count": late, "failed_count": 0, "answers": f"0x{answers:016x}"}


def load(rounds: int = 1) -> dict:
    points = []
    for number in range(rounds):
        for server, capacity in CAPACITY.items():
            rates = [rate for rate in PLAN["rates_per_s"] if rate <= capacity]
            points += [point(server, rate, number=number) for rate in [*rates, *[one for one in PLAN["rates_per_s"] if one > capacity][:1]]]
    points += [point(server, 1600.0, purpose="half", p99_ms=ms) for server, ms in (("union", 15.0), ("nginx", 12.0))]
    witness = [{"server": server, "connections_count": 64, "requests_count": capacity * 2, "duration_ns": 2 * 10**9, "failed_count": 0, "p50_ns": 1, "p95_ns": 2,
                "p99_ns": 3} for server, capacity in CAPACITY.items()]
    return {"cpu": 1, "half_per_s": 1600.0, "points": points, "witness": witness, "unmeasured": {}, "versions": {"wrk": "wrk 4"},
            "heaps": [{"server": server, "offered_per_s": 100.0, "requests_count": 200, "failed_count": 0, "peak_bytes": 4096} for server in ("baseline", "union")]}


def concurrency() -> dict:
    wait = {"kind": "mutex", "name": "0x5", "acquisitions_count": 1, "contended_count": 1, "wait_ns": 10**9, "longest_wait_ns": 10**9, "hold_ns": 1,
            "waiter": ["shop_price", "serve"], "owner": ["ask", "shop_price"]}
    free = wait | {"acquisitions_count": 90, "contended_count": 0, "wait_ns": 0, "longest_wait_ns": 0, "waiter": [], "owner": []}
    ended = wait | {"kind": "join", "name": "0x7", "wait_ns": 10**12, "longest_wait_ns": 10**12}
    stack = ["schedule", "do_futex", "entry_SYSCALL_64_after_hwframe", "futex_wait", "__lll_lock_wait", "shop_price", "serve"]
    return {"offered_per_s": 800.0, "seconds": 2.0, "backtraces": BACKTRACES, "locks": [wait, copy.deepcopy(wait), free, ended],
            "off_cpu": {"watched_ns": 10**10, "blocked_ns": 9 * 10**9, "ready_ns": 10**8, "waits_count": 50,
                        "stacks": [{"blocked_ns": 4 * 10**9, "waits_count": 2, "frames": stack}, {"blocked_ns": 10**9, "waits_count": 2, "frames": stack},
                                   {"blocked_ns": 10**9, "waits_count": 9, "frames": ["nanosleep", "ask", "shop_price"]}]}}


def audit_of(folder, found: dict | None, seen: dict | None = None, plan: dict = PLAN) -> dict:
    documents = example_documents(candidates=LEAN)
    documents["plan"]["data"]["manifest"] |= {"load": plan, "folder": "workloads/mill"}
    documents["rebench"]["data"]["load"] = found
    if seen:
        documents["concurrency"] = documents["counters"] | {"kind": "concurrency", "data": seen}
    return analyse(read_evidence_set(write_example(folder, documents)))


def reach(audit: dict) -> dict:
    return {one["what"]: (one["ratio"], one["met"]) for one in audit["load"]["reach"]}


def rows(audit: dict) -> dict[str, bool]:
    return {one["title"]: one["passed"] for one in audit["checklist"] if one["number"] > 13}


def test_knees_yardstick_and_witness_are_those_of_the_points(tmp_path):
    audit = audit_of(tmp_path, load(rounds=3))
    assert {one["server"]: (one["knee_per_s"], one["behind_per_s"]) for one in audit["load"]["curves"]} == {
        "baseline": (400.0, 800.0), "union": (3200.0, None), "nginx": (3200.0, None)}
    assert reach(audit) == {"knee": (8.0, True), "p99": (1.25, True)} and set(rows(audit).values()) == {True}
    assert audit["load"]["answers"] == {"compared_count": 13, "differ_count": 0}
    assert {one["verdict"] for one in audit["load"]["witness"]} == {"confirms the knee"}
    page = render_pages(audit)["audit.md"]
    assert "the knee is at **400 records a second**" in page and "![p50, p95 and p99 against the offered load, up to the knee](figures/load.svg)" in page
    assert FIGURES["load.svg"](audit).startswith(b"<?xml")


def test_batches_and_a_second_shape_have_their_own_curves_and_their_table_of_contention(tmp_path):
    """Without a yardstick and a second generator nothing is required of them. The waits of another shape are no answer about the one that is judged."""
    found, seen = load(), concurrency() | {"shape": "threads"}
    points = [one | {"server_cpu_ns": one["ended_ns"] // 4} for one in found["points"] if one["purpose"] == "curve" and one["server"] != "nginx"]
    found |= {"half_per_s": None, "points": points + [one | {"server": f"{one['server']}, threads"} for one in points], "witness": [], "heaps": [], "versions": {}}
    seen["locks"] = [seen["locks"][0] | {"kind": "condition", "waiter": ["batch_queue_take", "validate_thread"], "owner": []}]
    plan = PLAN | {"batch_size": "large", "shapes": ["threads"], "yardstick_p99_ratio": 0.0, "witness_script": ""}
    audit = audit_of(tmp_path, found, seen, plan)
    assert {one["server"]: one["knee_per_s"] for one in audit["load"]["curves"]} == {
        "baseline": 400.0, "union": 3200.0, "baseline, threads": 400.0, "union, threads": 3200.0}
    assert reach(audit) == {"knee": (8.0, True)} and len(rows(audit)) == 2 and set(rows(audit).values()) == {True}
    assert audit["load"]["answers"] == {"compared_count": 4, "differ_count": 0} and audit["defence"]["load"]["crowd"] is None
    page = render_pages(audit)["audit.md"]
    assert "come at even intervals over a connection of the loopback interface" in page and "Poisson" not in page and "wrk" not in page
    assert "| Failed | Of one CPU | |\n|--:|--:|--:|--:|--:|--:|--:|--:|---|\n" in page and "| 25.0\u202f% | falls behind |" in page.replace("\u00a0", "\u202f")
    assert "The baseline in its shape *threads* under 800 records a second" in page
    assert "`validate_thread → batch_queue_take`" in page[page.index("### Waiting under load"):]
    assert FIGURES["load.svg"](audit).startswith(b"<?xml")


def test_curves_are_shown_although_no_candidate_was_accepted(tmp_path):
    """Bug: the load was measured, and the page left it out."""
    documents = example_documents(candidates=LEAN)
    documents["plan"]["data"]["manifest"] |= {"load": PLAN, "folder": "workloads/mill"}
    documents["rebench"]["data"] |= {"load": load(), "accepted": []}
    page = render_pages(analyse(read_evidence_set(write_example(tmp_path, documents))))["audit.md"]
    assert "what is called the union there has the sources of the baseline" in page and "the knee is at **400 records a second**" in page


def test_a_round_of_its_own_knee_shows_in_the_range(tmp_path):
    found = load(rounds=3)
    slow = next(one for one in found["points"] if (one["server"], one["round"], one["offered_per_s"]) == ("union", 2, 3200.0))
    slow |= point("union", 3200.0, number=2, p99_ms=900.0)
    (union,) = [one for one in audit_of(tmp_path, found)["load"]["curves"] if one["server"] == "union"]
    assert (union["knee_low_per_s"], union["knee_per_s"], union["knee_high_per_s"]) == (800.0, 3200.0, 3200.0)
    assert union["points"][-1]["behind_count"] == 1


def test_a_point_of_a_late_generator_is_named_and_counts_for_nothing(tmp_path):
    found = load()
    found["points"] = [one | {"late_count": 50} if (one["server"], one["offered_per_s"]) == ("union", 3200.0) else one for one in found["points"]]
    audit = audit_of(tmp_path, found)
    assert reach(audit)["knee"] == (2.0, False), "the union's last valid rate is 800"
    (named,) = audit["load"]["invalid"]
    assert named["server"] == "union" and named["reason"] in render_pages(audit)["audit.md"]
    assert rows(audit)["The knee is as far above the baseline's as the manifest requires"] is False


def test_servers_that_answer_differently_are_no_yardstick_for_each_other(tmp_path):
    found = load()
    found["points"][-1] = point("nginx", 1600.0, purpose="half", answers=8)
    audit = audit_of(tmp_path, found)
    assert audit["load"]["answers"]["differ_count"] == 1 and "**different answers**" in render_pages(audit)["audit.md"]
    assert rows(audit)["The generator kept its schedule, and all servers answered alike"] is False


@pytest.mark.parametrize("capacity, verdict", [(100, "below the knee"), (500, "confirms the knee"), (5000, "far above the rate at which it fell behind")])
def test_a_witness_confirms_a_knee_or_doubts_it(tmp_path, capacity, verdict):
    found = load()
    found["witness"][0]["requests_count"] = 2 * capacity
    audit = audit_of(tmp_path, found)
    assert audit["load"]["witness"][0]["verdict"] == verdict
    assert rows(audit)["A second load generator confirms the knees"] is (verdict == "confirms the knee")


def test_without_nginx_and_wrk_the_rows_say_why(tmp_path):
    found = load()
    found["points"] = [one for one in found["points"] if one["server"] != "nginx"]
    found |= {"witness": [], "heaps": [], "unmeasured": {"nginx": "nginx is not installed", "wrk": "wrk is not installed"}, "versions": {}}
    audit = audit_of(tmp_path, found)
    assert reach(audit)["p99"] == (None, None)
    page = render_pages(audit)["audit.md"]
    assert "- Not measured, nginx: nginx is not installed." in page and "not measured" in page
    assert [one["seen"] for one in audit["checklist"]][-2:] == ["not measured (nginx: nginx is not installed and wrk: wrk is not installed)", "no second generator measured"]


@pytest.mark.slow
def test_a_server_without_a_knee_and_an_audit_without_a_load_still_have_their_pages(tmp_path):
    found = load()
    found["points"] = [one | {"failed_count": 3} for one in found["points"] if one["purpose"] == "curve"]
    found["half_per_s"] = None
    audit = audit_of(tmp_path / "none", found)
    assert reach(audit) == {"knee": (None, None), "p99": (None, None)} and "it kept up with no rate" in render_pages(audit)["audit.md"]
    audit = audit_of(tmp_path / "unloaded", None)
    assert audit["load"] is None and set(rows(audit).values()) == {False}
    assert any(one["subject"] == "concurrency" for one in audit["findings"])


def test_a_workload_that_offers_no_load_has_none_of_it(tmp_path):
    audit = analyse(read_evidence_set(write_example(tmp_path, example_documents(candidates=LEAN))))
    assert audit["load"] is None and audit["concurrency"] is None and rows(audit) == {}
    assert not any(one["subject"] == "concurrency" for one in audit["findings"])
    assert FIGURES["load.svg"](audit) is None


def test_threads_are_put_together_by_the_place_where_they_wait():
    assert threads_of(BACKTRACES, "workloads/mill") == [
        {"count": 2, "within": "futex_wait", "own": ["shop_price", "serve"], "line": "workloads/mill/shop.c:44"},
        {"count": 1, "within": "clock_nanosleep", "own": ["main"], "line": "workloads/mill/main.c:190"}]
    assert threads_of("gdb could not", "workloads/mill") == []


def test_what_fails_first_under_load_is_the_lock_that_three_instruments_saw(tmp_path):
    audit = audit_of(tmp_path, load(), concurrency())
    locks = audit["concurrency"]["locks"]
    assert locks["worst"]["wait_ns"] == 2 * 10**9 and locks["worst"]["acquisitions_count"] == 92, "the end of a thread is no lock"
    assert len(locks["waits"]) == 1 and locks["waits"][0]["contended_count"] == 2
    assert audit["concurrency"]["off_cpu"]["stacks"][0] == {"frames": ["futex_wait", "__lll_lock_wait", "shop_price", "serve"], "blocked_ns": 5 * 10**9, "share_ratio": 0.5}
    page = render_pages(audit)["audit.md"]
    answer = page[page.index("### What fails first under load?"):]
    assert "**The lock of `shop_price`**, under 800 records a second (the baseline's knee is at 400; section 2 has the figure)." in answer
    assert "show 2 of 3 threads waiting there (workloads/mill/shop.c:44)" in answer and "for 90.0\u202f% of their time, for 50.0\u202f% there" in answer.replace("\u00a0", "\u202f")


@pytest.mark.slow
def test_what_no_instrument_saw_is_left_out(tmp_path):
    unseen = {"offered_per_s": 800.0, "seconds": 2.0, "backtraces": None, "locks": None, "off_cpu": None}
    audit = audit_of(tmp_path / "unseen", load(), unseen)
    assert audit["defence"]["load"]["crowd"] is None and "Waiting under load" in render_pages(audit)["audit.md"]
    audit = audit_of(tmp_path / "free", load(), unseen | {"locks": []})
    assert "No lock: none that can be seen was waited for" in render_pages(audit)["audit.md"]
