"""The server of a data folder: the one that is running, or a temporary one that stops with the command."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from handloom import console
from handloom.client.http import Client
from handloom.domain.errors import Unavailable
from handloom.settings import Settings
from handloom.store.engine import data_folder
from handloom.store.engine.data_folder import Running

START_SECONDS = 60


@contextlib.contextmanager
def connect(settings: Settings) -> Iterator[Client]:
    """Yield a client of the data folder's server. Starts a temporary server if none is running."""
    running = data_folder.running(settings.data)
    if running is not None:
        with Client(running.url, running.token) as client:
            yield client
        return
    console.line(f"No server runs on {settings.data}; starting one for this command.")
    with _temporary(settings) as running, Client(running.url, running.token) as client:
        yield client


@contextlib.contextmanager
def _temporary(settings: Settings) -> Iterator[Running]:
    data_folder.withdraw(settings.data)  # a killed server may have left its address behind
    variables = {"HANDLOOM_WARM_KERNELS": "0"}
    if settings.database:
        variables["HANDLOOM_DATABASE"] = settings.database  # not as an argument, which other accounts can read
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "handloom.cli", "up", "--data", str(settings.data), "--port", "0", "--no-browser"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl+C interrupts the running cell first
            env=os.environ | variables,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - no threads here
        )
        try:
            yield _started(settings.data, process, log)
        finally:
            process.terminate()
            process.wait()


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG: also after a kill -9


def _started(data: Path, process: subprocess.Popen[bytes], log: Any) -> Running:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        if (running := data_folder.announced_by(data, process.pid)) is not None:
            return running
        time.sleep(0.05)
    log.seek(0)
    raise Unavailable(f"The server did not start:\n{log.read().decode(errors='replace')}")
