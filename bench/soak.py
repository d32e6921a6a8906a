"""`make soak`: logs, searches, runs sessions and aborts uploads for half an hour, and fails where anything grows.

The first half kills the server with SIGKILL every minute and checks that no acknowledged run is lost; the second half
leaves it running and watches memory, descriptors and threads.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import socket
import statistics
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

import httpx

from bench import servers
from bench.servers import ROOT, Server
from handloom.client.http import Client
from handloom.client.session import RemoteSession
from handloom.domain.errors import HandloomError

WORK = ROOT / "bench" / "work" / "soak"
ROUND_SECONDS = 60.0
WARM_UP_ROUNDS = 2
LEFT_BEHIND = ("*.partial", "*.draft", ".draft-*", "*.tmp")
ALLOWED_GROWTH = {"rss": 60_000_000, "descriptors": 20, "threads": 8, "wal": 80_000_000, "temporary": 5, "children": 2}
"""What the last third of the second half may have more than its first third."""
ABORTED_BYTES = 3_000_000


@dataclass(frozen=True, slots=True)
class Sample:
    """The server at the end of a round."""

    rss: int
    descriptors: int
    threads: int
    children: int
    wal: int
    temporary: int


def main() -> int:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    minutes = parser.parse_args().minutes
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    acknowledged: set[str] = set()
    print("minute      rss  fds  threads  children      wal  temporary  runs", flush=True)
    began = time.monotonic()
    while time.monotonic() < began + minutes * 30:
        with _server() as server:
            sample = _round(server, acknowledged, ROUND_SECONDS)
            _print(began, sample, len(acknowledged))
            server.process.kill()
    with _server() as server:
        lost = acknowledged - _runs(server)
        samples: list[Sample] = []
        end = time.monotonic() + minutes * 30
        while time.monotonic() < end or len(samples) < WARM_UP_ROUNDS + 3:
            samples.append(_round(server, acknowledged, min(ROUND_SECONDS, minutes * 6)))
            _print(began, samples[-1], len(acknowledged))
        lost |= acknowledged - _runs(server)
    problems = _growth(samples[WARM_UP_ROUNDS:])
    if lost:
        problems.append(f"{len(lost)} acknowledged runs were lost")
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def _server() -> contextlib.AbstractContextManager[Server]:
    return servers.handloom(WORK / "data", "--no-auth")


def _round(server: Server, acknowledged: set[str], seconds: float) -> Sample:
    stop = threading.Event()
    acts: list[Callable[[Server, set[str]], None]] = [_log, _log, _search, _abort_upload, _use_session]
    threads = [threading.Thread(target=_repeat, args=(act, server, acknowledged, stop)) for act in acts]
    for thread in threads:
        thread.start()
    stop.wait(seconds)
    stop.set()
    for thread in threads:
        thread.join()
    return _sample(server)


def _repeat(
    act: Callable[[Server, set[str]], None], server: Server, acknowledged: set[str], stop: threading.Event
) -> None:
    while not stop.is_set():
        with contextlib.suppress(httpx.HTTPError, OSError, HandloomError):
            act(server, acknowledged)


def _log(server: Server, acknowledged: set[str]) -> None:
    """Create a run, log to it and end it; only then it counts as acknowledged."""
    with httpx.Client(base_url=f"{server.url}/api/2.0/mlflow", timeout=30) as client:
        run_id = (
            client.post("/runs/create", json={"experiment_id": "0"}).raise_for_status().json()["run"]["info"]["run_id"]
        )
        for step in range(20):
            metrics = [{"key": "loss", "value": 1 / (step + 1), "step": step, "timestamp": step}]
            client.post("/runs/log-batch", json={"run_id": run_id, "metrics": metrics}).raise_for_status()
        client.post("/runs/update", json={"run_id": run_id, "status": "FINISHED"}).raise_for_status()
        acknowledged.add(run_id)
    time.sleep(0.1)


def _search(server: Server, acknowledged: set[str]) -> None:
    with httpx.Client(base_url=f"{server.url}/api/2.0/mlflow", timeout=30) as client:
        body = {"experiment_ids": ["0"], "filter": "metrics.loss < 0.1", "max_results": 50}
        client.post("/runs/search", json=body).raise_for_status()
    time.sleep(0.2)


def _abort_upload(server: Server, acknowledged: set[str]) -> None:
    """Send half of a file, and close the connection."""
    port = int(server.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        path = f"/api/2.0/mlflow-artifacts/artifacts/0/aborted/{time.monotonic_ns()}"
        head = f"PUT {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: {2 * ABORTED_BYTES}\r\n\r\n"
        connection.sendall(head.encode() + os.urandom(ABORTED_BYTES))
    time.sleep(0.5)


def _use_session(server: Server, acknowledged: set[str]) -> None:
    with Client(server.url, server.token) as client:
        workspace = client.ask("GET", "/workspaces")["workspaces"][0]["id"]
        with RemoteSession(client, workspace, name="soak") as session:
            session.run("sum(range(10))", seconds=60)
    time.sleep(5)


def _runs(server: Server) -> set[str]:
    found: set[str] = set()
    token = ""
    with httpx.Client(base_url=f"{server.url}/api/2.0/mlflow", timeout=60) as client:
        while True:
            body = {"experiment_ids": ["0"], "max_results": 1000} | ({"page_token": token} if token else {})
            page = client.post("/runs/search", json=body).raise_for_status().json()
            found |= {run["info"]["run_id"] for run in page.get("runs", [])}
            token = page.get("next_page_token", "")
            if not token:
                return found


def _sample(server: Server) -> Sample:
    data = server.database.parent
    wal = data / "handloom.db-wal"
    return Sample(
        rss=server.process.memory_info().rss,
        descriptors=server.process.num_fds(),
        threads=server.process.num_threads(),
        children=len(server.process.children(recursive=True)),
        wal=wal.stat().st_size if wal.exists() else 0,
        temporary=_temporary(data),
    )


def _temporary(data: Path) -> int:
    """Files of unfinished work: drafts, and uploads that have not arrived."""
    drafts = {path for pattern in LEFT_BEHIND for path in data.rglob(pattern)}
    return len(drafts) + sum(1 for path in data.rglob(".uploads/**/*") if path.is_file())


def _print(began: float, sample: Sample, runs: int) -> None:
    minute = (time.monotonic() - began) / 60
    print(
        f"{minute:6.1f}  {sample.rss / 1e6:4.0f} MB  {sample.descriptors:3}  {sample.threads:7}  {sample.children:8}  "
        f"{sample.wal / 1e6:4.0f} MB  {sample.temporary:9}  {runs:,}",
        flush=True,
    )


def _growth(samples: list[Sample]) -> list[str]:
    """Figures whose median grew by more than is allowed from the first third of the samples to the last."""
    third = max(1, len(samples) // 3)
    problems = []
    for name in (field.name for field in fields(Sample)):
        first = statistics.median(getattr(sample, name) for sample in samples[:third])
        last = statistics.median(getattr(sample, name) for sample in samples[-third:])
        if last - first > ALLOWED_GROWTH[name]:
            problems.append(f"{name} grew from {first:,.0f} to {last:,.0f}")
    return problems


if __name__ == "__main__":
    sys.exit(main())
