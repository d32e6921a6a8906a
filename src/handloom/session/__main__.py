"""Entry point of the kernel process: `python -m handloom.session -f CONNECTION_FILE`. Ends with its parent process."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path
from typing import Any

from handloom.session import limits

PR_SET_PDEATHSIG = 1
QUEUED_MESSAGES = 100_000
"""Send high-water mark for outputs. With ZeroMQ's default of 1,000, a burst of outputs would be dropped."""


def _die_with_parent() -> None:
    """End this process when its parent ends: on Linux at once; elsewhere ipykernel's poller does it within a second."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        parent = os.environ.get("HANDLOOM_PARENT")
        if parent and os.getppid() != int(parent):
            os._exit(1)  # the parent ended before prctl was called


def main() -> None:
    _die_with_parent()
    limits.apply()
    if os.environ.get("HANDLOOM_BOXED") and os.getpgrp() != os.getpid():
        os.setsid()  # a process group of its own, so that an interrupt reaches the commands that a cell runs
    if sys.path[0] == "" or Path(sys.path[0]) == Path.cwd():
        del sys.path[0]  # IPython adds the working directory, to which the session changes later

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
