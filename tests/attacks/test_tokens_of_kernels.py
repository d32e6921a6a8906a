"""A notebook's code attacks its workspace with the kernel's token, in a session that an admin started."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from handloom.api.ui.api import ROUTES
from handloom.domain.members import Role
from handloom.store.engine.database import Database
from handloom.store.tokens import rows as tokens
from running import Handloom

OUTSIDE = ("/api/v1/tokens", "/api/v1/workspaces", "/api/v1/sign-in-links", "/api/v1/sign-out", "/api/v1/me")


class Attack:
    """A kernel's client, and the workspace in which its user is admin."""

    def __init__(self, server: Handloom, kernel: httpx.Client, workspace: dict[str, Any]) -> None:
        self.server = server
        self.kernel = kernel
        self.workspace = workspace


@pytest.fixture(scope="module")
def attack(server: Handloom) -> Iterator[Attack]:
    with server.client() as admin:
        made = admin.post("/api/v1/workspaces", json={"name": f"w {uuid.uuid4()}"}).json()
        owner = admin.get("/api/v1/me").json()["user"]["id"]
    database = Database(server.database_url, server.data)
    try:
        _, text = database.write_now(
            lambda tx: tokens.create(tx, "kernel", owner, "session of it", workspace=made["id"])
        )
    finally:
        database.close()
    with server.client(text) as kernel:
        yield Attack(server, kernel, made)


def test_it_tracks_and_reads_as_a_contributor_does(attack: Attack) -> None:
    mlflow = f"/mlflow/{attack.workspace['id']}/api/2.0/mlflow"
    assert attack.kernel.post(f"{mlflow}/runs/create", json={"experiment_id": "0"}).status_code == 200
    assert attack.kernel.get(f"/api/v1/workspaces/{attack.workspace['id']}/items").status_code == 200


def test_no_route_for_admins_or_members_takes_it(attack: Attack) -> None:
    tried = 0
    for route in ROUTES:
        if route.role is not None and route.role.rank > Role.CONTRIBUTOR.rank:
            path = route.path.replace("{workspace}", attack.workspace["id"])
            sent = {"name": attack.workspace["name"], "before": 10**15}
            options: dict[str, Any] = {"params": sent} if route.method in ("GET", "DELETE") else {"json": sent}
            assert attack.kernel.request(route.method, path, **options).status_code == 403, route
            tried += 1
    assert tried >= 5
    with attack.server.client() as admin:
        assert admin.get(f"/api/v1/workspaces/{attack.workspace['id']}").json()["name"] == attack.workspace["name"]


def test_no_route_outside_of_its_workspace_takes_it(attack: Attack) -> None:
    for route in ROUTES:
        if "{workspace}" not in route.path:
            reply = attack.kernel.request(route.method, route.path.replace("{token}", "x"))
            assert reply.status_code == 403, route
    assert {route.path for route in ROUTES} >= set(OUTSIDE)


def test_mlflow_changes_no_workspace_for_it(attack: Attack) -> None:
    name = attack.workspace["id"]
    all_, one = "/api/2.0/mlflow/workspaces", f"/api/2.0/mlflow/workspaces/{name}"
    assert attack.kernel.post(all_, json={"name": "made-by-a-kernel"}).status_code == 403
    assert attack.kernel.patch(one, json={"description": "mine"}).status_code == 403
    assert attack.kernel.delete(one, params={"mode": "CASCADE"}).status_code == 403
    webhook = {"name": "w", "url": "https://example.com/", "events": [{"entity": "PROMPT", "action": "CREATED"}]}
    path = f"/mlflow/{name}/api/2.0/mlflow/webhooks"
    assert attack.kernel.post(path, json=webhook).status_code == 403
