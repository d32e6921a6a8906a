"""Push events to open pages: each WebSocket receives the changes in the workspaces that its caller may read."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from handloom.api.authenticator import Authenticator
from handloom.domain.changes import ANYTHING, NOUNS, Change, of_list
from handloom.domain.errors import Unauthenticated, Unavailable
from handloom.domain.members import Caller
from handloom.store.engine.database import Database
from handloom.supervision import attempt_task

PAUSE_SECONDS = 0.2
"""Changes within this time are sent together, without duplicates."""

MAX_WAITING = 1_000
"""Changes queued for a page that reads slowly. Beyond it, they are merged into one change per noun and workspace."""

_SIGNED_OUT = 4401
_LATER = 1013


class Live(Protocol):
    """Sessions: a source of changes that are in no table, and what a page may soon start."""

    def listen(self, callback: Callable[[Change], None]) -> None: ...

    def warm(self) -> None: ...


class _Page:
    """One open WebSocket."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.waiting: dict[Change, None] = {}
        self.wake = asyncio.Event()
        self.signed_out = False

    def add(self, *changes: Change) -> None:
        for change in changes:
            if change.noun == "tokens":
                if change.id == self.caller.token_id:
                    self.signed_out = True
                elif change.parent != self.caller.user.id:
                    continue
            self.waiting[change] = None
        if len(self.waiting) > MAX_WAITING:
            self.waiting = dict.fromkeys(of_list(change) for change in self.waiting)
        self.wake.set()

    def take(self) -> list[Change]:
        taken = list(self.waiting)
        self.waiting.clear()
        self.wake.clear()
        return taken


async def _until_disconnected(socket: WebSocket) -> None:
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass  # pages send nothing


class EventBroadcaster:
    """All open pages' WebSockets. Everything but `_from_writer` runs on the event loop."""

    def __init__(self, authenticator: Authenticator) -> None:
        self._authenticator = authenticator
        self._pages: set[_Page] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._live: Live | None = None

    @property
    def connections(self) -> int:
        return len(self._pages)

    def attach(self, database: Database, live: Live) -> None:
        """Subscribe to changes of the database and of sessions. Call on the event loop."""
        self._loop = asyncio.get_running_loop()
        database.listen(self._from_writer)
        self._live = live
        live.listen(lambda change: self._publish([change]))

    def _from_writer(self, changes: Sequence[Change]) -> None:
        if self._pages and self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has closed
                self._loop.call_soon_threadsafe(self._publish, list(changes))

    def _publish(self, changes: Sequence[Change]) -> None:
        for page in self._pages:
            page.add(*changes)

    async def serve(self, socket: WebSocket) -> None:
        try:
            caller = await self._authenticator.caller(socket.headers)
        except Unauthenticated as error:
            await socket.close(_SIGNED_OUT, error.message[:100])
            return
        except Unavailable as error:
            await socket.close(_LATER, error.message[:100])
            return
        await socket.accept()
        if self._live is not None and caller.workspace is None:
            self._live.warm()
        page = _Page(caller)
        self._pages.add(page)
        reading = asyncio.create_task(_until_disconnected(socket))
        refused = asyncio.create_task(self._authenticator.until_refused(socket.headers))
        sending = asyncio.create_task(attempt_task("event sending", lambda: self._send(socket, page)))
        tasks: set[asyncio.Task[Any]] = {reading, refused, sending}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._pages.discard(page)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if reading not in done:  # close the socket, so that the page reconnects instead of waiting without events
            code, reason = (_SIGNED_OUT, "signed out") if refused in done or page.signed_out else (_LATER, "try again")
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                await socket.close(code, reason)

    async def _send(self, socket: WebSocket, page: _Page) -> None:
        """Send changes as fast as the page reads. Changes that occur meanwhile are queued in `page`, each once."""
        try:
            readable = await self._readable(page.caller)
        except Unavailable:
            return
        while not page.signed_out:
            await page.wake.wait()
            await asyncio.sleep(PAUSE_SECONDS)
            changes = page.take()
            before = readable
            try:
                if ANYTHING in changes:
                    changes = await self._everything(socket, page, changes)
                if any(change.noun in ("workspaces", "members") for change in changes):
                    readable = await self._readable(page.caller)
            except Unavailable:  # the database is unreachable: queue the changes again and retry
                page.add(*changes)
                await asyncio.sleep(1)
                continue
            visible = [c for c in changes if c.workspace in (before | readable) or _is_own(c, page.caller)]
            try:
                for change in visible:
                    await socket.send_text(msgspec.json.encode(change).decode())
            except WebSocketDisconnect:
                return

    async def _everything(self, socket: WebSocket, page: _Page, changes: Sequence[Change]) -> list[Change]:
        """Replace ANYTHING (notifications were lost) by a change of every list that the page may show.

        Marks the page as signed out instead if its caller can no longer authenticate.
        """
        try:
            await self._authenticator.caller(socket.headers)
        except Unauthenticated:
            page.signed_out = True
            return []
        lists = [Change(noun=noun, workspace=w) for w in sorted(await self._readable(page.caller)) for noun in NOUNS]
        mine = Change(noun="tokens", workspace="", parent=page.caller.user.id)
        people = Change(noun="users", workspace="")
        return [*(change for change in changes if change != ANYTHING), *lists, mine, people]

    async def _readable(self, caller: Caller) -> frozenset[str]:
        return frozenset(await self._authenticator.workspaces_of(caller))


def _is_own(change: Change, caller: Caller) -> bool:
    """Whether a change belongs to no workspace but concerns the caller: their tokens, users, or this server."""
    mine = change.noun in ("users", "server") or (change.noun == "tokens" and change.parent == caller.user.id)
    return mine and caller.workspace is None
