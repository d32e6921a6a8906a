"""The mlflow clients that are tested: each in an environment of its own, run as a process like a user's script."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import pytest

from running import ROOT, Handloom, environment

CLIENTS = {
    "project": Path(sys.executable),
    "2.22": ROOT / ".venv-mlflow-2.22/bin/python",
    "current": ROOT / ".venv-mlflow-current/bin/python",
}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every day each client walks on SQLite, the project's own on PostgreSQL as well; the other walks are a soak's.

    A client never sees the database, and that both databases answer alike is tested below the clients.
    """
    for item in items:
        chosen = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
        if chosen.get("database_kind") == "postgresql" and chosen.get("client", "project") != "project":
            item.add_marker(pytest.mark.soak)


def python_of(client: str) -> Path:
    """The Python of one client's environment; `make test` makes them from the lock files beside this one."""
    python = CLIENTS[client]
    if not python.exists():
        pytest.skip(f"{python.parent.parent.name} is not there: `make test` makes it")
    return python


@pytest.fixture(params=CLIENTS)
def client(request: pytest.FixtureRequest) -> str:
    """Each client in turn."""
    return str(request.param)


@pytest.fixture
def workspace(server: Handloom) -> str:
    """The id of a new workspace whose name needs percent-encoding."""
    with server.client() as client:
        made: str = client.post("/api/v1/workspaces", json={"name": f"실험실 {uuid4().hex[:8]}"}).json()["id"]
        return made


@pytest.fixture
def walk_as(server: Handloom, workspace: str, tmp_path: Path) -> Callable[..., str]:
    """Runs a script beside this file with the named client against the new workspace; returns what it printed."""

    def run(
        client: str, script: str, *arguments: str, tracking_uri: str | None = None, token: str | None = None
    ) -> str:
        done = subprocess.run(
            [python_of(client), Path(__file__).with_name(script), *arguments],
            env=environment(
                PYTHONPATH="",
                MLFLOW_TRACKING_URI=tracking_uri or f"{server.url}/mlflow/{quote(workspace)}",
                MLFLOW_TRACKING_TOKEN=token or server.token,
                MLFLOW_HTTP_REQUEST_MAX_RETRIES="1",
            ),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-5_000:] + done.stderr[-10_000:]
        return done.stdout

    return run


@pytest.fixture
def walk(client: str, walk_as: Callable[..., str]) -> Callable[..., str]:
    """As `walk_as`, with each client in turn."""
    return partial(walk_as, client)
