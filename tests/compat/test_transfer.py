"""Import from MLflow: its client sees in Handloom exactly what it saw at the source, also after a repeated import."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest

import object_stores
from compat.conftest import python_of
from databases import Postgres
from running import Handloom, environment, handloom

WALK = Path(__file__).with_name("source_walk.py")


class Client:
    """A client of MLflow in its own environment, which stays for the module: importing it takes seconds."""

    def __init__(self, name: str, place: Path) -> None:
        self.errors = place / f"client {name}.log"
        with self.errors.open("wb") as log:
            self.process = subprocess.Popen(
                [python_of(name), WALK],
                env=environment(PYTHONPATH="", MLFLOW_ALLOW_FILE_STORE="true", GIT_PYTHON_REFRESH="quiet"),
                cwd=place,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def ask(self, what: str, uri: str, **environ: str) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(json.dumps({"what": what, "uri": uri, "environ": environ}), file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        assert answer, self.errors.read_text(encoding="utf-8")[-6_000:]  # it has ended by an error
        return json.loads(answer)

    def stop(self) -> None:
        self.process.kill()
        self.process.communicate()


Ask = Callable[..., Any]
"""`ask(client, what, uri, **environ)`, see source_walk.py."""


@pytest.fixture(scope="module")
def ask(place: Path) -> Iterator[Ask]:
    clients: dict[str, Client] = {}

    def of(client: str, what: str, uri: str, **environ: str) -> Any:
        if client not in clients or clients[client].process.poll() is not None:
            clients[client] = Client(client, place)
        return clients[client].ask(what, uri, **environ)

    yield of
    for each in clients.values():
        each.stop()


def moved(server: Handloom, *words: str, workspace: str = "") -> tuple[str, str]:
    """The name of a new workspace with the imported data, and the command's output."""
    name = workspace or f"moved {uuid4().hex[:8]}"
    done = handloom("import", *words, "--workspace", name, "--data", str(server.data), timeout=250)
    assert done.returncode == 0, done.stderr
    assert "Everything was imported." in done.stderr
    return name, done.stderr


def seen_in(server: Handloom, workspace: str, client: str, ask: Ask) -> Any:
    uri = f"{server.url}/mlflow/{quote(workspace)}"
    return ask(client, "tell", uri, MLFLOW_TRACKING_TOKEN=server.token)


def check_same(before: Any, after: Any, kinds: tuple[str, ...] = ("experiments", "models", "logged", "traces")) -> None:
    for kind in kinds:
        assert after[kind] == before[kind], kind
    assert after["runs"].keys() == before["runs"].keys()
    for run_id, run in before["runs"].items():
        assert after["runs"][run_id] == run


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sources")


@pytest.fixture(scope="module", params=["2.22", "current"])
def folder(request: pytest.FixtureRequest, place: Path, ask: Ask) -> tuple[str, Path]:
    """A client and the mlruns folder that it wrote."""
    root = place / f"mlruns {request.param}"
    ask(request.param, "make", root.as_uri().replace("%20", " "))
    return request.param, root


@pytest.fixture(scope="module")
def empty(place: Path, ask: Ask) -> Path:
    """An MLflow database without data: making one takes longer than all else."""
    path = place / "empty.db"
    assert ask("project", "init", f"sqlite:///{path}") == ["Default"]
    return path


@pytest.fixture(scope="module")
def sqlite(place: Path, empty: Path, ask: Ask) -> str:
    uri = f"sqlite:///{shutil.copy(empty, place / 'mlflow.db')}"
    ask("project", "make", uri)
    return uri


@contextlib.contextmanager
def mlflow_server(place: Path) -> Iterator[str]:
    """A real `mlflow server` that keeps artifacts itself."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", f"sqlite:///{place / 'server.db'}"]
    command += ["--artifacts-destination", str(place / "artifacts"), "--port", str(port), "--workers", "1"]
    with (place / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=place, stdout=log, stderr=log, start_new_session=True, env=environment(PYTHONPATH="")
        )
    try:
        end = time.monotonic() + 400
        while True:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"http://127.0.0.1:{port}/health").is_success:
                    break
            assert process.poll() is None, (place / "server.log").read_text()
            assert time.monotonic() < end
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture(scope="module")
def live(place: Path, empty: Path, ask: Ask) -> Iterator[str]:
    """A running MLflow server that both clients logged to."""
    root = place / "live"
    root.mkdir()
    shutil.copy(empty, root / "server.db")
    with mlflow_server(root) as url:
        for client in ("2.22", "current"):
            ask(client, "make", url)
        yield url


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Handloom]:
    """Where things move to. What differs between databases is tested below the API.

    Each test has a new one: runs that another workspace of the same server has would get other ids.
    """
    with Handloom(tmp_path / "home") as running:
        yield running


def test_an_mlruns_folder_moves_whole(home: Handloom, folder: tuple[str, Path], ask: Ask) -> None:
    client, root = folder
    workspace, _ = moved(home, "mlflow", str(root))
    before = ask(client, "tell", root.as_uri().replace("%20", " "))
    check_same(before, seen_in(home, workspace, client, ask))


def test_a_database_moves_whole_and_again_without_doubling(home: Handloom, sqlite: str, ask: Ask) -> None:
    workspace, said = moved(home, "mlflow", sqlite)
    assert "Not part of an import" not in said
    assert re.search(r"^spans +2 +2$", said, re.M)
    assert re.search(r"^assessments +2 +2$", said, re.M)
    before = ask("project", "tell", sqlite)
    check_same(before, seen_in(home, workspace, "project", ask))
    _, again = moved(home, "mlflow", sqlite, workspace=workspace)
    assert "14 of the runs had been imported before" in again
    moved(home, "mlflow", sqlite, "--check-all", workspace=workspace)
    check_same(before, seen_in(home, workspace, "project", ask))


def test_a_database_in_postgresql_moves_whole_into_another(postgres: Postgres, place: Path, ask: Ask) -> None:
    uri = postgres.fresh().replace("postgresql://", "postgresql+psycopg://")
    ask("project", "make", uri)
    with Handloom(place / "in postgresql", database=postgres.fresh()) as server:
        workspace, _ = moved(server, "mlflow", uri, "--artifact-root", str(place))
        check_same(ask("project", "tell", uri), seen_in(server, workspace, "project", ask))


@pytest.mark.soak  # a workspace of a running Handloom comes by the same API in tests/test_transfer.py
@pytest.mark.timeout(900)  # a server of MLflow starts, and two clients log to it
def test_a_running_server_moves_whole_for_old_and_new_clients(home: Handloom, live: str, ask: Ask) -> None:
    workspace, said = moved(home, "mlflow", live)
    assert "Not part of an import" not in said
    for client in ("2.22", "current"):
        check_same(ask(client, "tell", live), seen_in(home, workspace, client, ask))
    dataset = {"name": "judged", "experiment_ids": ["0"]}
    assert httpx.post(f"{live}/api/3.0/mlflow/datasets/create", json=dataset).is_success
    scorer = {"experiment_id": "0", "name": "polite", "serialized_scorer": "{}"}
    assert httpx.post(f"{live}/api/3.0/mlflow/scorers/register", json=scorer).is_success
    _, again = moved(home, "mlflow", live, workspace=workspace)
    assert re.search(r"^evaluation datasets +1 +1$", again, re.M)
    assert re.search(r"^scorers +1 +1$", again, re.M)


@pytest.mark.soak_on_postgresql
def test_a_workspace_moves_through_an_archive_to_another_server(
    home: Handloom, own_server: Handloom, sqlite: str, ask: Ask, tmp_path: Path
) -> None:
    first, _ = moved(home, "mlflow", sqlite)
    archive = tmp_path / "archive.zip"
    done = handloom("export", first, str(archive), "--data", str(home.data))
    assert done.returncode == 0, done.stderr
    assert "traces 1" in done.stdout + done.stderr
    second, _ = moved(own_server, str(archive))
    before, after = seen_in(home, first, "project", ask), seen_in(own_server, second, "project", ask)
    check_same(before, after)
    assert len(after["traces"]) == 1


def test_files_in_an_object_store_come_along(home: Handloom, empty: Path, ask: Ask, tmp_path: Path) -> None:
    with object_stores.of("s3", tmp_path) as store, pytest.MonkeyPatch.context() as patch:
        for name, value in (store.environ | {"MLFLOW_S3_ENDPOINT_URL": store.endpoint}).items():
            patch.setenv(name, value)
        uri = f"sqlite:///{shutil.copy(empty, tmp_path / 'mlflow.db')}"
        kept = {name: os.environ[name] for name in (*store.environ, "MLFLOW_S3_ENDPOINT_URL")}
        run_id = ask("project", "note", uri, SOURCE_ROOT=f"{store.root}/old", **kept)
        workspace, _ = moved(home, "mlflow", uri)
    with home.client() as client:
        url = f"/mlflow/{quote(workspace)}/get-artifact?run_id={run_id}&path=a/note 1.txt"
        assert client.get(url).text == "in a bucket"
