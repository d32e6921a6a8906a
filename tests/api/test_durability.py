"""What the server acknowledged survives kill -9, however many clients were writing."""

from __future__ import annotations

import threading
from collections import defaultdict

import httpx
import pytest

from running import Handloom

CLIENTS = 8


class Logging:
    """Clients that log until the server dies, each noting which steps were acknowledged."""

    def __init__(self, server: Handloom, run_id: str, first_step: int) -> None:
        self.server = server
        self.run_id = run_id
        self.first_step = first_step
        self.acknowledged: dict[str, set[int]] = defaultdict(set)
        self.sent: dict[str, set[int]] = defaultdict(set)
        self.enough = threading.Event()
        self.threads = [threading.Thread(target=self._log, args=(f"client {n}", n % 2)) for n in range(CLIENTS)]

    def _log(self, key: str, batched: int) -> None:
        with self.server.client() as client:
            step = self.first_step
            while True:
                steps = set(range(step, step + 3)) if batched else {step}
                points = [{"key": key, "value": s * 0.5, "timestamp": s, "step": s} for s in sorted(steps)]
                body = {"run_id": self.run_id, **({"metrics": points} if batched else points[0])}
                self.sent[key] |= steps
                try:
                    path = "log-batch" if batched else "log-metric"
                    client.post(f"/api/2.0/mlflow/runs/{path}", json=body).raise_for_status()
                except httpx.TransportError:
                    return
                self.acknowledged[key] |= steps
                step += len(steps)
                if step - self.first_step > 60:
                    self.enough.set()

    def until_killed(self) -> None:
        for thread in self.threads:
            thread.start()
        assert self.enough.wait(60)
        self.server.kill()
        for thread in self.threads:
            thread.join(30)


def kept_points(server: Handloom, run_id: str, key: str) -> set[int]:
    with server.client() as client:
        found = client.get("/api/2.0/mlflow/metrics/get-history", params={"run_id": run_id, "metric_key": key}).json()
    assert all(m["value"] == m["step"] * 0.5 for m in found.get("metrics", []))
    return {m["step"] for m in found.get("metrics", [])}


def counts(server: Handloom, run_id: str) -> dict[str, int]:
    with server.client() as client:
        workspace = next(
            w["id"] for w in client.get("/api/v1/workspaces").json()["workspaces"] if w["name"] == "default"
        )
        detail = client.get(f"/api/v1/workspaces/{workspace}/runs/{run_id}").json()
    return {summary["key"]: summary["count"] for summary in detail["metric_summaries"]}


def rounds(server: Handloom, times: int) -> None:
    with server.client() as client:
        made = client.post("/api/2.0/mlflow/runs/create", json={"experiment_id": "0"}).json()
    run_id = made["run"]["info"]["run_id"]
    acknowledged: dict[str, set[int]] = defaultdict(set)
    sent: dict[str, set[int]] = defaultdict(set)
    for turn in range(times):
        logging = Logging(server, run_id, first_step=turn * 1_000_000)
        logging.until_killed()
        server.start()
        for key in logging.sent:
            acknowledged[key] |= logging.acknowledged[key]
            sent[key] |= logging.sent[key]
            kept = kept_points(server, run_id, key)
            assert acknowledged[key] <= kept <= sent[key]
        assert counts(server, run_id) == {key: len(kept_points(server, run_id, key)) for key in sent}


def test_kill_9_during_concurrent_logging_loses_no_acknowledged_point(own_server: Handloom) -> None:
    rounds(own_server, 2)


@pytest.mark.soak
@pytest.mark.timeout(3_600)
def test_fifty_kills_lose_no_acknowledged_point(own_server: Handloom) -> None:
    rounds(own_server, 50)
