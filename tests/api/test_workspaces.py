"""Workspaces over HTTP: create, describe, list, and remove with everything in them and nothing else."""

import os
import time
import unicodedata
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from handloom.domain.members import Role
from handloom.store.engine.database import Database
from handloom.store.tokens import rows as tokens
from handloom.store.users import rows as users
from handloom.store.workspaces import members
from running import Handloom


@pytest.fixture
def client(server: Handloom) -> Iterator[httpx.Client]:
    with server.client() as opened:
        yield opened


def make(client: httpx.Client, name: str = "", **more: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/workspaces", json={"name": name or f"w {uuid.uuid4()}", **more})
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


def error_of(answer: httpx.Response) -> dict[str, Any]:
    error: dict[str, Any] = answer.json()["error"]
    return error


def files_below(place: Path) -> set[Path]:
    return {Path(folder, name) for folder, _, names in os.walk(place) for name in names}


def test_a_workspace_takes_any_unicode_name_and_opens_empty(client: httpx.Client) -> None:
    made = make(client, f"당뇨병 / 실험 🧵 {uuid.uuid4()}", description="설명")
    assert made["role"] == "admin"
    assert client.get(f"/api/v1/workspaces/{made['id']}").json() == made
    assert client.get(f"/api/v1/workspaces/{made['id']}/items").json() == {"items": []}
    assert made["id"] in [w["id"] for w in client.get("/api/v1/workspaces").json()["workspaces"]]


@pytest.mark.parametrize(
    ("request_body", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 257}, "name"),
        ({"name": "two\nlines"}, "name"),
        ({"name": 7}, "name"),
        ({}, "name"),
        ({"name": "fine", "description": "x" * 4001}, "description"),
        ({"name": "fine", "capacity": "moon"}, "capacity"),
    ],
)
def test_what_is_wrong_is_named(client: httpx.Client, request_body: dict[str, Any], field: str) -> None:
    answer = client.post("/api/v1/workspaces", json=request_body)
    assert answer.status_code == 400
    assert error_of(answer)["code"] == "invalid"
    assert error_of(answer)["field"] == field


def test_the_longest_name_and_description_are_taken(client: httpx.Client) -> None:
    name = (str(uuid.uuid4()) + "가" * 256)[:256]
    assert make(client, name, description="긴" * 4000)["name"] == name


def test_a_taken_name_is_refused_also_in_another_unicode_form(client: httpx.Client) -> None:
    name = f"한글 {uuid.uuid4()}"
    make(client, name)
    for form in (name, unicodedata.normalize("NFD", name), f" {name} "):
        answer = client.post("/api/v1/workspaces", json={"name": form})
        assert (answer.status_code, error_of(answer)["code"], error_of(answer)["field"]) == (
            409,
            "already_exists",
            "name",
        )
    assert make(client, name.upper() + "X")["name"] != name


def test_a_workspace_is_renamed_and_described(client: httpx.Client) -> None:
    made = make(client)
    path = f"/api/v1/workspaces/{made['id']}"
    name = f"renamed {uuid.uuid4()}"
    after = client.patch(path, json={"name": name, "description": "why"}).json()
    assert (after["name"], after["description"]) == (name, "why")
    assert client.patch(path, json={"description": ""}).json()["name"] == name
    other = make(client)
    assert client.patch(path, json={"name": other["name"]}).status_code == 409


def test_its_mlflow_address_takes_its_id_and_its_name_and_follows_a_rename(client: httpx.Client) -> None:
    made = make(client, f"실험 a/b {uuid.uuid4()}")

    def default_experiment(reference: str) -> httpx.Response:
        quoted = httpx.URL("http://x").copy_with(params={"q": reference}).query.decode()[2:].replace("+", "%20")
        return client.get(f"/mlflow/{quoted}/api/2.0/mlflow/experiments/get", params={"experiment_id": "0"})

    for reference in (made["id"], made["name"]):
        assert default_experiment(reference).json()["experiment"]["name"] == "Default"
    client.patch(f"/api/v1/workspaces/{made['id']}", json={"name": made["name"] + " 2"})
    missing = default_experiment(made["name"])
    assert (missing.status_code, missing.json()["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")
    assert default_experiment(made["name"] + " 2").status_code == 200


def test_the_default_workspace_stays(client: httpx.Client) -> None:
    default = next(w for w in client.get("/api/v1/workspaces").json()["workspaces"] if w["name"] == "default")
    path = f"/api/v1/workspaces/{default['id']}"
    assert error_of(client.delete(path, params={"name": "default"}))["code"] == "conflict"
    assert error_of(client.patch(path, json={"name": "other"}))["code"] == "conflict"
    assert client.patch(path, json={"name": "default", "description": "home"}).status_code == 200


def test_a_workspace_that_is_not_there_is_not_found(client: httpx.Client) -> None:
    for method, path in [("GET", ""), ("PATCH", ""), ("GET", "/items"), ("GET", "/removal"), ("GET", "/mounts")]:
        answer = client.request(method, f"/api/v1/workspaces/nowhere{path}", json={} if method == "PATCH" else None)
        assert answer.status_code == 404, path


def test_removing_deletes_everything_of_it_and_nothing_of_others(server: Handloom, client: httpx.Client) -> None:
    doomed, kept = make(client), make(client)
    for workspace in (doomed, kept):
        path = f"/api/v1/workspaces/{workspace['id']}"
        assert client.post(f"{path}/notebooks", json={"name": "모델"}).status_code == 200
        mlflow = f"/mlflow/{workspace['id']}/api/2.0"
        run = client.post(f"{mlflow}/mlflow/runs/create", json={"experiment_id": "0"}).json()["run"]["info"]
        client.post(f"{mlflow}/mlflow/runs/log-metric", json={"run_id": run["run_id"], "key": "m", "value": 1})
        place = run["artifact_uri"].removeprefix("mlflow-artifacts:/")
        stored = client.put(f"{mlflow}/mlflow-artifacts/artifacts/{place}/a.txt", content=b"12345")
        assert stored.status_code == 200
        client.post(f"{mlflow}/mlflow/registered-models/create", json={"name": "model"})
        client.put(f"{path}/mounts", json={"prefix": "abfss://a@b/c", "target": "Files"})
    path = f"/api/v1/workspaces/{doomed['id']}"
    removal = client.get(f"{path}/removal").json()
    assert {k: removal[k] for k in ("notebooks", "experiments", "runs", "models", "sessions", "files")} == {
        "notebooks": 1,
        "experiments": 1,
        "runs": 1,
        "models": 1,
        "sessions": 0,
        "files": 2,
    }
    assert removal["bytes"] > 5
    wrong = client.delete(path, params={"name": kept["name"]})
    assert (wrong.status_code, error_of(wrong)["field"]) == (400, "name")
    assert client.get(path).status_code == 200

    before = client.get(f"/api/v1/workspaces/{kept['id']}/items").json()
    assert client.delete(path, params={"name": doomed["name"]}).status_code == 200
    assert client.get(path).status_code == 404
    assert client.get(f"/mlflow/{doomed['id']}/api/2.0/mlflow/experiments/search?max_results=5").status_code == 404
    assert client.get(f"/api/v1/workspaces/{kept['id']}/items").json() == before
    assert client.delete(f"/api/v1/removed-workspaces/{doomed['id']}").status_code == 200
    end = time.monotonic() + 10
    while [file for file in files_below(server.data) if doomed["id"] in str(file)]:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert len([file for file in files_below(server.data) if kept["id"] in str(file)]) == 2


def test_a_new_workspace_may_take_the_name_of_a_removed_one(client: httpx.Client) -> None:
    made = make(client)
    client.delete(f"/api/v1/workspaces/{made['id']}", params={"name": made["name"]})
    assert make(client, made["name"])["id"] != made["id"]


@pytest.fixture
def stranger(server: Handloom, client: httpx.Client) -> Iterator[tuple[httpx.Client, dict[str, Any]]]:
    """A second person, who may only look at one workspace."""
    shown = make(client)
    database = Database(server.database_url, server.data)
    try:
        user = database.write_now(lambda tx: users.create(tx, f"stranger {uuid.uuid4()}"))
        database.write_now(lambda tx: members.add(tx, shown["id"], user.id, Role.VIEWER))
        _, text = database.write_now(lambda tx: tokens.create(tx, "api", user.id, "theirs"))
    finally:
        database.close()
    with server.client(text) as opened:
        yield opened, shown


def test_other_peoples_workspaces_do_not_exist_for_one(
    client: httpx.Client, stranger: tuple[httpx.Client, dict[str, Any]]
) -> None:
    theirs, shown = stranger
    hidden = make(client)
    assert [w["id"] for w in theirs.get("/api/v1/workspaces").json()["workspaces"]] == [shown["id"]]
    assert theirs.get(f"/api/v1/workspaces/{hidden['id']}").status_code == 404
    for reference in (hidden["id"], hidden["name"], "default"):
        answer = theirs.get(f"/mlflow/{reference}/api/2.0/mlflow/experiments/search?max_results=5")
        assert answer.status_code == 404
    assert theirs.get("/api/2.0/mlflow/experiments/search?max_results=5").status_code == 404


def test_a_viewer_reads_and_changes_nothing(stranger: tuple[httpx.Client, dict[str, Any]]) -> None:
    theirs, shown = stranger
    path = f"/api/v1/workspaces/{shown['id']}"
    assert theirs.get(path).json()["role"] == "viewer"
    assert theirs.get(f"{path}/items").status_code == 200
    for answer in (
        theirs.post(f"{path}/notebooks", json={"name": "x"}),
        theirs.patch(path, json={"name": "x"}),
        theirs.delete(path, params={"name": shown["name"]}),
        theirs.put(f"{path}/mounts", json={"prefix": "s3://a", "target": "b"}),
        theirs.get(f"{path}/removal"),
    ):
        assert (answer.status_code, error_of(answer)["code"]) == (403, "forbidden")
    created = theirs.post(f"/mlflow/{shown['id']}/api/2.0/mlflow/experiments/create", json={"name": "x"})
    assert (created.status_code, created.json()["error_code"]) == (403, "PERMISSION_DENIED")


def test_a_kernels_token_opens_its_workspace_only(server: Handloom, client: httpx.Client) -> None:
    mine, other = make(client), make(client)
    me = client.get("/api/v1/me").json()["user"]["id"]
    database = Database(server.database_url, server.data)
    try:
        _, text = database.write_now(lambda tx: tokens.create(tx, "kernel", me, "kernel", workspace=mine["id"]))
    finally:
        database.close()
    with server.client(text) as kernel:
        assert kernel.get(f"/api/v1/workspaces/{mine['id']}/items").status_code == 200
        search = "api/2.0/mlflow/experiments/search?max_results=5"
        assert kernel.get(f"/mlflow/{mine['id']}/{search}").status_code == 200
        assert kernel.get(f"/mlflow/{other['id']}/{search}").status_code == 404
        assert kernel.get(f"/{search}").status_code == 404
        assert kernel.get(f"/api/v1/workspaces/{other['id']}").status_code == 404
        for path in ("/api/v1/workspaces", "/api/v1/tokens", "/api/v1/recent", "/api/v1/search?query=x"):
            assert kernel.get(path).status_code == 403, path
        assert kernel.post("/api/v1/sign-in-links", json={}).status_code == 403
        client.delete(f"/api/v1/workspaces/{mine['id']}", params={"name": mine["name"]})
        assert kernel.get(f"/mlflow/{mine['id']}/{search}").status_code == 401
