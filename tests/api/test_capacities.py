"""Capacities over HTTP: define, choose and remove them; their limits of sessions."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from handloom.domain.capacities import Capacity, parse_file
from handloom.domain.engines import parse_capacities
from handloom.domain.errors import Invalid
from handloom.store.engine.database import Database
from handloom.store.tokens import rows as tokens
from handloom.store.users import rows as users
from running import Handloom


@pytest.fixture
def client(server: Handloom) -> Iterator[httpx.Client]:
    with server.client() as opened:
        yield opened


def _make(client: httpx.Client, **limits: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/capacities", json={"name": f"c {uuid.uuid4()}", **limits})
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


def _listed(client: httpx.Client, capacity: str) -> dict[str, Any] | None:
    every = client.get("/api/v1/capacities").json()["capacities"]
    return next((one for one in every if one["id"] == capacity), None)


def _workspace(client: httpx.Client, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = client.post("/api/v1/workspaces", json={"name": f"w {uuid.uuid4()}", **more}).json()
    return made


def test_this_machine_is_always_a_capacity_and_has_no_limits(client: httpx.Client) -> None:
    known = client.get("/api/v1/capacities").json()
    assert known["machine_cores"] >= 1
    assert known["machine_memory_bytes"] > 100_000_000
    machine = _listed(client, "this-machine")
    assert machine is not None
    assert (machine["source"], machine["memory_mb"], machine["sessions"], machine["gpus"]) == ("built-in", 0, 0, "all")
    refused = client.delete("/api/v1/capacities/this-machine")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "conflict")


def test_an_admin_defines_a_capacity_and_workspaces_and_notebooks_choose_it(client: httpx.Client) -> None:
    made = _make(client, memory_mb=512, cores=1, sessions=2)
    workspace = _workspace(client, capacity=made["id"])
    other = _workspace(client)
    notebook = client.post(f"/api/v1/workspaces/{other['id']}/notebooks", json={"name": "N"}).json()
    assert (workspace["capacity"], other["capacity"], notebook["capacity"]) == (made["id"], "this-machine", "")
    path = f"/api/v1/workspaces/{other['id']}/notebooks/{notebook['id']}"
    assert client.patch(path, json={"capacity": made["id"]}).json()["capacity"] == made["id"]
    listed = _listed(client, made["id"])
    assert listed is not None
    assert (listed["workspaces"], listed["notebooks"], listed["running"]) == (1, 1, 0)
    changed = client.patch(f"/api/v1/capacities/{made['id']}", json={"memory_mb": 1024}).json()
    assert (changed["memory_mb"], changed["cores"], changed["name"]) == (1024, 1, made["name"])
    assert client.delete(f"/api/v1/capacities/{made['id']}").status_code == 200
    assert _listed(client, made["id"]) is None
    assert client.get(f"/api/v1/workspaces/{workspace['id']}").json()["capacity"] == "this-machine"
    assert client.get(path).json()["capacity"] == ""
    log = client.get("/api/v1/audit", params={"area": "capacity", "target": made["name"]}).json()["entries"]
    assert [entry["action"] for entry in log] == ["capacity.remove", "capacity.change", "capacity.create"]
    assert log[1]["detail"] == {"memory_mb": "1024"}


@pytest.mark.parametrize(
    ("limits", "field"),
    [
        ({"memory_mb": 100}, "memory_mb"),
        ({"memory_mb": -1}, "memory_mb"),
        ({"memory_mb": 2**40}, "memory_mb"),
        ({"processes": 1}, "processes"),
        ({"gpus": "one"}, "gpus"),
        ({"name": "This machine"}, "name"),
        ({"name": ""}, "name"),
    ],
)
def test_limits_within_which_no_session_runs_are_refused_by_field(
    client: httpx.Client, limits: dict[str, Any], field: str
) -> None:
    answer = client.post("/api/v1/capacities", json={"name": f"c {uuid.uuid4()}", **limits})
    assert answer.status_code in (400, 409)
    assert answer.json()["error"]["field"] == field


def test_an_unknown_capacity_cannot_be_chosen(client: httpx.Client) -> None:
    workspace = _workspace(client)
    notebook = client.post(f"/api/v1/workspaces/{workspace['id']}/notebooks", json={"name": "N"}).json()
    own = f"/api/v1/workspaces/{workspace['id']}"
    for path in (own, f"{own}/notebooks/{notebook['id']}"):
        answer = client.patch(path, json={"capacity": "moon"})
        assert (answer.status_code, answer.json()["error"]["field"]) == (400, "capacity")


def test_only_admins_of_the_installation_define_capacities(server: Handloom, client: httpx.Client) -> None:
    made = _make(client)
    database = Database(server.database_url, server.data)
    try:
        user = database.write_now(lambda tx: users.create(tx, f"p {uuid.uuid4()}"))
        _, text = database.write_now(lambda tx: tokens.create(tx, "api", user.id, "theirs"))
    finally:
        database.close()
    with server.client(text) as person:
        assert person.get("/api/v1/capacities").status_code == 200
        assert person.post("/api/v1/capacities", json={"name": "mine"}).status_code == 403
        assert person.patch(f"/api/v1/capacities/{made['id']}", json={"cores": 1}).status_code == 403
        assert person.delete(f"/api/v1/capacities/{made['id']}").status_code == 403


FILE = """
[cluster]
url = "sc://host:15002"

[standard]
kind = "sessions"
name = "Standard"
memory_mb = 4000
sessions = 10
"""


def test_the_capacities_file_has_both_kinds() -> None:
    assert list(parse_capacities(FILE, {})) == ["cluster"]
    assert parse_file(FILE) == {
        "standard": Capacity(id="standard", name="Standard", memory_mb=4000, sessions=10, source="file")
    }


@pytest.mark.parametrize("wrong", ["memory_mb = 12", "memory = 4000", "cores = -1", 'gpus = "x"'])
def test_a_wrong_entry_of_the_capacities_file_is_refused_by_its_name(wrong: str) -> None:
    with pytest.raises(Invalid, match=r"\[small\]"):
        parse_file(f'[small]\nkind = "sessions"\n{wrong}\n')
