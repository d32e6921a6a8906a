"""Git for a workspace over HTTP: status without outputs, commits of what was seen, history, and pushes with a token."""

from __future__ import annotations

import io
import json
import subprocess
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.people import Signed
from api.repositories import Repository
from git_server import TOKEN, USER, Colleague, GitServer, document, git
from running import Handloom, handloom

pytestmark = pytest.mark.on_sqlite


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handloom]:
    data = tmp_path_factory.mktemp("server") / "data"
    with Handloom(data, "--webhook-networks", "127.0.0.0/8") as running:
        yield running


@pytest.fixture
def mine(server: Handloom) -> Iterator[Repository]:
    with server.client() as client:
        yield Repository(server, client)


def test_a_commit_holds_notebooks_without_outputs_and_code_but_no_data(mine: Repository) -> None:
    mine.save("모델 비교", "x = 1\ny = 2", "print(x)")
    (mine.folder / "helpers.py").write_text("def double(x): return 2 * x\n")
    (mine.folder / "Files" / "sql").mkdir()
    (mine.folder / "Files" / "sql" / "top.sql").write_text("SELECT 1\n")
    (mine.folder / "Files" / "data.csv").write_text("a,b\n")
    (mine.folder / "Files" / "large.json").write_text(" " * 1_000_001)
    (mine.folder / "Files" / ".hidden.py").write_text("")
    assert mine.status() == {"Files/sql/top.sql": "added", "helpers.py": "added", "모델 비교.ipynb": "added"}
    assert mine.ask("GET")["left_out"] == ["Files/large.json"]
    made = mine.commit("First\n\nWith a body.", author="Kim <3", email="kim@example.com")
    assert (made["author"], made["message"], made["parents"]) == ("Kim 3", "First\n\nWith a body.", [])
    assert mine.status() == {}
    kept = json.loads(git("show", "main:모델 비교.ipynb", at=mine.data))
    assert [cell["outputs"] for cell in kept["cells"]] == [[], []]
    assert kept["cells"][0]["source"] == ["x = 1\n", "y = 2"]
    assert kept["cells"][0]["metadata"] == {}
    assert git("log", "--format=%an <%ae>%n%B", at=mine.data).startswith(
        "Kim 3 <kim@example.com>\nFirst\n\nWith a body."
    )
    git("fsck", "--strict", at=mine.data)
    mine.save("모델 비교", "x = 1\ny = 2", "print(x)", output="other outputs are no change")
    assert mine.status() == {}


def test_changes_are_compared_and_only_what_was_seen_is_committed(mine: Repository) -> None:
    mine.save("book", "x = 1")
    (mine.folder / "old.py").write_text("old = 1\n")
    first = mine.commit("First")
    mine.save("book", "x = 2")
    (mine.folder / "old.py").unlink()
    assert mine.status() == {"book.ipynb": "changed", "old.py": "deleted"}
    texts = mine.ask("GET", "/comparison", path="book.ipynb")
    assert [json.loads(texts[end])["cells"][0]["source"] for end in ("before", "after")] == [["x = 1"], ["x = 2"]]
    assert mine.ask("GET", "/comparison", path="old.py") == {"before": "old = 1\n", "after": None, "readable": True}
    seen = {change["path"]: change["blob"] for change in mine.ask("GET")["changes"]}
    mine.save("book", "x = 3")
    stale = [{"path": "book.ipynb", "blob": seen["book.ipynb"]}]
    assert "meanwhile" in mine.ask("POST", "/commits", 409, message="Stale", files=stale)["message"]
    second = mine.commit("Change it", "book.ipynb")
    assert second["parents"] == [first["id"]]
    assert mine.status() == {"old.py": "deleted"}
    third = mine.commit("Delete it")
    commits = mine.ask("GET", "/commits", limit=2)
    assert [one["id"] for one in commits["commits"]] == [third["id"], second["id"]]
    assert commits["more"]
    assert [one["id"] for one in mine.ask("GET", "/commits", before=second["id"])["commits"]] == [first["id"]]
    assert mine.ask("GET", f"/commits/{third['id']}")["changes"] == [{"path": "old.py", "kind": "deleted"}]
    texts = mine.ask("GET", f"/commits/{second['id']}/comparison", path="book.ipynb")
    assert json.loads(texts["after"])["cells"][0]["source"] == ["x = 3"]
    assert mine.ask("GET", "/commits/" + "0" * 40, 404)
    good: dict[str, Any] = {"message": "m", "files": [{"path": "old.py", "blob": ""}]}
    refused: list[dict[str, Any]] = [{"message": " "}, {"files": []}, {"email": "no address"}]
    for wrong in refused:
        mine.ask("POST", "/commits", 400, **good | wrong)
    assert "meanwhile" in mine.commit("Nothing", "old.py", status=409)["message"]


def test_outputs_are_committed_where_the_workspace_says_so(mine: Repository) -> None:
    mine.save("book", "x", output="first")
    mine.ask("PUT", "/remote", keep_outputs=True)
    mine.commit("With outputs")
    assert json.loads(git("show", "main:book.ipynb", at=mine.data))["cells"][0]["outputs"][0]["text"] == "first"
    mine.save("book", "x", output="second")
    assert mine.status() == {"book.ipynb": "changed"}
    mine.ask("PUT", "/remote", keep_outputs=False)
    assert mine.status() == {}


def test_commits_are_pushed_with_the_stored_token_and_never_by_force(mine: Repository, git_server: GitServer) -> None:
    target = git_server.create("pushed")
    url = f"{git_server.url}/pushed.git"
    mine.save("book", "x = 1")
    mine.commit("First")
    assert "Set its address" in mine.ask("POST", "/push", 409)["message"]
    remote = mine.ask("PUT", "/remote", remote_url=url, username=USER, secret="wrong")
    assert remote == {"url": url, "branch": "main", "username": USER, "has_secret": True, "keep_outputs": False}
    assert "token" in mine.ask("POST", "/push", 400)["message"]
    mine.ask("PUT", "/remote", remote_url=url, username=USER, secret=TOKEN)
    assert mine.ask("GET")["waiting"] == 1
    mine.ask("POST", "/push")
    assert mine.ask("GET")["waiting"] == 0
    assert git("log", "--format=%s", "main", at=target) == "First\n"
    mine.save("book", "x = 2")
    mine.commit("Second")
    assert mine.ask("GET")["waiting"] == 1
    tree = git("rev-parse", "main^{tree}", at=target).strip()
    other = git("commit-tree", tree, "-p", "main", "-m", "Elsewhere", at=target).strip()
    git("update-ref", "refs/heads/main", other, at=target)
    assert mine.ask("POST", "/push", 409)["field"] == "branch"
    assert git("log", "--format=%s", "-1", "main", at=target) == "Elsewhere\n"
    mine.ask("PUT", "/remote", remote_url=url, username=USER, branch="team/notebooks")  # the token stays
    mine.ask("POST", "/push")
    assert git("log", "--format=%s", "-1", "team/notebooks", at=target) == "Second\n"
    mine.ask("PUT", "/remote", remote_url=f"{git_server.url}/missing.git", username=USER)
    assert "no such repository" in mine.ask("POST", "/push", 404)["message"]
    mine.ask("PUT", "/remote", remote_url=f"{git_server.url}/elsewhere/pushed.git", username=USER)
    assert mine.ask("POST", "/push", 400)["field"] == "url"
    assert TOKEN not in json.dumps(mine.ask("GET"))
    assert TOKEN.encode() not in b"".join(path.read_bytes() for path in mine.data.rglob("*") if path.is_file())


def test_a_token_never_goes_to_another_server_than_it_was_given_for(mine: Repository, git_server: GitServer) -> None:
    mine.ask("PUT", "/remote", remote_url=f"{git_server.url}/a.git", username=USER, secret=TOKEN)
    moved = git_server.url.replace("127.0.0.1", "127.0.0.2")
    assert mine.ask("PUT", "/remote", 400, remote_url=f"{moved}/a.git", username=USER)["field"] == "secret"
    assert mine.ask("GET", "/remote")["url"].startswith(git_server.url)
    for url in (
        "ssh://git@a.example/x",
        "file:///etc",
        "/etc",
        "git@a.example:x.git",
        "ext::sh -c id",
        "https://a.example",
    ):
        assert mine.ask("PUT", "/remote", 400, remote_url=url)["field"] == "url", url
    assert mine.ask("PUT", "/remote", 400, remote_url=f"http://kim:{TOKEN}@127.0.0.1/a.git")["field"] == "url"
    assert "non-public" in mine.ask("PUT", "/remote", 400, remote_url="https://10.1.2.3/a.git")["message"]
    for branch in ("", "-x", "a..b", "a/.b", "x.lock", "@", "a b", "a~1", "a:b"):
        assert mine.ask("PUT", "/remote", 400, branch=branch)["field"] == "branch", branch


def test_a_workspace_begins_with_an_existing_repository(
    mine: Repository, git_server: GitServer, tmp_path: Path
) -> None:
    git_server.create("existing")
    work = tmp_path / "work"
    git("clone", "--quiet", str(git_server.folder / "existing.git"), str(work))
    (work / "README").write_text("hello\n")
    (work / "other.ipynb").write_text("{}\n")
    with_outputs = {"cell_type": "code", "source": "x = 1", "metadata": {}, "id": "cell0", "execution_count": 3}
    cells = [with_outputs | {"outputs": [{"output_type": "stream", "name": "stdout", "text": "of a colleague"}]}]
    (work / "book.ipynb").write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    git("add", ".", at=work)
    git("commit", "--quiet", "-m", "Theirs", at=work)
    git("push", "--quiet", "origin", "HEAD:main", at=work)
    mine.ask("PUT", "/remote", remote_url=f"{git_server.url}/existing.git", username=USER, secret=TOKEN, branch="none")
    assert mine.ask("POST", "/fetch") == {"found": False}
    mine.ask("PUT", "/remote", remote_url=f"{git_server.url}/existing.git", username=USER)
    assert mine.ask("POST", "/fetch") == {"found": True}
    mine.save("book", "x = 1")
    assert mine.status() == {"other.ipynb": "deleted"}  # not in the workspace, and committed only if it is chosen
    mine.save("book", "x = 2")
    mine.commit("Ours", "book.ipynb")
    mine.ask("POST", "/push")
    target = git_server.folder / "existing.git"
    assert git("log", "--format=%s", "main", at=target) == "Ours\nTheirs\n"
    assert git("ls-tree", "--name-only", "main", at=target) == "README\nbook.ipynb\nother.ipynb\n"
    assert "already" in mine.ask("POST", "/fetch", 409)["message"]


def test_viewers_read_contributors_commit_and_members_set_the_repository(
    mine: Repository, join: Callable[..., Signed]
) -> None:
    mine.save("book", "x = 1")
    here = f"/workspaces/{mine.workspace}"
    person, stranger = join(), join()
    mine.client.post(f"/api/v1{here}/members", json={"user": person.id, "role": "viewer"})
    blob = mine.ask("GET")["changes"][0]["blob"]
    commit = {"message": "m", "files": [{"path": "book.ipynb", "blob": blob}]}
    verbs = {"": "GET", "/commits": "POST", "/push": "POST", "/fetch": "POST", "/incoming": "POST", "/pull": "POST"}
    verbs |= {"/remote": "PUT"}

    def statuses(who: Signed) -> list[int]:
        bodies: dict[str, dict[str, Any]] = {"/commits": commit}
        return [who.status(verb, f"{here}/git{path}", **bodies.get(path, {})) for path, verb in verbs.items()]

    assert statuses(stranger) == [404] * 7
    assert statuses(person) == [200] + [403] * 6
    mine.client.patch(f"/api/v1{here}/members/{person.id}", json={"role": "contributor"})
    assert statuses(person) == [200, 200, 409, 409, 409, 409, 403]
    mine.client.patch(f"/api/v1{here}/members/{person.id}", json={"role": "member"})
    assert statuses(person)[-1] == 200
    log = mine.client.get(f"/api/v1{here}/audit").json()["entries"]
    made = next(entry for entry in log if entry["action"] == "git.commit")
    assert (made["user_name"], made["detail"]) == (person.name, {"message": "m"})
    assert "git.change" in {entry["action"] for entry in log}


def test_a_repository_is_fetched_once_as_an_archive(mine: Repository, git_server: GitServer, tmp_path: Path) -> None:
    source = git_server.create("course")
    work = tmp_path / "work"
    git("clone", "--quiet", str(source), str(work))
    (work / "첫걸음.ipynb").write_text("{}\n")
    (work / "data").mkdir()
    (work / "data" / "values.csv").write_text("a\n1\n")
    (work / "passwd").symlink_to("/etc/passwd")
    (work / ".gitattributes").write_text("*.csv filter=run diff=run\n")
    git("add", ".", at=work)
    git("commit", "--quiet", "-m", "Course", at=work)
    git("push", "--quiet", "origin", "HEAD:main", "HEAD:refs/heads/autumn", at=work)
    git_server.create("empty")
    place = {"remote_url": f"{git_server.url}/course.git/", "username": USER, "secret": TOKEN}

    def fetch(status: int = 200, /, **other: str) -> httpx.Response:
        reply = mine.client.post(f"/api/v1/workspaces/{mine.workspace}/git/archive", json=place | other)
        assert reply.status_code == status, reply.text
        return reply

    for branch in ("", "autumn"):
        reply = fetch(branch=branch)
        assert "filename*=UTF-8''course.zip" in reply.headers["content-disposition"]
        with zipfile.ZipFile(io.BytesIO(reply.content)) as archive:
            assert archive.read("data/values.csv") == b"a\n1\n"
            assert {"첫걸음.ipynb", "passwd"} <= set(archive.namelist())
            assert archive.getinfo("passwd").external_attr >> 28 == 0o12, "a link stays one, for importers to leave out"
    assert "no branch spring" in fetch(404, branch="spring").json()["error"]["message"]
    assert "no commit" in fetch(404, remote_url=f"{git_server.url}/empty.git").text
    assert "private" in fetch(400, secret="").json()["error"]["message"]
    assert fetch(400, secret="wrong").json()["error"]["field"] == "secret"
    for url in ("", "ssh://git@127.0.0.1/x", "/etc", "https://a.example/team/course/-/tree/main/x"):
        assert "address" in fetch(400, remote_url=url).json()["error"]["message"], url
    assert "non-public" in fetch(400, remote_url="https://10.1.2.3/a.git").text
    assert fetch(400, remote_url=f"{git_server.url}/elsewhere/course.git").json()["error"]["field"] == "url"
    assert mine.ask("GET")["head"] is None, "the workspace's own repository is not touched"
    assert not list((mine.data.parent / ".imports").iterdir())


def test_notebooks_of_a_repository_are_imported_by_command_line(
    mine: Repository, server: Handloom, git_server: GitServer, tmp_path: Path
) -> None:
    colleague = Colleague(git_server.create("lab-course"), tmp_path / "work")
    (tmp_path / "work" / "passwd").symlink_to("/etc/passwd")
    colleague.push(
        "Course", {"1/첫걸음.ipynb": document("x"), "2/첫걸음.ipynb": document("y"), "data/values.csv": "a\n1\n"}
    )
    git("push", "--quiet", "origin", "HEAD:refs/heads/autumn", at=colleague.work)
    colleague.push("Later", {"later.ipynb": document("y = 2")})
    url, known = f"{git_server.url}/lab-course.git", {"GIT_USERNAME": USER, "GIT_TOKEN": TOKEN}

    def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        command = ("import", "notebooks", *words, "--workspace", mine.workspace, *server.where)
        return handloom(*command, env=environment, timeout=300)

    def names() -> list[str]:
        return sorted(unicodedata.normalize("NFC", file.stem) for file in mine.folder.glob("*.ipynb"))

    refused = run(url, "git@127.0.0.1:team/x.git", "https://kim:secret-word@127.0.0.1/x.git", "https://10.1.2.3/a.git")
    assert refused.returncode == 1
    for reason in ("needs an access token", "ssh are not supported", "Leave user name", "non-public"):
        assert reason in refused.stderr, refused.stderr
    assert "secret-word" not in refused.stderr
    autumn = run(url, "--branch", "autumn", **known)
    assert autumn.returncode == 1, "the link is named"
    assert "passwd: it is a link" in autumn.stderr, autumn.stderr
    assert names() == ["첫걸음", "첫걸음 (2)"]
    assert (mine.folder / "Files" / "lab-course" / "data" / "values.csv").read_text() == "a\n1\n"
    again = run(url, **known)
    assert names() == ["later", "첫걸음", "첫걸음 (2)"], again.stderr
