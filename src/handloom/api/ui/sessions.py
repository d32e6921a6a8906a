"""Sessions for the UI: list, start, stop, restart. Creates and revokes a session's token, since `kernels` has no
database access.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import msgspec

from handloom.api.routing import Context, Empty, Route, live
from handloom.api.server import Server
from handloom.domain.capacities import Capacity
from handloom.domain.engines import session_entry
from handloom.domain.errors import Forbidden, NotFound
from handloom.domain.members import Role
from handloom.domain.mounts import Mount
from handloom.domain.names import clean_name
from handloom.domain.notebooks import Notebook
from handloom.domain.sessions import Isolation, Session
from handloom.domain.tokens import Token
from handloom.kernels.running import SessionSpec
from handloom.store.capacities import rows as capacity_store
from handloom.store.engine.database import Write
from handloom.store.environments import rows as environment_store
from handloom.store.notebooks import rows as notebook_store
from handloom.store.tokens import rows as token_store
from handloom.store.workspaces import mounts as mount_store
from handloom.store.workspaces import rows as workspace_store


class Sessions(msgspec.Struct, frozen=True, kw_only=True):
    sessions: list[Session]


class StartSession(msgspec.Struct, frozen=True, kw_only=True):
    """Start a session of a notebook (`notebook` is its id), or one without a notebook under the given `name`."""

    workspace: str
    notebook: str | None = None
    name: str = ""


class SessionPath(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    session: str


class _StoredParts(msgspec.Struct, frozen=True, kw_only=True):
    """What a new session needs from the database, read and written in one transaction. `text` is the token's secret."""

    workspace_name: str
    workspace_engine: str
    notebook: Notebook | None
    capacity: Capacity
    mounts: list[Mount]
    token: Token
    text: str


async def _list(server: Server, context: Context, request: Empty) -> Sessions:
    return Sessions(sessions=server.sessions.list(context.caller.user))


async def _isolation(server: Server, context: Context, request: Empty) -> Isolation:
    return server.sessions.isolation


async def _start(server: Server, context: Context, request: StartSession) -> Session:
    if context.caller.workspace is not None:
        raise Forbidden("A session cannot start another one.")
    if request.notebook is not None:
        existing = server.sessions.find(context.caller.user, request.workspace, request.notebook)
        if existing is not None and existing.state != "dead":
            server.skip_audit()
        if existing is not None and existing.state in ("idle", "busy"):
            return existing
    name = clean_name(request.name) if request.notebook is None else ""
    kept = await server.read(partial(environment_store.get, workspace=request.workspace))
    packages = kept.packages
    environment = await server.environments.ensure(request.workspace, kept.requirements, packages) if packages else None
    stored = await server.write(lambda tx: _prepare(tx, server, context, request))
    notebook = stored.notebook
    installs = notebook is not None and await asyncio.to_thread(
        notebook_store.installs_packages, server.settings.workspaces / notebook.path
    )
    engine = session_entry((notebook.engine if notebook else "") or stored.workspace_engine, server.capacities)

    def ended() -> None:
        server.database.write(
            lambda tx: token_store.revoke(tx, context.caller.user.id, stored.token.id)
        ).add_done_callback(
            lambda done: done.exception()  # ignore: already revoked, for example with its workspace
        )

    return await server.sessions.start(
        SessionSpec(
            user=context.caller.user,
            workspace=request.workspace,
            workspace_name=stored.workspace_name,
            notebook=notebook.id if notebook else None,
            name=notebook.name if notebook else name,
            timeout=notebook.session_timeout if notebook else 0,
            autolog=notebook.autolog if notebook else True,
            installs=installs,
            environment=environment,
            environment_packages=tuple(packages),
            mounts=tuple(stored.mounts),
            engine=engine,
            capacity=stored.capacity,
            token=stored.text,
            ended=ended,
        )
    )


def _prepare(tx: Write, server: Server, context: Context, request: StartSession) -> _StoredParts:
    """Create the session's token and read its notebook, workspace and mounts."""
    notebook = notebook_store.get(tx, request.workspace, request.notebook) if request.notebook else None
    name = f"session of {notebook.name if notebook else request.name}"
    user, made_by = context.caller.user.id, context.caller.token_id
    token, text = token_store.create(tx, "kernel", user, name, workspace=request.workspace, made_by=made_by)
    workspace = workspace_store.get(tx, request.workspace)
    capacity = (notebook.capacity if notebook else "") or workspace.capacity
    return _StoredParts(
        workspace_name=workspace.name,
        workspace_engine=workspace.engine,
        notebook=notebook,
        capacity=capacity_store.chosen(tx, server.session_capacities, capacity),
        mounts=mount_store.list_of(tx, request.workspace),
        token=token,
        text=text,
    )


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
