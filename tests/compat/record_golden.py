"""Plays the scripts of requests against a real `mlflow server` and keeps its answers in `golden/*.json`.

Run it by hand after a change of a script: `python tests/compat/record_golden.py [SCRIPT ...]`.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).parent.parent))

from compat.golden_play import GOLDEN, play, scripts

MLFLOW = Path(os.environ.get("MLFLOW_PYTHON", Path(__file__).parents[2] / "bench/.venv/bin/python"))


@contextlib.contextmanager
def mlflow_server(folder: Path) -> Iterator[str]:
    """A server on a new SQLite file, as it starts by default, but that webhooks may go to this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    store = ["--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}", "--artifacts-destination"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                MLFLOW,
                "-m",
                "mlflow",
                "server",
                "--port",
                str(port),
                "--workers",
                "1",
                *store,
                folder / "artifacts-root",
            ],
            stdout=log,
            stderr=log,
            cwd=folder,
            start_new_session=True,
            env={
                **os.environ,
                "MLFLOW_DISABLE_TELEMETRY": "true",
                "MLFLOW_WEBHOOK_ALLOWED_SCHEMES": "https,http",
                "MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS": "true",
                "MLFLOW_WEBHOOK_REQUEST_MAX_RETRIES": "0",
            },
        )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            with contextlib.suppress(httpx.TransportError):
                httpx.get(f"{url}/health").raise_for_status()
                break
            assert process.poll() is None, (folder / "log").read_text()
            time.sleep(0.2)
        yield url
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # its workers too; what it kept is thrown away
        process.wait()


def record(script: str) -> int:
    """Play one script against a new server; the number of its answers."""
    with (
        tempfile.TemporaryDirectory(prefix="golden") as folder,
        mlflow_server(Path(folder)) as url,
        httpx.Client(base_url=url, timeout=120) as client,
    ):
        answers = [{"asked": request.text, **answer} for request, answer in play(client, "", script)]
    text = json.dumps(answers, ensure_ascii=False, indent=1)
    (GOLDEN / f"{script}.json").write_text(text + "\n", encoding="utf-8")
    return len(answers)


if __name__ == "__main__":
    for name in sys.argv[1:] or scripts():
        print(f"{name}: {record(name)} answers", flush=True)
