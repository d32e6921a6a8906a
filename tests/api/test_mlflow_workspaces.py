"""MLflow's workspaces: its header and its five endpoints, together with the URL prefix and with roles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from handloom.store.engine.database import Database
from handloom.store.tokens import rows as tokens
from running import Handloom

WORKSPACES = "/api/3.0/mlflow/workspaces"
GET_DEFAULT = "/api/2.0/mlflow/experiments/get-by-name?experiment_name=Default"


@pytest.fixture(scope="module")
def client(server: Handloom) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client


def made(client: httpx.Client, **fields: Any) -> str:
    name = f"lab-{uuid4().hex[:8]}"
    answer = client.post(WORKSPACES, json={"name": name, **fields})
    assert answer.status_code == 201, answer.text
    assert answer.json()["workspace"]["name"] == name
    return name


def refused(answer: httpx.Response, status: int, code: str, message: str) -> None:
    assert (answer.status_code, answer.json()["error_code"]) == (status, code), answer.text
    assert message in answer.json()["message"]


def named(client: httpx.Client, name: str, header: str) -> int:
    """Create an experiment in the workspace that the header names."""
    path = "/api/2.0/mlflow/experiments/create"
    answer = client.post(path, json={"name": name}, headers={"X-MLFLOW-WORKSPACE": header})
    return answer.status_code


def experiments(client: httpx.Client, root: str) -> set[str]:
    found = client.post(f"{root}/api/2.0/mlflow/experiments/search", json={"max_results": 100}).json()
    return {each["name"] for each in found["experiments"]}


def test_the_header_names_the_workspace_by_name_or_id(client: httpx.Client) -> None:
    name = made(client)
    known = client.get("/api/v1/workspaces").json()["workspaces"]
    (workspace_id,) = [each["id"] for each in known if each["name"] == name]
    assert named(client, "by name", name) == 200
    assert named(client, "by id", workspace_id) == 200
    assert experiments(client, f"/mlflow/{name}") == {"Default", "by name", "by id"}
    assert "by name" not in experiments(client, "")


def test_experiments_say_which_workspace_they_are_in(client: httpx.Client) -> None:
    name = made(client)
    answer = client.get(GET_DEFAULT, headers={"X-MLFLOW-WORKSPACE": name}).json()
    assert answer["experiment"]["workspace"] == name
    assert client.get(GET_DEFAULT).json()["experiment"]["workspace"] == "default"


def test_an_empty_header_means_the_default_workspace(client: httpx.Client) -> None:
    answer = client.get(GET_DEFAULT, headers={"X-MLFLOW-WORKSPACE": ""})
    assert answer.json()["experiment"]["workspace"] == "default"


def test_a_name_in_any_script_may_stand_in_the_header(client: httpx.Client) -> None:
    name = f"실험실 {uuid4().hex[:8]}"
    assert client.post("/api/v1/workspaces", json={"name": name}).status_code == 200
    answer = client.get(GET_DEFAULT, headers={b"X-MLFLOW-WORKSPACE": name.encode()})
    assert answer.status_code == 200, answer.text


def test_a_header_that_names_no_workspace_is_refused(client: httpx.Client) -> None:
    answer = client.get(GET_DEFAULT, headers={"X-MLFLOW-WORKSPACE": "nowhere"})
    refused(answer, 404, "RESOURCE_DOES_NOT_EXIST", "Workspace 'nowhere' not found")


def test_what_the_server_can_is_told_whatever_the_header_names(client: httpx.Client) -> None:
    answer = client.get("/api/3.0/mlflow/server-info", headers={"X-MLFLOW-WORKSPACE": "nowhere"})
    assert answer.json()["workspaces_enabled"] is True


def test_prefix_and_header_must_name_the_same_workspace(client: httpx.Client) -> None:
    one, other = made(client), made(client)
    same = client.get(f"/mlflow/{one}{GET_DEFAULT}", headers={"X-MLFLOW-WORKSPACE": one})
    assert same.json()["experiment"]["workspace"] == one
    different = client.get(f"/mlflow/{one}{GET_DEFAULT}", headers={"X-MLFLOW-WORKSPACE": other})
    refused(different, 400, "INVALID_PARAMETER_VALUE", f"The path names the workspace “{one}”")


def test_a_token_of_one_workspace_neither_opens_nor_lists_another(client: httpx.Client, server: Handloom) -> None:
    mine, other = made(client), made(client)
    known = {each["name"]: each["id"] for each in client.get("/api/v1/workspaces").json()["workspaces"]}
    me = client.get("/api/v1/me").json()["user"]["id"]
    database = Database(server.database_url, server.data)
    try:
        _, token = database.write_now(lambda tx: tokens.create(tx, "kernel", me, "kernel", workspace=known[mine]))
    finally:
        database.close()
    with server.client(token) as narrow:
        assert narrow.get(GET_DEFAULT, headers={"X-MLFLOW-WORKSPACE": mine}).status_code == 200
        unknown = narrow.get(GET_DEFAULT, headers={"X-MLFLOW-WORKSPACE": other})
        refused(unknown, 404, "RESOURCE_DOES_NOT_EXIST", f"Workspace '{other}' not found")
        assert narrow.get(WORKSPACES).json() == {"workspaces": [{"name": mine}]}
        refused(narrow.post(WORKSPACES, json={"name": "more"}), 403, "PERMISSION_DENIED", "its own workspace")
        assert narrow.get(f"{WORKSPACES}/{other}").status_code == 404


def test_workspaces_are_listed_got_and_described(client: httpx.Client) -> None:
    name = made(client, description="for tests")
    assert {"name": name, "description": "for tests"} in client.get(WORKSPACES).json()["workspaces"]
    changed = client.patch(f"{WORKSPACES}/{name}", json={"description": "described"})
    assert changed.json() == {"workspace": {"name": name, "description": "described"}}
    assert client.get(f"{WORKSPACES}/{name}").json() == changed.json()
    assert "default" in {each["name"] for each in client.get(WORKSPACES).json()["workspaces"]}


def test_a_name_that_mlflows_clients_would_not_send_is_told_beside_the_id(client: httpx.Client) -> None:
    name = f"My Lab {uuid4().hex[:6]}"
    made_id = client.post("/api/v1/workspaces", json={"name": name}).json()["id"]
    assert {"name": made_id, "description": name} in client.get(WORKSPACES).json()["workspaces"]
    assert client.get(f"{WORKSPACES}/{made_id}").status_code == 200


def test_bad_names_and_updates_are_refused(client: httpx.Client) -> None:
    invalid = (400, "INVALID_PARAMETER_VALUE")
    for bad in ("x", "Upper", "-a", "a b", "api", "a" * 64):
        refused(client.post(WORKSPACES, json={"name": bad}), *invalid, f"Workspace name '{bad}'")
    refused(client.post(WORKSPACES, json={}), *invalid, "Missing value for required parameter 'name'")
    refused(client.post(WORKSPACES, json={"name": "default"}), *invalid, "is reserved and cannot be created")
    name = made(client)
    taken = client.post(WORKSPACES, json={"name": name})
    refused(taken, 400, "RESOURCE_ALREADY_EXISTS", f"Workspace '{name}' already exists.")
    refused(client.patch(f"{WORKSPACES}/{name}", json={}), *invalid, "must have at least one key")
    root = client.post(WORKSPACES, json={"name": "elsewhere", "default_artifact_root": "s3://b"})
    refused(root, 501, "NOT_IMPLEMENTED", "artifact location per workspace is not supported")
    refused(client.get(f"{WORKSPACES}/nowhere"), 404, "RESOURCE_DOES_NOT_EXIST", "Workspace 'nowhere' not found")


def test_a_workspace_that_holds_something_is_deleted_only_with_all_in_it(
    server: Handloom, client: httpx.Client
) -> None:
    empty = made(client)
    gone = client.delete(f"{WORKSPACES}/{empty}")
    assert (gone.status_code, gone.content) == (204, b"")
    assert client.get(f"{WORKSPACES}/{empty}").status_code == 404
    name = made(client)
    assert named(client, "work", name) == 200
    refused(client.delete(f"{WORKSPACES}/{name}"), 409, "RESOURCE_CONFLICT", "it still holds 1 experiments")
    with_files = made(client)
    (each,) = [w for w in client.get("/api/v1/workspaces").json()["workspaces"] if w["name"] == with_files]
    (server.data / "workspaces" / each["id"] / "Files" / "data.csv").write_text("a,b")
    path = f"/mlflow/{with_files}/api/2.0/mlflow-artifacts/artifacts/note.txt"
    assert client.put(path, content=b"kept").status_code == 200
    refused(client.delete(f"{WORKSPACES}/{with_files}"), 409, "RESOURCE_CONFLICT", "holds 1 artifacts, 1 files")
    bad = client.delete(f"{WORKSPACES}/{name}", params={"mode": "ALL"})
    refused(bad, 400, "INVALID_PARAMETER_VALUE", "Must be one of: SET_DEFAULT, CASCADE, RESTRICT")
    merged = client.delete(f"{WORKSPACES}/{name}", params={"mode": "SET_DEFAULT"})
    refused(merged, 501, "NOT_IMPLEMENTED", "is not supported")
    assert client.delete(f"{WORKSPACES}/{name}", params={"mode": "CASCADE"}).status_code == 204
    refused(client.delete(f"{WORKSPACES}/default"), 400, "INVALID_PARAMETER_VALUE", "cannot be deleted")


@pytest.mark.parametrize(
    ("method", "path", "sentence"),
    [
        ("PUT", "scorers/online-config", "This server does not score traces as they arrive."),
        ("POST", "gateway/endpoints/create", "This server has no AI gateway."),
        ("POST", "prompt-optimization/jobs", "This server optimizes no prompts"),
        ("GET", "label-schemas/list", "This server has no labelling sessions and no review queues."),
        ("POST", "issues/search", "This server does not track issues."),
        ("GET", "skills/list", "This server has no registry of skills."),
        ("GET", "users/get", "This server does not have MLflow's basic-auth app"),
    ],
)
def test_an_area_that_is_not_built_is_told_by_name(client: httpx.Client, method: str, path: str, sentence: str) -> None:
    for root in ("/api/2.0", "/api/3.0", "/ajax-api/3.0"):
        answer = client.request(method, f"{root}/mlflow/{path}", json=None if method == "GET" else {})
        refused(answer, 501, "NOT_IMPLEMENTED", sentence)
