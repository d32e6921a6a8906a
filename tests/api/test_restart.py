"""Restarting a server in place: the process stays, cells run on, requests wait, and a broken program is refused."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from databases import Postgres
from handloom.domain.cell_outputs import OutputCollector, Ran, decoded, ends, execution, request
from handloom.store.engine import data_folder as folder
from running import Handloom, environment, handloom


def until(true: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def execute(server: Handloom, kernel: str, code: str) -> str:
    """Execute code as a page does, and return what it prints."""
    asked, ran, wanted = request("page", "execute_request", execution(code)), Ran(), {"reply", "idle"}
    collector = OutputCollector(ran)
    url = f"{server.url.replace('http', 'ws')}/jupyter/api/kernels/{kernel}/channels?session_id=page"
    with connect(url, additional_headers={"Authorization": f"Bearer {server.token}"}, max_size=None) as socket:
        socket.send(json.dumps(asked))
        while wanted:
            message = decoded(socket.recv(60))
            if message["parent_header"].get("msg_id") == asked["header"]["msg_id"]:
                wanted -= ends(message)
                collector.take(message)
    return ran.text


LINES = """import os, time
for number in range(2_000):
    print("line", number)
while not os.path.exists("Files/go"):
    time.sleep(0.1)
print("went on")"""


def whole_notebook(client: httpx.Client, workspace: str) -> str:
    """Start a notebook whose first cell prints and then waits for the file `go`; return the address of the job."""
    sources = [LINES, "import mlflow\nwith mlflow.start_run():\n    mlflow.log_metric('m', 1)\nprint('end')"]
    empty: dict[str, Any] = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    cells = [empty | {"id": f"c{number}", "source": source} for number, source in enumerate(sources)]
    content = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path = f"/api/v1/workspaces/{workspace}"
    made = client.post(f"{path}/notebooks", json={"name": "N", "content": content}).json()
    job = client.post(f"{path}/notebooks/{made['id']}/jobs", json={}).json()
    return f"{path}/jobs/{job['id']}"


def texts(client: httpx.Client, job: str) -> list[str]:
    cells = client.get(f"{job}/document").json()["cells"]
    return ["".join(output.get("text", "") for output in cell["outputs"]) for cell in cells]


class Asking:
    """A client that makes one connection after the other. `refused` are the errors of those that were not accepted."""

    def __init__(self, url: str) -> None:
        self.refused: list[str] = []
        self.answers = 0
        self._url = url
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def _ask(self) -> None:
        while not self._over.is_set():
            try:
                self.answers += httpx.get(f"{self._url}/health", timeout=60).status_code == 200
            except httpx.ConnectError as error:
                self.refused.append(str(error))
            except httpx.HTTPError:
                pass  # accepted in the moment in which the server closed its idle connections

    def __enter__(self) -> Asking:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_cells_and_sessions_go_on_and_no_connection_is_refused(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    postgres: Postgres | None = request.getfixturevalue("postgres") if kind == "postgresql" else None
    url = postgres.fresh() if postgres else ""
    with Handloom(tmp_path / "data", database=url, warm_kernels=1) as server, server.client() as client:
        assert server.process is not None
        pid = server.process.pid
        workspace = client.post("/api/v1/workspaces", json={"name": "w"}).json()["id"]
        session = client.post(f"/api/v1/workspaces/{workspace}/sessions", json={"name": "mine"}).json()
        execute(server, session["kernel"], "kept = 41")
        job = whole_notebook(client, workspace)
        until(lambda: [s["state"] for s in client.get("/api/v1/sessions").json()["sessions"]] == ["idle", "busy"])
        with Asking(server.url) as asking:
            told = handloom("restart", *server.where)
            assert told.returncode == 0, told.stderr
            assert "with 2 sessions" in told.stdout + told.stderr
        assert (server.process.poll(), server.process.pid) == (None, pid)
        assert (asking.refused, asking.answers > 0) == ([], True)
        assert client.get(job).json()["job"]["state"] == "running"
        assert execute(server, session["kernel"], "print(kept + 1)") == "42\n"
        assert execute(server, session["kernel"], "import mlflow; print(mlflow.search_experiments()[0].name)") != ""
        (server.data / "workspaces" / workspace / "Files" / "go").touch()
        until(lambda: client.get(job).json()["job"]["state"] == "succeeded")
        lines = "".join(f"line {number}\n" for number in range(2_000))
        assert texts(client, job) == [f"{lines}went on\n", "end\n"]
        assert client.delete(f"/api/v1/sessions/{session['id']}").status_code == 200
        log = client.get("/api/v1/audit", params={"area": "server"}).json()["entries"]
        assert [one["action"] for one in log] == ["server.restart"]
        kernels = client.get("/jupyter/api/kernels").json()
        assert server.stop() == 0
    assert kernels == []
    if postgres:
        postgres.drop(url)


@pytest.mark.on_sqlite
def test_a_notebook_of_the_command_line_goes_on_in_the_middle_of_a_cell(tmp_path: Path) -> None:
    notebook, output = tmp_path / "in.ipynb", tmp_path / "out.ipynb"
    empty: dict[str, Any] = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    cells = [empty | {"source": source} for source in (LINES, "print('end')")]
    notebook.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}))
    with Handloom(tmp_path / "data") as server, server.client() as client:
        workspace = client.post("/api/v1/workspaces", json={"name": "w"}).json()["id"]
        words = ["-m", "handloom.cli", "run", str(notebook), "--workspace", "w", "--output", str(output), "--data"]
        run = subprocess.Popen([sys.executable, *words, str(server.data)], env=environment(), stderr=subprocess.PIPE)
        try:
            until(lambda: [s["state"] for s in client.get("/api/v1/sessions").json()["sessions"]] == ["busy"])
            assert handloom("restart", *server.where).returncode == 0
            (server.data / "workspaces" / workspace / "Files" / "go").touch()
            assert run.wait(60) == 0, run.communicate()[1]
        finally:
            run.kill()
            run.communicate()
        assert client.get("/api/v1/sessions").json() == {"sessions": []}
    done = json.loads(output.read_text())["cells"]
    printed = ["".join("".join(one["text"]) for one in cell["outputs"]) for cell in done]
    lines = "".join(f"line {number}\n" for number in range(2_000))
    assert printed == [f"{lines}went on\n", "end\n"]


@pytest.mark.on_sqlite
def test_a_hangup_restarts_and_a_kernel_that_dies_meanwhile_is_noticed(tmp_path: Path) -> None:
    service = Handloom(tmp_path / "data")
    service.as_service = True
    with service as server, server.client() as client:
        assert server.process is not None
        workspace = client.post("/api/v1/workspaces", json={"name": "w"}).json()["id"]
        session = client.post(f"/api/v1/workspaces/{workspace}/sessions", json={"name": "mine"}).json()
        kernel = int(execute(server, session["kernel"], "import os; print(os.getpid())"))
        before = client.get("/api/v1/restart").json()["started_at"]
        server.process.send_signal(signal.SIGHUP)
        os.kill(kernel, signal.SIGKILL)

        def restarted() -> bool:
            with suppress(httpx.HTTPError):
                return bool(client.get("/api/v1/restart").json()["started_at"] != before)
            return False

        until(restarted)
        until(lambda: [s["state"] for s in client.get("/api/v1/sessions").json()["sessions"]] == ["dead"])


@pytest.mark.on_sqlite
def test_a_program_that_does_not_start_is_refused_and_the_server_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        f"import os\nif os.path.exists({str(tmp_path / 'broken')!r}): raise SystemExit('half an upgrade')\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with Handloom(tmp_path / "data") as server, server.client() as client:
        workspace = client.post("/api/v1/workspaces", json={"name": "w"}).json()["id"]
        (tmp_path / "broken").touch()
        refused = client.post("/api/v1/restart", json={})
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "conflict")
        assert "half an upgrade" in refused.json()["error"]["message"]
        (tmp_path / "broken").unlink()
        assert client.post(f"/api/v1/workspaces/{workspace}/sessions", json={"name": "mine"}).status_code == 200
        assert client.post("/api/v1/restart", json={"seconds": -1}).status_code == 400


@pytest.mark.on_sqlite
def test_a_server_that_is_to_stop_does_not_restart(tmp_path: Path) -> None:
    with Handloom(tmp_path / "data") as server, server.client() as client:
        client.post("/api/v1/drain", json={"minutes": 5, "stop": False})
        refused = client.post("/api/v1/restart", json={})
        assert refused.status_code == 409, refused.text
        client.delete("/api/v1/drain")
        assert client.post("/api/v1/restart", json={}).status_code == 200


IN_TERMINAL = """import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, "-m", "handloom.cli", "up", *sys.argv[1:]])"""


@pytest.mark.on_sqlite
def test_a_server_ends_with_its_terminal(tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    flags = ("--data", str(tmp_path / "data"), "--port", "0", "--no-browser", "--warm-kernels", "0")
    with subprocess.Popen(
        [sys.executable, "-c", IN_TERMINAL, *flags],
        stdin=theirs,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment(),
        start_new_session=True,
    ) as process:
        os.close(theirs)
        until(lambda: folder.announced_by(tmp_path / "data", process.pid) is not None)
        os.close(ours)
        assert process.wait(60) == 0
