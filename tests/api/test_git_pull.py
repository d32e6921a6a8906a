"""Pulling what others pushed: paths are kept, nothing of the workspace is lost, and both sides' commits are joined."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.repositories import Repository
from git_server import TOKEN, USER, Colleague, GitServer, document, git
from running import Handloom

pytestmark = pytest.mark.on_sqlite


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handloom]:
    data = tmp_path_factory.mktemp("server") / "data"
    with Handloom(data, "--webhook-networks", "127.0.0.0/8") as running:
        yield running


class Pulled(Repository):
    """A workspace with a repository, to which a colleague pushes as well."""

    def __init__(self, server: Handloom, client: Any, git_server: GitServer, work: Path) -> None:
        super().__init__(server, client)
        self.target = git_server.create(self.workspace)
        self.colleague = Colleague(self.target, work)
        self.place = {"remote_url": f"{git_server.url}/{self.workspace}.git", "username": USER}
        self.ask("PUT", "/remote", secret=TOKEN, **self.place)

    def notebooks(self) -> dict[str, str]:
        items = self.client.get(f"/api/v1/workspaces/{self.workspace}/items").json()["items"]
        return {item["name"]: item["id"] for item in items if item["kind"] == "notebook"}

    def sources(self, name: str) -> list[str]:
        cells = json.loads((self.folder / f"{name}.ipynb").read_text())["cells"]
        return ["".join(cell["source"]) for cell in cells]

    def remote_files(self) -> list[str]:
        return git("ls-tree", "-r", "--name-only", "main", at=self.target).split()

    def versions(self, notebook: str) -> list[dict[str, Any]]:
        url = f"/api/v1/workspaces/{self.workspace}/notebooks/{notebook}/versions"
        found: list[dict[str, Any]] = self.client.get(url).json()["versions"]
        return found


@pytest.fixture
def mine(server: Handloom, git_server: GitServer, tmp_path: Path) -> Iterator[Pulled]:
    with server.client() as client:
        yield Pulled(server, client, git_server, tmp_path / "work")


FILES: dict[str, str | None] = {
    "train.ipynb": document("x = 1"),
    "lessons/one.ipynb": document("one"),
    "more/one.ipynb": document("other one"),
    "lessons/helpers.py": "A = 1\n",
    "data.csv": "a\n1\n",
    "broken.ipynb": "<<<<<<< HEAD\n",
}


def test_a_repository_is_pulled_into_an_empty_workspace_and_its_paths_are_kept(mine: Pulled) -> None:
    mine.colleague.push("First", FILES)
    seen = mine.ask("POST", "/incoming")
    assert (seen["ahead"], seen["behind"], seen["left_out"]) == (0, 1, 1)
    assert [one["message"] for one in seen["commits"]] == ["First"]
    assert {one["kind"] for one in seen["changes"]} == {"added"}
    assert "lessons/one.ipynb" in {one["path"] for one in seen["changes"]}
    done = mine.ask("POST", "/pull", commit=seen["commit"])
    assert done["head"] == seen["commit"]
    assert done["problems"] == ["broken.ipynb is no notebook in the branch. It was kept as a file."]
    assert set(mine.notebooks()) == {"train", "one", "one (more)"}
    assert mine.sources("one (more)") == ["other one"]
    here = f"/api/v1/workspaces/{mine.workspace}"
    made = mine.client.get(f"{here}/folders").json()["folders"]
    names = {"": ""} | {one["id"]: one["name"] for one in made}
    placed = {one["name"]: names[one["folder"]] for one in mine.client.get(f"{here}/items").json()["items"]}
    assert placed == {"train": "", "one": "lessons", "one (more)": "more"}
    assert (mine.folder / "lessons" / "helpers.py").read_text() == "A = 1\n"
    assert mine.status() == {}, "what was pulled is what is committed"
    again = mine.ask("POST", "/pull")
    assert (again["taken"], again["merged"], again["head"]) == ([], False, seen["commit"])
    mine.save("one (more)", "changed here")
    here = f"/api/v1/workspaces/{mine.workspace}/notebooks"
    renamed = mine.client.patch(f"{here}/{mine.notebooks()['one']}", json={"name": "first lesson"})
    assert renamed.status_code == 200, renamed.text
    assert mine.status() == {
        "lessons/first lesson.ipynb": "added",
        "lessons/one.ipynb": "deleted",
        "more/one.ipynb": "changed",
    }
    mine.commit("Here")
    mine.ask("POST", "/push")
    assert "lessons/first lesson.ipynb" in git("ls-tree", "-r", "--name-only", "main", at=mine.target)
    assert "changed here" in git("show", "main:more/one.ipynb", at=mine.target)
    assert not {"one (more).ipynb", "lessons/one.ipynb"} & set(mine.remote_files())


def test_a_pull_replaces_what_is_unchanged_here_and_keeps_versions_outputs_and_the_bin(mine: Pulled) -> None:
    mine.colleague.push(
        "First", {"train.ipynb": document("x = 1", "print(x)"), "old.ipynb": document("old"), "a/b.py": "1"}
    )
    mine.ask("POST", "/pull")
    mine.save("train", "x = 1", "print(x)", output="ran here")  # running it is no change
    mine.colleague.push("Second", {"train.ipynb": document("x = 2", "print(x)"), "old.ipynb": None, "a/b.py": None})
    assert mine.ask("GET")["behind"] == 0
    seen = mine.ask("POST", "/incoming")
    assert {one["path"]: (one["kind"], one["here"]) for one in seen["changes"]} == {
        "a/b.py": ("deleted", None),
        "old.ipynb": ("deleted", None),
        "train.ipynb": ("changed", None),
    }
    assert mine.ask("GET")["behind"] == 1
    texts = mine.ask("GET", "/incoming/comparison", path="train.ipynb")
    assert "x = 1" in texts["before"]
    assert "x = 2" in texts["after"]
    mine.ask("POST", "/pull")
    assert mine.sources("train") == ["x = 2", "print(x)"]
    cells = json.loads((mine.folder / "train.ipynb").read_text())["cells"]
    assert [len(cell["outputs"]) for cell in cells] == [0, 1], "outputs of the cells with the same text stay"
    assert not (mine.folder / "a").exists()
    assert mine.status() == {}
    notebooks = mine.notebooks()
    assert set(notebooks) == {"train"}
    kept = mine.versions(notebooks["train"])[0]
    assert kept["name"] == f"Before git pull {seen['commit'][:7]}"
    deleted = mine.client.get(f"/api/v1/workspaces/{mine.workspace}/bin").json()
    assert "old" in json.dumps(deleted)
    log = mine.client.get(f"/api/v1/workspaces/{mine.workspace}/audit").json()["entries"]
    assert "git.pull" in {entry["action"] for entry in log}


def test_files_that_both_changed_are_asked_about_and_commits_of_both_are_joined(mine: Pulled) -> None:
    names = ("mine", "theirs", "both", "gone")
    mine.colleague.push("First", {f"{name}.ipynb": document("x = 1") for name in (*names, "other")})
    mine.ask("POST", "/pull")
    for name in names:
        mine.save(name, "x = 'here'")
    mine.commit("Here", "mine.ipynb", "theirs.ipynb", "both.ipynb")  # the fourth stays uncommitted
    there: dict[str, str | None] = {f"{name}.ipynb": document("x = 'there'") for name in names[:3]}
    mine.colleague.push("There", there | {"gone.ipynb": None, "other.ipynb": document("2"), "data.csv": "1\n"})
    assert mine.ask("POST", "/push", 409)["field"] == "branch"
    seen = mine.ask("POST", "/incoming")
    assert (seen["ahead"], seen["behind"]) == (1, 1)
    assert {one["path"] for one in seen["changes"] if one["here"]} == {f"{name}.ipynb" for name in names}
    refused = mine.ask("POST", "/pull", 409, commit=seen["commit"])
    assert refused["field"] == "choices"
    assert mine.sources("other") == ["x = 1"], "nothing is written before everything is decided"
    choices = {f"{name}.ipynb": name for name in names[:3]} | {"gone.ipynb": "mine"}
    done = mine.ask("POST", "/pull", commit=seen["commit"], choices=choices)
    assert done["merged"]
    assert done["copies"] == ["both (main).ipynb"]
    assert {name: mine.sources(name) for name in mine.notebooks()} == {
        "mine": ["x = 'here'"],
        "theirs": ["x = 'there'"],
        "both": ["x = 'here'"],
        "both (main)": ["x = 'there'"],
        "gone": ["x = 'here'"],
        "other": ["2"],
    }
    assert mine.status() == {"both (main).ipynb": "added", "gone.ipynb": "added"}
    mine.ask("POST", "/push")
    assert len(git("log", "-1", "--format=%P", "main", at=mine.target).split()) == 2
    assert "data.csv" in mine.remote_files()
    assert "gone.ipynb" not in mine.remote_files()
    git("fsck", "--strict", at=mine.data)
    assert mine.ask("POST", "/incoming")["behind"] == 0


def test_cells_of_both_sides_are_merged_and_conflicts_are_decided_by_cell(mine: Pulled) -> None:
    mine.colleague.push("First", {"train.ipynb": document("a = 1", "b = 1", "c = 1"), "solo.ipynb": document("a", "b")})
    mine.ask("POST", "/pull")
    mine.save("train", "a = 'here'", "b = 'here'", "c = 1")
    mine.commit("Here", "train.ipynb")
    mine.save("train", "a = 'here'", "b = 'here'", "c = 1", "d = 'later'")  # not committed
    mine.save("solo", "a", "b = 'here'")
    there = {"train.ipynb": document("a = 1", "b = 'there'", "c = 'there'"), "solo.ipynb": document("a = 'there'", "b")}
    mine.colleague.push("There", {**there})
    seen = mine.ask("POST", "/incoming")
    offers = {one["path"]: one["merge"] for one in seen["changes"]}
    assert offers["solo.ipynb"] == {"theirs": 1, "mine": 1, "conflicts": []}
    assert (offers["train.ipynb"]["theirs"], offers["train.ipynb"]["mine"]) == (1, 2)
    (conflict,) = offers["train.ipynb"]["conflicts"]
    assert (conflict["mine"], conflict["theirs"]) == ("b = 'here'", "b = 'there'")
    choices = dict.fromkeys(offers, "merge")
    refused = mine.ask("POST", "/pull", 409, commit=seen["commit"], choices=choices)
    assert refused["field"] == "cells"
    assert mine.sources("solo") == ["a", "b = 'here'"]
    cells = {"train.ipynb": {conflict["cell"]: "both"}}
    done = mine.ask("POST", "/pull", commit=seen["commit"], choices=choices, cells=cells)
    assert (done["merged"], sorted(done["combined"])) == (True, ["solo.ipynb", "train.ipynb"])
    assert mine.sources("train") == ["a = 'here'", "b = 'here'", "b = 'there'", "c = 'there'", "d = 'later'"]
    assert mine.sources("solo") == ["a = 'there'", "b = 'here'"]
    assert mine.status() == {"train.ipynb": "changed", "solo.ipynb": "changed"}
    mine.ask("POST", "/push")
    pushed = json.loads(git("show", "main:train.ipynb", at=mine.target))
    assert ["".join(cell["source"]) for cell in pushed["cells"]] == [
        "a = 'here'",
        "b = 'here'",
        "b = 'there'",
        "c = 'there'",
    ]
    assert mine.versions(mine.notebooks()["train"])[0]["name"] == f"Before git pull {seen['commit'][:7]}"


def test_what_stands_in_the_way_of_a_pull_is_named(mine: Pulled, git_server: GitServer) -> None:
    assert "no branch main" in mine.ask("POST", "/pull", 404)["message"]
    mine.colleague.push("First", {"a.ipynb": document("1"), "folder/x.py": "1\n"})
    (mine.folder / "folder").symlink_to("/tmp")
    assert "in its way" in mine.ask("POST", "/pull", 409)["message"]
    assert not Path("/tmp/x.py").exists()
    (mine.folder / "folder").unlink()
    mine.ask("POST", "/pull")
    assert mine.ask("POST", "/pull", 409, commit="0" * 40)["field"] == "commit"
    mine.ask("PUT", "/remote", secret="wrong", **mine.place)
    assert mine.ask("POST", "/incoming", 400)["field"] == "secret"
    other = git_server.create(f"{mine.workspace}-other")
    tree = git("hash-object", "-w", "-t", "tree", "/dev/null", at=other).strip()
    git("update-ref", "refs/heads/main", git("commit-tree", tree, "-m", "Other", at=other).strip(), at=other)
    url = mine.place["remote_url"].removesuffix(".git") + "-other.git"
    mine.ask("PUT", "/remote", remote_url=url, username=USER, secret=TOKEN)
    assert "no commit in common" in mine.ask("POST", "/pull", 409)["message"]
    mine.ask("PUT", "/remote", remote_url="http://127.0.0.1:9/x.git", username=USER, secret=TOKEN)
    assert "could not talk to 127.0.0.1" in mine.ask("POST", "/incoming", 503)["message"]
