"""A running session when its notebook or workspace changes, with a real kernel."""

import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from running import Handloom

pytestmark = pytest.mark.on_sqlite


def sessions(client: httpx.Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/api/v1/sessions").json()["sessions"]
    return found


def test_a_session_follows_its_notebook_and_ends_with_its_workspace(own_server: Handloom) -> None:
    with own_server.client() as client:
        made = client.post("/api/v1/workspaces", json={"name": "lab"}).json()
        path = f"/api/v1/workspaces/{made['id']}"
        notebook = client.post(f"{path}/notebooks", json={"name": "notebook 1"}).json()
        started = client.post(f"{path}/sessions", json={"notebook": notebook["id"]})
        assert started.status_code == 200, started.text
        kernel = started.json()["kernel"]
        opened = client.post(
            "/jupyter/api/sessions",
            json={"path": notebook["path"], "name": "", "type": "notebook", "kernel": {"id": kernel}},
        )
        assert opened.status_code == 201, opened.text

        renamed = client.patch(f"{path}/notebooks/{notebook['id']}", json={"name": "모델 훈련", "session_timeout": 5})
        assert renamed.status_code == 200, renamed.text
        (session,) = sessions(client)
        assert (session["kernel"], session["name"], session["timeout"]) == (kernel, "모델 훈련", 5)
        (bound,) = client.get("/jupyter/api/sessions").json()
        assert bound["path"] == renamed.json()["path"]
        assert client.get(f"/jupyter/api/contents/{renamed.json()['path']}").status_code == 200

        assert client.get(f"{path}/removal").json()["sessions"] == 1
        assert client.delete(path, params={"name": "lab"}).status_code == 200
        assert sessions(client) == []
        assert client.get(f"/jupyter/api/contents/{renamed.json()['path']}").status_code == 404


def test_a_save_through_jupyter_moves_the_notebook_up_and_is_heard(own_server: Handloom) -> None:
    with own_server.client() as client:
        made = client.post("/api/v1/workspaces", json={"name": "lab"}).json()
        path = f"/api/v1/workspaces/{made['id']}"
        older = client.post(f"{path}/notebooks", json={"name": "older"}).json()
        client.post(f"{path}/notebooks", json={"name": "newer"})
        document = client.get(f"/jupyter/api/contents/{older['path']}").json()
        time.sleep(0.01)
        body = {"type": "notebook", "format": "json", "content": document["content"]}
        saved = client.put(f"/jupyter/api/contents/{older['path']}", json=body)
        assert saved.status_code == 200, saved.text
        assert [item["name"] for item in client.get(f"{path}/items").json()["items"]] == ["older", "newer"]


def test_deleting_a_notebook_ends_its_session(own_server: Handloom) -> None:
    with own_server.client() as client:
        made = client.post("/api/v1/workspaces", json={"name": "lab"}).json()
        path = f"/api/v1/workspaces/{made['id']}"
        notebook = client.post(f"{path}/notebooks", json={"name": "a"}).json()
        assert client.post(f"{path}/sessions", json={"notebook": notebook["id"]}).status_code == 200
        assert client.delete(f"{path}/notebooks/{notebook['id']}").status_code == 200
        assert sessions(client) == []


def test_revoking_a_token_ends_the_sessions_that_were_started_with_it(own_server: Handloom) -> None:
    with own_server.client() as owner:
        path = f"/api/v1/workspaces/{owner.post('/api/v1/workspaces', json={'name': 'lab'}).json()['id']}/sessions"
        made = owner.post("/api/v1/tokens", json={"name": "lost laptop"}).json()
        with own_server.client(made["text"]) as thief:
            assert thief.post(path, json={"name": "theirs"}).status_code == 200
        mine = owner.post(path, json={"name": "mine"}).json()["id"]
        assert owner.delete(f"/api/v1/tokens/{made['token']['id']}").status_code == 200
        end = time.monotonic() + 30
        while len(left := sessions(owner)) > 1 and time.monotonic() < end:
            time.sleep(0.1)
        assert [session["id"] for session in left] == [mine]


def test_an_open_page_starts_what_the_first_session_needs(tmp_path: Path) -> None:
    with Handloom(tmp_path / "data", warm_kernels=1) as server, server.client() as client:
        assert client.get("/ready").json()["jupyter"] == "not running"
        address = server.url.replace("http", "ws") + "/api/v1/events"
        with connect(address, additional_headers={"Authorization": f"Bearer {server.token}"}):
            end = time.monotonic() + 60
            while client.get("/ready").json()["jupyter"] != "running":
                assert time.monotonic() < end
                time.sleep(0.1)
        assert client.get("/api/v1/sessions").json()["sessions"] == []
