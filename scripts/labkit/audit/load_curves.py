"""load_curves.py - response times of the baseline and of the union under rising loads, in each shape, beside nginx.

The servers alternate: in each round every rate is offered to each of them, lowest first, until it falls behind. A quick audit looks for the knee of
each server by bisection of the rates instead (rate_search.py). A point at which a server fell behind, or at which the generator did not keep its
schedule, is measured once more; all attempts are kept, and load_curve.best_of says which counts.
Server and generator share one CPU, as they do in the runs that are judged. Nothing here is a test: intervals are the ranges of the rounds.

Only for workloads with [load] in their manifest. What cannot be measured here is a finding, and named in the evidence.
"""

import statistics
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from labkit.audit import load_witnesses, rate_search
from labkit.audit.audit_state import AuditState
from labkit.host import Finding
from labkit.instruments import Unavailable
from labkit.instruments.server_process import NGINX, nginx_serving
from labkit.load_curve import Point, best_of, falls_behind, kept_points, knee_of, point_of
from labkit.process import run_process
from labkit.progress import Progress
from labkit.workload.offered_load import PRICES, OfferedServer, measure_row, program_of, server_of
from labkit.workload.variant import Variant

CURVE, HALF = "curve", "half"
REQUESTS_MIN = 200  # of a point: a p99 of fewer is one of the two slowest
BATCHES_ENOUGH = 100
HALF_ROUNDS_MORE = 2
ATTEMPTS = 2


@dataclass
class Measurement:
    """The points so far."""

    state: AuditState
    rows: list[dict[str, Any]] = field(default_factory=list)

    def offer(self, server: OfferedServer, rate: float, number: int, *, purpose: str, attempt: int = 0) -> Point:
        row = measure_row(server, rate, self._seconds(rate), cpu=self.state.cpu, seed=number * ATTEMPTS + attempt)
        self.rows.append({"purpose": purpose, "round": number, "attempt": attempt, **row})
        return point_of(row)

    def _seconds(self, rate: float) -> float:
        """Whoever is sent many operations at once may soon have been sent enough."""
        budget_s, manifest = self.state.budget.load_s, self.state.manifest
        if not manifest.offered.batch_size:
            return max(budget_s, REQUESTS_MIN / rate)
        enough_s = BATCHES_ENOUGH * manifest.fixture.sizes[manifest.offered.batch_size] / rate
        return min(budget_s, max(enough_s, budget_s / 8))


def measure(state: AuditState, union: Variant, findings: list[Finding]) -> dict[str, Any] | None:
    """Evidence of load.schema.json; None where the workload offers no load."""
    if state.manifest.load is None:
        return None
    variants, found = [state.patient.baseline(), union], Measurement(state)
    unmeasured: dict[str, str] = {}
    rounds = state.budget.load_rounds
    with Progress("load", rounds + 2) as progress, _yardstick(state, unmeasured) as yardstick:
        servers = [*(server_of(state.manifest, one, shape=shape) for shape in ("", *state.manifest.load.shapes) for one in variants), *yardstick]
        for number in range(rounds):
            (_bisect_round if state.budget.bisects_rates else _measure_round)(found, servers, number)
            progress.advance(f"round {number + 1}")
        half_per_s = _half_load(found.rows, union.name, rounds) if state.manifest.load.yardstick_config else None
        _measure_half(found, [one for one in servers if one.name in (union.name, NGINX)], half_per_s)
        progress.advance("half load")
        data = {"cpu": state.cpu, "half_per_s": half_per_s, "points": found.rows, **load_witnesses.measure(state, variants, yardstick, unmeasured)}
        progress.advance("witnesses")
    findings += [Finding("warning", tool, reason, load_witnesses.COSTS[tool]) for tool, reason in unmeasured.items()]
    return data | {"unmeasured": unmeasured, "versions": load_witnesses.versions(state, unmeasured)}


@contextmanager
def _yardstick(state: AuditState, unmeasured: dict[str, str]) -> Iterator[list[OfferedServer]]:
    """nginx, which runs meanwhile; none where it cannot, or where the manifest names none."""
    plan, baseline, manifest = state.manifest.offered, state.patient.baseline(), state.manifest
    if not plan.yardstick_config:
        yield []
        return
    items_count = round(max(max(plan.rates_per_s) * state.budget.load_s, REQUESTS_MIN))  # more than any stream asks for
    prices = run_process([str(program_of(manifest, baseline, PRICES)), str(items_count)]).stdout.decode()
    config = (manifest.folder / plan.yardstick_config).read_text()
    with ExitStack() as running:
        try:
            port = running.enter_context(nginx_serving(config, {"prices.map": prices}, cpu=state.cpu))
        except Unavailable as reason:
            unmeasured[NGINX] = str(reason)
        yield [] if NGINX in unmeasured else [server_of(manifest, baseline, name=NGINX, port=port)]


def _measure_round(found: Measurement, servers: Sequence[OfferedServer], number: int) -> None:
    """Every rate to each server, until it falls behind."""
    lowest: dict[str, Point] = {}
    behind: set[str] = set()
    for rate in found.state.manifest.offered.rates_per_s:
        for server in (one for one in servers if one.name not in behind):
            point = _measure_point(found, server, rate, number, lowest.get(server.name))
            if not point.invalid and falls_behind(point, lowest.setdefault(server.name, point)):
                behind.add(server.name)


def _bisect_round(found: Measurement, servers: Sequence[OfferedServer], number: int) -> None:
    """The lowest rate to each server, and then those around its knee."""
    for server in servers:
        lowest: list[Point] = []

        def keeps_up(rate: float) -> bool:
            point = _measure_point(found, server, rate, number, lowest[0] if lowest else None)
            if not lowest and not point.invalid:
                lowest.append(point)
            return not point.invalid and not falls_behind(point, lowest[0])

        rate_search.bisect(found.state.manifest.offered.rates_per_s, keeps_up)


def _measure_point(found: Measurement, server: OfferedServer, rate: float, number: int, lowest: Point | None) -> Point:
    points: list[Point] = []
    for attempt in range(ATTEMPTS):
        points.append(found.offer(server, rate, number, purpose=CURVE, attempt=attempt))
        if not points[-1].invalid and not falls_behind(points[-1], lowest or points[-1]):
            break
    return best_of(points, lowest)


def _half_load(rows: Sequence[dict[str, Any]], union: str, rounds: int) -> float | None:
    """Half of the union's knee, of the median of the rounds."""
    knees = [knee_of(kept_points([row for row in rows if (row["server"], row["round"]) == (union, number)])) for number in range(rounds)]
    kept = [one for one in knees if one is not None]
    return statistics.median_low(kept) / 2 if kept else None


def _measure_half(found: Measurement, servers: Sequence[OfferedServer], half_per_s: float | None) -> None:
    if half_per_s is None:
        return
    for number in range(found.state.budget.load_rounds + HALF_ROUNDS_MORE):
        for server in servers if number % 2 == 0 else reversed(servers):
            found.offer(server, half_per_s, number, purpose=HALF)
