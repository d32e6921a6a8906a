"""Live events over a real WebSocket."""

import json
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from handloom.domain.members import Role
from handloom.store.engine.database import Database
from handloom.store.tokens import rows as tokens
from handloom.store.users import rows as users
from handloom.store.workspaces import members
from running import Handloom


@contextmanager
def listening(server: Handloom, token: str = "", **options: Any) -> Iterator[ClientConnection]:
    url = server.url.replace("http", "ws") + "/api/v1/events"
    headers = {"Authorization": f"Bearer {token or server.token}"}
    with connect(url, additional_headers=headers, **options) as socket:
        yield socket


def heard(socket: ClientConnection, seconds: float = 1.0) -> list[dict[str, Any]]:
    """Return everything that arrives until nothing arrived for so long."""
    changes: list[dict[str, Any]] = []
    try:
        while True:
            changes.append(json.loads(socket.recv(timeout=seconds)))
    except TimeoutError:
        return changes


@pytest.fixture
def client(server: Handloom) -> Iterator[httpx.Client]:
    with server.client() as opened:
        yield opened


def make(client: httpx.Client) -> dict[str, Any]:
    made: dict[str, Any] = client.post("/api/v1/workspaces", json={"name": f"w {uuid.uuid4()}"}).json()
    return made


def test_a_page_hears_what_is_made_and_removed(server: Handloom, client: httpx.Client) -> None:
    with listening(server) as socket:
        made = make(client)
        expected = {"noun": "workspaces", "workspace": made["id"], "id": made["id"], "parent": None}
        assert expected in heard(socket)
        notebook = client.post(f"/api/v1/workspaces/{made['id']}/notebooks", json={"name": "a"}).json()
        assert {"noun": "notebooks", "workspace": made["id"], "id": notebook["id"], "parent": None} in heard(socket)
        client.delete(f"/api/v1/workspaces/{made['id']}", params={"name": made["name"]})
        assert expected in heard(socket)


def test_runs_are_heard_as_mlflow_logs_them_each_change_once(server: Handloom, client: httpx.Client) -> None:
    made = make(client)
    mlflow = f"/mlflow/{made['id']}/api/2.0/mlflow"
    run = client.post(f"{mlflow}/runs/create", json={"experiment_id": "0"}).json()["run"]["info"]["run_id"]
    with listening(server) as socket:
        for step in range(200):
            body = {"run_id": run, "key": "loss", "value": 1 / (step + 1), "step": step, "timestamp": 1}
            assert client.post(f"{mlflow}/runs/log-metric", json=body).status_code == 200
        changes = [change for change in heard(socket) if change["workspace"] == made["id"]]
    assert changes
    assert len(changes) < 60  # 200 writes in a second or so, told at most five times a second
    assert all(change["noun"] in ("metrics", "runs") for change in changes)


def test_a_stranger_hears_nothing_of_other_workspaces(server: Handloom, client: httpx.Client) -> None:
    shown, hidden = make(client), make(client)
    database = Database(server.database_url, server.data)
    try:
        user = database.write_now(lambda tx: users.create(tx, f"stranger {uuid.uuid4()}"))
        database.write_now(lambda tx: members.add(tx, shown["id"], user.id, Role.VIEWER))
        _, text = database.write_now(lambda tx: tokens.create(tx, "api", user.id, "theirs"))
    finally:
        database.close()
    with listening(server, text) as socket:
        for workspace in (hidden, shown):
            client.post(f"/api/v1/workspaces/{workspace['id']}/notebooks", json={"name": "a"})
        client.post("/api/v1/tokens", json={"name": "mine"})
        make(client)
        assert {change["workspace"] for change in heard(socket)} == {shown["id"]}


def test_signing_out_closes_the_page(own_server: Handloom) -> None:
    with httpx.Client(base_url=own_server.url) as browser:
        own_server.sign_in(browser)
        url = own_server.url.replace("http", "ws") + "/api/v1/events"
        ((name, value),) = browser.cookies.items()
        cookie = f"{name}={value}"
        with connect(url, additional_headers={"Cookie": cookie}, origin=Origin(own_server.url)) as socket:
            browser.post("/api/v1/sign-out")
            with pytest.raises(ConnectionClosed) as closed:
                heard(socket, seconds=5)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401


def test_a_page_that_reads_slowly_delays_nobody(server: Handloom, client: httpx.Client) -> None:
    made = make(client)
    with listening(server, max_queue=1) as slow, listening(server) as quick:
        began = time.monotonic()
        for number in range(300):
            client.patch(f"/api/v1/workspaces/{made['id']}", json={"description": str(number)})
        assert time.monotonic() - began < 30
        assert any(change["id"] == made["id"] for change in heard(quick))
        assert any(change["id"] == made["id"] for change in heard(slow))  # late, but told
    assert client.get("/health").text == "OK"
