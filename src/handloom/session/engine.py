"""Start, check and stop the quick engine's process, which is a child of the kernel."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from handloom.session import tracebacks

NEVER = "31536000"  # session timeout in seconds; the engine's default ends a session after 15 idle minutes


TIME_ZONE_FILES = ("/etc/localtime", "/etc/timezone", "/etc/config/system")
"""Where the engine looks for the system's time zone on Linux; it opens no session without one."""


class EngineError(RuntimeError):
    """The engine did not start. A cell that fails with it shows its own line and the words, see `tracebacks`."""

    def _render_traceback_(self) -> list[str]:
        return tracebacks.own_lines(self)


def check_time_zone() -> None:
    """Raise EngineError where the system names no time zone, as in the smallest images of containers."""
    if sys.platform == "linux" and not any(Path(file).exists() for file in TIME_ZONE_FILES):
        raise EngineError(
            "The quick engine needs the time zone of the system, and this one names none. Install the package tzdata "
            "where the server runs, or write a zone to /etc/timezone, such as Etc/UTC."
        )


class EngineProcess:
    """An engine process. It survives interrupts of the kernel and ends with the kernel."""

    def __init__(self, cwd: str, azure_endpoint: str) -> None:
        check_time_zone()
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "handloom.session.engine_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environment(cwd, azure_endpoint),
            cwd=cwd,
            start_new_session=True,  # Jupyter interrupts the kernel's whole process group
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise EngineError(f"The Spark engine did not start (exit code {self._process.wait()}).")
        self.port = int(json.loads(line)["port"])

    @property
    def url(self) -> str:
        return f"sc://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """The process's exit code; None while it runs."""
        return self._process.poll()

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


def _environment(cwd: str, azure_endpoint: str) -> dict[str, str]:
    known = {
        key: value for key, value in os.environ.items() if not key.startswith(("AZURE_", "MLFLOW_", "SPARK_REMOTE"))
    }
    path = [cwd, *filter(None, known.get("PYTHONPATH", "").split(os.pathsep))]
    no_proxy = ",".join(filter(None, [known.get("NO_PROXY") or known.get("no_proxy"), "127.0.0.1,localhost"]))
    return known | {
        "PYTHONPATH": os.pathsep.join(path),  # functions of the user's modules run in the engine
        "SAIL_SPARK__SESSION_TIMEOUT_SECS": NEVER,
        "SAIL_EXECUTION__CHECKPOINT__PATH": Path(
            tempfile.gettempdir(), f"handloom-reads-{os.getpid()}-checkpoints"
        ).as_uri(),
        "AZURE_STORAGE_ENDPOINT": azure_endpoint,
        "AZURE_STORAGE_ACCOUNT_NAME": "gateway",
        "AZURE_ALLOW_HTTP": "true",
        "AZURE_SKIP_SIGNATURE": "true",
        "NO_PROXY": no_proxy,
        "no_proxy": no_proxy,
    }
