"""Below a path: sign in, run a cell, open its run, reload, copy links; every request of the browser has the path."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from azurite import free_port
from e2e import notebook
from e2e.conftest import Sit
from e2e.test_notebook_outputs import made
from running import Handloom

CODE = """import mlflow
from IPython.display import HTML
print(mlflow.get_tracking_uri())
with mlflow.start_run(run_name="below"): mlflow.log_metric("m", 7)
HTML("<p id=x>no</p><script>document.getElementById('x').textContent = 'script ran'</script>")"""


@pytest.fixture(scope="module")
def below(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handloom]:
    """A server whose URL, for people and for the test, is below /lab."""
    port = free_port()
    flags = ("--port", str(port), "--public-url", f"http://127.0.0.1:{port}/lab")
    with Handloom(tmp_path_factory.mktemp("below") / "data", *flags, warm_kernels=1) as running:
        running.url += "/lab"
        yield running


def test_a_person_works_below_a_path(sit: Sit, below: Handloom) -> None:
    root = below.url.removesuffix("/lab")
    person = sit(at=below)
    page = person.page
    outside: list[str] = []
    page.context.on("request", lambda request: outside.append(request.url))
    page.on("websocket", lambda socket: outside.append(socket.url.replace("ws:", "http:")))
    place = made(below, CODE)
    person.go(place.path)
    notebook.opened(person)
    cell = notebook.cells(person).first
    notebook.run(person, cell)
    expect(notebook.output(cell)).to_contain_text(f"{root}/mlflow/")  # kernels go straight to the server
    expect(cell.frame_locator("iframe").get_by_text("script ran")).to_be_visible()

    person.go(opened_run(below, place.path.split("/")[2]))
    expect(page.get_by_role("heading", name="below").first).to_be_visible()
    address = page.url
    page.reload()
    expect(page.get_by_role("heading", name="below").first).to_be_visible()
    person.shot("run")

    page.goto(address.partition("?")[0])
    page.get_by_role("button", name="Share link").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.url
    page.get_by_role("button", name="Export").click()
    page.get_by_role("menuitem", name="Copy as Python").click()
    expect(page.get_by_text("Python copied", exact=True)).to_be_visible()
    assert f"{below.url}/mlflow/" in page.evaluate("navigator.clipboard.readText()")
    assert any("/jupyter/api/kernels/" in url and "/channels" in url for url in outside)
    paths = [urlsplit(url).path for url in outside if url.startswith(root)]
    assert [path for path in paths if not path.startswith("/lab/")] == []

    page.goto(f"{root}/workspaces")  # the server's own address, without the path
    expect(page.get_by_role("link", name="default", exact=True)).to_be_visible()
    assert page.url == f"{below.url}/workspaces"


def opened_run(server: Handloom, workspace: str) -> str:
    """The path of the page that shows the only run of a workspace."""
    with server.client() as client:
        found = client.post(f"/mlflow/{workspace}/api/2.0/mlflow/runs/search", json={"experiment_ids": ["0", "1", "2"]})
        (run,) = found.json()["runs"]
    info = run["info"]
    return f"/workspaces/{workspace}/experiments/{info['experiment_id']}?view=details&run={info['run_id']}"
