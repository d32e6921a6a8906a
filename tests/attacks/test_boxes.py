"""Attacks from a cell in a box: on the server's files and processes, other workspaces, and other sessions."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import forking
import wheels
from handloom.app import find_isolation
from handloom.client.http import Client
from handloom.client.session import RemoteSession
from handloom.domain.errors import Invalid
from handloom.kernels import box
from handloom.kernels.box import Box, NoBoxError
from handloom.settings import parse
from running import Handloom


@pytest.fixture(scope="module", autouse=True)
def _needs_boxes(tmp_path_factory: pytest.TempPathFactory) -> None:
    try:
        box.find(tmp_path_factory.mktemp("probe"))
    except NoBoxError as error:
        pytest.skip(f"no box can be made on this machine: {error}")


class Lab:
    """A server that requires boxes, with two workspaces and a session in the first."""

    def __init__(self, server: Handloom, client: Client, *, forked: bool) -> None:
        self.server, self.client = server, client
        self.mine, self.other = (
            client.ask("POST", "/workspaces", {"name": f"boxes {number}"})["id"] for number in (1, 2)
        )
        for workspace in (self.mine, self.other):
            (server.data / "workspaces" / workspace / "Files" / "secret.txt").write_text("of a workspace")
        client.ask("POST", f"/workspaces/{self.other}/notebooks", {"name": "N"})
        self.session = (
            forking.session(server, client, self.mine, name="attack")
            if forked
            else RemoteSession(client, self.mine, name="attack")
        )
        self.neighbour = RemoteSession(client, self.other, name="neighbour")

    def run(self, code: str, seconds: float = 120) -> str:
        ran = self.session.run(code, seconds=seconds)
        assert ran.error is None, "\n".join(ran.error["traceback"])
        return ran.text.strip()


@pytest.fixture(scope="module", params=["spawned", "forked"])
def lab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("boxes")
    forked = request.param == "forked"
    start = forking.server if forked else Handloom
    os.environ["AWS_SECRET_ACCESS_KEY"] = "of the object store"
    try:
        with start(folder / "data", "--isolation", "required") as server:
            del os.environ["AWS_SECRET_ACCESS_KEY"]
            client = Client(server.url, server.token)
            yield Lab(server, client, forked=forked)
            client.close()
    finally:
        os.environ.pop("AWS_SECRET_ACCESS_KEY", None)


def _run_folder(lab: Lab) -> Path:
    """The run folder of the server's Jupyter child."""
    found = [Path(one) for one in Path("/tmp").glob("handloom-*/kernels")]
    kernel = lab.neighbour.facts["kernel"]
    return next(folder.parent for folder in found if (folder / kernel).exists())


def test_the_servers_files_are_not_there(lab: Lab) -> None:
    data = lab.server.data
    paths = ["handloom.db", "secret.key", "server.json", "servers", "artifacts", "logs", "backups"]
    assert (data / "handloom.db").exists()
    assert (data / "secret.key").exists()
    seen = lab.run(f"import os; print([path for path in {paths} if os.path.exists(os.path.join({str(data)!r}, path))])")
    assert seen == "[]"
    assert lab.run(f"import os; print(os.listdir({str(data / 'workspaces')!r}))") == str([lab.mine])
    assert (
        lab.run("import os; print([path for path in ('/var/log', '/root/.ssh', '/run/user') if os.path.exists(path)])")
        == "[]"
    )


def test_the_servers_processes_and_variables_are_not_there(lab: Lab) -> None:
    assert lab.server.process is not None
    code = f"""
import os, pathlib
lines = [pathlib.Path('/proc', pid, 'cmdline').read_bytes() for pid in os.listdir('/proc') if pid.isdecimal()]
print(any(b'handloom.cli' in line or b'handloom.kernels' in line for line in lines))
print(any(b'of the object store' in pathlib.Path('/proc', pid, 'environ').read_bytes()
          for pid in os.listdir('/proc') if pid.isdecimal() and pid != '1'))
try:
    os.kill({lab.server.process.pid}, 15)
except ProcessLookupError:
    print('no such process')
"""
    assert lab.run(code).split("\n") == ["False", "False", "no such process"]
    assert lab.server.process.poll() is None


def test_nothing_of_the_machine_or_the_installation_can_be_changed(lab: Lab) -> None:
    code = f"""
import mlflow, os, sys
for path in (os.path.dirname(mlflow.__file__), '/usr/bin', '/etc', {str(lab.server.data)!r}):
    try:
        open(os.path.join(path, 'planted'), 'w')
        print('wrote', path)
    except OSError as error:
        print(type(error).__name__)
for path in ('/proc/sys/kernel/core_pattern', '/proc/sysrq-trigger'):
    try:
        open(path, 'w')
        print('opened', path)
    except OSError:
        print('refused')
"""
    assert lab.run(code).split("\n") == ["OSError"] * 4 + ["refused"] * 2


def test_other_sessions_cannot_be_reached(lab: Lab) -> None:
    run = _run_folder(lab)
    kernel = lab.neighbour.facts["kernel"]
    assert (run / "jupyter.sock").exists()
    assert list((run / "kernels" / kernel / "ipc").iterdir())
    assert lab.run(f"import os; print(sorted(os.listdir({str(run)!r})))") == "['kernels']"
    own = lab.run(f"import os; print(os.listdir({str(run / 'kernels')!r}))")
    assert own == str([lab.session.facts["kernel"]])
    ports = """
import psutil, sys
own = sys.stdout.pub_thread._pipe_port  # takes output of forked processes, which know its secret word
connections = [c for p in psutil.process_iter() for c in p.net_connections()]
print([c.laddr for c in connections if c.status == 'LISTEN' and c.laddr.port != own])
"""
    assert lab.neighbour.run(ports).text.strip() == "[]"  # a port could be reached by others


def test_a_session_cannot_change_its_own_session_file(lab: Lab) -> None:
    code = """
import os
path = os.environ['HANDLOOM_SESSION_FILE']
for act in (lambda: open(path, 'w'), lambda: os.replace('/tmp', path), lambda: os.unlink(path)):
    try:
        act()
        print('changed')
    except OSError:
        print('refused')
"""
    assert lab.run(code).split() == ["refused"] * 3


def test_the_token_of_a_session_opens_its_workspace_only(lab: Lab) -> None:
    code = f"""
import httpx, os
h = dict(Authorization='Bearer ' + os.environ['MLFLOW_TRACKING_TOKEN'])
base = {lab.server.url!r}
print(httpx.get(base + '/api/v1/workspaces/{lab.other}/items', headers=h).status_code)
print(httpx.get(base + '/jupyter/api/contents/{lab.other}', headers=h).status_code)
print(httpx.get(base + '/jupyter/api/contents/{lab.mine}', headers=h).status_code)
"""
    assert set(lab.run(code).split()) <= {"403", "404"}


def test_links_out_of_the_workspace_are_not_followed_by_the_server(lab: Lab) -> None:
    data, mine = lab.server.data, lab.mine
    other = data / "workspaces" / lab.other
    link = lab.client.ask("POST", f"/workspaces/{mine}/notebooks", {"name": "Link"})["id"]
    lab.run(f"""
import os
os.chdir({str(data / "workspaces" / mine)!r})
os.symlink({str(data / "secret.key")!r}, 'Files/key.txt')
os.symlink({str(data)!r}, 'Files/data')
os.symlink({str(other)!r}, 'Files/other')
os.unlink('Link.ipynb')
os.symlink({str(data / "server.json")!r}, 'Link.ipynb')
""")
    with lab.server.client() as http:
        for path in (
            f"/jupyter/api/contents/{mine}/Files/key.txt?format=text",
            f"/jupyter/files/{mine}/Files/key.txt",
            f"/jupyter/api/contents/{mine}/Files/data",
            f"/jupyter/files/{mine}/Files/data/secret.key",
            f"/api/v1/workspaces/{mine}/files/Files/data/secret.key",
            f"/api/v1/workspaces/{mine}/files/Files/other/Files/secret.txt",
            f"/api/v1/workspaces/{mine}/files/Files/key.txt",
            f"/jupyter/files/{mine}/Files/other/Files/secret.txt",
            f"/jupyter/api/contents/{mine}/Files/other/Files/secret.txt",
            f"/jupyter/api/contents/{mine}/Link.ipynb?type=file",
            f"/api/v1/workspaces/{mine}/notebooks/{link}/file",
        ):
            assert http.get(path).status_code in (403, 404, 409), path
        saved = {"type": "file", "format": "text", "content": "planted"}
        assert http.put(f"/jupyter/api/contents/{mine}/Files/data/planted", json=saved).status_code == 404
        assert http.get(f"/jupyter/files/{mine}/Files/secret.txt").text == "of a workspace"
    assert not (data / "planted").exists()


def test_what_people_do_works_in_a_box(lab: Lab) -> None:
    assert lab.run("print(spark.range(10).count())") == "10"
    assert lab.run("print(open('/lakehouse/default/Files/secret.txt').read())") == "of a workspace"
    assert lab.run("!cat /lakehouse/default/Files/secret.txt") == "of a workspace"
    udf = "from pyspark.sql.functions import udf\nplus = udf(lambda x: x + 1, 'long')\n"
    assert lab.run(udf + "print(spark.range(3).select(plus('id')).collect()[2][0])") == "3"
    logged = "import mlflow\nwith mlflow.start_run() as run:\n    mlflow.log_metric('a', 1)\nprint(run.info.status)"
    assert lab.run(logged) == "RUNNING"
    files = lab.server.data / "workspaces" / lab.mine / "Files"
    wheels.build(files, "boxdemo", "1.0")
    assert "boxdemo" in lab.run("%pip install --no-index --find-links Files boxdemo")
    assert lab.run("import boxdemo; print(boxdemo.__version__)") == "1.0"


@pytest.mark.parametrize("code", ["import time; time.sleep(60)", "!sleep 60", "while True: pass"])
def test_a_cell_in_a_box_is_interrupted(lab: Lab, code: str) -> None:
    path = f"/workspaces/{lab.mine}/sessions/{lab.session.facts['id']}/interrupt"
    timer = threading.Timer(1.5, lambda: lab.client.ask("POST", path))
    timer.start()
    ran = lab.session.run(code, seconds=30)
    timer.join()
    assert ran.error is None or ran.error["ename"] == "KeyboardInterrupt"
    assert lab.run("print(1)") == "1"


def test_a_restarted_session_is_in_a_box_again(lab: Lab) -> None:
    lab.client.ask("POST", f"/workspaces/{lab.mine}/sessions/{lab.session.facts['id']}/restart")
    assert lab.run(f"import os; print(os.listdir({str(lab.server.data / 'workspaces')!r}))") == str([lab.mine])


def test_where_no_box_can_be_made_a_server_that_requires_them_starts_no_session(tmp_path: Path) -> None:
    empty = tmp_path / "bin"
    empty.mkdir()
    before = os.environ["PATH"]
    os.environ["PATH"] = str(empty)
    try:
        server = Handloom(tmp_path / "data", "--isolation", "required").start()
    finally:
        os.environ["PATH"] = before
    try:
        with server.client() as http:
            workspace = http.get("/api/v1/workspaces").json()["workspaces"][0]["id"]
            refused = http.post(f"/api/v1/workspaces/{workspace}/sessions", json={"name": "N"})
        assert refused.status_code == 503
        assert "bwrap is not installed" in refused.json()["error"]["message"]
        assert "No sessions can start" in server.log
    finally:
        server.stop()


def test_a_folder_is_shared_only_if_nothing_of_the_server_is_in_it(tmp_path: Path) -> None:
    data, shared = tmp_path / "data", tmp_path / "shared"
    for folder in (data, shared):
        folder.mkdir()
    (tmp_path / "alias").symlink_to(data)
    assert shutil.which(box.PROGRAM)
    assert isinstance(box.find(data, (str(shared),)), Box)
    for bad in (data, data / "workspaces", tmp_path, tmp_path / "alias", Path("/"), Path("/proc/1"), Path("relative")):
        with pytest.raises(Invalid, match="cannot be shared"):
            box.find(data, (str(bad),))


@pytest.mark.parametrize(("flags", "boxed"), [({}, False), ({"public_url": "https://lab.example"}, True)])
def test_by_default_sessions_are_boxed_on_a_server_that_others_reach(
    flags: dict[str, str], boxed: bool, tmp_path: Path
) -> None:
    found, isolation = find_isolation(parse({"data": str(tmp_path), **flags}, {}))
    assert (found is not None, isolation.boxed) == (boxed, boxed)
    assert isolation.required is False
    assert bool(isolation.reason) is not boxed
