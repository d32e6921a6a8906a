"""Restarting this server in place, for admins of the installation: its sessions go on."""

from __future__ import annotations

import msgspec

from handloom.api.routing import Context, Empty, Route, live
from handloom.api.server import Server
from handloom.domain.errors import Invalid

LONGEST_SECONDS = 3_600


class BeginRestart(msgspec.Struct, frozen=True, kw_only=True):
    """Run the installed program in the server's process."""

    seconds: float = 60
    """How long to wait for sessions, environments and engines that are being started or built."""


class RestartState(msgspec.Struct, frozen=True, kw_only=True):
    restarting: bool
    started_at: int
    """When the program started (ms): it changes with a restart."""
    sessions: int
    """The sessions that run."""


async def begin(server: Server, context: Context, request: BeginRestart) -> RestartState:
    if not 0 <= request.seconds <= LONGEST_SECONDS:
        raise Invalid(f"The number of seconds must be from 0 to {LONGEST_SECONDS:,}.", field="seconds")
    await server.restart.prepare(request.seconds)
    server.restart.begin()
    return _state(server)


async def look(server: Server, context: Context, request: Empty) -> RestartState:
    return _state(server)


def _state(server: Server) -> RestartState:
    restart = server.restart
    return RestartState(
        restarting=restart.prepared, started_at=restart.started_at, sessions=len(server.sessions.running())
    )


_RESTART = "/api/v1/restart"
ROUTES: list[Route] = [
    live("GET", _RESTART, look, role=None, admin=True, summary="Read when this server started."),
    live(
        "POST",
        _RESTART,
        begin,
        audit="server.restart",
        role=None,
        admin=True,
        summary="Restart this server in place, with the installed release. Its sessions go on.",
    ),
]
