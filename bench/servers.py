"""Servers under measurement: started as a user starts them, awaited, weighed, and stopped with their children."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

ROOT = Path(__file__).parent.parent
PEER = ROOT / "bench" / ".venv" / "bin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One that serves now. `seconds` from the command to the first OK of /health; `database` is its SQLite file;
    `threads` are the nanoseconds of CPU by thread."""

    url: str
    token: str
    seconds: float
    process: psutil.Process
    database: Path
    threads: dict[str, int] = field(default_factory=dict)

    def memory(self) -> float:
        """Resident bytes of the process and of all it started."""
        total = 0
        for process in [self.process, *self.process.children(recursive=True)]:
            with contextlib.suppress(psutil.Error):
                total += process.memory_info().rss
        return total

    def cpu(self) -> float:
        """Seconds of CPU that the threads of the process and of all it started have used. Linux only: psutil counts in
        steps of 10 ms. Of threads that have ended it is what they had used at the call before.
        """
        for process in [self.process, *self.process.children(recursive=True)]:
            for thread in Path(f"/proc/{process.pid}/task").glob("*/schedstat"):
                with contextlib.suppress(OSError):  # a thread that ended meanwhile
                    self.threads[str(thread)] = int(thread.read_text(encoding="ascii").split()[0])
        return sum(self.threads.values()) / 1e9


@contextlib.contextmanager
def handloom(folder: Path, *flags: str, tree: Path = ROOT) -> Iterator[Server]:
    """Handloom as it stands in `tree`, a checkout of any version, with this interpreter's packages."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "handloom.cli",
        "up",
        "--data",
        str(folder),
        "--port",
        str(port),
        "--no-browser",
        *flags,
    ]
    source = {"PYTHONPATH": str(tree / "src")}
    with _running(command, port, folder.with_suffix(".log"), environment=source) as (process, seconds):
        alone = folder / "server.json"  # with a shared database, each server has a file of its own
        said = json.loads(
            (alone if alone.exists() else next((folder / "servers").glob("*/server.json"))).read_text("utf-8")
        )
        yield Server(
            url=said["url"],
            token=said["token"],
            seconds=seconds,
            process=process,
            database=folder / "handloom.db",
        )


@contextlib.contextmanager
def mlflow(folder: Path) -> Iterator[Server]:
    """`mlflow server` with a SQLite file and otherwise as it starts by default."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    database = folder / "mlflow.db"
    store = f"sqlite:///{database}"
    command = [str(PEER / "mlflow"), "server", "--backend-store-uri", store, "--port", str(port)]
    with _running(command, port, folder.with_suffix(".log"), folder) as (process, seconds):
        yield Server(url=f"http://127.0.0.1:{port}", token="", seconds=seconds, process=process, database=database)


@contextlib.contextmanager
def fasttrackml(folder: Path) -> Iterator[Server]:
    """FastTrackML, a server in Go with MLflow's protocol, with a SQLite file. Its writes are not said to be durable."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    database = folder / "fasttrackml.db"
    command = [str(PEER / "fml"), "server", "-a", f"127.0.0.1:{port}", "-d", f"sqlite://{database}"]
    command += ["--default-artifact-root", str(folder / "artifacts")]
    with _running(command, port, folder.with_suffix(".log"), folder) as (process, seconds):
        yield Server(url=f"http://127.0.0.1:{port}", token="", seconds=seconds, process=process, database=database)


@contextlib.contextmanager
def _running(
    command: list[str],
    port: int,
    log_path: Path,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[tuple[psutil.Process, float]]:
    log_path.parent.mkdir(parents=True, exist_ok=True)
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
    variables = {**os.environ, **quiet, **(environment or {})}
    with log_path.open("wb") as log:
        start = time.perf_counter()
        process = psutil.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=cwd, env=variables)
        try:
            while not _answers(port):
                if process.poll() is not None or time.perf_counter() - start > 300:
                    raise RuntimeError(f"{command[0]} did not start; see {log_path}")
                time.sleep(0.02)
            yield process, time.perf_counter() - start
        finally:
            _end(process)


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _end(process: psutil.Process) -> None:
    family = [process, *process.children(recursive=True)]
    with contextlib.suppress(psutil.Error):
        process.terminate()
    _, alive = psutil.wait_procs(family, timeout=20)
    for one in alive:
        with contextlib.suppress(psutil.Error):
            one.kill()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number
