"""Folders over HTTP: items keep their names and addresses, and a folder goes without what is in it."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from api.people import Signed, workspace
from api.test_reports import ask


def places(person: httpx.Client, place: str) -> dict[str, str]:
    """The name of each item's folder by the item's name."""
    names = {one["id"]: one["name"] for one in ask(person, "GET", f"/workspaces/{place}/folders")["folders"]}
    items = ask(person, "GET", f"/workspaces/{place}/items")["items"]
    return {item["name"]: names.get(item["folder"], "") for item in items}


def keys(person: httpx.Client, place: str) -> list[dict[str, str]]:
    return [{"kind": one["kind"], "id": one["id"]} for one in ask(person, "GET", f"/workspaces/{place}/items")["items"]]


def test_items_of_all_kinds_go_into_folders_and_stay_what_they_are(admin: httpx.Client) -> None:
    place = workspace(admin)
    at = f"/workspaces/{place}"
    for kind in ("notebooks", "experiments", "models", "reports"):
        ask(admin, "POST", f"{at}/{kind}", name=f"my-{kind}")
    outer = ask(admin, "POST", f"{at}/folders", name=" 실험 ", items=keys(admin, place))
    assert (outer["name"], outer["parent"]) == ("실험", "")
    names = ("my-notebooks", "my-experiments", "my-models", "my-reports")
    assert places(admin, place) == dict.fromkeys(names, "실험")
    ask(admin, "PATCH", f"{at}/models/my-models", name="renamed", description="")
    assert places(admin, place)["renamed"] == "실험"
    ask(admin, "DELETE", f"{at}/models/renamed")
    ask(admin, "POST", f"{at}/models", name="renamed")
    assert places(admin, place)["renamed"] == ""
    (report,) = [one for one in keys(admin, place) if one["kind"] == "report"]
    ask(admin, "DELETE", f"{at}/reports/{report['id']}")
    ask(admin, "POST", f"{at}/reports/{report['id']}/restore")
    assert places(admin, place)["my-reports"] == "실험"
    inner = ask(admin, "POST", f"{at}/folders", name="inner", parent=outer["id"])
    (experiment,) = [one for one in keys(admin, place) if one["kind"] == "experiment"]
    ask(admin, "POST", f"{at}/items/move", folder=inner["id"], items=[experiment])
    assert places(admin, place)["my-experiments"] == "inner"
    ask(admin, "POST", f"{at}/items/move", 404, folder=inner["id"], items=[{"kind": "experiment", "id": "99"}])
    ask(admin, "POST", f"{at}/items/move", 404, folder="nowhere", items=[experiment])
    ask(admin, "POST", f"{at}/folders", 409, name="실험")


def test_removing_a_folder_moves_what_is_in_it_out(admin: httpx.Client) -> None:
    place = workspace(admin)
    at = f"/workspaces/{place}"
    ask(admin, "POST", f"{at}/experiments", name="kept")
    folder = ask(admin, "POST", f"{at}/folders", name="a", items=keys(admin, place))
    inner = ask(admin, "POST", f"{at}/folders", name="a", parent=folder["id"])
    ask(admin, "POST", f"{at}/folders", name="b", parent=folder["id"])
    ask(admin, "PATCH", f"{at}/folders/{folder['id']}", 400, parent=inner["id"])
    ask(admin, "POST", f"{at}/folders", name="b")
    ask(admin, "DELETE", f"{at}/folders/{folder['id']}", 409)
    assert places(admin, place) == {"kept": "a"}
    (second,) = [
        one for one in ask(admin, "GET", f"{at}/folders")["folders"] if one["name"] == "b" and not one["parent"]
    ]
    ask(admin, "PATCH", f"{at}/folders/{second['id']}", name="c")
    moved = ask(admin, "DELETE", f"{at}/folders/{folder['id']}")
    assert moved["items"] == keys(admin, place)
    assert len(moved["folders"]) == 2
    assert places(admin, place) == {"kept": ""}
    again = ask(admin, "POST", f"{at}/folders", name="a", **moved)
    assert places(admin, place) == {"kept": "a"}
    parents = {one["id"]: one["parent"] for one in ask(admin, "GET", f"{at}/folders")["folders"]}
    assert parents == {**dict.fromkeys(moved["folders"], again["id"]), second["id"]: "", again["id"]: ""}
    deep = again["id"]
    for number in range(9):
        deep = ask(admin, "POST", f"{at}/folders", name=f"d{number}", parent=deep)["id"]
    ask(admin, "POST", f"{at}/folders", 400, name="too deep", parent=deep)
    ask(admin, "PATCH", f"{at}/folders/{again['id']}", 400, parent=moved["folders"][0])
    entries = ask(admin, "GET", "/audit", workspace=place, area="folder")["entries"]
    assert {one["action"] for one in entries} == {"folder.create", "folder.change", "folder.delete"}


def test_viewers_read_folders_and_clients_see_none(admin: httpx.Client, join: Callable[..., Signed]) -> None:
    viewer, stranger, place = join(), join(), workspace(admin)
    admin.post(f"/api/v1/workspaces/{place}/members", json={"user": viewer.id, "role": "viewer"})
    at = f"/workspaces/{place}"
    ask(admin, "POST", f"{at}/experiments", name="found by name")
    made = ask(admin, "POST", f"{at}/folders", name="closed", items=keys(admin, place))
    assert places(viewer.browser, place) == {"found by name": "closed"}
    for method, path, body in (
        ("POST", f"{at}/folders", {"name": "x"}),
        ("PATCH", f"{at}/folders/{made['id']}", {"name": "x"}),
        ("DELETE", f"{at}/folders/{made['id']}", {}),
        ("POST", f"{at}/items/move", {"folder": "", "items": keys(admin, place)}),
    ):
        assert viewer.status(method, path, **body) == 403
        assert stranger.status(method, path, **body) == 404
    by_name = f"/mlflow/{place}/api/2.0/mlflow/experiments/get-by-name"
    assert (
        admin.get(by_name, params={"experiment_name": "found by name"}).json()["experiment"]["name"] == "found by name"
    )
    other = workspace(admin)
    ask(admin, "DELETE", f"/workspaces/{other}/folders/{made['id']}", 404)
