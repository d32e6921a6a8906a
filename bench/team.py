"""`make bench ARGS=team`: forty people at one server for five minutes: they log, search, open pages and run cells.

Each person has an account, a session that stays open, and a pause between two acts. Writes bench/TEAM.md. The people
are simulated on the server's own machine and take a part of its processors.
"""

from __future__ import annotations

import argparse
import random
import shutil
import statistics
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import psutil

from bench import servers, table
from bench.servers import ROOT, Server
from handloom.client.http import Client
from handloom.client.session import RemoteSession
from handloom.kernels.processes import proportional_bytes

WORK = ROOT / "bench" / "work" / "team"
PEOPLE, WORKSPACES, RUNS = 40, 4, 1_000
PAUSE_SECONDS = (1.0, 4.0)
API, WORKSPACE = "/api/2.0/mlflow", "X-MLFLOW-WORKSPACE"
CELL = """import pandas as pd
frame = pd.DataFrame({"a": range(20_000), "b": [n % 7 for n in range(20_000)]})
print(frame.groupby("b").a.mean().round(1).to_dict())"""
ACTS = {"log": 4, "search": 3, "open": 3, "run": 2}
"""What people do, and how often."""


@dataclass(slots=True)
class Place:
    """A workspace with an experiment of many runs and a notebook."""

    id: str
    experiment: str
    notebook: str


@dataclass(slots=True)
class Member:
    """One simulated person. `seconds` are those of each act."""

    client: Client
    http: httpx.Client
    place: Place
    session: RemoteSession
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    problems: list[str] = field(default_factory=list)

    def work(self, until: float, chance: random.Random) -> None:
        acts: dict[str, Callable[[], None]] = {
            "log": self._log,
            "search": self._search,
            "open": self._open,
            "run": self._run,
        }
        while time.monotonic() < until:
            name = chance.choices(list(ACTS), list(ACTS.values()))[0]
            began = time.perf_counter()
            try:
                acts[name]()
            except Exception as error:  # noqa: BLE001 - each counts, whatever it is
                self.problems.append(f"{name}: {error!r:.200}")
            self.seconds[name].append(time.perf_counter() - began)
            time.sleep(chance.uniform(*PAUSE_SECONDS))

    def _post(self, path: str, **body: Any) -> Any:
        return self.http.post(f"{API}/{path}", json=body).raise_for_status().json()

    def _log(self) -> None:
        run = self._post("runs/create", experiment_id=self.place.experiment)["run"]["info"]["run_id"]
        points = [{"key": f"m{n}", "value": n / 7, "step": 0, "timestamp": 1} for n in range(20)]
        params = [{"key": f"p{n}", "value": str(n)} for n in range(10)]
        self._post("runs/log-batch", run_id=run, metrics=points, params=params)
        self._post("runs/update", run_id=run, status="FINISHED")

    def _search(self) -> None:
        asked = {"experiment_ids": [self.place.experiment], "filter": "metrics.loss < 0.5", "max_results": 50}
        self._post("runs/search", **asked, order_by=["metrics.loss ASC"])

    def _open(self) -> None:
        """Ask for what the pages of a workspace and of its notebook show."""
        for path in (f"/workspaces/{self.place.id}", f"/workspaces/{self.place.id}/items", "/sessions"):
            self.client.ask("GET", path)
        self.client.request(
            "GET", f"/jupyter/api/contents/{self.place.id}/{quote(self.place.notebook)}.ipynb?content=1"
        )

    def _run(self) -> None:
        ran = self.session.run(CELL, seconds=120)
        if ran.error is not None:
            raise RuntimeError(ran.error["evalue"])


def _client(server: Server, token: str, workspace: str = "") -> httpx.Client:
    headers = {"Authorization": f"Bearer {token}"} | ({WORKSPACE: workspace} if workspace else {})
    return httpx.Client(base_url=server.url, headers=headers, timeout=60)


def _places(server: Server) -> list[Place]:
    places = []
    with _client(server, server.token) as http:
        for number in range(WORKSPACES):
            workspace = http.post("/api/v1/workspaces", json={"name": f"Team {number}"}).raise_for_status().json()["id"]
            path = f"/api/v1/workspaces/{workspace}"
            cell: dict[str, Any] = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
            cells = [cell | {"source": CELL}] * 40
            content = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
            http.post(f"{path}/notebooks", json={"name": "Look", "content": content}).raise_for_status()
            made = http.post(f"{path}/experiments", json={"name": "trials"}).raise_for_status().json()
            places.append(Place(id=workspace, experiment=str(made["id"]), notebook="Look"))
            http.headers[WORKSPACE] = workspace
            for run in range(RUNS):
                made = http.post(f"{API}/runs/create", json={"experiment_id": places[-1].experiment}).json()
                metrics = [{"key": "loss", "value": run / RUNS, "step": 0, "timestamp": 1}]
                body = {"run_id": made["run"]["info"]["run_id"], "metrics": metrics}
                http.post(f"{API}/runs/log-batch", json=body).raise_for_status()
    return places


def _join(server: Server, number: int, place: Place) -> Member:
    """Add a person to a workspace, sign them in, make their token, start their session, and run a first cell."""
    with (
        _client(server, server.token) as admin,
        httpx.Client(base_url=server.url, headers={"Origin": server.url}, timeout=60) as browser,
    ):
        made = admin.post("/api/v1/users", json={"name": f"person-{number}"}).raise_for_status().json()
        role = {"user": made["user"]["id"], "role": "contributor"}
        admin.post(f"/api/v1/workspaces/{place.id}/members", json=role).raise_for_status()
        browser.post("/sign-in", data=dict(httpx.URL(server.url + made["path"]).params))
        token = browser.post("/api/v1/tokens", json={"name": "work"}).raise_for_status().json()["text"]
    client = Client(server.url, token)
    http = _client(server, token, place.id)
    session = RemoteSession(client, place.id, name=f"of {number}")
    session.run("1", seconds=60)
    return Member(client=client, http=http, place=place, session=session)


def run(minutes: float, say: Callable[[str], None]) -> tuple[list[list[str]], list[str]]:
    """Return the rows of the table, and what failed."""
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    with servers.handloom(WORK / "data") as server:
        places = _places(server)
        say(f"{WORKSPACES} workspaces with {RUNS:,} runs each")
        starts: list[float] = []
        members: list[Member] = []
        for number in range(PEOPLE):
            began = time.perf_counter()
            members.append(_join(server, number, places[number % WORKSPACES]))
            starts.append(time.perf_counter() - began)
        say(f"{PEOPLE} people have sessions")
        idle = _memory(server)
        cpu, began = server.cpu(), time.monotonic()
        until = began + minutes * 60
        threads = [threading.Thread(target=one.work, args=(until, random.Random(n))) for n, one in enumerate(members)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        cpu = (server.cpu() - cpu) / (time.monotonic() - began)
        busy = _memory(server)
        rows = [_row("join: account, sign-in, token, session and a first cell", starts)]
        for name, shown in SHOWN.items():
            rows.append(_row(shown, [second for one in members for second in one.seconds[name]]))
        rows.append(["memory of the server and all sessions, idle", "", f"{idle / 1e9:.1f} GB", "", ""])
        rows.append(["memory of the server and all sessions, at the end", "", f"{busy / 1e9:.1f} GB", "", ""])
        rows.append(["processors that they used", "", f"{cpu:.2f}", "", ""])
        problems = [problem for one in members for problem in one.problems]
        for one in members:
            one.session.stop()
    return rows, problems


SHOWN = {
    "log": "log: a run with 20 metrics and 10 params, 3 requests",
    "search": "search: the 50 best of a filter in 1,000 runs",
    "open": "open: a workspace's page and a notebook of 40 cells, 4 requests",
    "run": "run: a cell with pandas, from sending to its end",
}


def _row(name: str, seconds: list[float]) -> list[str]:
    ordered = sorted(seconds)
    high = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    shown = (statistics.median(ordered), high, ordered[-1])
    return [name, f"{len(ordered):,}", *(f"{value * 1000:,.0f} ms" for value in shown)]


def _memory(server: Server) -> float:
    """Bytes of the server and of all that it started, with their shares of what they share (PSS)."""
    family = [server.process, *server.process.children(recursive=True)]
    return sum(proportional_bytes(one.pid) or 0 for one in family if psutil.pid_exists(one.pid))


HEAD = f"""# Forty people

`make bench ARGS=team` wrote this: {PEOPLE} people in {WORKSPACES} workspaces at one server with SQLite, each with an
account, a token and a session of their own, who pause {PAUSE_SECONDS[0]:.0f} to {PAUSE_SECONDS[1]:.0f} s between two
acts. They are simulated on the server's own machine. Memory counts shared pages by their share (PSS).

"""


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make bench ARGS=team", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5)
    arguments = parser.parse_args(words)
    machine = table.machine()
    rows, problems = run(arguments.minutes, lambda text: print(text, file=sys.stderr, flush=True))
    head = [["work", "times", "median", "p95", "longest"], ["---", *["--:"] * 4]]
    text = "\n".join(f"| {' | '.join(cells)} |" for cells in [*head, *rows]) + "\n"
    print(text)
    for problem in problems:
        print(problem, file=sys.stderr)
    note = f"Machine: {machine}. {arguments.minutes:g} minutes, {len(problems)} failures.\n\n"
    Path(ROOT / "bench" / "TEAM.md").write_text(f"{HEAD}{note}{text}", encoding="utf-8")
    return 1 if problems else 0
