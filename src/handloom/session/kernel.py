"""The kernel's process: what it does before IPython's kernel runs, whether it was spawned or forked from a template."""

from __future__ import annotations

import contextlib
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


def die_with_parent(parent: int | None = None) -> None:
    """End this process when its parent ends: on Linux at once; elsewhere ipykernel's poller does it within a second.

    `parent` is its pid; if None, the one that HANDLOOM_PARENT names, if any.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        expected = parent or int(os.environ.get("HANDLOOM_PARENT") or 0)
        if expected and os.getppid() != expected:
            os._exit(1)  # the parent ended before prctl was called


def leave_working_folder() -> None:
    """Remove the working folder from sys.path. IPython adds the one to which the session changes later."""
    if sys.path[0] == "" or Path(sys.path[0]) == Path.cwd():
        del sys.path[0]


def run(arguments: list[str]) -> None:
    """Run IPython's kernel with these arguments until it ends."""
    limits.apply()
    if os.environ.get("HANDLOOM_BOXED") and os.getpgrp() != os.getpid():
        os.setsid()  # a process group of its own, so that an interrupt reaches the commands that a cell runs

    import zmq
    from ipykernel.ipkernel import IPythonKernel
    from ipykernel.kernelapp import IPKernelApp

    from handloom.session.sending import PatientStream, PiecewiseSession

    class InterruptibleKernel(IPythonKernel):
        async def do_execute(self, *arguments: Any, **options: Any) -> Any:
            """Run the code and send what it printed. An interrupt that comes while that is sent would keep the reply
            from being sent, for which pages wait; it counts as one of the code, which stops the queued cells.
            """
            reply = await super().do_execute(*arguments, **options)  # type: ignore[no-untyped-call]
            try:
                if reply.get("ename") == "KeyboardInterrupt":
                    self._drop_backlog()
                for stream in (sys.stdout, sys.stderr):
                    stream.flush()
            except KeyboardInterrupt:
                self._drop_backlog()
                reply = {"execution_count": reply.get("execution_count"), "payload": [], "user_expressions": {}}
                reply |= {"status": "error", "ename": "KeyboardInterrupt", "evalue": "", "traceback": []}
            with contextlib.suppress(ValueError):  # only the main thread has signals
                signal.signal(signal.SIGINT, signal.SIG_IGN)  # until ipykernel restores it, after the reply
            return reply

        def _drop_backlog(self) -> None:
            for stream in (sys.stdout, sys.stderr):
                if isinstance(stream, PatientStream) and isinstance(self.session, PiecewiseSession):
                    self.session.drop_backlog(stream)

    class KernelApp(IPKernelApp):
        kernel_class = InterruptibleKernel

        def _session_default(self) -> Any:
            return PiecewiseSession(parent=self)

        def init_iopub(self, context: Any) -> None:
            context.setsockopt(zmq.SNDHWM, QUEUED_MESSAGES)
            super().init_iopub(context)  # type: ignore[no-untyped-call]

    app: Any = KernelApp.instance()
    app.outstream_class = f"{PatientStream.__module__}.{PatientStream.__name__}"
    app.extensions = ["handloom.session.start"]
    app.initialize(["--HistoryManager.enabled=False", *arguments])
    app.start()
