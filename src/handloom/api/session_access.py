"""Stop sessions of users who may no longer run code in the workspace (disabled, removed, or now a viewer), and sessions
whose token was revoked."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from handloom.domain.changes import ANYTHING, Change
from handloom.domain.errors import NotFound, Unavailable
from handloom.domain.members import Role
from handloom.domain.tokens import digest
from handloom.store.engine.database import Database, Read
from handloom.store.tokens import rows as token_store
from handloom.store.users import rows as users
from handloom.store.workspaces import members
from handloom.supervision import attempt_task

if TYPE_CHECKING:
    from handloom.kernels.sessions import SessionRegistry


class SessionAccess:
    """Check sessions after changes of users and members, by this or another server."""

    def __init__(self, database: Database, sessions: SessionRegistry) -> None:
        self._database = database
        self._sessions = sessions
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[object]] = set()

    def attach(self) -> None:
        """Subscribe to changes. Call on the event loop."""
        self._loop = asyncio.get_running_loop()
        self._database.listen(self._on_changes)

    def _on_changes(self, changes: Sequence[Change]) -> None:
        nouns = {change.noun for change in changes}
        if nouns & {"users", "members", "tokens", ANYTHING.noun} and self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has closed
                self._loop.call_soon_threadsafe(self._begin)

    def _begin(self) -> None:
        if self._sessions.list():
            task: asyncio.Task[object] = asyncio.create_task(attempt_task("session-access", self._check))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _check(self) -> None:
        owners = {
            session.id: (session.workspace, self._sessions.owner(session.id).id, self._sessions.token(session.id))
            for session in self._sessions.list()
        }
        try:
            ended = await asyncio.wrap_future(self._database.read(partial(_refused, owners=owners)))
        except Unavailable:
            return  # ANYTHING is sent once the database is reachable again, and sessions are checked then
        for session in ended:
            with contextlib.suppress(NotFound):  # it has ended meanwhile
                await self._sessions.stop(session)


def _refused(tx: Read, owners: dict[str, tuple[str, str, str]]) -> list[str]:
    """Return the ids of sessions whose user is disabled or not at least a contributor of the workspace, or whose token
    was revoked with the API token that started them."""
    ended = []
    for session, (workspace, user, token) in owners.items():
        role = members.role(tx, workspace, user)
        allowed = role is not None and role.rank >= Role.CONTRIBUTOR.rank and users.is_active(tx, user)
        if not allowed or not token_store.is_known(tx, digest(token)):
            ended.append(session)
    return ended
