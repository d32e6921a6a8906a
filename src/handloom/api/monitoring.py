"""`/metrics`: figures of the running server for Prometheus. docs/monitoring.md lists them."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response

from handloom import __version__
from handloom.api.authenticator import Authenticator, require_unbound
from handloom.domain.members import require_admin
from handloom.supervision import failures

if TYPE_CHECKING:
    from handloom.api.server import Server


class Monitoring:
    """The handler of `/metrics`. `connections` counts the open WebSockets by what they are for."""

    def __init__(self, server: Server, authenticator: Authenticator, connections: dict[str, Callable[[], int]]) -> None:
        self._server = server
        self._authenticator = authenticator
        self._connections = connections
        self._process = CollectorRegistry()
        ProcessCollector(registry=self._process)

    async def answer(self, request: Request) -> Response:
        """Return all figures as text. Raises Forbidden unless the caller is an admin of the installation."""
        caller = await self._authenticator.caller(request.headers)
        require_unbound(caller)
        require_admin(caller.user)
        free = await self._server.on_thread(lambda: shutil.disk_usage(self._server.settings.data).free)
        registry = CollectorRegistry()
        registry.register(_Figures(self._server, self._connections, free))
        content = generate_latest(registry) + generate_latest(self._process)
        return Response(content, media_type=CONTENT_TYPE_LATEST, headers={"cache-control": "no-store"})


class _Figures(Collector):
    def __init__(self, server: Server, connections: dict[str, Callable[[], int]], free_bytes: int) -> None:
        self._server = server
        self._connections = connections
        self._free_bytes = free_bytes

    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily("handloom", "The release of this server.", value={"version": __version__})
        yield from self._server.requests.families()
        yield from self._writes()
        yield from self._sessions()
        sockets = GaugeMetricFamily("handloom_websockets", "Open WebSockets by what they are for.", labels=["kind"])
        for kind, count in self._connections.items():
            sockets.add_metric([kind], count())
        yield sockets
        errors = CounterMetricFamily(
            "handloom_background_errors", "Unexpected errors of background workers.", labels=["worker"]
        )
        for worker, failed in failures().items():
            errors.add_metric([worker], failed.count)
        yield errors
        yield GaugeMetricFamily("handloom_disk_free_bytes", "Free bytes where the data folder is.", self._free_bytes)

    def _writes(self) -> Iterator[Metric]:
        writer = self._server.database.writer_figures()
        yield GaugeMetricFamily("handloom_writes_queued", "Writes that wait for the database.", writer.queued)
        yield CounterMetricFamily("handloom_writes", "Writes that were committed.", writer.writes)
        yield CounterMetricFamily("handloom_commits", "Commits; several writes share one under load.", writer.commits)

    def _sessions(self) -> Iterator[Metric]:
        sessions = self._server.sessions.list()
        counts = Counter((session.state, session.engine) for session in sessions)
        states = GaugeMetricFamily("handloom_sessions", "Sessions of notebooks.", labels=["state", "engine"])
        for (state, engine), count in sorted(counts.items()):
            states.add_metric([state, engine], count)
        yield states
        used = sum(session.memory_bytes for session in sessions)
        yield GaugeMetricFamily(
            "handloom_sessions_memory_bytes", "Resident memory of the sessions' kernels and engines.", used
        )
