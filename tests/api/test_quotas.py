"""Quotas of workspaces over HTTP: what is full is refused by name, what is used is counted, and deleting makes room."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from api.people import Signed, workspace
from running import Handloom


def used(client: httpx.Client, place: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/api/v1/workspaces/{place}/storage").json()
    return found


def listed_name(listed: list[dict[str, Any]], place: str) -> str:
    return next(str(one["name"]) for one in listed if one["workspace"] == place)


def put_artifact(client: httpx.Client, place: str, path: str, size: int) -> httpx.Response:
    at = f"/mlflow/{place}/api/2.0/mlflow-artifacts/artifacts/{path}"
    return client.put(at, content=b"x" * size)


def test_files_of_runs_are_counted_and_refused_where_they_have_no_room(
    admin: httpx.Client, join: Callable[..., Signed]
) -> None:
    place, person = workspace(admin), join()
    admin.post(f"/api/v1/workspaces/{place}/members", json={"user": person.id, "role": "contributor"})
    assert person.status("PUT", f"/storage/{place}", artifacts_mb=1) == 403
    assert person.status("GET", "/storage") == 403
    assert admin.put(f"/api/v1/storage/{place}", json={"artifacts_mb": 1}).status_code == 200
    assert put_artifact(person.browser, place, "0/a/artifacts/one.bin", 700_000).status_code == 200
    refused = put_artifact(person.browser, place, "0/a/artifacts/two.bin", 400_000)
    assert (refused.status_code, refused.json()["error_code"]) == (409, "RESOURCE_CONFLICT")
    message = refused.json()["message"]
    assert "its files of runs and models take 700 KB of 1 MB, and this needs 400 KB." in message
    assert used(person.browser, place)["admins"][0] in message
    assert put_artifact(person.browser, place, "0/a/artifacts/one.bin", 200_000).status_code == 200
    assert used(person.browser, place)["storage"]["artifacts"] == {"used": 200_000, "limit": 1_000_000}
    path = f"/mlflow/{place}/api/2.0/mlflow-artifacts/artifacts/0/a/artifacts/one.bin"
    assert person.browser.delete(path).status_code == 200
    assert used(person.browser, place)["storage"]["artifacts"]["used"] == 0
    listed = admin.get("/api/v1/storage").json()["workspaces"]
    assert [one["quota"]["artifacts_mb"] for one in listed if one["workspace"] == place] == [1]
    entries = admin.get("/api/v1/audit", params={"area": "workspace", "target": listed_name(listed, place)}).json()
    assert [(one["action"], one["detail"]) for one in entries["entries"]][:1] == [
        ("workspace.quota", {"artifacts_mb": "1"})
    ]
    sent = person.browser.put(path, content=(block for block in [b"x" * 600_000] * 2))  # of a size that it does not say
    assert sent.status_code == 409
    assert used(person.browser, place)["storage"]["artifacts"]["used"] == 0


def test_notebooks_beyond_the_quota_are_refused_also_out_of_the_bin(admin: httpx.Client) -> None:
    place = workspace(admin)
    admin.put(f"/api/v1/storage/{place}", json={"notebooks": 1})
    made = admin.post(f"/api/v1/workspaces/{place}/notebooks", json={"name": "One"})
    refused = admin.post(f"/api/v1/workspaces/{place}/notebooks", json={"name": "Two"})
    assert (made.status_code, refused.status_code) == (200, 409)
    assert "it has 1 of the 1 notebooks that it may have." in refused.json()["error"]["message"]
    admin.delete(f"/api/v1/workspaces/{place}/notebooks/{made.json()['id']}")
    assert admin.post(f"/api/v1/workspaces/{place}/notebooks", json={"name": "Two"}).status_code == 200
    path = f"/api/v1/workspaces/{place}/notebooks/{made.json()['id']}/restore"
    assert admin.post(path, json={}).status_code == 409
    admin.put(f"/api/v1/storage/{place}", json={"notebooks": 0})
    assert admin.post(path, json={}).status_code == 200


def test_a_full_folder_takes_no_uploads_but_saves_notebooks(server: Handloom, admin: httpx.Client) -> None:
    place = workspace(admin)
    notebook = admin.post(f"/api/v1/workspaces/{place}/notebooks", json={"name": "N"})
    (server.data / "workspaces" / place / "Files" / "written by code").write_bytes(b"x" * 1_100_000)
    admin.put(f"/api/v1/storage/{place}", json={"files_mb": 1})
    room = admin.get(f"/api/v1/workspaces/{place}/file-room").json()["full"]
    assert "its tables and files take 1.1 MB of 1 MB. Delete some and empty the bin, or ask" in room
    upload = {"type": "file", "format": "text", "content": "a"}
    refused = admin.put(f"/jupyter/api/contents/{place}/Files/a.txt", json=upload)
    assert (refused.status_code, refused.json()["message"]) == (409, room)
    saved = {"type": "notebook", "content": {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}}
    assert notebook.status_code == 200
    assert admin.put(f"/jupyter/api/contents/{place}/N.ipynb", json=saved).status_code == 200
    admin.put(f"/api/v1/storage/{place}", json={"files_mb": 2})
    assert admin.put(f"/jupyter/api/contents/{place}/Files/a.txt", json=upload).status_code == 201
    assert admin.get(f"/api/v1/workspaces/{place}/file-room").json()["full"] == ""
