"""Sessions of this server follow what other servers on the same database do to their notebooks and workspaces."""

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

if TYPE_CHECKING:
    from handloom.kernels.sessions import Sessions


class RemoteSessionSync:
    """Hears from `attach` on. Everything but `_hear` runs on the event loop."""

    def __init__(self, database: Database, sessions: Sessions) -> None:
        self._database = database
        self._sessions = sessions
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def attach(self) -> None:
        """Begin to hear; call on the event loop."""
        self._loop = asyncio.get_running_loop()
        self._database.listen(self._hear, own=False)

    def _hear(self, changes: Sequence[Change]) -> None:
        heard = [change for change in changes if change.noun in ("notebooks", "workspaces", ANYTHING.noun)]
        if heard and self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has closed
                self._loop.call_soon_threadsafe(self._begin, heard)

    def _begin(self, changes: Sequence[Change]) -> None:
        meant = [session for session in self._sessions.list() if any(_concerns(c, session) for c in changes)]
        if meant:
            task = asyncio.create_task(self._follow(meant))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _follow(self, meant: Sequence[Session]) -> None:
        try:
            found = await asyncio.wrap_future(self._database.read(partial(_standing, sessions=meant)))
        except Unavailable:
            return  # once the database is back, everything is looked at again
        for session, (there, notebook) in zip(meant, found, strict=True):
            if not there:
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


def _standing(tx: Read, sessions: Sequence[Session]) -> list[tuple[bool, Notebook | None]]:
    """Whether the workspace of each session is there still, and its notebook as it is now."""
    found: list[tuple[bool, Notebook | None]] = []
    for session in sessions:
        there = workspaces.find(tx, session.workspace) is not None
        notebook = None
        if there and session.notebook is not None:
            with contextlib.suppress(NotFound):
                notebook = notebooks.get(tx, session.workspace, session.notebook)
        found.append((there, notebook))
    return found
