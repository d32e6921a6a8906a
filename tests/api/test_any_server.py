"""Of two servers on one database, any answers for a session, whichever of them runs it."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from databases import Postgres
from handloom.client.http import Client
from handloom.client.session import RemoteSession
from handloom.domain.errors import Conflict, Unavailable
from running import Handloom, handloom

BEAT_SECONDS = 30


@pytest.fixture(scope="module")
def pair(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Handloom, Handloom]]:
    url, data = postgres.fresh(), tmp_path_factory.mktemp("any") / "data"
    with Handloom(data, database=url, name="one") as one, Handloom(data, database=url, name="other") as other:
        yield one, other
    postgres.drop(url)


@pytest.fixture(scope="module")
def token(pair: tuple[Handloom, Handloom]) -> str:
    with pair[0].client() as http:
        return str(http.post("/api/v1/tokens", json={"name": "both"}).json()["text"])


@pytest.fixture(scope="module")
def clients(pair: tuple[Handloom, Handloom], token: str) -> Iterator[tuple[Client, Client]]:
    """A client of each server with the same token, once the servers know of each other."""
    one, other = (Client(server.url, token) for server in pair)
    workspace = one.ask("GET", "/workspaces")["workspaces"][0]["id"]
    with RemoteSession(one, workspace, name="known"):
        _until(lambda: len(other.ask("GET", "/sessions")["sessions"]) == 1)
    with RemoteSession(other, workspace, name="known"):
        _until(lambda: len(one.ask("GET", "/sessions")["sessions"]) == 1)
    yield one, other
    one.close()
    other.close()


@pytest.fixture
def notebook(clients: tuple[Client, Client]) -> tuple[str, str]:
    """A new notebook: the ids of its workspace and of itself."""
    workspace = clients[0].ask("GET", "/workspaces")["workspaces"][0]["id"]
    made = clients[0].ask("POST", f"/workspaces/{workspace}/notebooks", {"name": f"N {time.monotonic_ns()}"})
    return workspace, made["id"]


def _until(true: Any, seconds: float = BEAT_SECONDS) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.1)


def _ids(client: Client, path: str) -> list[str]:
    return [one["id"] for one in client.ask("GET", path)["sessions"]]


def test_a_notebook_has_one_session_whichever_server_is_asked(
    clients: tuple[Client, Client], notebook: tuple[str, str]
) -> None:
    one, other = clients
    workspace, one_notebook = notebook
    with RemoteSession(one, workspace, notebook=one_notebook) as here:
        assert here.run("kept = 41").error is None
        there = RemoteSession(other, workspace, notebook=one_notebook)
        assert (there.facts["id"], there.kernel) == (here.facts["id"], here.kernel)
        assert there.run("print(kept + 1)", seconds=60).text == "42\n"
        for client in clients:
            assert here.facts["id"] in _ids(client, "/sessions")
            assert here.facts["id"] in _ids(client, f"/workspaces/{workspace}/sessions")
            assert here.facts["id"] in _ids(client, "/sessions/all")
        long = "\n".join(f"line {n}" for n in range(5_000))
        assert there.run("print('\\n'.join(f'line {n}' for n in range(5_000)))", seconds=60).text == long + "\n"


def test_a_session_is_interrupted_restarted_and_stopped_at_the_other_server(
    clients: tuple[Client, Client], notebook: tuple[str, str]
) -> None:
    one, other = clients
    workspace, one_notebook = notebook
    here = RemoteSession(one, workspace, notebook=one_notebook)
    path = f"/workspaces/{workspace}/sessions/{here.facts['id']}"
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(here.run, "kept = 1\nimport time\nfor n in range(600): time.sleep(0.1)", seconds=60)
        _until(lambda: next(s for s in other.ask("GET", "/sessions")["sessions"])["state"] == "busy")
        other.ask("POST", f"{path}/interrupt")
        error = running.result(60).error
    assert error is not None
    assert error["ename"] == "KeyboardInterrupt"
    assert other.ask("POST", f"{path}/restart")["id"] == here.facts["id"]
    assert here.run("print('kept' in dir())", seconds=60).text == "False\n"
    other.ask("DELETE", path)
    _until(lambda: here.facts["id"] not in _ids(one, "/sessions") + _ids(other, "/sessions"))
    here._stack.close()


def test_outputs_reach_the_file_when_the_notebook_is_saved_at_the_other_server(
    clients: tuple[Client, Client], notebook: tuple[str, str], pair: tuple[Handloom, Handloom], token: str
) -> None:
    """A page saves where its proxy leads it; the server of the kernel must know, or it would write over the file."""
    workspace, one_notebook = notebook
    name = clients[0].ask("GET", f"/workspaces/{workspace}/notebooks/{one_notebook}")["name"]
    cell: dict[str, Any] = {
        "cell_type": "code",
        "id": "c1",
        "metadata": {},
        "outputs": [],
        "execution_count": None,
        "source": "1",
    }
    content = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    with RemoteSession(clients[0], workspace, notebook=one_notebook), pair[1].client(token) as http:
        path = f"/jupyter/api/contents/{workspace}/{name}.ipynb"
        saved = http.put(path, json={"type": "notebook", "format": "json", "content": content})
        assert saved.status_code == 200, saved.text
        assert http.get(path).json()["content"]["cells"][0]["source"] == "1"


def test_nobody_else_reaches_a_session_through_the_other_server(
    clients: tuple[Client, Client], notebook: tuple[str, str], pair: tuple[Handloom, Handloom]
) -> None:
    workspace, one_notebook = notebook
    name = f"eve {time.monotonic_ns()}"
    with pair[0].client() as admin:
        invited = admin.post("/api/v1/users", json={"name": name}).json()
        role = {"user": name, "role": "contributor"}
        admin.post(f"/api/v1/workspaces/{workspace}/members", json=role).raise_for_status()
    me = clients[0].ask("GET", "/me")["user"]["id"]
    with RemoteSession(clients[0], workspace, notebook=one_notebook) as here, httpx.Client() as stranger:
        assert pair[1].sign_in(stranger, pair[1].url + invited["path"]).status_code == 303
        base, session = pair[1].url, here.facts["id"]
        assert stranger.get(f"{base}/api/v1/sessions").json()["sessions"] == []
        for method, path in (
            ("POST", f"/api/v1/workspaces/{workspace}/sessions/{session}/interrupt"),
            ("DELETE", f"/api/v1/workspaces/{workspace}/sessions/{session}"),
            ("GET", f"/jupyter/api/kernels/{here.kernel}"),
        ):
            assert stranger.request(method, base + path, headers={"Origin": base}).status_code == 404, path
        forged = {"x-handloom-peer": "guess", "x-handloom-peer-user": me}
        for server in pair:
            assert httpx.get(f"{server.url}/api/v1/me", headers=forged).status_code == 401


def test_a_server_that_is_drained_lets_its_cells_end_and_passes_new_sessions_on(
    clients: tuple[Client, Client], notebook: tuple[str, str]
) -> None:
    one, other = clients
    workspace, one_notebook = notebook
    ended = RemoteSession(one, workspace, notebook=one_notebook)
    with pytest.raises(Unavailable, match="died"):
        ended.run("import os; os.kill(os.getpid(), 9)", seconds=60)
    ended._stack.close()
    _until(lambda: [s["state"] for s in one.ask("GET", "/sessions")["sessions"]] == ["dead"])
    with RemoteSession(one, workspace, name="drained") as before, ThreadPoolExecutor(1) as threads:
        running = threads.submit(before.run, "import time; time.sleep(8); print('ended')", seconds=60)
        _until(lambda: "busy" in [s["state"] for s in one.ask("GET", "/sessions")["sessions"]])
        one.ask("POST", "/drain", {"minutes": 5, "stop": False})
        try:
            with RemoteSession(one, workspace, notebook=one_notebook) as here, Client(other.url, other.token) as asked:
                assert here.run("print(6 * 7)", seconds=60).text == "42\n"
                found = {s["id"]: s for s in asked.ask("GET", "/sessions")["sessions"]}
                assert found[here.facts["id"]]["notebook"] == one_notebook
                again = RemoteSession(other, workspace, notebook=one_notebook)
                assert again.facts["id"] == here.facts["id"]
            with RemoteSession(one, workspace, name="without a notebook") as named:
                assert named.run("print('there')", seconds=60).text == "there\n"
            other.ask("POST", "/drain", {"minutes": 5, "stop": False})
            with pytest.raises(Unavailable, match="about to stop"):
                RemoteSession(one, workspace, name="nowhere")
            assert running.result(60).text == "ended\n"
        finally:
            one.ask("DELETE", "/drain")
            other.ask("DELETE", "/drain")


def test_how_many_sessions_a_person_may_have_counts_over_all_servers(
    pair: tuple[Handloom, Handloom], clients: tuple[Client, Client]
) -> None:
    one, other = clients
    with pair[0].client() as http:
        limited = http.post("/api/v1/capacities", json={"name": "Alone", "sessions_per_person": 1}).json()["id"]
        place = {"name": "Limited", "capacity": limited}
        workspace = http.post("/api/v1/workspaces", json=place).json()["id"]
    sessions = f"/workspaces/{workspace}/sessions"
    with RemoteSession(one, workspace, name="first"):
        waits = other.ask("POST", sessions, {"name": "second"})
        assert (waits["state"], waits["queue"]) == ("queued", {"place": 1, "waiting": 1, "own_limit": True})
    _until(lambda: other.ask("POST", f"{sessions}/{waits['id']}/keep-alive")["state"] == "idle")
    assert one.ask("POST", sessions, {"name": "third"})["state"] == "queued"
    for session in _ids(one, sessions):
        one.ask("DELETE", f"{sessions}/{session}")


def test_the_doctor_asks_the_other_servers(pair: tuple[Handloom, Handloom], tmp_path: Path) -> None:
    said = handloom("doctor", *pair[0].where).stdout
    for server in pair:
        assert f"{server.url} answers, and has the same key." in said
    (tmp_path / "secret.key").write_bytes(base64.b64encode(b"another key of thirty-two bytes!"))
    foreign = handloom("doctor", "--data", str(tmp_path), *pair[0].where[2:])
    assert foreign.returncode == 1
    assert foreign.stdout.count("A secret cannot be read: it was sealed with another key.") == 2


def test_sessions_of_a_server_that_is_killed_are_said_to_be_away_and_then_start_anew(
    postgres: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> None:
    url, data = postgres.fresh(), tmp_path_factory.mktemp("killed") / "data"
    with Handloom(data, database=url, name="one") as one, Handloom(data, database=url, name="other") as other:
        with one.client() as http:
            token = http.post("/api/v1/tokens", json={"name": "both"}).json()["text"]
        here, there = Client(one.url, token), Client(other.url, token)
        workspace = here.ask("GET", "/workspaces")["workspaces"][0]["id"]
        one_notebook = here.ask("POST", f"/workspaces/{workspace}/notebooks", {"name": "N"})["id"]
        session = RemoteSession(here, workspace, notebook=one_notebook)
        _until(lambda: _ids(there, "/sessions") == [session.facts["id"]])
        one.kill()
        with pytest.raises(Unavailable, match="does not answer"):
            there.ask("POST", f"/workspaces/{workspace}/sessions", {"notebook": one_notebook})
        end = time.monotonic() + 60
        while True:
            try:
                again = RemoteSession(there, workspace, notebook=one_notebook)
                break
            except (Unavailable, Conflict):
                assert time.monotonic() < end, "the session of the killed server is never given up"
                time.sleep(0.5)
        assert again.facts["id"] != session.facts["id"]
        assert again.run("print(1)", seconds=60).text == "1\n"
        again.stop()
        here.close()
        there.close()
    postgres.drop(url)
