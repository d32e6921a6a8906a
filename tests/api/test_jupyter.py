"""The notebook pages' paths of the Jupyter proxy."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import nbformat
import psutil
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from handloom.client.http import Client
from handloom.client.session import RemoteSession
from running import Handloom

pytestmark = pytest.mark.on_sqlite

KERNEL_PROTOCOL = "v1.kernel.websocket.jupyter.org"


class Page:
    """The client, workspace and notebook of a page."""

    def __init__(self, server: Handloom) -> None:
        self.server = server
        self.api = Client(server.url, server.token)
        self.http = server.client()
        self.workspace = self.api.ask("POST", "/workspaces", {"name": f"jupyter {uuid.uuid4().hex[:8]}"})["id"]
        self.notebook = self.api.ask("POST", f"/workspaces/{self.workspace}/notebooks", {"name": "노트북"})
        self.url = f"/jupyter/api/contents/{self.notebook['path']}"

    def document(self, source: str = "1") -> dict[str, Any]:
        notebook: Any = nbformat.v4
        content = notebook.new_notebook(cells=[notebook.new_code_cell(source)])
        return {"type": "notebook", "format": "json", "content": content}

    def close(self) -> None:
        self.http.close()
        self.api.close()

    def session(self) -> RemoteSession:
        return RemoteSession(self.api, self.workspace, notebook=self.notebook["id"])


@pytest.fixture(scope="module")
def page(server: Handloom) -> Iterator[Page]:
    page = Page(server)
    yield page
    page.close()


def test_a_notebook_is_read_and_saved_and_its_time_moves_on(page: Page) -> None:
    before = page.http.get(page.url).json()
    assert before["content"]["nbformat"] == 4
    saved = page.http.put(page.url, json=page.document("x = 1"))
    assert saved.status_code == 200
    assert page.http.get(page.url).json()["content"]["cells"][0]["source"] == "x = 1"
    assert saved.json()["last_modified"] > before["last_modified"]
    path = f"/workspaces/{page.workspace}/notebooks/{page.notebook['id']}"
    assert page.api.ask("GET", path)["modified_at"] > page.notebook["modified_at"]


def test_saving_a_notebook_that_was_renamed_away_does_not_bring_it_back(page: Page) -> None:
    reply = page.http.put(f"/jupyter/api/contents/{page.workspace}/gone.ipynb", json=page.document())
    assert reply.status_code == 404
    assert "renamed or deleted" in reply.json()["message"]


def test_notebooks_are_neither_renamed_nor_deleted_past_the_workspace(page: Page) -> None:
    assert page.http.delete(page.url).status_code == 409
    assert page.http.patch(page.url, json={"path": f"{page.workspace}/other.ipynb"}).status_code == 409
    assert page.http.get(page.url).status_code == 200


def test_other_files_of_the_workspace_are_read_and_written(page: Page) -> None:
    (page.server.data / "workspaces" / page.workspace / "Files").mkdir(exist_ok=True)
    url = f"/jupyter/api/contents/{page.workspace}/Files/a.txt"
    assert page.http.put(url, json={"type": "file", "format": "text", "content": "hi"}).status_code == 201
    raw = page.http.get(f"/jupyter/files/{page.workspace}/Files/a.txt")
    assert raw.text == "hi"
    assert raw.headers["content-security-policy"].startswith("sandbox")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "api/kernels", 403),
        ("GET", "api/terminals", 404),
        ("POST", "api/terminals", 404),
        ("GET", "nbconvert/html/x.ipynb", 404),
        ("POST", "api/shutdown", 404),
        ("GET", "api/contents", 404),
        ("GET", "api/contents/unknown/x.ipynb", 404),
        ("GET", "api/contents/{workspace}/..%2f..%2fhandloom.db", 400),
        ("GET", "files/{workspace}/%2e%2e/%2e%2e/server.json", 400),
        ("DELETE", "api/contents/{workspace}", 403),
        ("GET", "api/kernels/00000000-0000-0000-0000-000000000000", 404),
        ("POST", "api/sessions", 400),
        ("GET", "lab", 404),
    ],
)
def test_what_a_notebook_page_does_not_need_is_refused(page: Page, method: str, path: str, status: int) -> None:
    raw = httpx.URL(page.server.url + "/jupyter/" + path.replace("{workspace}", page.workspace))
    assert page.http.request(method, raw).status_code == status


def test_nothing_opens_without_a_sign_in(page: Page) -> None:
    assert httpx.get(page.server.url + page.url).status_code == 401
    assert httpx.get(page.server.url + page.url + "?token=x", headers={"Authorization": "token x"}).status_code == 401


def test_a_kernels_token_does_not_open_jupyter(page: Page) -> None:
    with page.session() as session:
        token = session.run("import os; print(os.environ['MLFLOW_TRACKING_TOKEN'])").text.strip()
        headers = {"Authorization": f"Bearer {token}"}
        assert httpx.get(page.server.url + page.url, headers=headers).status_code == 403
        search = f"{page.server.url}/mlflow/{page.workspace}/api/2.0/mlflow/experiments/get?experiment_id=0"
        assert httpx.get(search, headers=headers).status_code == 200
    assert httpx.get(search, headers=headers).status_code == 401  # revoked with the session


def test_a_page_of_another_site_is_refused(page: Page) -> None:
    headers = {"Origin": "https://evil.example", "Authorization": f"Bearer {page.server.token}"}
    assert page.http.put(page.url, json=page.document(), headers=headers).status_code == 403
    with page.session() as session, pytest.raises(InvalidStatus):
        _channels(page, session.kernel, headers).__enter__()


def _channels(page: Page, kernel: str, headers: dict[str, str] | None = None, **options: Any) -> Any:
    url = page.server.url.replace("http", "ws", 1)
    return connect(
        f"{url}/jupyter/api/kernels/{kernel}/channels?session_id=s&token=x",
        additional_headers=headers or {"Authorization": f"Bearer {page.server.token}"},
        max_size=None,
        **options,
    )


def test_the_kernels_socket_speaks_jupyters_protocol_and_carries_20_megabytes(page: Page) -> None:
    with page.session() as session:
        with _channels(page, session.kernel, subprotocols=[KERNEL_PROTOCOL]) as socket:
            assert socket.subprotocol == KERNEL_PROTOCOL
        ran = session.run("print('x' * 20_000_000, end='')", seconds=60)
        assert len(ran.text) == 20_000_000
        code = f"y = {'z' * 5_000_000!r}; print(len(y))"
        assert session.run(code, seconds=60).text == "5000000\n"


def test_lists_show_the_callers_own_kernels_only(page: Page) -> None:
    assert page.http.get("/jupyter/api/kernels").json() == []
    with page.session() as session:
        assert [kernel["id"] for kernel in page.http.get("/jupyter/api/kernels").json()] == [session.kernel]
        body = {"path": page.notebook["path"], "type": "notebook", "name": "", "kernel": {"id": session.kernel}}
        bound = page.http.post("/jupyter/api/sessions", json=body)
        assert bound.status_code == 201
        assert [item["id"] for item in page.http.get("/jupyter/api/sessions").json()] == [bound.json()["id"]]
        assert page.http.delete(f"/jupyter/api/sessions/{bound.json()['id']}").status_code == 403
        body["kernel"] = {"name": "python3"}
        assert page.http.post("/jupyter/api/sessions", json=body).status_code == 403
        assert page.http.delete(f"/jupyter/api/kernels/{session.kernel}").status_code == 403


def test_a_restart_through_jupyter_is_a_restart_of_the_session(page: Page) -> None:
    with page.session() as session:
        session.run("x = 1")
        reply = page.http.post(f"/jupyter/api/kernels/{session.kernel}/restart")
        assert reply.status_code == 200
        assert reply.json()["id"] == session.kernel
        ran = session.run("import os; print('x' in globals(), len(os.environ['MLFLOW_TRACKING_TOKEN']) > 20)")
        assert ran.text == "False True\n"  # fresh, and attached to its session again


def test_a_broken_notebook_on_disk_is_told_and_kept(page: Page) -> None:
    made = page.api.ask("POST", f"/workspaces/{page.workspace}/notebooks", {"name": "broken"})
    file = page.server.data / "workspaces" / made["path"]
    file.write_text("{ this is no notebook")
    reply = page.http.get(f"/jupyter/api/contents/{made['path']}")
    assert reply.status_code == 400
    assert "message" in reply.json()
    assert file.read_text() == "{ this is no notebook"


def test_a_full_disk_is_told_and_leaves_the_saved_file_whole(page: Page) -> None:
    """A limit on file sizes of the Jupyter child simulates a full disk."""
    page.http.put(page.url, json=page.document("kept = 1"))
    file = page.server.data / "workspaces" / page.notebook["path"]
    before = file.read_bytes()
    child = _jupyter_child(page.server)
    old = child.rlimit(_FILE_SIZE)
    child.rlimit(_FILE_SIZE, (1_000_000, old[1]))
    try:
        reply = page.http.put(page.url, json=page.document("x" * 3_000_000))
    finally:
        child.rlimit(_FILE_SIZE, old)
    assert reply.status_code == 507
    assert "disk of the data folder is full" in reply.json()["message"]
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir() if path.suffix == ".draft"] == []


_FILE_SIZE = 1  # RLIMIT_FSIZE


def _jupyter_child(server: Handloom) -> Any:
    assert server.process is not None
    children = psutil.Process(server.process.pid).children()
    return next(child for child in children if "handloom.kernels" in " ".join(child.cmdline()))


def test_outputs_that_were_made_here_are_trusted_after_a_restart(own_server: Handloom) -> None:
    page = Page(own_server)
    document = page.document()
    cell = document["content"]["cells"][0]
    cell["outputs"] = [{"output_type": "display_data", "data": {"text/html": "<b>x</b>"}, "metadata": {}}]
    cell["metadata"]["trusted"] = True
    assert page.http.put(page.url, json=document).status_code == 200
    own_server.stop()
    own_server.start()
    page.close()
    with own_server.client() as client:
        content = client.get(page.url).json()["content"]
    assert json.dumps(content["cells"][0]["metadata"]) == '{"trusted": true}'
    assert Path(own_server.data / "jupyter").stat().st_mode & 0o077 == 0
