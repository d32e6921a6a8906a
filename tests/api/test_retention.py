"""Retention rules over HTTP: dry run first, deletion into the bin, and what keeps a run."""

from __future__ import annotations

import time
from typing import Any

import httpx

from api.people import workspace
from handloom.store.engine.database import Database
from handloom.store.retention.schedule import RunRetention
from running import Handloom

DAY_MS = 86_400_000


def mlflow(client: httpx.Client, place: str, path: str, **body: Any) -> Any:
    reply = client.post(f"/mlflow/{place}/api/2.0/mlflow/{path}", json=body)
    assert reply.status_code == 200, reply.text
    return reply.json()


def make_run(client: httpx.Client, place: str, name: str, days: float, parent: str = "", **tags: str) -> str:
    """A run that ended this many days ago; -1: it still runs."""
    pairs = {**tags, **({"mlflow.parentRunId": parent} if parent else {})}
    at = int(time.time() * 1000) - int(abs(days) * DAY_MS)
    sent = [{"key": key, "value": value} for key, value in pairs.items()]
    made = mlflow(client, place, "runs/create", experiment_id="0", start_time=at, run_name=name, tags=sent)
    run: str = made["run"]["info"]["run_id"]
    if days >= 0:
        mlflow(client, place, "runs/update", run_id=run, status="FINISHED", end_time=at)
    return run


def active(client: httpx.Client, place: str) -> set[str]:
    found = mlflow(client, place, "runs/search", experiment_ids=["0"], max_results=100).get("runs", [])
    return {run["info"]["run_name"] for run in found}


def apply(server: Handloom) -> None:
    database = Database(server.database_url, server.data)
    try:
        RunRetention(database).apply()
    finally:
        database.close()


def test_a_rule_deletes_old_runs_that_nothing_keeps_once_its_dry_run_was_seen(
    server: Handloom, admin: httpx.Client
) -> None:
    place = workspace(admin)
    base = f"/api/v1/workspaces/{place}/retention-rules"
    old = make_run(admin, place, "old", 40)
    make_run(admin, place, "young", 3)
    make_run(admin, place, "running", -1)
    make_run(admin, place, "tagged", 40, keep="")
    make_run(admin, place, "by value", 40, stage="final")
    make_run(admin, place, "other value", 40, stage="draft")
    registered = make_run(admin, place, "registered", 40)
    mlflow(admin, place, "registered-models/create", name="m")
    mlflow(admin, place, "model-versions/create", name="m", source=f"runs:/{registered}/model", run_id=registered)
    parent = make_run(admin, place, "parent", 40)
    make_run(admin, place, "old child", 40, parent)
    make_run(admin, place, "young child", 3, parent)
    above = make_run(admin, place, "old parent", 40)
    make_run(admin, place, "its child", 41, above)
    assert admin.post(base, json={"days": 0}).status_code == 400
    (rule,) = admin.post(base, json={"days": 30, "keep_tags": [" keep ", "stage = final"]}).json()["rules"]
    assert (rule["enabled"], rule["keep_tags"]) == (False, ["keep", "stage=final"])
    one = f"{base}/{rule['id']}"
    seen = admin.get(f"{one}/dry-run").json()
    doomed = {"old", "other value", "old parent", "its child"}
    assert {run["name"] for run in seen["shown"]} == doomed
    assert {key: seen[key] for key in ("runs", "tagged", "registered", "related", "restored")} == {
        "runs": 4,
        "tagged": 2,
        "registered": 1,
        "related": 2,
        "restored": 0,
    }
    everything = active(admin, place)
    apply(server)  # the rule is off
    assert active(admin, place) == everything
    assert admin.patch(one, json={"enabled": True}).status_code == 409
    assert admin.patch(one, json={"enabled": True, "expected": 3}).status_code == 409
    assert admin.patch(one, json={"enabled": True, "expected": 4}).json()["rules"][0]["enabled"]
    apply(server)
    assert active(admin, place) == everything - doomed
    (rule,) = admin.get(base).json()["rules"]
    assert rule["deleted"] == 4
    (entry,) = admin.get("/api/v1/audit", params={"workspace": place, "area": "retention"}).json()["entries"][:1]
    assert (entry["action"], entry["via"], entry["user_name"]) == ("retention.apply", "server", "Handloom")
    assert entry["detail"] == {"days": "30", "runs": "4"}
    binned = admin.get(f"/api/v1/workspaces/{place}/bin").json()["items"]
    assert {item["name"] for item in binned if item["kind"] == "run"} == doomed
    admin.post(f"/api/v1/workspaces/{place}/runs/delete", json={"runs": [old], "restore": True})
    apply(server)  # whoever restored it wants to keep it
    assert "old" in active(admin, place)
    assert admin.get(f"{one}/dry-run").json()["restored"] == 1
    assert admin.delete(one).json() == {"rules": []}
    assert admin.get(f"{one}/dry-run").status_code == 404
