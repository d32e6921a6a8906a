"""Notebooks, items and mounts over HTTP."""

import json
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from running import Handloom


class Space:
    """A workspace of one test."""

    def __init__(self, server: Handloom, client: httpx.Client) -> None:
        made = client.post("/api/v1/workspaces", json={"name": f"w {uuid.uuid4()}"}).json()
        self.client = client
        self.id: str = made["id"]
        self.path = f"/api/v1/workspaces/{self.id}"
        self.folder: Path = server.data / "workspaces" / self.id

    def make(self, name: str, **more: Any) -> dict[str, Any]:
        answer = self.client.post(f"{self.path}/notebooks", json={"name": name, **more})
        assert answer.status_code == 200, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def one(self, notebook: dict[str, Any]) -> str:
        return f"{self.path}/notebooks/{notebook['id']}"

    def items(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.client.get(f"{self.path}/items").json()["items"]
        return items

    def file(self, name: str) -> Path:
        return self.folder / f"{name}.ipynb"


@pytest.fixture
def space(server: Handloom) -> Iterator[Space]:
    with server.client() as client:
        yield Space(server, client)


def test_a_new_notebook_has_one_empty_code_cell(space: Space) -> None:
    made = space.make("모델 훈련")
    assert made["path"] == f"{space.id}/모델 훈련.ipynb"
    assert made["autolog"] is True
    document = json.loads(space.file("모델 훈련").read_text())
    assert [(cell["cell_type"], cell["source"]) for cell in document["cells"]] == [("code", "")]
    (item,) = space.items()
    assert (item["kind"], item["id"], item["name"]) == ("notebook", made["id"], "모델 훈련")
    assert space.file("모델 훈련").stat().st_mode & 0o077 == 0


def test_a_document_names_the_chosen_engine_and_capacity(space: Space) -> None:
    size = space.client.post("/api/v1/capacities", json={"name": f"size {space.id}", "memory_mb": 2048}).json()
    made = space.make("chosen")
    space.client.patch(space.one(made), json={"engine": "apache", "capacity": size["id"]})
    kept = space.client.get(f"{space.one(made)}/file").json()
    assert kept["metadata"]["handloom"] == {"engine": "apache", "capacity": size["name"]}
    again = space.make("again", content=kept)
    assert (again["engine"], again["capacity"]) == ("apache", size["id"])
    kept["metadata"]["handloom"] = {"engine": "elsewhere", "capacity": ["no name"]}
    unknown = space.make("unknown", content=kept)
    assert (unknown["engine"], unknown["capacity"]) == ("", "")


def test_a_taken_name_is_refused_and_nothing_is_overwritten(space: Space) -> None:
    space.make("a")
    space.file("a").write_text("precious")
    answer = space.client.post(f"{space.path}/notebooks", json={"name": "a"})
    assert (answer.status_code, answer.json()["error"]["field"]) == (409, "name")
    assert space.file("a").read_text() == "precious"


def test_a_file_that_lies_there_is_not_overwritten(space: Space) -> None:
    space.file("mine").write_text("precious")
    assert space.client.post(f"{space.path}/notebooks", json={"name": "mine"}).status_code == 409
    assert space.file("mine").read_text() == "precious"
    assert space.items() == []


@pytest.mark.parametrize("name", ["", "..", "a/b", "../a", ".hidden", "a\\b", "가" * 100, 'a"b', "nul\x00"])
def test_a_name_that_is_no_file_name_is_refused(space: Space, name: str) -> None:
    answer = space.client.post(f"{space.path}/notebooks", json={"name": name})
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "name")


def test_renaming_moves_the_file_and_keeps_the_id(space: Space) -> None:
    made = space.make("notebook 1")
    space.file("notebook 1").write_text(space.file("notebook 1").read_text() + " ")
    content = space.file("notebook 1").read_text()
    after = space.client.patch(space.one(made), json={"name": "모델 훈련 및 비교"}).json()
    assert (after["id"], after["path"]) == (made["id"], f"{space.id}/모델 훈련 및 비교.ipynb")
    assert not space.file("notebook 1").exists()
    assert space.file("모델 훈련 및 비교").read_text() == content


def test_a_rename_onto_another_notebook_or_file_changes_nothing(space: Space) -> None:
    made, _ = space.make("a"), space.make("b")
    space.file("c").write_text("precious")
    for name in ("b", "c"):
        answer = space.client.patch(space.one(made), json={"name": name, "description": "changed"})
        assert (answer.status_code, answer.json()["error"]["field"]) == (409, "name")
    after = space.client.get(space.one(made)).json()
    assert (after["name"], after["description"], after["problem"]) == ("a", "", None)
    assert space.file("c").read_text() == "precious"


def test_settings_of_a_notebook_are_kept(space: Space) -> None:
    made = space.make("a")
    space.client.patch(space.one(made), json={"session_timeout": 0, "autolog": False, "description": "about"})
    after = space.client.get(space.one(made)).json()
    assert (after["session_timeout"], after["autolog"], after["description"]) == (0, False, "about")
    for bad in ({"session_timeout": -1}, {"session_timeout": "soon"}, {"autolog": "yes"}):
        assert space.client.patch(space.one(made), json=bad).status_code == 400


def test_saving_the_file_moves_it_to_the_top(space: Space) -> None:
    older, newer = space.make("older"), space.make("newer")
    assert [item["id"] for item in space.items()] == [newer["id"], older["id"]]
    later = newer["modified_at"] / 1000 + 0.05
    os.utime(space.file("older"), (later, later))
    assert [item["id"] for item in space.items()] == [older["id"], newer["id"]]


def test_deleting_takes_the_file_along(space: Space) -> None:
    made = space.make("a")
    assert space.client.delete(space.one(made)).status_code == 200
    assert not space.file("a").exists()
    assert space.items() == []
    assert space.client.get(space.one(made)).status_code == 404
    assert space.client.delete(space.one(made)).status_code == 404


def test_a_notebook_of_another_workspace_is_not_found(server: Handloom, space: Space) -> None:
    other = Space(server, space.client).make("theirs")
    for method in ("GET", "DELETE"):
        assert space.client.request(method, space.one(other)).status_code == 404
    assert space.client.patch(space.one(other), json={"name": "x"}).status_code == 404


@pytest.mark.parametrize("text", ["", "{", "[]", '{"nbformat": 4}', "\x00\xff"])
def test_a_broken_file_is_told_and_mended_without_losing_it(space: Space, text: str) -> None:
    made = space.make("a")
    space.file("a").write_bytes(text.encode("latin-1"))
    assert space.client.get(space.one(made)).json()["problem"] == "broken"
    assert space.client.get(f"{space.one(made)}/file").content == text.encode("latin-1")
    mended = space.client.post(f"{space.one(made)}/mend", json={})
    assert mended.status_code == 200
    assert space.client.get(space.one(made)).json()["problem"] is None
    (kept,) = (space.folder / "Files").iterdir()
    assert kept.read_bytes() == text.encode("latin-1")
    assert space.client.post(f"{space.one(made)}/mend", json={}).json()["error"]["code"] == "conflict"


def test_a_missing_file_is_told_and_can_be_made_anew(space: Space) -> None:
    made = space.make("a")
    space.file("a").unlink()
    assert space.client.get(space.one(made)).json()["problem"] == "missing"
    assert space.client.get(f"{space.one(made)}/file").status_code == 404
    assert space.client.patch(space.one(made), json={"name": "b"}).status_code == 200
    assert space.client.post(f"{space.one(made)}/mend", json={}).status_code == 200
    assert space.file("b").exists()


def test_an_uploaded_notebook_is_checked_and_brought_to_todays_format(space: Space) -> None:
    old = {
        "metadata": {},
        "nbformat": 3,
        "nbformat_minor": 0,
        "worksheets": [{"cells": [{"cell_type": "code", "input": ["1 + 1"], "outputs": [], "language": "python"}]}],
    }
    space.make("old", content=old)
    document = json.loads(space.file("old").read_text())
    assert document["nbformat"] == 4
    assert "".join(document["cells"][0]["source"]) == "1 + 1"
    bad = space.client.post(f"{space.path}/notebooks", json={"name": "bad", "content": {"cells": 1, "nbformat": 4}})
    assert (bad.status_code, bad.json()["error"]["field"]) == (400, "content")
    assert [item["name"] for item in space.items()] == ["old"]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_tutorial_opens_as_a_notebook(space: Space, language: str) -> None:
    made = space.make(f"tutorial {language}", template=f"tutorial-{language}")
    assert space.client.get(space.one(made)).json()["problem"] is None
    assert len(json.loads(space.file(f"tutorial {language}").read_text())["cells"]) > 5


def test_runs_of_a_notebook_are_listed_newest_first(space: Space) -> None:
    made = space.make("a")
    mlflow = f"/mlflow/{space.id}/api/2.0/mlflow"
    tags = [{"key": "handloom.notebook.id", "value": made["id"]}]
    for start in (1000, 2000):
        body = {"experiment_id": "0", "start_time": start, "run_name": f"run {start}", "tags": tags}
        assert space.client.post(f"{mlflow}/runs/create", json=body).status_code == 200
    runs = space.client.get(f"{space.one(made)}/runs").json()["runs"]
    assert [(run["name"], run["experiment_name"]) for run in runs] == [("run 2000", "Default"), ("run 1000", "Default")]
    assert space.client.delete(space.one(made)).status_code == 200  # the runs stay
    assert [(item["kind"], item["count"]) for item in space.items()] == [("experiment", 2)]


def test_items_of_all_kinds_come_in_one_list_and_are_found(space: Space) -> None:
    mlflow = f"/mlflow/{space.id}/api/2.0/mlflow"
    word = uuid.uuid4().hex
    space.make(f"노트북 {word}")
    created = space.client.post(f"{mlflow}/experiments/create", json={"name": f"Experiment {word}"}).json()
    space.client.post(f"{mlflow}/registered-models/create", json={"name": f"model {word}"})
    run = space.client.post(
        f"{mlflow}/runs/create", json={"experiment_id": created["experiment_id"], "run_name": f"Run {word}"}
    ).json()["run"]["info"]["run_id"]
    assert {(item["kind"], item["count"]) for item in space.items()} == {
        ("notebook", 0),
        ("experiment", 1),
        ("model", 0),
    }
    found = space.client.get("/api/v1/search", params={"query": word.upper()}).json()
    assert {item["kind"] for item in found["items"]} == {"notebook", "experiment", "model"}
    assert [one["run_id"] for one in found["runs"]] == [run]
    assert [one["run_id"] for one in space.client.get("/api/v1/search", params={"query": run}).json()["runs"]] == [run]
    assert space.client.get("/api/v1/search", params={"query": "100%_\\"}).json() == {"items": [], "runs": []}
    recent = space.client.get("/api/v1/recent", params={"limit": 3}).json()["items"]
    assert {item["workspace"] for item in recent} == {space.id}
    assert space.client.get("/api/v1/recent", params={"limit": 0}).json()["error"]["field"] == "limit"


def test_mounts_are_kept_and_the_built_in_one_comes_back(space: Space) -> None:
    path = f"{space.path}/mounts"
    (built_in,) = space.client.get(path).json()["mounts"]
    assert built_in["built_in"] is True
    assert space.client.put(path, json={"prefix": "abfss://a@b/c/", "target": "Files/c"}).status_code == 200
    assert space.client.put(path, json={"prefix": "abfss://a@b/c", "target": "Files/d"}).status_code == 200
    assert space.client.put(path, json={"prefix": built_in["prefix"], "target": "/elsewhere"}).status_code == 200
    mounts = {mount["prefix"]: mount["target"] for mount in space.client.get(path).json()["mounts"]}
    assert mounts == {"abfss://a@b/c": "Files/d", built_in["prefix"]: "/elsewhere"}
    for prefix in mounts:
        assert space.client.delete(path, params={"prefix": prefix}).status_code == 200
    assert space.client.get(path).json()["mounts"] == [built_in]
    assert space.client.delete(path, params={"prefix": built_in["prefix"]}).status_code == 409
    assert space.client.delete(path, params={"prefix": "s3://nothing"}).status_code == 404
    for bad in ({"prefix": "no uri", "target": "x"}, {"prefix": "s3://x", "target": " "}):
        assert space.client.put(path, json=bad).status_code == 400
