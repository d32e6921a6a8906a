"""If the connection of one page fails while events are sent, that page reconnects and the others miss nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Message
from starlette.websockets import WebSocket

from handloom.api.authenticator import Authenticator
from handloom.api.events import EventBroadcaster
from handloom.domain.changes import Change
from handloom.settings import Settings
from handloom.store.engine.database import Database
from handloom.store.users import rows as users
from handloom.store.workspaces import rows as workspaces

TOKEN = "hl_the-command-line-s-own"


class NoSessions:
    """A source of changes in which nothing changes."""

    def listen(self, callback: Callable[[Change], None]) -> None:
        return

    def warm(self) -> None:
        return


class Connection:
    """The server's side of one WebSocket. After `fail`, sending raises that error."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.fail: Exception | None = None
        self.connected = asyncio.Event()
        self._first = True

    async def receive(self) -> Message:
        if self._first:
            self._first = False
            return {"type": "websocket.connect"}
        await asyncio.Event().wait()
        raise AssertionError("the page sends nothing")

    async def send(self, message: Message) -> None:
        if message["type"] == "websocket.accept":
            self.connected.set()
        if message["type"] == "websocket.send" and self.fail is not None:
            raise self.fail
        self.sent.append(message)

    def count(self, kind: str) -> int:
        return sum(message["type"] == kind for message in self.sent)

    def socket(self) -> WebSocket:
        headers = [(b"authorization", f"Bearer {TOKEN}".encode())]
        scope: dict[str, Any] = {"type": "websocket", "path": "/api/v1/events", "headers": headers, "query_string": b""}
        return WebSocket(scope, self.receive, self.send)


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.02)


@pytest.mark.on_sqlite
@pytest.mark.parametrize("error", [OSError("the line is cut"), ValueError("nobody expected this")])
def test_a_failing_send_ends_its_own_page_alone(database_url: str, tmp_path: Path, error: Exception) -> None:
    database = Database(database_url, tmp_path)
    owner = database.write_now(lambda tx: users.create(tx, "kim", admin=True))
    broadcaster = EventBroadcaster(Authenticator(Settings(), database, local_token=TOKEN))

    async def scene() -> None:
        broadcaster.attach(database, NoSessions())
        broken, sound = Connection(), Connection()
        ended = asyncio.create_task(broadcaster.serve(broken.socket()))
        living = asyncio.create_task(broadcaster.serve(sound.socket()))
        await broken.connected.wait()
        await sound.connected.wait()
        broken.fail = error
        await asyncio.wrap_future(database.write(lambda tx: workspaces.create(tx, owner.id, "first")))
        await asyncio.wait_for(ended, 20)  # it does not stay open and deaf
        if not isinstance(error, OSError):  # the line still stands: the page hears that it shall come back
            assert broken.sent[-1]["type"] == "websocket.close"
            assert broken.sent[-1]["code"] == 1013
        await _until(lambda: sound.count("websocket.send") > 0)
        heard = sound.count("websocket.send")
        await asyncio.wrap_future(database.write(lambda tx: workspaces.create(tx, owner.id, "second")))
        await _until(lambda: sound.count("websocket.send") > heard)
        assert not living.done()
        living.cancel()
        await asyncio.gather(living, return_exceptions=True)

    try:
        asyncio.run(scene())
    finally:
        database.close()
