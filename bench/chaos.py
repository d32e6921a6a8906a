"""`make soak`, its last part: two servers on one PostgreSQL for ten minutes, while one is killed and the other stopped,
the database is cut off and the disk is full. Everything that was acknowledged must be there afterwards.

Eight clients write through both servers and go to the other one after an error. They never send anything twice, so what
was not acknowledged may be there once or not at all. A session of the server that is never killed keeps its variables.
The full disk is a small file system in memory, which only root can make; without root it is left out.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

import httpx

from bench.servers import ROOT
from handloom.client.http import Client
from handloom.client.session import RemoteSession
from handloom.domain.errors import HandloomError

sys.path.insert(0, str(ROOT / "tests"))

import databases
from running import Handloom

WORK = ROOT / "bench" / "work" / "chaos"
CLIENTS = 8
CALM_SECONDS, TROUBLE_SECONDS = 8.0, 8.0
DISK_BYTES = 400_000_000
API = "/api/2.0/mlflow"


@dataclass(slots=True)
class Writer:
    """One client. `points` and `files` were acknowledged: values by step, and digests by path; `sent` counts steps."""

    number: int
    urls: list[str]
    token: str
    run: str = ""
    sent: int = 0
    points: dict[int, float] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    errors: Counter[str] = field(default_factory=Counter)

    def work(self, stop: threading.Event) -> None:
        """Write until the end, through one server until it fails."""
        for url in cycle(self.urls[self.number % 2 :] + self.urls[: self.number % 2]):
            with _client(url, self.token) as client:
                while not stop.is_set():
                    try:
                        self._step(client)
                    except httpx.HTTPStatusError as error:
                        self.errors[str(error.response.status_code)] += 1
                        break
                    except httpx.HTTPError as error:
                        self.errors[type(error).__name__] += 1
                        break
            if stop.wait(0.2):
                return

    def _step(self, client: httpx.Client) -> None:
        if not self.run:
            made = client.post(f"{API}/runs/create", json={"experiment_id": "0", "run_name": f"writer {self.number}"})
            self.run = made.raise_for_status().json()["run"]["info"]["run_id"]
        step, self.sent = self.sent, self.sent + 1
        point = {"key": "m", "value": step / 7, "step": step, "timestamp": step}
        client.post(f"{API}/runs/log-batch", json={"run_id": self.run, "metrics": [point]}).raise_for_status()
        self.points[step] = step / 7
        if step % 20 == 0:
            path, content = f"{self.number}/{step}.bin", os.urandom(5_000)
            client.put(f"/api/2.0/mlflow-artifacts/artifacts/chaos/{path}", content=content).raise_for_status()
            self.files[path] = hashlib.sha256(content).hexdigest()
        time.sleep(0.01)


def _client(url: str, token: str) -> httpx.Client:
    return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=20)


class Lab:
    """The two servers: `one` is killed, `other` is stopped and continued."""

    def __init__(self, data: Path, database: str) -> None:
        self.data, self.database = data, database
        self.one = Handloom(data, "--host", "127.0.0.1", database=database, name="one").start()
        self.other = Handloom(data, "--host", "127.0.0.1", database=database, name="other").start()

    def kill(self) -> None:
        self.one.kill()
        time.sleep(TROUBLE_SECONDS / 2)
        self.one.start()

    def stop(self) -> None:
        assert self.other.process is not None
        self.other.process.send_signal(signal.SIGSTOP)
        time.sleep(TROUBLE_SECONDS)
        self.other.process.send_signal(signal.SIGCONT)

    def cut(self) -> None:
        databases.cut(self.database)

    def away(self) -> None:
        with databases.away(self.database):
            time.sleep(TROUBLE_SECONDS)

    def fill(self) -> None:
        filler = self.data / "filler"
        try:
            with filler.open("wb", buffering=0) as file:
                for block in (bytes(1_000_000), bytes(4_096)):
                    with contextlib.suppress(OSError):
                        while True:
                            file.write(block)
            time.sleep(TROUBLE_SECONDS)
        finally:
            filler.unlink()


@contextlib.contextmanager
def _small_disk(folder: Path) -> Iterator[bool]:
    """Make a small file system at `folder`, if this user can."""
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)]
    can = shutil.which("mount") is not None
    mounted = can and subprocess.run(mount, capture_output=True, check=False).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], check=True)


def run(minutes: float, say: Callable[[str], None]) -> list[str]:
    """Return what went wrong."""
    shutil.rmtree(WORK, ignore_errors=True)
    with _small_disk(WORK / "disk") as small, databases.postgres() as postgres:
        lab = Lab(WORK / "disk" / "data", postgres.fresh())
        try:
            return _trouble(lab, minutes, say, full=small)
        finally:
            lab.one.kill()
            lab.other.kill()


def _trouble(lab: Lab, minutes: float, say: Callable[[str], None], *, full: bool) -> list[str]:
    with lab.one.client() as client:
        token = client.post("/api/v1/tokens", json={"name": "chaos"}).raise_for_status().json()["text"]
    stop, urls = threading.Event(), [lab.one.url, lab.other.url]
    writers = [Writer(number=number, urls=urls, token=token) for number in range(CLIENTS)]
    with Client(lab.other.url, token) as client:
        workspace = client.ask("GET", "/workspaces")["workspaces"][0]["id"]
        session = RemoteSession(client, workspace, name="kept")
        session.run("kept = 42", cell="c")
        threads = [threading.Thread(target=writer.work, args=(stop,), name="writer") for writer in writers]
        for thread in threads:
            thread.start()
        began, troubles = time.monotonic(), [lab.kill, lab.stop, lab.cut, lab.away, *([lab.fill] if full else [])]
        for trouble in cycle(troubles):
            if time.monotonic() > began + minutes * 60:
                break
            time.sleep(CALM_SECONDS)
            trouble()
            done = sum(len(writer.points) for writer in writers)
            say(f"{(time.monotonic() - began) / 60:5.1f} min  {trouble.__name__:5}  {done:8,} points acknowledged")
        time.sleep(CALM_SECONDS)
        stop.set()
        for thread in threads:
            thread.join()
        problems = []
        try:
            if (told := session.run("print(kept)", cell="d", seconds=60).text) != "42\n":
                problems.append(f"the session of the server that was not killed has lost its variable: {told!r}")
        except HandloomError as error:
            problems.append(f"the session of the server that was not killed has ended: {error.message}")
        session.stop()
    for server in (lab.one, lab.other):
        problems += _missing(server.url, token, writers)
    errors = sum((writer.errors for writer in writers), Counter[str]())
    points, files = sum(len(one.points) for one in writers), sum(len(one.files) for one in writers)
    say(f"{points:,} points and {files:,} files acknowledged; refusals and lost connections: {dict(errors)}")
    return problems


def _missing(url: str, token: str, writers: list[Writer]) -> list[str]:
    """Compare what a server has with what was acknowledged."""
    problems = []
    with _client(url, token) as client:
        for writer in writers:
            found: Counter[tuple[int, float]] = Counter()
            page = ""
            while True:
                asked = {"run_id": writer.run, "metric_key": "m", "max_results": "25000", "page_token": page}
                answer = client.get(f"{API}/metrics/get-history", params=asked).raise_for_status().json()
                found.update((int(one["step"]), float(one["value"])) for one in answer.get("metrics", []))
                if not (page := answer.get("next_page_token", "")):
                    break
            who = f"writer {writer.number} at {url}"
            if lost := [step for step, value in writer.points.items() if (step, value) not in found]:
                problems.append(f"{who}: {len(lost)} acknowledged points are lost, such as that of step {lost[0]}")
            if twice := [point for point, count in found.items() if count > 1]:
                problems.append(f"{who}: {len(twice)} points are there twice, such as {twice[0]}")
            if strange := [step for step, value in found if step >= writer.sent or value != step / 7]:
                problems.append(f"{who}: {len(strange)} points were never sent, such as that of step {strange[0]}")
            for path, digest in writer.files.items():
                content = client.get(f"/api/2.0/mlflow-artifacts/artifacts/chaos/{path}").raise_for_status().content
                if hashlib.sha256(content).hexdigest() != digest:
                    problems.append(f"{who}: the file {path} has changed")
    return problems


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    problems = run(parser.parse_args().minutes, lambda text: print(text, flush=True))
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
