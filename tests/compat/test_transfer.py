"""Import from MLflow: its client sees in Handloom exactly what it saw at the source, also after a repeated import."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
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


def walk(client: str, what: str, uri: str, place: Path, **more: str) -> str:
    done = subprocess.run(
        [python_of(client), WALK, what, uri],
        env=environment(PYTHONPATH="", MLFLOW_ALLOW_FILE_STORE="true", GIT_PYTHON_REFRESH="quiet", **more),
        cwd=place,
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3_000:] + done.stderr[-6_000:]
    return done.stdout


def told(client: str, uri: str, place: Path, **more: str) -> Any:
    return json.loads(walk(client, "tell", uri, place, **more).splitlines()[-1])


def moved(server: Handloom, *words: str, workspace: str = "") -> tuple[str, str]:
    """The name of a new workspace with the imported data, and the command's output."""
    name = workspace or f"moved {uuid4().hex[:8]}"
    done = handloom("import", *words, "--workspace", name, "--data", str(server.data), timeout=250)
    assert done.returncode == 0, done.stderr
    assert "Everything was imported." in done.stderr
    return name, done.stderr


def seen_in(server: Handloom, workspace: str, client: str, place: Path) -> Any:
    return told(client, f"{server.url}/mlflow/{quote(workspace)}", place, MLFLOW_TRACKING_TOKEN=server.token)


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
def folder(request: pytest.FixtureRequest, place: Path) -> tuple[str, Path]:
    """A client and the mlruns folder that it wrote."""
    root = place / f"mlruns {request.param}"
    walk(request.param, "make", root.as_uri().replace("%20", " "), place)
    return request.param, root


@pytest.fixture(scope="module")
def sqlite(place: Path) -> str:
    uri = f"sqlite:///{place / 'mlflow.db'}"
    walk("project", "make", uri, place)
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
        end = time.monotonic() + 120
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
def live(place: Path) -> Iterator[str]:
    """A running MLflow server that both clients logged to."""
    root = place / "live"
    root.mkdir()
    with mlflow_server(root) as url:
        for client in ("2.22", "current"):
            walk(client, "make", url, place)
        yield url


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Handloom]:
    """Where things move to. What differs between databases is tested below the API.

    Each test has a new one: runs that another workspace of the same server has would get other ids.
    """
    with Handloom(tmp_path / "home") as running:
        yield running


def test_an_mlruns_folder_moves_whole(home: Handloom, folder: tuple[str, Path], place: Path) -> None:
    client, root = folder
    workspace, _ = moved(home, "mlflow", str(root))
    before = told(client, root.as_uri().replace("%20", " "), place)
    check_same(before, seen_in(home, workspace, client, place))


def test_a_database_moves_whole_and_again_without_doubling(home: Handloom, sqlite: str, place: Path) -> None:
    workspace, said = moved(home, "mlflow", sqlite)
    assert "Not part of an import" not in said
    assert re.search(r"^spans +2 +2$", said, re.M)
    assert re.search(r"^assessments +2 +2$", said, re.M)
    before = told("project", sqlite, place)
    check_same(before, seen_in(home, workspace, "project", place))
    _, again = moved(home, "mlflow", sqlite, workspace=workspace)
    assert "14 of the runs had been imported before" in again
    moved(home, "mlflow", sqlite, "--check-all", workspace=workspace)
    check_same(before, seen_in(home, workspace, "project", place))


def test_a_database_in_postgresql_moves_whole_into_another(postgres: Postgres, place: Path) -> None:
    uri = postgres.fresh().replace("postgresql://", "postgresql+psycopg://")
    walk("project", "make", uri, place)
    with Handloom(place / "in postgresql", database=postgres.fresh()) as server:
        workspace, _ = moved(server, "mlflow", uri, "--artifact-root", str(place))
        check_same(told("project", uri, place), seen_in(server, workspace, "project", place))


@pytest.mark.timeout(900)  # a server of MLflow starts, and two clients log to it
def test_a_running_server_moves_whole_for_old_and_new_clients(home: Handloom, live: str, place: Path) -> None:
    workspace, said = moved(home, "mlflow", live)
    assert "Not part of an import" not in said
    for client in ("2.22", "current"):
        check_same(told(client, live, place), seen_in(home, workspace, client, place))
    dataset = {"name": "judged", "experiment_ids": ["0"]}
    assert httpx.post(f"{live}/api/3.0/mlflow/datasets/create", json=dataset).is_success
    scorer = {"experiment_id": "0", "name": "polite", "serialized_scorer": "{}"}
    assert httpx.post(f"{live}/api/3.0/mlflow/scorers/register", json=scorer).is_success
    _, again = moved(home, "mlflow", live, workspace=workspace)
    assert re.search(r"^evaluation datasets +1 +1$", again, re.M)
    assert re.search(r"^scorers +1 +1$", again, re.M)


def test_a_workspace_moves_through_an_archive_to_another_server(
    home: Handloom, own_server: Handloom, sqlite: str, place: Path, tmp_path: Path
) -> None:
    first, _ = moved(home, "mlflow", sqlite)
    archive = tmp_path / "archive.zip"
    done = handloom("export", first, str(archive), "--data", str(home.data))
    assert done.returncode == 0, done.stderr
    assert "traces 1" in done.stdout + done.stderr
    second, _ = moved(own_server, str(archive))
    before, after = seen_in(home, first, "project", place), seen_in(own_server, second, "project", place)
    check_same(before, after)
    assert len(after["traces"]) == 1


def test_files_in_an_object_store_come_along(home: Handloom, place: Path, tmp_path: Path) -> None:
    with object_stores.of("s3", tmp_path) as store, pytest.MonkeyPatch.context() as patch:
        for name, value in (store.environ | {"MLFLOW_S3_ENDPOINT_URL": store.endpoint}).items():
            patch.setenv(name, value)
        uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
        script = "import sys, mlflow; client = mlflow.MlflowClient(sys.argv[1]); "
        script += "run = client.create_run(client.create_experiment('s3', sys.argv[2])); "
        script += "client.log_text(run.info.run_id, 'in a bucket', 'a/note 1.txt'); print(run.info.run_id)"
        (tmp_path / "log.py").write_text(script, encoding="utf-8")
        kept = {name: os.environ[name] for name in (*store.environ, "MLFLOW_S3_ENDPOINT_URL")}
        done = subprocess.run(
            [sys.executable, "log.py", uri, f"{store.root}/old"],
            env=environment(PYTHONPATH="", **kept),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3_000:]
        run_id = done.stdout.split()[0]
        workspace, _ = moved(home, "mlflow", uri)
    with home.client() as client:
        url = f"/mlflow/{quote(workspace)}/get-artifact?run_id={run_id}&path=a/note 1.txt"
        assert client.get(url).text == "in a bucket"
