"""Everybody's sessions for the UI: those of a workspace for its members, and all of them for the
installation's admins, who may interrupt and stop them.
"""

from __future__ import annotations

from functools import partial

import msgspec

from handloom.api.routing import Context, Empty, Route, live
from handloom.api.server import Server
from handloom.domain.errors import NotFound
from handloom.domain.members import Role, User
from handloom.domain.sessions import Session, State
from handloom.store.engine.database import Read
from handloom.store.workspaces import rows as workspace_store


class ListedSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session of anybody, without its kernel's id, which only its owner needs."""

    id: str
    workspace: str
    workspace_name: str
    notebook: str | None
    name: str
    user: str
    """Who started it, by display name."""
    mine: bool
    state: State
    started_at: int
    last_activity: int
    busy_since: int | None
    timeout: int
    memory_bytes: int
    cpu_percent: float
    engine: str
    job: str | None
    """The run of a whole notebook that it is for; None for a session of a page or program."""
    may_stop: bool
    """Whether the caller may interrupt and stop it."""


class ListedSessions(msgspec.Struct, frozen=True, kw_only=True):
    """Running sessions, oldest first."""

    sessions: list[ListedSession]


class SessionsOfWorkspace(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str


class AnySession(msgspec.Struct, frozen=True, kw_only=True):
    session: str


async def _list_workspace(server: Server, context: Context, request: SessionsOfWorkspace) -> ListedSessions:
    workspace = request.workspace
    path = f"/api/v1/workspaces/{workspace}/sessions"
    asked = await server.peers.ask_all(context.caller, context.http, path, ListedSessions, workspace=workspace)
    return _together(await _listed(server, context, workspace), asked)


async def _list_all(server: Server, context: Context, request: Empty) -> ListedSessions:
    asked = await server.peers.ask_all(context.caller, context.http, "/api/v1/sessions/all", ListedSessions)
    return _together(await _listed(server, context, None), asked)


def _together(own: list[ListedSession], asked: list[ListedSessions]) -> ListedSessions:
    """Join the sessions of this server with those of others, oldest first."""
    every = [*own, *(session for one in asked for session in one.sessions)]
    return ListedSessions(sessions=sorted(every, key=lambda session: session.started_at))


async def _listed(server: Server, context: Context, workspace: str | None) -> list[ListedSession]:
    """The sessions of a workspace, or of all of them. Sessions of a workspace that is being removed are left out."""
    running = [one for one in server.sessions.list() if workspace in (None, one.workspace)]
    owned = [(one, server.sessions.owner(one.id)) for one in running]
    names = await server.read(partial(_names, workspaces={one.workspace for one in running}))
    me = context.caller.user
    stops_all = me.admin if workspace is None else context.role is Role.ADMIN
    return [
        _shown(one, owner, names[one.workspace], me, stops_all=stops_all)
        for one, owner in owned
        if one.workspace in names
    ]


def _names(tx: Read, workspaces: set[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for workspace in workspaces:
        try:
            found[workspace] = workspace_store.get(tx, workspace).name
        except NotFound:  # it was removed meanwhile
            continue
    return found


def _shown(one: Session, owner: User, workspace_name: str, me: User, *, stops_all: bool) -> ListedSession:
    return ListedSession(
        id=one.id,
        workspace=one.workspace,
        workspace_name=workspace_name,
        notebook=one.notebook,
        name=one.name,
        user=owner.display_name or owner.name,
        mine=owner.id == me.id,
        state=one.state,
        started_at=one.started_at,
        last_activity=one.last_activity,
        busy_since=one.busy_since,
        timeout=one.timeout,
        memory_bytes=one.memory_bytes,
        cpu_percent=one.cpu_percent,
        engine=one.engine,
        job=one.job,
        may_stop=stops_all or owner.id == me.id,
    )


async def _stop(server: Server, context: Context, request: AnySession) -> None:
    await server.sessions.stop(request.session)


async def _interrupt(server: Server, context: Context, request: AnySession) -> None:
    await server.sessions.interrupt(request.session)


ROUTES: list[Route] = [
    live("GET", "/api/v1/sessions/all", _list_all, role=None, admin=True, summary="List everybody's running sessions."),
    live(
        "DELETE",
        "/api/v1/sessions/{session}",
        _stop,
        role=None,
        admin=True,
        audit="session.stop",
        summary="Stop anybody's session.",
    ),
    live(
        "POST",
        "/api/v1/sessions/{session}/interrupt",
        _interrupt,
        role=None,
        admin=True,
        summary="Interrupt the running cell of anybody's session.",
    ),
    live(
        "GET",
        "/api/v1/workspaces/{workspace}/sessions",
        _list_workspace,
        summary="List the running sessions of a workspace.",
    ),
]
