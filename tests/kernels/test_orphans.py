"""No child process survives the server, however it ends."""

from __future__ import annotations

import time

import psutil
import pytest

from handloom.client.http import Client
from handloom.client.session import RemoteSession
from running import Handloom


def _tree(server: Handloom) -> list[psutil.Process]:
    assert server.process is not None
    return psutil.Process(server.process.pid).children(recursive=True)


def _gone(processes: list[psutil.Process], seconds: float = 10) -> list[str]:
    """Command lines of those that are still there."""
    end = time.monotonic() + seconds
    alive = processes
    while alive and time.monotonic() < end:
        alive = [p for p in alive if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
        time.sleep(0.05)
    return [" ".join(p.cmdline()) for p in alive]


@pytest.mark.parametrize("end", ["kill", "stop"])
def test_the_jupyter_child_the_kernels_and_the_engine_end_with_the_server(own_server: Handloom, end: str) -> None:
    client = Client(own_server.url, own_server.token)
    workspace = client.ask("GET", "/workspaces")["workspaces"][0]["id"]
    busy = RemoteSession(client, workspace, name="busy")
    idle = RemoteSession(client, workspace, name="idle")
    assert busy.run("spark.range(1).count(); import mlflow, sklearn").error is None
    assert idle.run("1").error is None
    processes = _tree(own_server)
    lines = [" ".join(process.cmdline()) for process in processes]
    assert sum("-m handloom.kernels" in line for line in lines) == 1
    assert sum("-m handloom.session -f" in line for line in lines) == 2
    assert sum("handloom.session.engine_child" in line for line in lines) == 1
    assert sum("handloom.session.capture" in line for line in lines) == 1  # only where models may be logged
    getattr(own_server, end)()
    assert _gone(processes) == []
    client.close()


def test_after_a_restart_of_the_server_there_are_no_sessions_and_a_new_one_starts(own_server: Handloom) -> None:
    client = Client(own_server.url, own_server.token)
    workspace = client.ask("GET", "/workspaces")["workspaces"][0]["id"]
    notebook = client.ask("POST", f"/workspaces/{workspace}/notebooks", {"name": "N"})["id"]
    old = client.ask("POST", f"/workspaces/{workspace}/sessions", {"notebook": notebook})
    client.close()
    own_server.kill()
    own_server.start()
    client = Client(own_server.url, own_server.token)
    assert client.ask("GET", "/sessions") == {"sessions": []}
    with RemoteSession(client, workspace, notebook=notebook) as session:
        assert session.facts["id"] != old["id"]
        assert session.run("print(1)").text == "1\n"
    client.close()
