"""The server of a data folder as commands reach it: the one that runs, else one that ends with the command."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from handloom.domain.errors import Unavailable
from handloom.store.engine import data_folder as folder
from handloom.store.engine.data_folder import Running

START_SECONDS = 60

Say = Callable[[str], None]


@contextlib.contextmanager
def server(data: Path, say: Say, database: str = "") -> Iterator[Running]:
    """The server of the folder; where none runs, one on `database` that ends with this command."""
    running = folder.running(data)
    if running is not None:
        yield running
        return
    say(f"No server runs on {data}; starting one for this run.")
    folder.withdraw(data)  # what a killed server may have left
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "handloom.cli", "up", "--data", str(data), "--port", "0", "--no-browser"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl+C is for the running cell first
            env={**os.environ, "HANDLOOM_WARM_KERNELS": "0", **({"HANDLOOM_DATABASE": database} if database else {})},
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - no threads here
        )
        try:
            yield _started(data, process, log)
        finally:
            process.terminate()
            process.wait()


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG: also after a kill -9


def _started(data: Path, process: subprocess.Popen[bytes], log: Any) -> Running:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        if (running := folder.announced_by(data, process.pid)) is not None:
            return running
        time.sleep(0.05)
    log.seek(0)
    raise Unavailable(f"The server did not start:\n{log.read().decode(errors='replace')}")
