"""Groups: roles that people have by them in every API, who manages them, and what ends with them."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from api.people import Signed, workspace
from handloom.api.mlflow.api import ROUTES as MLFLOW_ROUTES
from handloom.api.ui.api import ROUTES
from handloom.domain.members import Role
from running import Handloom, handloom


def group(admin: httpx.Client, *members: Signed, **more: Any) -> str:
    made = admin.post("/api/v1/groups", json={"name": f"g {uuid.uuid4()}", **more})
    assert made.status_code == 200, made.text
    for member in members:
        assert admin.put(f"/api/v1/groups/{made.json()['id']}/members/{member.id}").status_code == 200
    found: str = made.json()["id"]
    return found


def give(admin: httpx.Client, place: str, to: str, role: str) -> None:
    given = admin.post(f"/api/v1/workspaces/{place}/groups", json={"group": to, "role": role})
    assert given.status_code == 200, given.text


@pytest.mark.soak_on_postgresql
@pytest.mark.parametrize("by_group", [False, True], ids=["own role", "role by group"])
def test_every_route_takes_exactly_the_roles_that_it_names(
    server: Handloom, admin: httpx.Client, join: Callable[..., Signed], by_group: bool
) -> None:
    place = workspace(admin)
    people = {role: join() for role in Role}
    for role, person in people.items():
        if by_group:  # a lower role of their own does not count
            give(admin, place, group(admin, person), role.value)
        given = "viewer" if by_group else role.value
        admin.post(f"/api/v1/workspaces/{place}/members", json={"user": person.id, "role": given})
    stranger = join()
    wrong = []
    tried = 0
    for route in [*ROUTES, *MLFLOW_ROUTES]:
        if route.role is None or route.admin:
            continue
        path = re.sub(r"{(\w+)(?::path)?}", "0", route.path.replace("{workspace}", place))
        if route in MLFLOW_ROUTES:
            path = f"/mlflow/{place}" + (path if path.startswith("/") else f"/api/2.0/{path}")
        broken: dict[str, Any] = {} if route.method in ("GET", "DELETE") else {"content": b"{"}
        for person, needed in [*((people[role], role) for role in Role), (stranger, None)]:
            with person.browser.stream(route.method, path, **broken) as reply:
                status = reply.status_code
            refused = needed is None or needed.rank < route.role.rank
            tried += 1
            if refused != (status in (403, 404) if needed is None else status == 403):
                wrong.append((route.method, path, needed, status))
    assert wrong == []
    assert tried > 800


def test_a_role_by_group_counts_in_lists_and_by_token_and_ends_with_the_group(
    server: Handloom, admin: httpx.Client, join: Callable[..., Signed]
) -> None:
    person = join()
    place, other = workspace(admin), workspace(admin)
    both = group(admin, person)
    give(admin, place, both, "contributor")
    give(admin, other, both, "viewer")
    listed = {one["id"]: one["role"] for one in person.browser.get("/api/v1/workspaces").json()["workspaces"]}
    assert listed == {place: "contributor", other: "viewer"}
    assert person.status("POST", f"/workspaces/{place}/notebooks", name="by group") == 200
    found = person.browser.get("/api/v1/recent").json()["items"]
    assert {item["name"] for item in found if item["kind"] == "notebook"} == {"by group"}
    text = person.browser.post("/api/v1/tokens", json={"name": "mlflow"}).json()["text"]
    with server.client(text) as client:
        create = {"name": f"e {uuid.uuid4()}"}
        paths = {at: f"/mlflow/{at}/api/2.0/mlflow/experiments/create" for at in (place, other)}
        assert client.post(paths[place], json=create).status_code == 200
        assert client.post(paths[other], json=create).status_code == 403
        assert admin.delete(f"/api/v1/groups/{both}/members/{person.id}").status_code == 200
        assert client.post(paths[place], json=create).status_code == 404
    assert person.browser.get("/api/v1/workspaces").json() == {"workspaces": []}
    assert person.status("GET", f"/workspaces/{place}/items") == 404


def test_the_highest_of_all_roles_counts(admin: httpx.Client, join: Callable[..., Signed]) -> None:
    place, person = workspace(admin), join()
    admin.post(f"/api/v1/workspaces/{place}/members", json={"user": person.id, "role": "contributor"})
    low, high = group(admin, person), group(admin, person)
    give(admin, place, low, "viewer")
    assert person.browser.get(f"/api/v1/workspaces/{place}").json()["role"] == "contributor"
    give(admin, place, high, "admin")
    assert person.browser.get(f"/api/v1/workspaces/{place}").json()["role"] == "admin"
    access = admin.get(f"/api/v1/users/{person.id}/access").json()["workspaces"]
    assert [(one["role"], one["group"] != "", one["only_admin"]) for one in access] == [("admin", True, False)]
    assert admin.patch(f"/api/v1/workspaces/{place}/groups/{high}", json={"role": "member"}).status_code == 200
    assert person.browser.get(f"/api/v1/workspaces/{place}").json()["role"] == "member"
    assert admin.delete(f"/api/v1/workspaces/{place}/groups/{high}").status_code == 200
    assert admin.delete(f"/api/v1/workspaces/{place}/groups/{low}").status_code == 200
    assert person.browser.get(f"/api/v1/workspaces/{place}").json()["role"] == "contributor"


def test_a_workspace_keeps_an_admin_of_its_own_whatever_groups_it_has(
    admin: httpx.Client, join: Callable[..., Signed]
) -> None:
    one, two = join(), join()
    place = workspace(one.browser)
    given = one.status("POST", f"/workspaces/{place}/groups", group=group(admin, two), role="admin")
    assert given == 200
    assert one.status("DELETE", f"/me/memberships/{place}") == 409
    assert two.status("DELETE", f"/me/memberships/{place}") == 404
    assert two.status("PATCH", f"/workspaces/{place}", description="by group") == 200


def test_groups_are_managed_by_admins_of_the_installation_and_given_roles_by_those_of_workspaces(
    server: Handloom, admin: httpx.Client, join: Callable[..., Signed]
) -> None:
    person, boss = join(), join(admin=True)
    one = group(admin)
    calls = [
        ("GET", "/groups"),
        ("POST", "/groups"),
        ("GET", f"/groups/{one}"),
        ("PATCH", f"/groups/{one}"),
        ("DELETE", f"/groups/{one}"),
        ("PUT", f"/groups/{one}/members/{person.id}"),
        ("DELETE", f"/groups/{one}/members/{person.id}"),
    ]
    assert [person.status(*call) for call in calls] == [403] * len(calls)
    text = boss.browser.post("/api/v1/tokens", json={"name": "ci"}).json()["text"]
    with server.client(text) as client:
        assert client.put(f"/api/v1/groups/{one}/members/{person.id}").status_code == 403
    place = workspace(admin)
    admin.post(f"/api/v1/workspaces/{place}/members", json={"user": person.id, "role": "member"})
    at = f"/workspaces/{place}"
    offered = person.browser.get(f"/api/v1{at}/group-candidates").json()["groups"]
    assert one in [found["group"] for found in offered]
    assert person.status("POST", f"{at}/groups", group=one, role="admin") == 403
    assert person.status("POST", f"{at}/groups", group=one, role="member") == 200
    assert person.status("POST", f"{at}/groups", group=one, role="member") == 409
    assert person.status("PATCH", f"{at}/groups/{one}", role="viewer") == 403
    assert boss.status("POST", f"{at}/groups", group=one, role="viewer") == 404
    assert [found["group"] for found in admin.get(f"/api/v1{at}/groups").json()["groups"]] == [one]


def test_a_name_is_taken_in_any_case_and_what_is_no_name_is_refused(admin: httpx.Client) -> None:
    name = f"Data Team {uuid.uuid4()}"
    assert admin.post("/api/v1/groups", json={"name": name}).status_code == 200
    other = group(admin)
    for taken in (name, name.upper(), f" {name} "):
        assert admin.post("/api/v1/groups", json={"name": taken}).status_code == 409
        assert admin.patch(f"/api/v1/groups/{other}", json={"name": taken}).status_code == 409
    for none in ("", " ", "x" * 300, "a\nb"):
        assert admin.post("/api/v1/groups", json={"name": none}).status_code == 400
    assert admin.post("/api/v1/groups", json={"name": "long", "claim": "x" * 256}).status_code == 400
    assert admin.put(f"/api/v1/groups/{other}/members/nobody").status_code == 404
    assert admin.delete(f"/api/v1/groups/{other}/members/nobody").status_code == 404


def test_the_audit_log_says_who_joined_which_group_and_what_it_may(
    admin: httpx.Client, join: Callable[..., Signed]
) -> None:
    place, person = workspace(admin), join()
    one = group(admin, person)
    name = admin.get(f"/api/v1/groups/{one}").json()["group"]["name"]
    give(admin, place, one, "member")
    assert admin.delete(f"/api/v1/groups/{one}").status_code == 200
    assert person.status("GET", f"/workspaces/{place}") == 404
    found = admin.get("/api/v1/audit", params={"area": "group"}).json()["entries"]
    joined = next(entry for entry in found if entry["action"] == "group.join" and entry["target"] == person.name)
    assert joined["detail"]["group"] == name
    assert any(entry["action"] == "group.remove" and entry["target"] == name for entry in found)
    (added,) = admin.get("/api/v1/audit", params={"workspace": place, "target": name}).json()["entries"]
    assert (added["action"], added["detail"]) == ("member.add", {"role": "member"})


@pytest.mark.on_sqlite
def test_the_session_of_a_person_ends_with_the_group_by_which_they_may_run_it(
    server: Handloom, admin: httpx.Client, join: Callable[..., Signed]
) -> None:
    person = join()
    place = workspace(admin)
    one = group(admin, person)
    give(admin, place, one, "contributor")
    at = f"/api/v1/workspaces/{place}"
    notebook = person.browser.post(f"{at}/notebooks", json={"name": "n"}).json()
    assert person.browser.post(f"{at}/sessions", json={"notebook": notebook["id"]}).status_code == 200
    assert admin.get(f"{at}/removal").json()["sessions"] == 1
    assert admin.delete(f"/api/v1/groups/{one}/members/{person.id}").status_code == 200
    end = time.monotonic() + 30
    while admin.get(f"{at}/removal").json()["sessions"]:
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.mark.on_sqlite
def test_the_command_line_makes_groups_and_gives_them_roles(server: Handloom, admin: httpx.Client) -> None:
    name, person, place = (f"{kind} {uuid.uuid4()}" for kind in ("g", "p", "w"))
    admin.post("/api/v1/users", json={"name": person})
    workspace(admin, place)

    def run(*words: str) -> str:
        done = handloom("group", *words, *server.where)
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("add", name, "--claim", "/data")
    run("join", name, person)
    run("role", name, place, "viewer")
    run("role", name, place, "member")
    shown = run("show", name)
    assert person in shown
    assert re.search(rf"{place} +member", shown)
    assert re.search(rf"{name} +/data +1 +1", run("list"))
    run("role", name, place, "none")
    run("leave", name, person)
    run("change", name, "--name", f"{name}2")
    assert re.search(rf"{name}2 +/data +0 +0", run("list"))
    run("remove", f"{name}2")
    assert name not in run("list")
