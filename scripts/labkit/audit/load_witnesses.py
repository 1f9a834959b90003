"""load_witnesses.py - each server by itself: the rate that it answers at most, by wrk, and the peak of its heap under load, by massif.

unmeasured: tool to the reason why it could not measure here; the measurement goes on without it.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from labkit.audit.audit_state import AuditState
from labkit.instruments import Unavailable, server_process, valgrind, wrk
from labkit.instruments.server_process import NGINX, serving
from labkit.workload.offered_load import SERVE, OfferedServer, measure_row, program_of, server_of
from labkit.workload.variant import Variant

WRK, MASSIF = "wrk", "massif"
COSTS = {NGINX: "there is no yardstick beside the union's response times",
         WRK: "no second load generator confirms the knee",
         MASSIF: "the heap of the server under load is unknown"}
MASSIF_REQUESTS = 200


def measure(state: AuditState, variants: Sequence[Variant], yardstick: Sequence[OfferedServer], unmeasured: dict[str, str]) -> dict[str, Any]:
    """{"witness": rows by wrk, "heaps": rows by massif}; no rows by a tool that the manifest does not ask for."""
    asked = _asked(state)
    served = {one.name: _served(state, one) for one in variants} | {one.name: nullcontext(one.port) for one in yardstick} if WRK in asked else {}
    watched = {one.name: one for one in variants} if MASSIF in asked else {}
    return {"witness": list(_each(served, lambda name, server: _by_wrk(state, name, server), WRK, unmeasured)),
            "heaps": list(_each(watched, lambda _, one: _by_massif(state, one), MASSIF, unmeasured))}


def _asked(state: AuditState) -> set[str]:
    plan = state.manifest.offered
    return {tool for tool, wanted in ((NGINX, plan.yardstick_config), (WRK, plan.witness_script), (MASSIF, plan.memory_per_s)) if wanted}


def _each(servers: dict[str, Any], ask: Any, tool: str, unmeasured: dict[str, str]) -> Iterator[dict[str, Any]]:
    for name, server in servers.items():
        try:
            yield ask(name, server)
        except Unavailable as reason:
            unmeasured.setdefault(tool, str(reason))


def _served(state: AuditState, variant: Variant) -> AbstractContextManager[int]:
    return serving([str(program_of(state.manifest, variant, SERVE))], cpu=state.cpu)


def _by_wrk(state: AuditState, name: str, server: AbstractContextManager[int]) -> dict[str, Any]:
    plan = state.manifest.offered
    with server as port:
        facts = wrk.load(port, script=state.manifest.folder / plan.witness_script, connections=plan.witness_connections, seconds=state.budget.watched_s, cpu=state.cpu)
    return {"server": name, "connections_count": plan.witness_connections, **facts}


def _by_massif(state: AuditState, variant: Variant) -> dict[str, Any]:
    """The generator is another process, so all that massif sees is the server's."""
    rate = state.manifest.offered.memory_per_s
    with tempfile.TemporaryDirectory(prefix="clinic-") as folder:
        with serving([*valgrind.massif_of(folder), str(program_of(state.manifest, variant, SERVE))]) as port:
            generator = server_of(state.manifest, variant, port=port)
            row = measure_row(generator, rate, MASSIF_REQUESTS / rate)
        facts = {key: row[key] for key in ("server", "offered_per_s", "requests_count", "failed_count")}
        return facts | {"peak_bytes": valgrind.massif_peak_of(folder)}  # massif writes when the server has ended


def versions(state: AuditState, unmeasured: dict[str, str]) -> dict[str, str]:
    tools = {NGINX: server_process.nginx_version, WRK: wrk.version, MASSIF: valgrind.version}
    return {name: version() for name, version in tools.items() if name in _asked(state) and name not in unmeasured}
