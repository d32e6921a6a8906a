"""Draining this server, for admins of the installation: begin, look, and cancel."""

from __future__ import annotations

import asyncio
import os
import signal
from functools import partial

import msgspec

from handloom.api.routing import Context, Empty, Route, live
from handloom.api.server import Server
from handloom.domain.errors import Invalid
from handloom.domain.sessions import Draining
from handloom.supervision import attempt_task

LONGEST_MINUTES = 7 * 1440

_stopping: set[asyncio.Task[bool]] = set()


class BeginDrain(msgspec.Struct, frozen=True, kw_only=True):
    """Start no more sessions on this server. Cells that run may end within `minutes`."""

    minutes: float = 60
    stop: bool = True
    """Whether the server stops then, or stays without sessions."""


class DrainState(msgspec.Struct, frozen=True, kw_only=True):
    draining: Draining | None
    """None while the server is in service."""


async def begin(server: Server, context: Context, request: BeginDrain) -> DrainState:
    if not 0 <= request.minutes <= LONGEST_MINUTES:
        raise Invalid(f"The number of minutes must be from 0 to {LONGEST_MINUTES:,}.", field="minutes")
    server.drain.begin(request.minutes * 60)
    if request.stop and not _stopping:
        task = asyncio.create_task(attempt_task("drain", partial(_stop, server)))
        _stopping.add(task)
        task.add_done_callback(_stopping.discard)
    return DrainState(draining=server.drain.state)


async def _stop(server: Server) -> None:
    """End this process, as a signal would, once its cells have ended or their time is over."""
    if await server.drain.wait():
        os.kill(os.getpid(), signal.SIGTERM)


async def look(server: Server, context: Context, request: Empty) -> DrainState:
    return DrainState(draining=server.drain.state)


async def cancel(server: Server, context: Context, request: Empty) -> DrainState:
    server.drain.cancel()
    return DrainState(draining=server.drain.state)


_DRAIN = "/api/v1/drain"
ROUTES: list[Route] = [
    live("GET", _DRAIN, look, role=None, admin=True, summary="Read whether this server is about to stop."),
    live(
        "POST",
        _DRAIN,
        begin,
        audit="server.drain",
        role=None,
        admin=True,
        summary="Start no more sessions on this server, let cells end, and stop it then.",
    ),
    live(
        "DELETE",
        _DRAIN,
        cancel,
        audit="server.resume",
        role=None,
        admin=True,
        summary="Let sessions start again on a server that was about to stop.",
    ),
]
