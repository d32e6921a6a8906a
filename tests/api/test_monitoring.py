"""`/metrics`: who may read it, that it counts what happened, and that the dashboard asks only for what it has."""

from __future__ import annotations

import json
import re
import uuid
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

from running import Handloom

DASHBOARD = Path(__file__).parents[2] / "docs" / "grafana-dashboard.json"


def scraped(client: httpx.Client) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    reply = client.get("/metrics")
    assert (reply.status_code, reply.headers["cache-control"]) == (200, "no-store")
    families = text_string_to_metric_families(reply.text)
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def requests(client: httpx.Client, **labels: str) -> float:
    wanted = set(labels.items())
    return sum(
        value
        for (name, has), value in scraped(client).items()
        if name == "handloom_http_request_duration_seconds_count" and wanted <= has
    )


def test_only_admins_of_the_installation_read_it(server: Handloom) -> None:
    with server.client() as admin:
        assert httpx.get(f"{server.url}/metrics").status_code == 401
        token = admin.post("/api/v1/tokens", json={"name": "prometheus"}).json()["text"]
        as_token = {"Authorization": f"Bearer {token}"}
        assert httpx.get(f"{server.url}/metrics", headers=as_token).status_code == 200
        made = admin.post("/api/v1/users", json={"name": f"p {uuid.uuid4()}"}).json()
        with httpx.Client(base_url=server.url, headers={"Origin": server.url}) as browser:
            assert server.sign_in(browser, server.url + made["path"]).status_code == 303
            assert browser.get("/metrics").status_code == 403


def test_requests_are_counted_by_route_and_status_without_ids(server: Handloom) -> None:
    route = {"api": "mlflow", "method": "POST", "route": "mlflow/runs/create"}
    with server.client() as client:
        before = requests(client, **route, status="200"), requests(client, **route, status="404")
        lost = requests(client, api="ui", route="", status="404")
        for _ in range(3):
            client.post("/api/2.0/mlflow/runs/create", json={"experiment_id": "0"})
        client.post("/api/2.0/mlflow/runs/create", json={"experiment_id": "987654"})
        client.get("/api/v1/nothing/here")
        assert requests(client, **route, status="200") == before[0] + 3
        assert requests(client, **route, status="404") == before[1] + 1
        assert requests(client, api="ui", route="", status="404") == lost + 1
        text = client.get("/metrics").text
        assert "987654" not in text
        assert "nothing/here" not in text


def test_writes_and_commits_are_counted(server: Handloom) -> None:
    with server.client() as client:
        before = scraped(client)
        for _ in range(5):
            client.post("/api/2.0/mlflow/runs/create", json={"experiment_id": "0"})
        after = scraped(client)
        for name in ("handloom_writes_total", "handloom_commits_total"):
            assert after[name, frozenset()] >= before[name, frozenset()] + 5
        assert after["handloom_writes_queued", frozenset()] >= 0
        assert after["handloom_disk_free_bytes", frozenset()] > 0
        assert after["process_resident_memory_bytes", frozenset()] > 10_000_000


def test_a_histogram_s_buckets_add_up(server: Handloom) -> None:
    with server.client() as client:
        client.get("/api/v1/workspaces")
        found = scraped(client)
        labels = {("api", "ui"), ("method", "GET"), ("route", "/api/v1/workspaces"), ("status", "200")}
        counted = found["handloom_http_request_duration_seconds_count", frozenset(labels)]
        buckets = [
            value
            for (name, has), value in found.items()
            if name == "handloom_http_request_duration_seconds_bucket" and labels <= has
        ]
        assert buckets == sorted(buckets)
        assert buckets[-1] == counted >= 1
        assert found["handloom_http_request_duration_seconds_sum", frozenset(labels)] > 0


def test_the_dashboard_asks_for_what_there_is(server: Handloom) -> None:
    dashboard = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    asked = {
        name
        for panel in dashboard["panels"]
        for target in panel["targets"]
        for name in re.findall(r"\b(?:handloom|process)_\w+", target["expr"])
    }
    with server.client() as client:
        text = client.get("/metrics").text
    known = set(re.findall(r"^# TYPE (\S+)", text, re.M))
    known |= {name + end for name in known for end in ("_bucket", "_count", "_sum", "_total")}
    assert len(asked) > 10
    assert asked <= known
