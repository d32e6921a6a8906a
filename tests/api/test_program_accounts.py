"""Service accounts: what their tokens open and do not open, who manages them, and what ends with them."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from api.people import Signed, workspace
from running import Handloom, handloom


def account(client: httpx.Client, place: str, **more: Any) -> dict[str, Any]:
    """The reply to creating one: its first token with its text."""
    made = client.post(f"/api/v1/workspaces/{place}/service-accounts", json={"name": f"ci {uuid.uuid4()}", **more})
    assert made.status_code == 200, made.text
    found: dict[str, Any] = made.json()
    return found


def test_a_token_of_an_account_opens_its_workspaces_with_its_role_and_nothing_else(
    server: Handloom, admin: httpx.Client, join: Callable[..., Signed]
) -> None:
    boss = join()
    place, other, foreign = workspace(boss.browser), workspace(boss.browser), workspace(admin)
    made = account(boss.browser, place)
    added = boss.status("POST", f"/workspaces/{other}/members", user=made["token"]["user"], role="viewer")
    assert added == 200
    create = {"name": f"e {uuid.uuid4()}"}
    with server.client(made["text"]) as ci:
        assert ci.post(f"/mlflow/{place}/api/2.0/mlflow/experiments/create", json=create).status_code == 200
        assert ci.post(f"/mlflow/{other}/api/2.0/mlflow/experiments/create", json=create).status_code == 403
        assert ci.post(f"/mlflow/{foreign}/api/2.0/mlflow/experiments/create", json=create).status_code == 404
        listed = {one["id"]: one["role"] for one in ci.get("/api/v1/workspaces").json()["workspaces"]}
        assert listed == {place: "contributor", other: "viewer"}
        assert ci.post("/api/v1/workspaces", json={"name": f"w {uuid.uuid4()}"}).status_code == 403
        assert ci.post("/api/2.0/mlflow/workspaces", json={"name": f"w-{uuid.uuid4()}"}).status_code == 403
        assert ci.post("/api/v1/tokens", json={"name": "more"}).status_code == 403
        assert ci.delete(f"/api/v1/tokens/{made['token']['id']}").status_code == 403
        assert ci.patch("/api/v1/me", json={"display_name": "me"}).status_code == 403
        assert ci.get("/api/v1/users").status_code == 403
        assert ci.get("/api/v1/me").json()["user"]["service"] is True


def test_an_account_signs_in_nowhere(with_passwords: Handloom) -> None:
    with with_passwords.client() as admin:
        place = workspace(admin)
        made = account(admin, place)
        user = f"/api/v1/users/{made['token']['user']}"
        assert admin.post(f"{user}/link", json={}).status_code == 400
        assert admin.put(f"{user}/password", json={"password": "a good password"}).status_code == 400
        assert admin.patch(user, json={"admin": True}).status_code == 400
        assert admin.post("/api/v1/groups", json={"name": "no programs"}).status_code == 200
        assert admin.put(f"/api/v1/groups/no programs/members/{made['token']['user']}").status_code == 400
        alone = workspace(admin)
        other = admin.post("/api/v1/users", json={"name": "leaver"}).json()["user"]["id"]
        admin.post(f"/api/v1/workspaces/{alone}/members", json={"user": other, "role": "admin"})
        me = admin.get("/api/v1/me").json()["user"]["id"]
        admin.delete(f"/api/v1/workspaces/{alone}/members/{me}")
        successor = {"successor": made["token"]["user"]}
        assert admin.delete(f"/api/v1/users/{other}", params=successor).status_code == 400


def test_only_an_admin_of_all_its_workspaces_manages_an_account(
    server: Handloom, admin: httpx.Client, join: Callable[..., Signed]
) -> None:
    boss, member, other = join(), join(), join()
    place, foreign = workspace(boss.browser), workspace(other.browser)
    boss.status("POST", f"/workspaces/{place}/members", user=member.id, role="member")
    made = account(boss.browser, place)
    user, at = made["token"]["user"], f"/workspaces/{place}/service-accounts"
    calls = [
        ("GET", at),
        ("POST", at),
        ("PATCH", f"{at}/{user}"),
        ("DELETE", f"{at}/{user}"),
        ("POST", f"{at}/{user}/tokens"),
        ("DELETE", f"{at}/{user}/tokens/{made['token']['id']}"),
    ]
    assert [member.status(*call) for call in calls] == [403] * len(calls)
    assert boss.status("POST", at, name=f"x {uuid.uuid4()}", role="admin") == 400
    text = boss.browser.post("/api/v1/tokens", json={"name": "script"}).json()["text"]
    with server.client(text) as client:
        assert client.post(f"/api/v1{at}/{user}/tokens", json={"name": "more"}).status_code == 403
    assert boss.status("POST", f"{at}/{member.id}/tokens", name="not an account") == 404
    # With a role in a workspace of somebody else, whoever made it could enter there by a new token.
    assert other.status("POST", f"/workspaces/{foreign}/members", user=user, role="viewer") == 200
    assert boss.status("POST", f"{at}/{user}/tokens", name="into the other workspace") == 403
    assert other.status("POST", f"/workspaces/{foreign}/service-accounts/{user}/tokens", name="into this one") == 403
    (shown,) = boss.browser.get(f"/api/v1{at}").json()["accounts"]
    assert (shown["managed"], shown["workspaces"], shown["tokens"]) == (False, 2, [])
    assert other.status("PATCH", f"/workspaces/{foreign}/members/{user}", role="admin") == 400
    removal = other.browser.request("DELETE", f"/api/v1/workspaces/{foreign}", params={"name": ""})
    assert removal.status_code == 400
    name = other.browser.get(f"/api/v1/workspaces/{foreign}").json()["name"]
    assert other.browser.request("DELETE", f"/api/v1/workspaces/{foreign}", params={"name": name}).status_code == 200
    assert boss.status("POST", f"{at}/{user}/tokens", name="it may be restored") == 403


def test_tokens_are_listed_and_end_at_once(server: Handloom, join: Callable[..., Signed]) -> None:
    boss = join()
    place = workspace(boss.browser)
    first = account(boss.browser, place, expires_in_days=3)
    user, at = first["token"]["user"], f"/workspaces/{place}/service-accounts"
    second = boss.browser.post(f"/api/v1{at}/{user}/tokens", json={"name": "two", "expires_in_days": None}).json()
    with server.client(first["text"]) as one, server.client(second["text"]) as two:
        path = f"/api/v1/workspaces/{place}/items"
        assert (one.get(path).status_code, two.get(path).status_code) == (200, 200)
        (shown,) = boss.browser.get(f"/api/v1{at}").json()["accounts"]
        tokens = {token["name"]: token for token in shown["tokens"]}
        assert set(tokens) == {"two", shown["name"]}
        assert tokens["two"]["expires_at"] is None
        lifetime = tokens[shown["name"]]["expires_at"] - tokens[shown["name"]]["created_at"]
        assert 3 * 86_400_000 - 5_000 < lifetime < 3 * 86_400_000 + 5_000
        assert tokens["two"]["last_used_at"] is not None
        assert boss.status("DELETE", f"{at}/{user}/tokens/{first['token']['id']}") == 200
        assert (one.get(path).status_code, two.get(path).status_code) == (401, 200)
        assert boss.status("PATCH", f"{at}/{user}", disabled=True) == 200
        assert two.get(path).status_code == 401
        assert boss.status("POST", f"{at}/{user}/tokens", name="three") == 403
        assert boss.status("PATCH", f"{at}/{user}", disabled=False) == 200
        assert two.get(path).status_code == 401
        third = boss.browser.post(f"/api/v1{at}/{user}/tokens", json={"name": "three"}).json()["text"]
    with server.client(third) as ci:
        assert ci.get(path).status_code == 200
        assert boss.status("DELETE", f"{at}/{user}") == 200
        assert ci.get(path).status_code == 401
    assert boss.browser.get(f"/api/v1{at}").json() == {"accounts": []}
    entries = boss.browser.get(f"/api/v1/workspaces/{place}/audit", params={"area": "user"}).json()["entries"]
    assert [entry["action"] for entry in entries] == ["user.remove", "user.change", "user.change", "user.create"]
    assert {entry["target"] for entry in entries} == {shown["name"]}


@pytest.mark.on_sqlite
def test_the_command_line_makes_an_account_for_several_workspaces(server: Handloom, admin: httpx.Client) -> None:
    name, one, two = (f"{kind} {uuid.uuid4()}" for kind in ("ci", "w", "w"))
    places = {workspace(admin, one), workspace(admin, two)}
    made = handloom("service", "add", name, "--workspace", one, "--workspace", two, "--role", "viewer", *server.where)
    assert made.returncode == 0, made.stderr
    more = handloom("service", "token", name, "--expires", "never", *server.where)
    for text in (made.stdout.strip(), more.stdout.strip()):
        with server.client(text) as ci:
            listed = {one["id"] for one in ci.get("/api/v1/workspaces").json()["workspaces"]}
            assert listed == places
    assert name in handloom("service", "list", *server.where).stdout
    assert handloom("user", "disable", name, *server.where).returncode == 0
    with server.client(text) as ci:
        assert ci.get("/api/v1/workspaces").status_code == 401
