"""Sessions for the UI: list, start, stop, restart."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import msgspec

from handloom.api import new_session
from handloom.api.new_session import NewSession
from handloom.api.routing import Context, Empty, Route, live
from handloom.api.server import Server
from handloom.domain.errors import Forbidden, NotFound, Unavailable
from handloom.domain.members import Role
from handloom.domain.names import clean_name
from handloom.domain.sessions import Isolation, Session


class Sessions(msgspec.Struct, frozen=True, kw_only=True):
    sessions: list[Session]


class StartSession(msgspec.Struct, frozen=True, kw_only=True):
    """Start a session of a notebook (`notebook` is its id), or one without a notebook under the given `name`.

    `environment` is the id or name of an environment, instead of the one that the notebook or workspace has chosen.
    """

    workspace: str
    notebook: str | None = None
    name: str = ""
    environment: str = ""


class SessionPath(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    session: str


async def _list(server: Server, context: Context, request: Empty) -> Sessions:
    user = context.caller.user
    asked = await server.peers.ask_all(context.caller, context.http, "/api/v1/sessions", Sessions, user=user.id)
    sessions = [*server.sessions.list(user), *(session for one in asked for session in one.sessions)]
    return Sessions(sessions=sorted(sessions, key=lambda session: session.started_at))


async def _isolation(server: Server, context: Context, request: Empty) -> Isolation:
    return server.sessions.isolation


async def _start(server: Server, context: Context, request: StartSession) -> Session:
    if context.caller.workspace is not None:
        raise Forbidden("A session cannot start another one.")
    existing = None
    if request.notebook is not None:
        existing = server.sessions.find(context.caller.user, request.workspace, request.notebook)
        if existing is not None and existing.state != "dead":
            server.skip_audit()
        if existing is not None and existing.state in ("idle", "busy", "queued"):
            return existing
        if existing is None and (holder := await _holder(server, context, request.notebook)):
            server.skip_audit()  # the server that holds the session has the entry
            return await _start_at(server, context, request, holder)
    if (elsewhere := await _start_elsewhere(server, context, request, existing)) is not None:
        server.skip_audit()
        return elsewhere
    name = clean_name(request.name) if request.notebook is None else ""
    return await new_session.start(
        server,
        NewSession(
            user=context.caller.user,
            workspace=request.workspace,
            notebook=request.notebook,
            name=name,
            environment=request.environment,
            made_by=context.caller.token_id,
        ),
    )


async def _start_at(server: Server, context: Context, request: StartSession, peer: str) -> Session:
    path = f"/api/v1/workspaces/{request.workspace}/sessions"
    body = {"notebook": request.notebook, "name": request.name, "environment": request.environment}
    return await server.peers.ask(peer, context.caller, context.http, "POST", path, Session, body)


async def _start_elsewhere(
    server: Server, context: Context, request: StartSession, dead: Session | None
) -> Session | None:
    """Start the session at another server while this one is about to stop. None if it is not, or no other does it."""
    if server.drain.state is None or not server.peers.any or server.peers.asks(context.http):
        return None
    if dead is not None:  # the notebook's session here would keep the other server from starting one
        await server.sessions.stop(dead.id)
        await server.peers.register()
    for peer in server.peers.ids:
        with suppress(Unavailable):  # that one is about to stop as well, or away
            return await _start_at(server, context, request, peer)
    return None


async def _holder(server: Server, context: Context, notebook: str) -> str | None:
    """Return the other server that has the session of the caller's notebook, unless that server is asking."""
    if server.peers.asks(context.http):
        return None
    return await server.peers.holder_of_notebook(notebook, context.caller.user.id)


def _own_id(server: Server, context: Context, request: SessionPath) -> str:
    """Return the session's id. Raises NotFound if it is another user's or in another workspace."""
    session = server.sessions.get(request.session)
    if session.workspace != request.workspace or server.sessions.owner(session.id).id != context.caller.user.id:
        raise NotFound("This session has ended. Start a new one.")
    return session.id


def _controlled_id(server: Server, context: Context, request: SessionPath) -> str:
    """Return the id of a session that the caller may stop: their own, or anybody's for an admin of the workspace."""
    session = server.sessions.get(request.session)
    if context.role is Role.ADMIN and session.workspace == request.workspace:
        return session.id
    return _own_id(server, context, request)


async def _stop(server: Server, context: Context, request: SessionPath) -> None:
    await server.sessions.stop(_controlled_id(server, context, request))


async def _restart(server: Server, context: Context, request: SessionPath) -> Session:
    return await server.sessions.restart(_own_id(server, context, request))


async def _interrupt(server: Server, context: Context, request: SessionPath) -> None:
    await server.sessions.interrupt(_controlled_id(server, context, request))


async def _keep_alive(server: Server, context: Context, request: SessionPath) -> Session:
    return await server.sessions.keep_alive(_own_id(server, context, request))


_ONE = "/api/v1/workspaces/{workspace}/sessions/{session}"
_RUNS: dict[str, Any] = {"role": Role.CONTRIBUTOR}

ROUTES: list[Route] = [
    live("GET", "/api/v1/sessions", _list, role=None, summary="List the caller's running sessions."),
    live("GET", "/api/v1/isolation", _isolation, role=None, summary="How sessions are kept apart on this server."),
    live(
        "POST",
        "/api/v1/workspaces/{workspace}/sessions",
        _start,
        audit="session.start",
        **_RUNS,
        summary="Start a session, or get the notebook's running one.",
    ),
    live("DELETE", _ONE, _stop, audit="session.stop", role=Role.VIEWER, summary="Stop a session."),
    live("POST", _ONE + "/restart", _restart, **_RUNS, summary="Restart a session's kernel."),
    live("POST", _ONE + "/interrupt", _interrupt, **_RUNS, summary="Interrupt the running cell."),
    live("POST", _ONE + "/keep-alive", _keep_alive, **_RUNS, summary="Reset a session's idle time."),
]
