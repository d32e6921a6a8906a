"""Apply to this server's sessions what other servers did to their notebooks and workspaces: remove, rename, timeout."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from handloom.domain.changes import ANYTHING, Change
from handloom.domain.errors import NotFound, Unavailable
from handloom.domain.notebooks import Notebook, path_of
from handloom.domain.sessions import Session
from handloom.store.engine.database import Database, Read
from handloom.store.notebooks import rows as notebooks
from handloom.store.workspaces import rows as workspaces
from handloom.supervision import attempt_task

if TYPE_CHECKING:
    from handloom.kernels.sessions import SessionRegistry


class RemoteSessionSync:
    """Listens from `attach` on. Everything but `_on_changes` runs on the event loop."""

    def __init__(self, database: Database, sessions: SessionRegistry) -> None:
        self._database = database
        self._sessions = sessions
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[bool]] = set()

    def attach(self) -> None:
        """Begin to listen; call on the event loop."""
        self._loop = asyncio.get_running_loop()
        self._database.listen(self._on_changes, own=False)

    def _on_changes(self, changes: Sequence[Change]) -> None:
        relevant = [change for change in changes if change.noun in ("notebooks", "workspaces", ANYTHING.noun)]
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
            found = await asyncio.wrap_future(self._database.read(partial(_current, sessions=concerned)))
        except Unavailable:
            return  # once the database is back, everything is looked at again
        for session, (exists, notebook) in zip(concerned, found, strict=True):
            if not exists:
                await self._sessions.stop_workspace(session.workspace)
            elif session.notebook is not None and notebook is None:
                await self._sessions.stop_notebook(session.notebook)
            elif notebook is not None:
                if notebook.name != session.name:
                    old = path_of(session.workspace, session.name)
                    await self._sessions.renamed(notebook.id, old, notebook.path)
                if notebook.session_timeout != session.timeout:
                    self._sessions.update(notebook.id, timeout=notebook.session_timeout)


def _concerns(change: Change, session: Session) -> bool:
    if change == ANYTHING:
        return True
    mine = session.notebook if change.noun == "notebooks" else session.workspace
    return change.workspace == session.workspace and change.id in (mine, None)


def _current(tx: Read, sessions: Sequence[Session]) -> list[tuple[bool, Notebook | None]]:
    """Whether the workspace of each session still exists, and its notebook as it is now."""
    found: list[tuple[bool, Notebook | None]] = []
    for session in sessions:
        exists = workspaces.find(tx, session.workspace) is not None
        notebook = None
        if exists and session.notebook is not None:
            with contextlib.suppress(NotFound):
                notebook = notebooks.get(tx, session.workspace, session.notebook)
        found.append((exists, notebook))
    return found
