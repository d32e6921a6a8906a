"""Stopping or killing the server while a cell trains ends the run with a reason."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed

from handloom.client.http import Client
from handloom.client.session import RemoteSession
from handloom.domain.errors import HandloomError
from handloom.domain.runs import ABANDONED_REASON, ABANDONED_TAG, SESSION_TAG
from running import Handloom

TRAINING = "import time\nwith mlflow.start_run():\n    mlflow.log_metric('loss', 1)\n    time.sleep(600)"


def run_of(client: httpx.Client, **wanted: str) -> dict[str, Any]:
    """A run that has what is wanted, as soon as there is one."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        experiments = client.post("/api/2.0/mlflow/experiments/search", json={"max_results": 50}).json()["experiments"]
        ids = [experiment["experiment_id"] for experiment in experiments]
        body = {"experiment_ids": ids, "max_results": 10}
        runs: list[dict[str, Any]] = client.post("/api/2.0/mlflow/runs/search", json=body).json().get("runs", [])
        for run in runs:
            if wanted.items() <= run["info"].items():
                return run
        time.sleep(0.1)
    raise AssertionError(f"no run with {wanted}")


@contextlib.contextmanager
def training(server: Handloom) -> Iterator[None]:
    """A cell that trains for ten minutes, and has logged its first metric."""
    with Client(server.url, server.token) as client:
        workspace = client.ask("GET", "/workspaces")["workspaces"][0]["id"]
        session = RemoteSession(client, workspace, name="training")

        def run() -> None:
            with contextlib.suppress(HandloomError, ConnectionClosed, OSError):
                session.run(TRAINING)

        thread = threading.Thread(target=run)
        thread.start()
        with server.client() as http:
            run_of(http, status="RUNNING")
        yield
        thread.join()


def test_a_stopped_server_lets_the_cell_end_its_run_first(own_server: Handloom) -> None:
    with training(own_server):
        assert own_server.stop() == 0
    assert "Interrupting 1 running cells" in own_server.log
    own_server.start()
    with own_server.client() as client:
        run = run_of(client, status="FAILED")  # as MLflow ends a run whose block was left by an interrupt
    assert ABANDONED_TAG not in {tag["key"] for tag in run["data"]["tags"]}


def test_after_a_kill_the_run_of_the_session_is_killed_and_says_why(own_server: Handloom) -> None:
    with own_server.client() as client:
        inside = create_run(client, {SESSION_TAG: "s1"})
        outside = create_run(client, {})
        ended = create_run(client, {SESSION_TAG: "s1"})
        body = {"run_id": ended, "status": "FINISHED", "end_time": 5}
        client.post("/api/2.0/mlflow/runs/update", json=body).raise_for_status()
    own_server.kill()
    own_server.start()
    with own_server.client() as client:
        run = run_of(client, run_id=inside, status="KILLED")
        assert {"key": ABANDONED_TAG, "value": ABANDONED_REASON} in run["data"]["tags"]
        assert int(run["info"]["end_time"]) >= int(run["info"]["start_time"])
        assert get_run(client, outside)["info"]["status"] == "RUNNING"  # its program is elsewhere, and may be alive
        assert get_run(client, ended)["info"]["status"] == "FINISHED"


def create_run(client: httpx.Client, tags: dict[str, str]) -> str:
    body = {"experiment_id": "0", "start_time": 1, "tags": [{"key": k, "value": v} for k, v in tags.items()]}
    made = client.post("/api/2.0/mlflow/runs/create", json=body).raise_for_status()
    run_id: str = made.json()["run"]["info"]["run_id"]
    return run_id


def get_run(client: httpx.Client, run_id: str) -> dict[str, Any]:
    found = client.get("/api/2.0/mlflow/runs/get", params={"run_id": run_id}).raise_for_status()
    run: dict[str, Any] = found.json()["run"]
    return run
