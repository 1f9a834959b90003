"""offered_load.py - the programs of a workload's folder load/, which offer rising loads to its server.  Variant -> offered_load -> rows, list of Point

Each program is linked with the variant's sources except the one with main(). Requests are sent at times that do not depend on the server's
answers, and a response time counts from the moment at which its request was due.

    load/offered_load.c   offers a rate for a while, to a server in its own process or to one that is already running; prints every response time;
                          the manifest may give it another name (`offer`)
    load/serve.c          the server alone
    load/prices.c         the answers, for a server that is not ours

If a response is that to a batch of operations, each of these waited as long as the batch.

Errors  BuildFailed: a program does not compile. LabError: it ended with an error, for example because the server could not be started.
Units   _ns nanoseconds, _per_s requests per second, _s seconds.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.load_curve import Point, falls_behind, histogram_of, in_shape, point_of
from labkit.outcome import Exit, LabError
from labkit.process import run_process
from labkit.workload import build, fixture
from labkit.workload.build import Binary, BuildFailed
from labkit.workload.manifest import Manifest
from labkit.workload.variant import Variant

SERVE, PRICES = "serve", "prices"
LIMIT_S = 120.0
OUTPUT_LIMIT_BYTES = 1 << 26


@dataclass(frozen=True)
class OfferedServer:
    """A server to which a load can be offered. program: load/offered_load.c. port: that of a server that is already running; 0: the program starts
    a server of its own. options: further arguments of the program."""

    name: str
    program: Path
    port: int = 0
    options: tuple[str, ...] = ()

    def command(self, offered_per_s: float, seconds: float, seed: int = 0) -> list[str]:
        options = ("--to", *self.options) if self.port else self.options
        return [str(self.program), *options, f"{offered_per_s:.12g}", f"{seconds:g}", str(self.port), str(seed)]


def server_of(manifest: Manifest, variant: Variant, *, name: str = "", port: int = 0, shape: str = "") -> OfferedServer:
    """The variant as a server. name: if it is another server, which runs at this port. shape: one of the manifest's, or its first, usual shape."""
    plan = manifest.offered
    batch = ("--batch", str(fixture.path_of(manifest, plan.batch_size))) if plan.batch_size else ()
    options = (*((f"--{shape}",) if shape else ()), *batch)
    return OfferedServer(name or in_shape(variant.name, shape), program_of(manifest, variant, plan.offer), port, options)


def build_load(manifest: Manifest, variant: Variant, program: str) -> Binary:
    source = manifest.folder / "load" / f"{program}.c"
    sources = {name: text for name, text in variant.sources.items() if name != manifest.offered.main}
    return build.build(manifest, Variant(f"{variant.name}-{program.replace('_', '-')}", sources | {source.name: source.read_text()},
                                         cflags=variant.cflags, link=(*variant.link, "-lm")))


def program_of(manifest: Manifest, variant: Variant, program: str) -> Path:
    """The program. LabError if it does not compile although the variant does, which is a fault of the workload."""
    try:
        return build_load(manifest, variant, program).path
    except BuildFailed as failed:
        raise LabError(f"{manifest.folder}/load/{program}.c: {failed}", Exit.USAGE) from failed


def measure_row(server: OfferedServer, offered_per_s: float, seconds: float, *, cpu: int | None = None, seed: int = 0) -> dict[str, Any]:
    """One measured point, as it is stored in evidence."""
    run = run_process(server.command(offered_per_s, seconds, seed), cpu=cpu, timeout_s=seconds + LIMIT_S, capture_limit_bytes=OUTPUT_LIMIT_BYTES)
    if run.failure:
        raise LabError((run.stderr.strip() or f"{server.program} failed: {run.failure}").splitlines()[-1])
    return {"server": server.name, "offered_per_s": offered_per_s, "seconds": seconds, "seed": seed, **row_of(json.loads(run.stdout))}


def row_of(measured: dict[str, Any]) -> dict[str, Any]:
    """measured: the output of load/offered_load.c. server_cpu_ns: where the program gives it, the CPU time of the server alone."""
    times, ops_count = measured["response_times_ns"], measured.get("ops_in_response", 1)
    counts = {"requests_count": len(times), **{key: measured[key] for key in ("late_count", "failed_count")}}
    return {**{key: ops_count * count for key, count in counts.items()}, "times": histogram_of(times, ops_count),
            **{key: measured[key] for key in ("ended_ns", "answers", "server_cpu_ns") if key in measured}}


def curve_of(server: OfferedServer, rates_per_s: Iterable[float], seconds: float, *, cpu: int | None = None) -> list[Point]:
    """The points in the order of rising rates. The last one is the first point, valid or not, at which the server falls behind."""
    points: list[Point] = []
    for rate in sorted(rates_per_s):
        points.append(point_of(measure_row(server, rate, seconds, cpu=cpu)))
        if falls_behind(points[-1], points[0]):
            break
    return points
