"""Draining a server: no session starts, cells end, pages are told, and the process stops with code 0."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from running import Handloom, handloom

pytestmark = pytest.mark.on_sqlite


def until(true: Any, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)


WAIT = "import os, time\nwhile not os.path.exists('Files/go'): time.sleep(0.1)"


def start(client: httpx.Client) -> tuple[str, str]:
    """A whole notebook that runs until its workspace has the file `go`; the workspace and the run's path."""
    place = client.post("/api/v1/workspaces", json={"name": f"w {time.time()}"}).json()["id"]
    cell: dict[str, Any] = {
        "cell_type": "code",
        "id": "a",
        "metadata": {},
        "outputs": [],
        "execution_count": None,
        "source": WAIT,
    }
    content = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    made = client.post(f"/api/v1/workspaces/{place}/notebooks", json={"name": "N", "content": content}).json()
    job = client.post(f"/api/v1/workspaces/{place}/notebooks/{made['id']}/jobs", json={})
    assert job.status_code == 200, job.text
    until(lambda: sessions(client) == ["busy"])
    return place, f"/api/v1/workspaces/{place}/jobs/{job.json()['id']}"


def release(running: Handloom, place: str) -> None:
    (running.data / "workspaces" / place / "Files" / "go").touch()


def state(client: httpx.Client, job: str) -> str:
    return str(client.get(job).json()["job"]["state"])


def sessions(client: httpx.Client) -> list[str]:
    return [one["state"] for one in client.get("/api/v1/sessions").json()["sessions"]]


def test_a_drained_server_lets_cells_end_starts_nothing_and_stops(tmp_path: Path) -> None:
    with Handloom(tmp_path / "data") as running, running.client() as client:
        place, job = start(client)
        told = handloom("drain", "--data", str(running.data), "--minutes", "5", "--no-wait")
        assert "1 session runs cells, for 5 minutes at most." in told.stderr
        assert client.get("/api/v1/me").json()["draining"]["running"] == 1
        assert client.get("/ready").status_code == 503
        refused = client.post(f"/api/v1/workspaces/{place}/sessions", json={"name": "later"})
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "unavailable")
        assert handloom("drain", "--data", str(running.data), "--cancel").returncode == 0
        assert client.get("/api/v1/me").json()["draining"] is None
        assert state(client, job) == "running"
        handloom("drain", "--data", str(running.data), "--no-wait")
        release(running, place)
        waited = handloom("drain", "--data", str(running.data))
        assert waited.returncode == 0 or "No server" in waited.stderr  # it may have stopped by then
        assert running.process is not None
        assert running.process.wait(30) == 0
        running.start()
        with running.client() as again:
            assert state(again, job) == "succeeded"
            log = again.get("/api/v1/audit", params={"area": "server"}).json()["entries"]
            assert [one["action"] for one in log][-3:] == ["server.drain", "server.resume", "server.drain"]


def test_sigterm_gives_cells_the_time_of_the_setting_and_a_second_one_none(tmp_path: Path) -> None:
    with Handloom(tmp_path / "data", "--grace", "600") as running, running.client() as client:
        place, job = start(client)
        assert running.process is not None
        running.process.send_signal(signal.SIGTERM)
        until(lambda: client.get("/ready").json()["draining"])
        release(running, place)
        assert running.process.wait(60) == 0
        running.start()
        with running.client() as again:
            assert state(again, job) == "succeeded"
            start(again)
            running.process.send_signal(signal.SIGTERM)
            until(lambda: again.get("/ready").json()["draining"])
            running.process.send_signal(signal.SIGTERM)
            assert running.process.wait(30) == 0
