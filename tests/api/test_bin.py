"""The bin: deleted notebooks and experiments and removed workspaces come back as they were, or go for good."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from handloom.domain import clock
from handloom.domain.members import User
from handloom.domain.runs import NOTEBOOK_TAG
from handloom.domain.workspaces import Workspace
from handloom.store.deleted import rows as deleted_store
from handloom.store.deleted.retention import BinRetention
from handloom.store.engine.database import Database
from handloom.store.notebooks import files
from handloom.store.notebooks import rows as notebooks
from handloom.store.users import rows as users
from handloom.store.workspaces import rows as workspaces
from running import Handloom


@pytest.fixture
def admin(server: Handloom) -> Iterator[httpx.Client]:
    """An admin of the installation."""
    with server.client() as opened:
        yield opened


@pytest.fixture
def person(server: Handloom, admin: httpx.Client) -> Iterator[Callable[[], tuple[str, httpx.Client]]]:
    """`person()` adds somebody and signs their browser in."""
    browsers: list[httpx.Client] = []

    def one() -> tuple[str, httpx.Client]:
        made = admin.post("/api/v1/users", json={"name": f"p {uuid.uuid4()}"}).json()
        browsers.append(httpx.Client(base_url=server.url, headers={"Origin": server.url}, timeout=60))
        server.sign_in(browsers[-1], server.url + made["path"])
        return made["user"]["id"], browsers[-1]

    yield one
    for browser in browsers:
        browser.close()


def ask(client: httpx.Client, method: str, path: str, status: int = 200, /, **body: Any) -> Any:
    content: dict[str, Any] = {"params": body} if method in ("GET", "DELETE") else {"json": body}
    reply = client.request(method, f"/api/v1{path}", **content)
    assert reply.status_code == status, reply.text
    return reply.json()


def binned(client: httpx.Client, at: str) -> list[tuple[str, str]]:
    return [(item["kind"], item["name"]) for item in ask(client, "GET", f"{at}/bin")["items"]]


def names(client: httpx.Client, at: str) -> set[str]:
    return {item["name"] for item in ask(client, "GET", f"{at}/items")["items"]}


def test_a_deleted_notebook_comes_back_with_its_content_and_its_runs(admin: httpx.Client) -> None:
    workspace = ask(admin, "POST", "/workspaces", name=f"w {uuid.uuid4()}")["id"]
    at = f"/workspaces/{workspace}"
    notebook = ask(admin, "POST", f"{at}/notebooks", name="모델")["id"]
    content = admin.get(f"/api/v1{at}/notebooks/{notebook}/file").content
    tags = [{"key": NOTEBOOK_TAG, "value": notebook}]
    run = {"experiment_id": "0", "tags": tags}
    admin.post(f"/mlflow/{workspace}/api/2.0/mlflow/runs/create", json=run).raise_for_status()
    linked = ask(admin, "GET", f"{at}/notebooks/{notebook}/runs")
    assert len(linked["runs"]) == 1
    ask(admin, "DELETE", f"{at}/notebooks/{notebook}")
    assert ("모델" in names(admin, at), binned(admin, at)) == (False, [("notebook", "모델")])
    for path in ("", "/file", "/runs"):
        assert admin.get(f"/api/v1{at}/notebooks/{notebook}{path}").status_code == 404
    assert admin.patch(f"/api/v1{at}/notebooks/{notebook}", json={"name": "x"}).status_code == 404
    found = ask(admin, "GET", "/search", query="모델", limit=20)["items"]
    assert workspace not in {item["workspace"] for item in found}

    taker = ask(admin, "POST", f"{at}/notebooks", name="모델")["id"]
    refused = admin.post(f"/api/v1{at}/notebooks/{notebook}/restore", json={})
    assert (refused.status_code, "모델" in refused.text, "another name" in refused.text) == (409, True, True)
    assert ask(admin, "POST", f"{at}/notebooks/{notebook}/restore", new_name="모델 2")["name"] == "모델 2"
    assert admin.get(f"/api/v1{at}/notebooks/{notebook}/file").content == content
    assert ask(admin, "GET", f"{at}/notebooks/{notebook}/runs") == linked
    assert (names(admin, at) >= {"모델", "모델 2"}, binned(admin, at)) == (True, [])
    ask(admin, "POST", f"{at}/notebooks/{notebook}/restore", 404)
    ask(admin, "DELETE", f"{at}/notebooks/{taker}")
    ask(admin, "POST", f"{at}/notebooks/{taker}/restore", 400, new_name="a/b")
    ask(admin, "POST", f"{at}/notebooks/{taker}/restore")


def test_a_deleted_file_or_folder_comes_back_and_replaces_nothing(server: Handloom, admin: httpx.Client) -> None:
    workspace = ask(admin, "POST", "/workspaces", name=f"w {uuid.uuid4()}")["id"]
    at, files = f"/workspaces/{workspace}", server.data / "workspaces" / workspace / "Files"
    (files / "raw").mkdir(parents=True)
    (files / "raw" / "a.csv").write_text("1")
    file = ask(admin, "DELETE", f"{at}/files", path="Files/raw/a.csv")["file"]
    folder = ask(admin, "DELETE", f"{at}/files", path="Files/raw")["file"]
    assert not (files / "raw").exists()
    assert binned(admin, at) == [("file", "Files/raw"), ("file", "Files/raw/a.csv")]
    ask(admin, "POST", f"{at}/files/{file}/restore")
    assert (files / "raw" / "a.csv").read_text() == "1"
    assert "Rename or delete it" in ask(admin, "POST", f"{at}/files/{folder}/restore", 409)["error"]["message"]
    file = ask(admin, "DELETE", f"{at}/files", path="Files/raw/a.csv")["file"]
    (files / "raw" / "a.csv").write_text("2")
    ask(admin, "POST", f"{at}/files/{file}/restore", 409)
    assert (files / "raw" / "a.csv").read_text() == "2"
    (files / "link").symlink_to(server.data / "handloom.db")
    assert "symbolic link" in ask(admin, "DELETE", f"{at}/files", 409, path="Files/link")["error"]["message"]
    for outside in ("Files", "Files/../a.ipynb", "Tables/x", "", "/etc/passwd"):
        ask(admin, "DELETE", f"{at}/files", 400, path=outside)
    ask(admin, "DELETE", f"{at}/files", 404, path="Files/nothing")
    entries = ask(admin, "GET", f"{at}/audit", area="file")["entries"]
    assert [entry["action"] for entry in entries][-3:] == ["file.recover", "file.delete", "file.delete"]


def test_experiments_are_in_the_same_bin_whoever_deleted_them(admin: httpx.Client) -> None:
    workspace = ask(admin, "POST", "/workspaces", name=f"w {uuid.uuid4()}")["id"]
    at, mlflow = f"/workspaces/{workspace}", f"/mlflow/{workspace}/api/2.0/mlflow"
    by_page = ask(admin, "POST", f"{at}/experiments", name="Page")["id"]
    by_client = ask(admin, "POST", f"{at}/experiments", name="Client")["id"]
    ask(admin, "DELETE", f"{at}/experiments/{by_page}")
    ask(admin, "POST", f"{at}/experiments", name="Page")
    admin.post(f"{mlflow}/experiments/delete", json={"experiment_id": by_client}).raise_for_status()
    assert sorted(binned(admin, at)) == [("experiment", "Client"), ("experiment", "Page")]
    ask(admin, "POST", f"{at}/experiments/{by_client}/restore")
    assert binned(admin, at) == [("experiment", "Page")]


def test_a_removed_workspace_is_nowhere_until_its_admin_restores_it(
    admin: httpx.Client, person: Callable[[], tuple[str, httpx.Client]]
) -> None:
    (_, owner), (viewer_id, viewer), (_, stranger) = person(), person(), person()
    name = f"w {uuid.uuid4()}"
    workspace = ask(owner, "POST", "/workspaces", name=name)["id"]
    at = f"/workspaces/{workspace}"
    notebook = ask(owner, "POST", f"{at}/notebooks", name="Kept")["id"]
    ask(owner, "POST", f"{at}/members", user=viewer_id, role="viewer")
    ask(viewer, "GET", f"{at}/bin", 403)
    content = owner.get(f"/api/v1{at}/notebooks/{notebook}/file").content
    ask(owner, "DELETE", at, name=name)
    for client in (owner, viewer, admin):
        for path in ("", "/items", "/members", "/bin", f"/notebooks/{notebook}"):
            assert client.get(f"/api/v1{at}{path}").status_code == 404
        for reference in (workspace, name, f"removed {workspace}"):
            assert client.get(f"/mlflow/{reference}/api/2.0/mlflow/experiments/get?experiment_id=0").status_code == 404
        assert workspace not in client.get("/api/v1/workspaces").text
        assert workspace not in client.get("/api/v1/recent").text
        assert workspace not in client.get("/api/v1/search", params={"query": "Kept", "limit": 20}).text

    def removed(client: httpx.Client) -> bool:
        return workspace in {found["id"] for found in ask(client, "GET", "/removed-workspaces")["workspaces"]}

    assert [removed(client) for client in (owner, viewer, stranger, admin)] == [True, False, False, True]
    for client in (viewer, stranger):
        ask(client, "POST", f"/removed-workspaces/{workspace}/restore", 404)
        ask(client, "DELETE", f"/removed-workspaces/{workspace}", 404)
    ask(stranger, "POST", "/workspaces", name=name)
    taken = owner.post(f"/api/v1/removed-workspaces/{workspace}/restore", json={})
    assert (taken.status_code, "another name" in taken.text) == (409, True)
    assert ask(owner, "POST", f"/removed-workspaces/{workspace}/restore", new_name=f"{name} 2")["role"] == "admin"
    assert ask(viewer, "GET", at)["role"] == "viewer"
    assert owner.get(f"/api/v1{at}/notebooks/{notebook}/file").content == content
    actions = [entry["action"] for entry in ask(admin, "GET", "/audit", target=name)["entries"]]
    assert actions[0] == "workspace.restore"
    ask(owner, "DELETE", at, name=f"{name} 2")
    ask(owner, "DELETE", f"/removed-workspaces/{workspace}")
    assert not removed(owner)
    ask(owner, "POST", f"/removed-workspaces/{workspace}/restore", 404)


@pytest.fixture
def database(database_url: str, tmp_path: Path) -> Iterator[Database]:
    opened = Database(database_url, tmp_path)
    for name in ("workspaces", "trash"):
        (tmp_path / name).mkdir(exist_ok=True)
    yield opened
    opened.close()


@pytest.fixture
def made(database: Database) -> tuple[User, Workspace, str]:
    """A user with a workspace and the id of a notebook in it."""
    user = database.write_now(lambda tx: users.create(tx, "ana", admin=True))
    workspace = database.write_now(lambda tx: workspaces.create(tx, user.id, "lab"))
    draft = files.create_draft(database.root, workspace.id)
    notebook = database.write_now(lambda tx: notebooks.create(tx, user.id, "a", draft, session_timeout=20))
    return user, workspace, notebook.id


def on_disk(database: Database) -> set[str]:
    return {file.name for file in (database.root / "workspaces").rglob("*.ipynb")}


def test_what_is_old_is_purged_and_what_is_new_is_not(database: Database, made: tuple[User, Workspace, str]) -> None:
    _, workspace, notebook = made
    retention = BinRetention(database, database.root, 30)
    database.write_now(lambda tx: notebooks.remove(tx, workspace.id, notebook))
    retention.purge(clock.now() - 60_000)
    assert [item.id for item in database.read_now(lambda tx: deleted_store.restorable(tx, workspace.id))] == [notebook]
    assert on_disk(database) == {f"{notebook}.ipynb"}
    retention.purge(clock.now() + 1)
    assert database.read_now(lambda tx: deleted_store.restorable(tx, workspace.id)) == []
    assert on_disk(database) == set()
    database.write_now(lambda tx: workspaces.remove(tx, workspace.id, "lab"))
    retention.purge(clock.now() - 60_000)
    assert len(database.read_now(lambda tx: workspaces.list_removed(tx, None))) == 1
    retention.purge(clock.now() + 1)
    assert database.read_now(lambda tx: workspaces.list_removed(tx, None)) == []
    assert not (database.root / "workspaces" / workspace.id).exists()


def test_a_kill_between_row_and_file_leaves_both_in_the_same_place(
    database: Database, made: tuple[User, Workspace, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, workspace, notebook = made
    folder = database.root / "workspaces" / workspace.id
    with monkeypatch.context() as killed:
        killed.setattr(files, "move", lambda *_: None)
        database.write_now(lambda tx: notebooks.remove(tx, workspace.id, notebook))
    assert (folder / "a.ipynb").exists()
    database.read_now(files.finish_interrupted)
    assert on_disk(database) == {f"{notebook}.ipynb"}
    with monkeypatch.context() as killed:
        killed.setattr(files, "move", lambda *_: None)
        database.write_now(lambda tx: notebooks.restore(tx, workspace.id, notebook))
    database.read_now(files.finish_interrupted)
    assert on_disk(database) == {"a.ipynb"}
    (folder / ".bin" / f"{'0' * 32}.ipynb").write_text("of a purged one")
    database.read_now(files.finish_interrupted)
    assert on_disk(database) == {"a.ipynb"}


def test_whoever_restores_a_workspace_without_an_admin_becomes_one(
    database: Database, made: tuple[User, Workspace, str]
) -> None:
    ana, workspace, _ = made
    bo = database.write_now(lambda tx: users.create(tx, "bo", admin=True))
    database.write_now(lambda tx: workspaces.remove(tx, workspace.id, "lab"))
    database.write_now(lambda tx: users.disable(tx, ana.id))
    assert database.write_now(lambda tx: workspaces.restore(tx, workspace.id, bo.id)).role == "admin"
