"""A kernel that this session starts to run another notebook, with the same environment, token and folder."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from queue import Empty
from typing import Any

from jupyter_client.manager import KernelManager

from handloom.session.notebook_exit import EXIT_TYPE
from handloom.session.notebook_file import Cell

_START_SECONDS = 60


class ReferenceRun:
    """Context manager that starts the kernel and shuts it down at the end."""

    def __init__(self, folder: str) -> None:
        private = bool(os.environ.get("HANDLOOM_BOXED"))  # the machine's other sessions can connect to TCP ports
        self._manager = KernelManager(kernel_name="python3", transport="ipc" if private else "tcp")
        self._folder = folder
        self._client: Any = None
        self._exit: str | None = None

    def __enter__(self) -> ReferenceRun:
        env = {key: value for key, value in os.environ.items() if key not in ("SPARK_REMOTE", "HANDLOOM_PARENT")}
        env["HANDLOOM_PARENT"] = str(os.getpid())
        command = [sys.executable, "-m", "handloom.session", "-f", "{connection_file}", "--log-level=ERROR"]
        spec: Any = self._manager.kernel_spec
        if spec is None:
            raise RuntimeError("Jupyter's kernel 'python3' is not installed.")
        spec.argv = command
        self._manager.start_kernel(env=env, cwd=self._folder)
        self._client = self._manager.client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=_START_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        if self._client is not None:
            self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)
        self._manager.cleanup_resources()

    def run(self, name: str, cells: Sequence[Cell], seconds: float) -> str:
        """Run the cells in order and return the exit value, or "". Goes on after an error of a cell that may fail.

        Raises TimeoutError or RuntimeError.
        """
        end = time.monotonic() + seconds
        for cell in cells:
            error = self._cell(name, cell, end, seconds)
            if self._exit is not None:
                return self._exit
            if error and not cell.may_fail:
                where = f"cell {cell.number}" if cell.number else "its parameters"
                raise RuntimeError(f"The notebook '{name}' failed in {where}: {error}")
        return ""

    def _cell(self, name: str, cell: Cell, end: float, seconds: float) -> str:
        """Run one cell and return its error as text, or ""."""
        sent = self._client.execute(cell.source, allow_stdin=False)
        error = ""
        while True:
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"The notebook '{name}' did not end within {seconds:g} seconds.")
            try:
                message = self._client.get_iopub_msg(timeout=min(left, 1.0))
            except Empty:
                if not self._manager.is_alive():
                    raise RuntimeError(f"The kernel of the notebook '{name}' died.") from None
                continue
            if message["parent_header"].get("msg_id") != sent:
                continue
            content, kind = message["content"], message["msg_type"]
            if kind == "stream":
                print(content["text"], end="", file=sys.stderr if content["name"] == "stderr" else sys.stdout)
            elif kind == "display_data" and EXIT_TYPE in content["data"]:
                self._exit = str(content["data"][EXIT_TYPE])
            elif kind == "error":
                error = f"{content['ename']}: {content['evalue']}"
            elif kind == "status" and content["execution_state"] == "idle":
                return error
