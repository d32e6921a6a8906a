"""A workspace's notebook is committed, changed, compared and pushed in the browser; the page speaks Korean too."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from e2e.browser import Person
from e2e.conftest import Sit
from e2e.words import KOREAN
from git_server import TOKEN, USER, Colleague, GitServer, document, git
from running import Handloom


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handloom]:
    with Handloom(tmp_path_factory.mktemp("site") / "data", "--webhook-networks", "127.0.0.0/8") as running:
        yield running


def test_a_notebook_is_committed_compared_and_pushed(sit: Sit, site: Handloom, git_server: GitServer) -> None:
    target = git_server.create("lab")
    with site.client() as client:
        workspace = client.post("/api/v1/workspaces", json={"name": "Git lab"}).json()["id"]
        here = f"/api/v1/workspaces/{workspace}"
        cell = {"id": "one", "cell_type": "code", "source": "x = 1\nprint(x)", "metadata": {}, "execution_count": 1}
        shown = [{"output_type": "stream", "name": "stdout", "text": "1"}]
        document = {"cells": [cell | {"outputs": shown}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        client.post(f"{here}/notebooks", json={"name": "Train", "content": document}).raise_for_status()
    file = site.data / "workspaces" / workspace / "Train.ipynb"
    person = sit()
    page = person.page
    person.go(f"/workspaces/{workspace}")
    page.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Git").click()
    expect(page.get_by_role("button", name="Train.ipynb")).to_be_visible()
    page.get_by_label("Message").fill("First version")
    page.get_by_label("E-mail address of the author").fill("kim@example.com")
    person.shot("changes")
    page.get_by_role("button", name="Commit 1 file").click()
    expect(page.get_by_text("Everything is committed.")).to_be_visible()
    file.write_text(file.read_text().replace("x = 1", "x = 2"))
    page.reload()
    page.get_by_role("button", name="Train.ipynb").click()
    expect(page.get_by_role("dialog").get_by_text("x = 2")).to_be_visible()
    person.shot("comparison")
    page.get_by_role("button", name="Close").click()
    page.get_by_label("Message").fill("Second version\n\nWith a body.")
    page.get_by_role("button", name="Commit 1 file").click()
    expect(page.get_by_role("button", name="Second version")).to_be_visible()
    page.get_by_role("button", name="Repository").click()
    page.get_by_role("textbox", name="Address", exact=True).fill(f"{git_server.url}/lab.git")
    page.get_by_role("textbox", name="User name", exact=True).fill(USER)
    page.get_by_label("Access token").fill(TOKEN)
    person.shot("repository")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Push 2 commits").click()
    expect(page.get_by_text("Pushed to the branch main").first).to_be_visible()
    assert git("log", "--format=%s", "main", at=target) == "Second version\nFirst version\n"
    page.get_by_role("button", name="Second version").click()
    expect(page.get_by_role("dialog").get_by_text("With a body.")).to_be_visible()
    page.get_by_role("dialog").get_by_role("button", name="Train.ipynb").click()
    expect(page.get_by_role("dialog").get_by_text("x = 1").last).to_be_visible()
    person.shot("commit")
    other = sit(KOREAN, dark=True)
    other.page.set_viewport_size({"width": 768, "height": 900})
    file.write_text(file.read_text().replace("x = 2", "x = 3"))
    other.go(f"/workspaces/{workspace}/git")
    expect(other.page.get_by_role("button", name="파일 1개 커밋")).to_be_visible()
    other.shot("korean")


def _clone(person: Person, site: Handloom, url: str) -> tuple[str, str]:
    """Pull a repository into a new workspace, and commit a change of a notebook there; return the workspace's address
    and that of the notebook Train.
    """
    with site.client() as client:
        workspace = client.post("/api/v1/workspaces", json={"name": f"Shared {uuid.uuid4().hex[:6]}"}).json()["id"]
        here = f"/api/v1/workspaces/{workspace}"
        client.put(f"{here}/git/remote", json={"remote_url": url, "username": USER, "secret": TOKEN}).raise_for_status()
        page = person.page
        person.go(f"/workspaces/{workspace}/git")
        page.get_by_role("button", name="Pull", exact=True).click()
        expect(page.get_by_role("dialog").get_by_role("button", name="lessons/First.ipynb")).to_be_visible()
        page.get_by_role("dialog").get_by_role("button", name="Pull 1 commit").click()
        expect(page.get_by_text("Pulled from the branch main").first).to_be_visible()
        expect(page.get_by_text("Everything is committed.")).to_be_visible()
        items = client.get(f"{here}/items").json()["items"]
        notebooks = {item["name"]: item["id"] for item in items if item["kind"] == "notebook"}
        first = site.data / "workspaces" / workspace / "First.ipynb"
        first.write_text(first.read_text().replace("lesson = 1", "lesson = 'here'"))
        change = client.get(f"{here}/git").json()["changes"][0]
        body = {"message": "Here", "files": [{"path": "lessons/First.ipynb", "blob": change["blob"]}]}
        client.post(f"{here}/git/commits", json=body).raise_for_status()
    return f"/workspaces/{workspace}", f"/workspaces/{workspace}/notebooks/{notebooks['Train']}"


def test_commits_of_others_are_pulled_and_open_notebooks_follow(
    sit: Sit, site: Handloom, git_server: GitServer, tmp_path: Path
) -> None:
    target = git_server.create("shared")
    colleague = Colleague(target, tmp_path / "work")
    files = {"Train.ipynb": "x = 1", "lessons/First.ipynb": "lesson = 1", "lessons/Old.ipynb": "old"}
    colleague.push("Course", {path: document(source) for path, source in files.items()})
    person = sit()
    page, dialog = person.page, person.page.get_by_role("dialog")
    here, notebook = _clone(person, site, f"{git_server.url}/shared.git")
    reader = sit()
    reader.go(notebook)
    expect(reader.page.get_by_text("x = 1")).to_be_visible()
    files = {"Train.ipynb": "x = 2", "lessons/First.ipynb": "lesson = 'there'", "lessons/Second.ipynb": "second"}
    colleague.push(
        "New lesson", {path: document(source) for path, source in files.items()} | {"lessons/Old.ipynb": None}
    )
    page.reload()
    page.get_by_role("button", name="Push 1 commit").click()
    expect(page.get_by_text("has commits that are not here")).to_be_visible()
    person.shot("refused")
    page.get_by_role("button", name="Pull", exact=True).last.click()
    expect(dialog.get_by_text("changed here too")).to_be_visible()
    expect(dialog.get_by_role("combobox")).to_contain_text("Merge: 1 cell to decide")
    expect(dialog.get_by_role("list", name="Cells of lessons/First.ipynb that both sides changed")).to_contain_text(
        "lesson = 'there'"
    )
    person.shot("cells")
    expect(dialog.get_by_role("button", name="Pull 1 commit")).to_be_disabled()
    dialog.get_by_role("button", name="lessons/First.ipynb").click()
    expect(page.get_by_text("lesson = 'there'")).to_be_visible()
    person.shot("pull-comparison")
    page.get_by_role("dialog").last.get_by_role("button", name="Close").click()
    dialog.get_by_role("combobox", name="What to do with lessons/First.ipynb").click()
    page.get_by_role("option", name="Keep both").click()
    person.shot("pull")
    other = sit(KOREAN, dark=True)
    other.page.set_viewport_size({"width": 768, "height": 900})
    other.go(f"{here}/git")
    other.page.get_by_role("button", name="끌어오기").first.click()
    expect(other.page.get_by_role("combobox")).to_be_visible()
    other.shot("korean-pull")
    dialog.get_by_role("button", name="Pull 1 commit").click()
    expect(page.get_by_role("button", name="Push 2 commits")).to_be_visible()
    expect(page.get_by_role("button", name="lessons/First (main).ipynb")).to_be_visible()
    expect(reader.page.get_by_text("x = 2")).to_be_visible()
    person.shot("pulled")
    page.get_by_role("button", name="Push 2 commits").click()
    expect(page.get_by_text("Pushed to the branch main").first).to_be_visible()
    assert git("log", "--format=%s", "-1", "main", at=target).startswith("Merge branch 'main'")


def test_notebooks_are_imported_from_a_repository(
    sit: Sit, site: Handloom, git_server: GitServer, tmp_path: Path
) -> None:
    git_server.create("course")
    work = tmp_path / "work"
    git("clone", "--quiet", str(git_server.folder / "course.git"), str(work))
    cell: dict[str, object] = {
        "id": "one",
        "cell_type": "code",
        "source": "x = 1",
        "metadata": {},
        "execution_count": None,
        "outputs": [],
    }
    document = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (work / "lessons").mkdir()
    (work / "lessons" / "첫걸음.ipynb").write_text(json.dumps(document))
    (work / "values.csv").write_text("a\n1\n")
    (work / "large.csv").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n")
    (work / ".gitignore").write_text("*.tmp\n")
    git("add", ".", at=work)
    git("commit", "--quiet", "-m", "Course", at=work)
    git("push", "--quiet", "origin", "HEAD:main", at=work)
    with site.client() as client:
        workspace = client.post("/api/v1/workspaces", json={"name": "Course"}).json()["id"]
    person = sit()
    page = person.page
    person.go(f"/workspaces/{workspace}")
    page.get_by_role("button", name="Other ways to upload").click()
    page.get_by_role("menuitem", name="From a git repository").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Address of the repository").fill(f"{git_server.url}/course.git")
    dialog.get_by_role("button", name="Import").click()
    expect(dialog.get_by_text("asks for a token")).to_be_visible()
    dialog.get_by_role("button", name="Private repository").click()
    dialog.get_by_label("User name").fill(USER)
    dialog.get_by_label("Access token").fill(TOKEN)
    person.shot("dialog")
    page.keyboard.press("Enter")
    expect(page.get_by_text("course.zip was unpacked", exact=True)).to_be_visible()
    expect(page.get_by_text("1 entry of course.zip was left out", exact=True)).to_be_visible()
    expect(page.get_by_text("large.csv: it is a pointer of Git LFS").first).to_be_visible()
    expect(page.get_by_role("link", name="첫걸음")).to_be_visible()
    person.shot("imported")
    assert sorted(one.name for one in (site.data / "workspaces" / workspace / "Files" / "course").iterdir()) == [
        "values.csv"
    ]
    other = sit(KOREAN, dark=True)
    other.page.set_viewport_size({"width": 768, "height": 900})
    other.go(f"/workspaces/{workspace}")
    other.page.get_by_role("button", name="다른 업로드 방법").click()
    other.shot("korean-menu")
    other.page.get_by_role("menuitem", name="Git 저장소에서 가져오기").click()
    other.page.get_by_role("button", name="비공개 저장소").click()
    other.shot("korean-dialog")
