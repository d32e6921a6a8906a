"""The audit log: what is recorded with which words, who may read it, and that it tells no secrets."""

from __future__ import annotations

import csv
import io
import time
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from handloom.api.mlflow.api import ROUTES as MLFLOW_ROUTES
from handloom.api.ui.api import ROUTES as UI_ROUTES
from handloom.domain import clock
from handloom.domain.audit import ACTIONS, AREAS, Actor
from handloom.store.audit import rows as audit_store
from handloom.store.audit.rows import AuditFilter
from handloom.store.engine.database import Database
from running import Handloom

DATA = (
    "tags",
    "alias",
    "views/",
    "/views",
    "assessments",
    "logged-models",
    "traces/{",
    "trace-info",
    "notice-rules",  # what one person wants to be told
)
"""Parts of paths whose DELETE takes away data of runs and traces, such as a tag; the log is not about those."""


class Site:
    """A signed-in admin of the installation with a workspace of their own, and the log of that workspace."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.name = f"w {uuid.uuid4()}"
        self.workspace: str = self.ask("POST", "/workspaces", name=self.name)["id"]

    def ask(self, method: str, path: str, status: int = 200, **body: Any) -> Any:
        content: dict[str, Any] = {"params": body} if method in ("GET", "DELETE") else {"json": body}
        reply = self.client.request(method, f"/api/v1{path}", **content)
        assert reply.status_code == status, reply.text
        return reply.json()

    def mlflow(self, method: str, path: str, **body: Any) -> Any:
        reply = self.client.request(method, f"/mlflow/{self.workspace}/api/2.0/mlflow/{path}", json=body)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def log(self, **filters: Any) -> list[dict[str, Any]]:
        """The entries of the workspace, oldest first."""
        return list(reversed(self.ask("GET", f"/workspaces/{self.workspace}/audit", **filters)["entries"]))


@pytest.fixture
def site(server: Handloom) -> Iterator[Site]:
    with server.client() as client:
        yield Site(client)


def told(entries: list[dict[str, Any]]) -> list[tuple[str, str, dict[str, str]]]:
    return [(entry["action"], entry["target"], entry["detail"]) for entry in entries]


def test_actions_are_recorded_with_the_names_of_their_time(site: Site) -> None:
    here = f"/workspaces/{site.workspace}"
    person = site.ask("POST", "/users", name=f"p {uuid.uuid4()}")["user"]
    site.ask("POST", f"{here}/members", user=person["id"], role="viewer")
    site.ask("PATCH", f"{here}/members/{person['id']}", role="contributor")
    site.ask("DELETE", f"{here}/members/{person['id']}")
    experiment = site.ask("POST", f"{here}/experiments", name="모델 비교")["id"]
    site.ask("PATCH", f"{here}/experiments/{experiment}", name="Models")
    site.ask("DELETE", f"{here}/experiments/{experiment}")
    site.ask("POST", f"{here}/experiments/{experiment}/restore")
    notebook = site.ask("POST", f"{here}/notebooks", name="First")["id"]
    site.ask("PATCH", f"{here}/notebooks/{notebook}", name="Second")
    site.ask("DELETE", f"{here}/notebooks/{notebook}")
    site.ask("PUT", f"{here}/mounts", prefix="s3://b/data", target="s3://b2/data")
    entries = site.log()
    assert told(entries) == [
        ("member.add", person["name"], {"role": "viewer"}),
        ("member.change", person["name"], {"role": "contributor"}),
        ("member.remove", person["name"], {}),
        ("experiment.create", "모델 비교", {}),
        ("experiment.change", "모델 비교", {"name": "Models"}),
        ("experiment.delete", "Models", {}),
        ("experiment.restore", f"Models (deleted {experiment})", {}),
        ("notebook.create", "First", {}),
        ("notebook.change", "First", {"name": "Second"}),
        ("notebook.delete", "Second", {}),
        ("mount.set", "s3://b/data", {}),
    ]
    for entry in entries:
        assert (entry["workspace"], entry["workspace_name"], entry["via"]) == (site.workspace, site.name, "local")
        assert entry["address"] == "127.0.0.1"
        assert abs(entry["at"] - time.time() * 1000) < 600_000


def test_clients_of_mlflow_are_recorded_the_same_way_and_what_they_log_is_not(site: Site) -> None:
    run = site.mlflow("POST", "runs/create", experiment_id="0", run_name="calm-fox")["run"]["info"]["run_id"]
    site.mlflow("POST", "runs/log-metric", run_id=run, key="m", value=1, timestamp=1)
    site.mlflow("POST", "runs/set-tag", run_id=run, key="k", value="v")
    site.mlflow("POST", "runs/delete", run_id=run)
    site.mlflow("POST", "runs/restore", run_id=run)
    site.mlflow("POST", "registered-models/create", name="churn")
    site.mlflow("POST", "model-versions/create", name="churn", source=f"runs:/{run}/model", run_id=run)
    site.mlflow("POST", "registered-models/alias", name="churn", alias="champion", version="1")
    site.mlflow("POST", "model-versions/transition-stage", name="churn", version="1", stage="Production")
    site.mlflow("DELETE", "registered-models/delete", name="churn")
    assert told(site.log()) == [
        ("run.delete", "calm-fox", {}),
        ("run.restore", "calm-fox", {}),
        ("model.create", "churn", {}),
        ("version.create", "churn", {}),
        ("alias.set", "churn", {"alias": "champion", "version": "1"}),
        ("version.change", "churn", {"stage": "Production", "version": "1"}),
        ("model.delete", "churn", {}),
    ]


def test_pages_restore_runs_under_the_right_word(site: Site) -> None:
    run = site.mlflow("POST", "runs/create", experiment_id="0", run_name="calm-fox")["run"]["info"]["run_id"]
    path = f"/workspaces/{site.workspace}/runs/delete"
    site.ask("POST", path, runs=[run])
    site.ask("POST", path, runs=[run], restore=True)
    assert [entry["action"] for entry in site.log()] == ["run.delete", "run.restore"]


def test_a_refused_request_leaves_no_entry(site: Site) -> None:
    here = f"/workspaces/{site.workspace}"
    site.ask("POST", f"{here}/experiments", name="one")
    site.ask("POST", f"{here}/experiments", 409, name="one")
    site.ask("DELETE", f"{here}/notebooks/{'0' * 32}", 404)
    site.ask("DELETE", f"{here}/members/nobody", 404)
    assert [entry["action"] for entry in site.log()] == ["experiment.create"]


def test_a_removed_workspace_stays_in_the_log_of_the_installation(site: Site) -> None:
    site.ask("DELETE", f"/workspaces/{site.workspace}", name=site.name)
    found = site.ask("GET", "/audit", target=site.name.upper(), area="workspace")["entries"]
    assert [(entry["action"], entry["target"]) for entry in found] == [
        ("workspace.remove", site.name),
        ("workspace.create", site.name),
    ]


def test_the_log_holds_no_secrets(site: Site) -> None:
    secret = f"hl-secret-{uuid.uuid4()}"
    user = site.ask("POST", "/users", name=f"p {uuid.uuid4()}")
    site.ask("PUT", f"/users/{user['user']['id']}/password", password=secret)
    token = site.ask("POST", "/tokens", name="ci", expires_in_days=3)
    body = {
        "name": "hook",
        "url": f"https://1.1.1.1/{secret}",
        "secret": secret,
        "events": [{"entity": "MODEL_VERSION", "action": "CREATED"}],
    }
    site.mlflow("POST", "webhooks", **body)
    site.ask("PUT", f"/workspaces/{site.workspace}/mounts", prefix="s3://b/x", target=f"s3://b/{secret}")
    text = site.client.get("/api/v1/audit/csv").text
    assert "webhook.create" in text
    assert "user.password" in text
    assert "expires_in_days=3" in text
    assert secret not in text
    assert token["text"] not in text
    assert user["path"].partition("token=")[2] not in text


def test_signing_in_and_out_is_recorded_with_the_browser(server: Handloom, site: Site) -> None:
    made = site.ask("POST", "/users", name=f"p {uuid.uuid4()}")
    with httpx.Client(base_url=server.url, headers={"Origin": server.url, "User-Agent": "Firefox/1"}) as browser:
        assert server.sign_in(browser, server.url + made["path"]).status_code == 303
        assert browser.post("/api/v1/sign-out", json={}).status_code == 200
    found = site.ask("GET", "/audit", user=made["user"]["name"])["entries"]
    assert [(entry["action"], entry["via"], entry["user"]) for entry in found] == [
        ("sign_in.out", "browser", made["user"]["id"]),
        ("sign_in.link", "browser", made["user"]["id"]),
    ]
    assert found[1]["target"] == "Firefox/1"


def test_a_failed_sign_in_is_recorded_under_the_name_that_was_typed(tmp_path_factory: pytest.TempPathFactory) -> None:
    data = tmp_path_factory.mktemp("audit") / "data"
    with Handloom(data, "--passwords") as server, server.client() as client:
        user = client.post("/api/v1/users", json={"name": "ana"}).json()["user"]
        client.put("/api/v1/users/ana/password", json={"password": "correct horse battery"})
        form = {"name": "ana", "password": "wrong"}
        headers = {"Origin": server.url}
        assert httpx.post(f"{server.url}/sign-in", data=form, headers=headers, timeout=60).status_code == 401
        unstorable = {"name": "a\0na", "password": "wrong"}
        assert httpx.post(f"{server.url}/sign-in", data=unstorable, headers=headers).status_code == 400
        form["password"] = "correct horse battery"
        assert httpx.post(f"{server.url}/sign-in", data=form, headers=headers).status_code == 303
        found = client.get("/api/v1/audit", params={"area": "sign_in"}).json()["entries"]
        assert [(entry["action"], entry["user_name"], entry["user"]) for entry in found] == [
            ("sign_in.password", "ana", user["id"]),
            ("sign_in.failed", "ana", None),
        ]


def test_only_admins_read_it_and_each_only_what_is_theirs(server: Handloom, site: Site) -> None:
    other = Site(site.client)
    people = {}
    for role in ("viewer", "contributor", "member", "admin"):
        made = site.ask("POST", "/users", name=f"p {uuid.uuid4()}")
        browser = httpx.Client(base_url=server.url, headers={"Origin": server.url})
        assert server.sign_in(browser, server.url + made["path"]).status_code == 303
        site.ask("POST", f"/workspaces/{site.workspace}/members", user=made["user"]["id"], role=role)
        people[role] = browser
    for role, browser in people.items():
        for end in ("", "/csv"):
            own = browser.get(f"/api/v1/workspaces/{site.workspace}/audit{end}").status_code
            assert own == (200 if role == "admin" else 403), role
            assert browser.get(f"/api/v1/workspaces/{other.workspace}/audit{end}").status_code == 404
            assert browser.get(f"/api/v1/audit{end}").status_code == 403
    own = (
        people["admin"]
        .get(f"/api/v1/workspaces/{site.workspace}/audit", params={"workspace": other.workspace})
        .json()["entries"]
    )
    assert {entry["workspace"] for entry in own} == {site.workspace}
    token = site.ask("POST", "/tokens", name="ci")["text"]
    assert httpx.get(f"{server.url}/api/v1/audit", headers={"Authorization": f"Bearer {token}"}).status_code == 403
    for browser in people.values():
        browser.close()


def test_pages_of_the_log_follow_each_other_and_the_csv_has_all(site: Site) -> None:
    here = f"/workspaces/{site.workspace}"
    for number in range(7):
        site.ask("POST", f"{here}/experiments", name=f"=cmd {number}")
    seen: list[str] = []
    before: int | None = None
    while True:
        page = site.ask("GET", f"{here}/audit", limit=3, **({} if before is None else {"before": before}))
        seen += [entry["target"] for entry in page["entries"]]
        if not page["more"]:
            break
        before = page["entries"][-1]["id"]
    assert seen == [f"=cmd {number}" for number in reversed(range(7))]
    reply = site.client.get(f"/api/v1{here}/audit/csv")
    assert reply.headers["content-disposition"].startswith("attachment")
    rows = list(csv.DictReader(io.StringIO(reply.text.removeprefix("\ufeff"))))
    assert [row["target"] for row in rows] == [f"'=cmd {number}" for number in reversed(range(7))]
    assert {row["workspace"] for row in rows} == {site.name}
    site.ask("GET", f"{here}/audit", 400, limit=0)
    site.ask("GET", f"{here}/audit", 400, area="nonsense")


def test_entries_are_found_by_part_of_a_name_area_and_time(site: Site) -> None:
    here = f"/workspaces/{site.workspace}"
    site.ask("POST", f"{here}/experiments", name="50% off_x")
    site.ask("POST", f"{here}/notebooks", name="Other")
    assert [entry["target"] for entry in site.log(target="50% OFF_")] == ["50% off_x"]
    assert site.log(target="50_") == []
    assert [entry["target"] for entry in site.log(area="notebook")] == ["Other"]
    first, second = site.log()
    assert site.log(until=first["at"]) == []
    assert [entry["target"] for entry in site.log(since=second["at"])][-1] == "Other"
    site.ask("POST", f"{here}/experiments", name="Änderung ÉTÉ")
    assert [entry["target"] for entry in site.log(target="Änderung É")] == ["Änderung ÉTÉ"]


def test_old_entries_are_deleted_and_newer_ones_stay(database_url: str, tmp_path: Any, monkeypatch: Any) -> None:
    database = Database(database_url, tmp_path)
    who = Actor(user=None, name="x", via="", address=None)
    for at in (1_000, 2_000, 3_000):
        monkeypatch.setattr(clock, "now", lambda at=at: at)
        database.write_now(lambda tx: audit_store.add(tx, who, "sign_in.failed"))
    monkeypatch.setattr(audit_store, "PURGED_AT_ONCE", 1)
    assert database.write_now(lambda tx: audit_store.purge(tx, 3_000))
    assert database.write_now(lambda tx: audit_store.purge(tx, 3_000))
    assert not database.write_now(lambda tx: audit_store.purge(tx, 3_000))
    left = database.read_now(lambda tx: audit_store.search(tx, AuditFilter(), before=None, limit=10))
    assert [entry.at for entry in left] == [3_000]
    database.close()


def test_every_deletion_is_recorded_and_every_action_has_a_route() -> None:
    routes = [*UI_ROUTES, *MLFLOW_ROUTES]
    silent = {
        route.path
        for route in routes
        if route.method == "DELETE" and route.audit is None and not any(part in route.path for part in DATA)
    }
    assert silent == {"mlflow/registered-models/delete-tag", "mlflow/model-versions/delete-tag"}
    used = {route.audit for route in routes if route.audit is not None}
    by_itself = {"sign_in.link", "sign_in.password", "sign_in.provider", "sign_in.failed", "retention.apply"}
    assert set(ACTIONS) - used == by_itself
    assert {action.partition(".")[0] for action in ACTIONS} == set(AREAS)


def test_a_session_that_is_started_and_reused_and_a_purge_of_many_requests_are_one_entry_each(site: Site) -> None:
    here = f"/workspaces/{site.workspace}"
    notebook = site.ask("POST", f"{here}/notebooks", name="Once")["id"]
    started = [site.ask("POST", f"{here}/sessions", notebook=notebook)["id"] for _ in range(3)]
    assert len(set(started)) == 1
    site.ask("DELETE", f"{here}/sessions/{started[0]}")
    for before in (1_000, 1_000, 1_000, 2_000):
        site.ask("DELETE", f"{here}/deleted", before=before)
    actions = [entry["action"] for entry in site.log()]
    assert actions == ["notebook.create", "session.start", "session.stop", "workspace.purge", "workspace.purge"]
