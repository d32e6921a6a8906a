"""Apply to this server's sessions what other servers did to their notebooks, workspaces and capacities."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from functools import partial

import msgspec

from handloom.api.server import Server
from handloom.domain.capacities import Capacity
from handloom.domain.changes import ANYTHING, Change
from handloom.domain.engines import session_entry
from handloom.domain.errors import Invalid, NotFound, Unavailable
from handloom.domain.notebooks import Notebook, path_of
from handloom.domain.sessions import Session
from handloom.store.capacities import rows as capacities
from handloom.store.engine.database import Read
from handloom.store.notebooks import rows as notebooks
from handloom.store.workspaces import rows as workspaces
from handloom.supervision import attempt_task


class _Current(msgspec.Struct, frozen=True, kw_only=True):
    """A session's notebook, and the capacity that it or its workspace has chosen."""

    notebook: Notebook
    capacity: Capacity


class RemoteSessionSync:
    """Listens from `attach` on. Everything but `_on_changes` runs on the event loop."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._database = server.database
        self._sessions = server.sessions
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[bool]] = set()

    def attach(self) -> None:
        """Begin to listen; call on the event loop."""
        self._loop = asyncio.get_running_loop()
        self._database.listen(self._on_changes, own=False)

    def _on_changes(self, changes: Sequence[Change]) -> None:
        nouns = ("notebooks", "workspaces", "capacities", ANYTHING.noun)
        relevant = [change for change in changes if change.noun in nouns]
        if relevant and self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has closed
                self._loop.call_soon_threadsafe(self._begin, relevant)

    def _begin(self, changes: Sequence[Change]) -> None:
        concerned = [session for session in self._sessions.list() if any(_concerns(c, session) for c in changes)]
        if concerned:
            task = asyncio.create_task(attempt_task("remote-session-sync", partial(self._follow, concerned)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _follow(self, concerned: Sequence[Session]) -> None:
        try:
            read = partial(_current, server=self._server, sessions=concerned)
            found = await asyncio.wrap_future(self._database.read(read))
        except Unavailable:
            return  # once the database is back, everything is looked at again
        for session, (exists, current) in zip(concerned, found, strict=True):
            if not exists:
                await self._sessions.stop_workspace(session.workspace)
            elif session.notebook is not None and current is None:
                await self._sessions.stop_notebook(session.notebook)
            elif current is not None:
                await self._apply(session, current)

    async def _apply(self, session: Session, current: _Current) -> None:
        notebook = current.notebook
        if notebook.name != session.name:
            old = path_of(session.workspace, session.name)
            await self._sessions.renamed(notebook.id, old, notebook.path)
        if notebook.session_timeout != session.timeout:
            self._sessions.update(notebook.id, timeout=notebook.session_timeout)
        if session.state == "queued":
            self._sessions.change_capacity(current.capacity, notebook=notebook.id)
        if notebook.engine not in ("", session.engine):  # without one, a session keeps that of its start
            with contextlib.suppress(Invalid):  # the other server's capacities file has it
                self._sessions.choose_engine(notebook.id, session_entry(notebook.engine, self._server.capacities))


def _concerns(change: Change, session: Session) -> bool:
    if change == ANYTHING:
        return True
    if change.noun == "capacities":
        return session.capacity == change.id
    mine = session.notebook if change.noun == "notebooks" else session.workspace
    return change.workspace == session.workspace and change.id in (mine, None)


def _current(tx: Read, server: Server, sessions: Sequence[Session]) -> list[tuple[bool, _Current | None]]:
    """Whether the workspace of each session still exists, and what its notebook is now."""
    found: list[tuple[bool, _Current | None]] = []
    for session in sessions:
        exists = workspaces.find(tx, session.workspace) is not None
        current = None
        if exists and session.notebook is not None:
            with contextlib.suppress(NotFound):
                notebook = notebooks.get(tx, session.workspace, session.notebook)
                fixed = server.session_capacities
                capacity = capacities.of_notebook(tx, fixed, session.workspace, notebook.name)
                current = _Current(notebook=notebook, capacity=capacity)
        found.append((exists, current))
    return found
