"""load - offer rising loads to the server of workloads/server, and print its response times up to the knee

The knee is the highest load at which the server keeps up. Requests are sent at times that do not depend on the server's answers, and a response time
counts from the moment at which its request was due. A point at which the generator did not keep its schedule is marked as invalid, and the exit
code is then 4. No audit uses these figures: `make audit W=server` measures its own.
"""

import json
from dataclasses import asdict
from pathlib import Path

from labkit.evidence import write_text
from labkit.outcome import Exit, UsageError
from labkit.progress import Progress
from labkit.terminal_output import Line, Part, Table, show


def add_arguments(parser) -> None:
    parser.add_argument("variant", nargs="*", default=["baseline"], help="baseline or a candidate of workloads/server; the default is baseline")
    parser.add_argument("--rate", type=float, action="append", metavar="PER_SECOND",
                        help="a rate to offer, in requests per second; repeat it for more; the default is the rates of the manifest")
    parser.add_argument("--seconds", type=float, default=3.0, help="how long each rate is offered; the default is 3")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all points to this file as JSON")


def run(args) -> Exit:
    from labkit.workload import manifest, offered_load, variant
    from labkit.host import measuring_cpu
    from labkit.load_curve import knee_of

    wanted = manifest.load("server")
    variants = {one.name: one for one in (variant.baseline(wanted), *(variant.candidate(wanted, one) for one in wanted.candidates))}
    if unknown := [name for name in args.variant if name not in variants]:
        raise UsageError(f"workloads/server has no variant {unknown[0]}; accepted: {', '.join(variants)}")
    rates, curves = args.rate or wanted.offered.rates_per_s, {}
    for name in args.variant:
        with Progress(f"load on {name}", 1, step_s=len(rates) * args.seconds, is_logged=False):
            server = offered_load.server_of(wanted, variants[name])
            curves[name] = offered_load.curve_of(server, rates, args.seconds, cpu=measuring_cpu())
    for name, points in curves.items():
        show(table_of(name, points, knee_of(points)))
    if args.json:
        write_text(args.json, json.dumps({name: [asdict(one) for one in points] for name, points in curves.items()}, indent=1) + "\n")
    return Exit.ENVIRONMENT if any(one.invalid for points in curves.values() for one in points) else Exit.PASSED


def table_of(name: str, points, knee: float | None) -> list[Part]:
    from labkit.wording import duration

    rows = [(f"{one.offered_per_s:g}", f"{one.answered_per_s:.0f}", duration(one.p50_ns), duration(one.p95_ns), duration(one.p99_ns), str(one.failed_count),
             f"invalid: {one.invalid}" if one.invalid else "") for one in points]
    return [Line(f"{name}: the knee is at {knee:g} requests a second" if knee else f"{name}: the server kept up with no load"),
            Table(("offered/s", "answered/s", "p50", "p95", "p99", "failed", ""), rows, frozenset(range(6)), indent=2)]
