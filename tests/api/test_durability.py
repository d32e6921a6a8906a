"""Acknowledged writes survive kill -9 with any number of writing clients, and nothing is stored in part."""

from __future__ import annotations

import random
import threading
import time
from typing import Any

import httpx
import pytest

from running import Handloom

CLIENTS = 16
ENOUGH = 15  # answers to each client, before a round may end


class Client:
    """One of many clients that write until the server dies. Its numbers continue from round to round."""

    def __init__(self, server: Handloom, run_id: str, number: int) -> None:
        self.server = server
        self.run_id = run_id
        self.key = f"client {number}"
        self.act = (self.log_one, self.log_batch, self.make_run, self.set_tag)[number % 4]
        self.next = 0
        self.answers = 0
        self.last: tuple[str, dict[str, Any]] | None = None
        """What was sent and not answered."""
        self.acknowledged: list[int] = []
        self.made: dict[str, int] = {}

    def until_killed(self) -> None:
        with self.server.client() as client:
            while True:
                try:
                    self.act(client, self.next)
                except httpx.TransportError:
                    self.next += 1
                    return
                self.acknowledged.append(self.next)
                self.answers += 1
                self.next += 1

    def post(self, client: httpx.Client, path: str, **body: Any) -> Any:
        self.last = (path, body)
        answer = client.post(f"/api/2.0/mlflow/runs/{path}", json=body)
        answer.raise_for_status()
        self.last = None
        return answer.json()

    def log_one(self, client: httpx.Client, n: int) -> None:
        self.post(client, "log-metric", run_id=self.run_id, **point(self.key, n))

    def log_batch(self, client: httpx.Client, n: int) -> None:
        """Log three points, a param and a tag, which are stored together or not at all."""
        self.post(
            client,
            "log-batch",
            run_id=self.run_id,
            metrics=[point(f"{self.key}.{part}", n) for part in "abc"],
            params=[{"key": f"{self.key}.{n}", "value": str(n)}],
            tags=[{"key": f"{self.key}.{n}", "value": str(n)}],
        )

    def make_run(self, client: httpx.Client, n: int) -> None:
        """Create a run with a metric, finish it, and log to it once more."""
        made = self.post(
            client, "create", experiment_id="0", run_name=f"{self.key} {n}", tags=[{"key": "n", "value": str(n)}]
        )
        run = made["run"]["info"]["run_id"]
        self.made[run] = 0
        self.post(client, "log-batch", run_id=run, metrics=[point("m", n)])
        self.made[run] = 1
        self.post(client, "update", run_id=run, status="FINISHED", end_time=n + 1)
        self.made[run] = 2
        self.post(client, "log-metric", run_id=run, **point("late", n))
        self.made[run] = 3

    def set_tag(self, client: httpx.Client, n: int) -> None:
        self.post(client, "set-tag", run_id=self.run_id, key=self.key, value=str(n))

    def repeat(self, client: httpx.Client) -> None:
        """Send unanswered requests again, as MLflow's client does: afterwards each is stored once."""
        if self.last is None or self.last[0] == "create":
            self.last = None
            return
        path, body = self.last
        self.post(client, path, **body)
        if self.act != self.make_run:
            self.acknowledged.append(self.next - 1)


def point(key: str, n: int) -> dict[str, Any]:
    return {"key": key, "value": n * 0.5, "timestamp": n, "step": n}


class Kept:
    """What the server has after a restart."""

    def __init__(self, server: Handloom) -> None:
        self.client = server.client()
        self.root = "/api/2.0/mlflow"
        spaces = self.client.get("/api/v1/workspaces").json()["workspaces"]
        self.workspace = next(space["id"] for space in spaces if space["name"] == "default")

    def run(self, run_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get(f"{self.root}/runs/get", params={"run_id": run_id}).json()["run"]
        return found

    def steps(self, run_id: str, key: str) -> list[int]:
        asked = {"run_id": run_id, "metric_key": key}
        found = self.client.get(f"{self.root}/metrics/get-history", params=asked).json().get("metrics", [])
        assert all(m["value"] == m["step"] * 0.5 for m in found)
        return [m["step"] for m in found]

    def summaries(self, run_id: str) -> dict[str, dict[str, Any]]:
        detail = self.client.get(f"/api/v1/workspaces/{self.workspace}/runs/{run_id}").json()
        return {summary["key"]: summary for summary in detail["metric_summaries"]}

    def searched(self, name: str) -> list[dict[str, Any]]:
        body = {"experiment_ids": ["0"], "filter": f"attributes.run_name LIKE '{name} %'", "max_results": 50_000}
        found: list[dict[str, Any]] = self.client.post(f"{self.root}/runs/search", json=body).json().get("runs", [])
        return found


def texts(pairs: list[dict[str, str]]) -> dict[str, str]:
    return {pair["key"]: pair["value"] for pair in pairs}


def check(kept: Kept, clients: list[Client], run_id: str) -> None:
    run = kept.run(run_id)
    tags, params = texts(run["data"].get("tags", [])), texts(run["data"].get("params", []))
    summaries = kept.summaries(run_id)
    latest = {metric["key"]: metric for metric in run["data"].get("metrics", [])}
    for client in clients:
        sent = set(range(client.next))
        acknowledged = set(client.acknowledged)
        assert acknowledged <= sent
        if client.act == client.log_one:
            check_points(kept.steps(run_id, client.key), acknowledged, sent, summaries[client.key], latest[client.key])
        elif client.act == client.log_batch:
            parts = [f"{client.key}.{part}" for part in "abc"]
            steps = [kept.steps(run_id, part) for part in parts]
            for key, found in zip(parts, steps, strict=True):
                check_points(found, acknowledged, sent, summaries[key], latest[key])
            whole = {n for n in sent if f"{client.key}.{n}" in params}
            assert whole == {n for n in sent if f"{client.key}.{n}" in tags} == set(steps[0])
            assert steps[0] == steps[1] == steps[2]
        elif client.act == client.set_tag:
            assert max(acknowledged) <= int(tags[client.key]) < client.next
        else:
            check_runs(kept, client)


def check_points(
    steps: list[int], acknowledged: set[int], sent: set[int], summary: dict[str, Any], latest: dict[str, Any]
) -> None:
    """Every acknowledged point is there once, none that was not sent, and the summary agrees."""
    assert len(steps) == len(set(steps))
    assert acknowledged <= set(steps) <= sent
    assert summary["count"] == len(steps)
    assert latest["step"] == max(steps)


def check_runs(kept: Kept, client: Client) -> None:
    """Runs are in the state that was acknowledged, in every API that reads them."""
    found = {run["info"]["run_id"]: run for run in kept.searched(client.key)}
    assert client.made.keys() <= found.keys()
    names = [run["info"]["run_name"] for run in found.values()]
    assert len(names) == len(set(names))
    for run_id, stage in client.made.items():
        run = found[run_id]
        keys = {metric["key"] for metric in run["data"].get("metrics", [])}
        seen = ("m" in keys, run["info"]["status"] == "FINISHED", "late" in keys)
        assert all(seen[:stage]), (run_id, stage, seen)
    for run_id in random.sample(sorted(client.made), min(5, len(client.made))):
        assert kept.run(run_id)["data"].get("metrics", []) == found[run_id]["data"].get("metrics", [])


def rounds(server: Handloom, times: int) -> None:
    with server.client() as client:
        made = client.post("/api/2.0/mlflow/runs/create", json={"experiment_id": "0"}).json()
    run_id = made["run"]["info"]["run_id"]
    clients = [Client(server, run_id, number) for number in range(CLIENTS)]
    for _ in range(times):
        threads = [threading.Thread(target=client.until_killed) for client in clients]
        for one, thread in zip(clients, threads, strict=True):
            one.answers = 0
            thread.start()
        end = time.monotonic() + 120
        while any(client.answers < ENOUGH for client in clients):
            assert time.monotonic() < end, server.log[-3_000:]
            time.sleep(0.01)
        time.sleep(random.random() * 0.2)  # somewhere else in the work each time
        server.kill()
        for thread in threads:
            thread.join(60)
        server.start()
        kept = Kept(server)
        check(kept, clients, run_id)
        for one in clients:
            one.repeat(kept.client)
        check(kept, clients, run_id)
        kept.client.close()
    assert all(len(client.acknowledged) >= times * ENOUGH for client in clients)


def test_kill_9_during_concurrent_logging_loses_no_acknowledged_point(own_server: Handloom) -> None:
    rounds(own_server, 2)


@pytest.mark.soak
@pytest.mark.timeout(7_200)
def test_fifty_kills_lose_no_acknowledged_point(own_server: Handloom) -> None:
    rounds(own_server, 50)
