"""The kernel process: `python -m handloom.session -f CONNECTION_FILE`. Ends with the process that started it."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
QUEUED_MESSAGES = 100_000
"""How many outputs may wait for the notebook server. ZeroMQ drops what goes beyond its default of 1,000."""


def _die_with_parent() -> None:
    """On Linux at once; elsewhere ipykernel's own poller does it within a second."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        parent = os.environ.get("HANDLOOM_PARENT")
        if parent and os.getppid() != int(parent):
            os._exit(1)  # it died before the line above


def main() -> None:
    _die_with_parent()
    if sys.path[0] == "" or Path(sys.path[0]) == Path.cwd():
        del sys.path[0]  # added back by IPython, relative to wherever the session moves to

    import zmq
    from ipykernel.kernelapp import IPKernelApp

    class KernelApp(IPKernelApp):
        def init_iopub(self, context: Any) -> None:
            context.setsockopt(zmq.SNDHWM, QUEUED_MESSAGES)
            super().init_iopub(context)  # type: ignore[no-untyped-call]

    app: Any = KernelApp.instance()
    app.extensions = ["handloom.session.start"]
    app.initialize(["--HistoryManager.enabled=False", *sys.argv[1:]])
    app.start()


if __name__ == "__main__":
    main()
