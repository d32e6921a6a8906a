"""Open connections are closed when the right to them ends: sign-out, expiry, a lost role, a removed workspace."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from starlette.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

import databases
from handloom.api.authenticator import Authenticator
from handloom.client.http import Client
from handloom.domain import clock
from handloom.domain.errors import Forbidden, HandloomError, NotFound, Unauthenticated
from handloom.domain.members import Caller, Role, require
from handloom.settings import Settings
from handloom.store.engine.database import Database, Write
from handloom.store.tokens import rows as tokens
from handloom.store.upgrade import upgrade
from handloom.store.users import rows as users
from handloom.store.workspaces import members, tables
from handloom.store.workspaces import rows as workspaces
from running import Handloom


def ended_by(folder: Path, act: Callable[[Write, str, str, str], object], *, seconds: float | None = None) -> Any:
    """The error that ends a connection of a contributor once `act(tx, workspace, user, token)` is committed."""
    url = databases.sqlite(folder)
    upgrade(url, folder)
    database = Database(url, folder)
    try:
        owner = database.write_now(lambda tx: users.create(tx, "owner"))
        other = database.write_now(lambda tx: users.create(tx, "other"))
        made = database.write_now(lambda tx: workspaces.create(tx, owner.id, "shared"))
        database.write_now(lambda tx: members.add(tx, made.id, other.id, Role.CONTRIBUTOR))
        until = None if seconds is None else clock.now() + int(seconds * 1_000)
        token, text = database.write_now(lambda tx: tokens.create(tx, "api", other.id, "t", expires_at=until))
        authenticator = Authenticator(Settings(data=folder), database, local_token="hl_local")

        async def check(caller: Caller) -> None:
            require(await authenticator.member(caller, made.id), Role.CONTRIBUTOR)

        async def watch() -> HandloomError:
            headers = Headers({"authorization": f"Bearer {text}"})
            watching = asyncio.create_task(authenticator.until_refused(headers, check))
            await asyncio.sleep(0.2)
            assert not watching.done()
            await asyncio.wrap_future(database.write(lambda tx: act(tx, made.id, other.id, token.id)))
            return await asyncio.wait_for(watching, 20)

        return asyncio.run(watch())
    finally:
        database.close()


def nothing(tx: Write, workspace: str, user: str, token: str) -> None:
    """The credential expires by itself."""


def test_revoking_the_token_ends_it(tmp_path: Path) -> None:
    error = ended_by(tmp_path, lambda tx, workspace, user, token: tokens.revoke(tx, user, token))
    assert isinstance(error, Unauthenticated)


def test_the_token_s_expiry_ends_it(tmp_path: Path) -> None:
    assert isinstance(ended_by(tmp_path, nothing, seconds=1.5), Unauthenticated)


def lessen(tx: Write, workspace: str, user: str, token: str) -> None:
    c = tables.members.c
    chosen = (c.workspace_id == workspace) & (c.user_id == user)
    tx.connection.execute(update(tables.members).where(chosen).values(role=Role.VIEWER.value))
    tx.changed("members", workspace, user)


def test_a_lesser_role_ends_it(tmp_path: Path) -> None:
    error = ended_by(tmp_path, lessen)
    assert isinstance(error, Forbidden)


def test_removing_the_workspace_ends_it(tmp_path: Path) -> None:
    error = ended_by(tmp_path, lambda tx, workspace, user, token: workspaces.remove(tx, workspace, "shared"))
    assert isinstance(error, NotFound)


def closed_code(socket: ClientConnection) -> int:
    """Return the code with which the server closes the connection."""
    with pytest.raises(ConnectionClosed) as closed:
        list(iter(lambda: socket.recv(timeout=20), None))
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code


def test_revoking_a_token_closes_its_pages_and_its_kernels_and_no_others(server: Handloom) -> None:
    address = server.url.replace("http", "ws")
    with server.client() as client:
        made = client.post("/api/v1/workspaces", json={"name": f"w {uuid.uuid4()}"}).json()
        mine = client.post("/api/v1/tokens", json={"name": "mine"}).json()
        other = client.post("/api/v1/tokens", json={"name": "other"}).json()
        api = Client(server.url, server.token)
        session = api.ask("POST", f"/workspaces/{made['id']}/sessions", {"name": "script.py"})
        api.close()
        kernel = f"{address}/jupyter/api/kernels/{session['kernel']}/channels"
        headers = {"Authorization": f"Bearer {mine['text']}"}
        with (
            connect(f"{address}/api/v1/events", additional_headers=headers) as page,
            connect(kernel, additional_headers=headers, open_timeout=60) as running,
            connect(
                f"{address}/api/v1/events", additional_headers={"Authorization": f"Bearer {other['text']}"}
            ) as stays,
        ):
            assert client.delete(f"/api/v1/tokens/{mine['token']['id']}").status_code == 200
            assert (closed_code(page), closed_code(running)) == (4401, 4401)
            stays.ping().wait(20)
        client.delete(f"/api/v1/workspaces/{made['id']}/sessions/{session['id']}")
