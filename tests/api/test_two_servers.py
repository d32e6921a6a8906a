"""Two server processes on one PostgreSQL database and one data folder give the same answers."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from databases import Postgres, away, cut
from running import Handloom, handloom

MLFLOW = "/api/2.0/mlflow"


@pytest.fixture(scope="module")
def url(postgres: Postgres) -> Iterator[str]:
    url = postgres.fresh()
    yield url
    postgres.drop(url)


@pytest.fixture(scope="module")
def pair(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Handloom, Handloom]]:
    """Two servers that were started at the same time on a database that was new."""
    data = tmp_path_factory.mktemp("pair") / "data"
    one, other = (Handloom(data, database=url, name=name) for name in ("one", "other"))
    with ThreadPoolExecutor(2) as threads:
        started = [threads.submit(server.start) for server in (one, other)]
        try:
            yield started[0].result(), started[1].result()
        finally:
            for server in (one, other):
                server.__exit__()


@pytest.fixture
def clients(pair: tuple[Handloom, Handloom]) -> Iterator[tuple[httpx.Client, httpx.Client]]:
    """One client of each server, both with the same token, which the first server created."""
    with pair[0].client() as client:
        text = client.post("/api/v1/tokens", json={"name": f"both {uuid4().hex}"}).json()["text"]
    with pair[0].client(text) as one, pair[1].client(text) as other:
        yield one, other


def post(client: httpx.Client, path: str, **fields: Any) -> Any:
    answer = client.post(f"{MLFLOW}/{path}", json=fields)
    assert answer.status_code == 200, answer.text
    return answer.json()


def until(true: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def listening(server: Handloom, token: str) -> ClientConnection:
    address = server.url.replace("http", "ws") + "/api/v1/events"
    return connect(address, additional_headers={"Authorization": f"Bearer {token}"})


def test_ids_that_both_hand_out_are_never_the_same(clients: tuple[httpx.Client, httpx.Client]) -> None:
    def make(number: int) -> int:
        return int(post(clients[number % 2], "experiments/create", name=f"{uuid4().hex}")["experiment_id"])

    with ThreadPoolExecutor(8) as threads:
        made = sorted(threads.map(make, range(40)))
    assert made == list(range(made[0], made[0] + 40))


def test_a_run_that_both_log_to_has_the_latest_point_of_all(clients: tuple[httpx.Client, httpx.Client]) -> None:
    run = post(clients[0], "runs/create", experiment_id="0")["run"]["info"]["run_id"]

    def log(step: int) -> None:
        point = {"key": "loss", "value": step * 0.5, "timestamp": 1, "step": step}
        post(clients[step % 2], "runs/log-metric", run_id=run, **point)
        post(clients[1 - step % 2], "runs/log-batch", run_id=run, metrics=[point])

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(log, range(60)))
    for client in clients:
        found = client.get(f"{MLFLOW}/runs/get", params={"run_id": run}).json()["run"]["data"]["metrics"]
        assert [(point["step"], point["value"]) for point in found] == [(59, 29.5)]
        asked = {"run_id": run, "metric_key": "loss"}
        history = client.get(f"{MLFLOW}/metrics/get-history", params=asked).json()["metrics"]
        assert [point["step"] for point in history] == list(range(60))


def test_versions_count_on_and_an_alias_is_where_it_was_put_last(clients: tuple[httpx.Client, httpx.Client]) -> None:
    name = f"모델 {uuid4().hex}"
    post(clients[0], "registered-models/create", name=name)

    def make(number: int) -> str:
        made = post(clients[number % 2], "model-versions/create", name=name, source=f"s3://bucket/{number}")
        version: str = made["model_version"]["version"]
        post(clients[number % 2], "registered-models/alias", name=name, alias="best", version=version)
        return version

    with ThreadPoolExecutor(8) as threads:
        versions = list(threads.map(make, range(20)))
    assert sorted(map(int, versions)) == list(range(1, 21))
    post(clients[1], "registered-models/alias", name=name, alias="best", version="7")
    asked = {"name": name, "alias": "best"}
    for client in clients:
        found = client.get(f"{MLFLOW}/registered-models/alias", params=asked).json()["model_version"]
        assert (found["version"], found["aliases"]) == ("7", ["best"])


def test_a_page_of_one_hears_what_happens_at_the_other(
    pair: tuple[Handloom, Handloom], clients: tuple[httpx.Client, httpx.Client]
) -> None:
    made = clients[1].post("/api/v1/workspaces", json={"name": f"lab {uuid4().hex}"}).json()["id"]
    with listening(pair[0], pair[0].token) as page:
        clients[1].post(f"/api/v1/workspaces/{made}/notebooks", json={"name": "a"})
        assert json.loads(page.recv(timeout=30)) == {
            "noun": "notebooks",
            "workspace": made,
            "id": clients[0].get(f"/api/v1/workspaces/{made}/items").json()["items"][0]["id"],
            "parent": None,
        }


def test_a_token_opens_both_and_is_refused_by_both_once_one_revoked_it(pair: tuple[Handloom, Handloom]) -> None:
    with pair[0].client() as here, pair[1].client() as there:
        made = here.post("/api/v1/tokens", json={"name": "short-lived"}).json()
        with pair[1].client(made["text"]) as theirs, listening(pair[1], made["text"]) as page:
            assert theirs.get("/api/v1/me").status_code == 200
            assert made["token"]["id"] in [token["id"] for token in there.get("/api/v1/tokens").json()["tokens"]]
            assert here.delete(f"/api/v1/tokens/{made['token']['id']}").status_code == 200
            until(lambda: theirs.get("/api/v1/me").status_code == 401)
            with pytest.raises(ConnectionClosed) as closed:
                list(iter(lambda: page.recv(timeout=30), None))
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4401


def test_a_sign_in_link_of_one_opens_the_other_once(pair: tuple[Handloom, Handloom]) -> None:
    link = pair[0].new_sign_in_url()
    with httpx.Client(base_url=pair[1].url) as browser:
        assert pair[1].sign_in(browser, link).status_code == 303
        assert browser.get("/api/v1/me").status_code == 200
    for server in pair:
        again = httpx.get(f"{server.url}/sign-in", params=httpx.URL(link).params)
        assert again.status_code == 401


def test_the_command_line_makes_tokens_where_servers_run_and_where_none_does(
    pair: tuple[Handloom, Handloom], tmp_path: Path
) -> None:
    elsewhere = ["--data", str(tmp_path / "empty"), "--database", pair[0].where[-1]]
    for place in (pair[0].where, elsewhere):
        text = handloom("token", "create", f"laptop {uuid4().hex}", *place).stdout.strip()
        for server in pair:
            answer = httpx.get(f"{server.url}/api/v1/me", headers={"Authorization": f"Bearer {text}"})
            assert answer.status_code == 200
    listed = handloom("token", "list", *elsewhere).stdout
    assert listed.count("laptop") >= 2


def test_files_and_their_rows_are_there_for_both(
    pair: tuple[Handloom, Handloom], clients: tuple[httpx.Client, httpx.Client]
) -> None:
    info = post(clients[0], "runs/create", experiment_id="0")["run"]["info"]
    path = f"/api/2.0/mlflow-artifacts/artifacts/{info['artifact_uri'].partition(':/')[2]}/notes.txt"
    assert clients[1].put(path, content=b"kept once").status_code == 200
    assert clients[0].get(path).content == b"kept once"


def test_a_session_follows_what_the_other_server_does_to_its_notebook(pair: tuple[Handloom, Handloom]) -> None:
    with pair[0].client() as here, pair[1].client() as there:
        workspace = here.post("/api/v1/workspaces", json={"name": f"lab {uuid4().hex}"}).json()
        path = f"/api/v1/workspaces/{workspace['id']}"
        kept, gone = (here.post(f"{path}/notebooks", json={"name": name}).json() for name in ("kept", "gone"))
        for notebook in (kept, gone):
            started = here.post(f"{path}/sessions", json={"notebook": notebook["id"]})
            assert started.status_code == 200, started.text

        def live() -> list[tuple[str, int]]:
            found = here.get("/api/v1/sessions").json()["sessions"]
            return [(s["name"], s["timeout"]) for s in found if s["workspace"] == workspace["id"]]

        assert [name for name, _ in live()] == ["kept", "gone"]
        assert there.delete(f"{path}/notebooks/{gone['id']}").status_code == 200
        changed = there.patch(f"{path}/notebooks/{kept['id']}", json={"name": "새 이름", "session_timeout": 7})
        assert changed.status_code == 200
        until(lambda: live() == [("새 이름", 7)])
        assert there.patch(f"{path}/notebooks/{kept['id']}", json={"engine": "apache"}).status_code == 200
        until(lambda: [s["engine"] for s in here.get("/api/v1/sessions").json()["sessions"]] == ["apache"])
        assert there.delete(path, params={"name": workspace["name"]}).status_code == 200
        until(lambda: live() == [])


def test_a_queue_follows_a_capacity_that_the_other_server_changes(pair: tuple[Handloom, Handloom]) -> None:
    with pair[0].client() as here, pair[1].client() as there:
        one = there.post("/api/v1/capacities", json={"name": "한 자리", "sessions": 1}).json()["id"]
        path = f"/api/v1/workspaces/{here.post('/api/v1/workspaces', json={'name': uuid4().hex}).json()['id']}"
        here.patch(path, json={"capacity": one}).raise_for_status()
        ids = [here.post(f"{path}/notebooks", json={"name": name}).json()["id"] for name in ("first", "second")]
        for notebook in ids:
            here.post(f"{path}/sessions", json={"notebook": notebook}).raise_for_status()

        def states() -> list[str]:
            return sorted(s["state"] for s in here.get("/api/v1/sessions").json()["sessions"])

        assert states() == ["idle", "queued"]
        for client in (here, there):
            found = {c["id"]: c for c in client.get("/api/v1/capacities").json()["capacities"]}[one]
            assert (found["running"], found["waiting"]) == (1, 1)
        there.patch(f"/api/v1/capacities/{one}", json={"sessions": 2}).raise_for_status()
        until(lambda: states() == ["idle", "idle"])
        for session in here.get("/api/v1/sessions").json()["sessions"]:
            here.delete(f"{path}/sessions/{session['id']}").raise_for_status()


def test_a_kill_of_one_in_the_midst_of_logging_loses_no_acknowledged_point(
    pair: tuple[Handloom, Handloom], clients: tuple[httpx.Client, httpx.Client]
) -> None:
    run = post(clients[0], "runs/create", experiment_id="0")["run"]["info"]["run_id"]
    acknowledged: dict[str, set[int]] = {f"client {n}": set() for n in range(8)}
    done = threading.Event()

    def log(number: int) -> None:
        """Half of the clients log to the one that is killed, until it is."""
        key = f"client {number}"
        with suppress(httpx.TransportError):
            for step in itertools.count():
                if done.is_set():
                    return
                point = {"key": key, "value": step, "timestamp": 1, "step": step}
                post(clients[number % 2], "runs/log-batch", run_id=run, metrics=[point])
                acknowledged[key].add(step)

    with ThreadPoolExecutor(8) as threads:
        logging = [threads.submit(log, number) for number in range(8)]
        until(lambda: all(len(steps) > 15 for steps in acknowledged.values()))
        pair[1].kill()
        before = {key: len(steps) for key, steps in acknowledged.items() if int(key[-1]) % 2 == 0}
        until(lambda: all(len(acknowledged[key]) > count + 5 for key, count in before.items()))  # the other goes on
        done.set()
        for future in logging:
            future.result(30)
    pair[1].start()
    for key, steps in acknowledged.items():
        asked = {"run_id": run, "metric_key": key}
        history = clients[1].get(f"{MLFLOW}/metrics/get-history", params=asked).json()["metrics"]
        kept = [point["step"] for point in history]
        assert len(kept) == len(set(kept)) >= len(steps)
        assert steps <= set(kept) <= steps | {max(steps) + 1}  # the one that was on its way may have arrived


def test_one_that_is_killed_does_not_hold_up_the_other(
    pair: tuple[Handloom, Handloom], clients: tuple[httpx.Client, httpx.Client]
) -> None:
    pair[1].kill()
    assert post(clients[0], "experiments/create", name=uuid4().hex)
    assert handloom("token", "list", *pair[0].where).returncode == 0
    pair[1].start()
    assert post(clients[1], "experiments/create", name=uuid4().hex)
    assert pair[1].stop() == 0
    assert "Traceback" not in pair[1].log
    pair[1].start()
    assert len(list((pair[0].data / "servers").iterdir())) == 2  # what the killed one left is gone


def test_both_come_back_when_the_database_does(
    pair: tuple[Handloom, Handloom], clients: tuple[httpx.Client, httpx.Client], url: str
) -> None:
    made = clients[0].post("/api/v1/workspaces", json={"name": f"lab {uuid4().hex}"}).json()["id"]
    with listening(pair[1], pair[1].token) as page:
        with away(url):
            for client in clients:
                refused = client.post(f"{MLFLOW}/experiments/create", json={"name": "nobody"})
                assert (refused.status_code, refused.json()["error_code"]) == (503, "TEMPORARILY_UNAVAILABLE")
                assert "cannot be reached" in refused.json()["message"]
                assert client.get("/health").text == "OK"
        for client in clients:
            assert post(client, "experiments/create", name=uuid4().hex)
        told: set[tuple[str, str]] = set()
        while ("runs", made) not in told:  # the page missed nothing: it is told to ask for every list again
            change = json.loads(page.recv(timeout=30))
            told.add((change["noun"], change["workspace"]))
    cut(url)
    for client in clients:
        assert post(client, "experiments/create", name=uuid4().hex)
    assert "Traceback" not in pair[0].log + pair[1].log
