"""Pre-forked process for `requirements`: a copy of MLflow's capture script that has finished its slow imports.

It has imported what the script imports and the part of scikit-learn that every estimator imports, recorded by the
script's own recorder. It forks for each model; the fork does the rest like the script, with the same result.

A kernel that was forked from the template process gets a fork of that process, which shares its memory. Any other
kernel starts one, which ends when it has not been asked for some time, since it takes 170 MB.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import sys
import threading
import time
import warnings
from collections.abc import Callable
from typing import IO, Any

from handloom.session import limits


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "w")
    os.set_inheritable(answers.fileno(), False)
    os.dup2(2, 1)  # keep text that a model prints apart from the replies
    ready = _end_with_input()
    recorded = prepare()
    ready.set()
    idle_seconds = float(sys.argv[1])
    answer(sys.stdin, answers, recorded, lambda: bool(select.select([0], [], [], idle_seconds)[0]))


def prepare() -> frozenset[str]:
    """Import what the script and every estimator import. Returns what the script would have recorded of it."""
    import mlflow.sklearn  # noqa: F401 - the script imports it before recording
    from mlflow.utils import _capture_modules as script

    kind: Any = script._CaptureImportedModules
    recorder = kind(record_full_module=False)
    with recorder:
        import sklearn.base  # noqa: F401 - every estimator's own module does
    return frozenset(recorder.imported_modules)


def answer_kernel(connection: socket.socket, recorded: frozenset[str]) -> None:
    """Answer a kernel's requests until it closes its end. Called in a fork of the template process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    warnings.simplefilter("ignore")
    limits.apply()
    with open(os.devnull, "r+b", buffering=0) as nothing:  # noqa: PTH123 - no file
        for fd in (0, 1, 2):
            os.dup2(nothing.fileno(), fd)
    with connection.makefile("r") as requests, connection.makefile("w") as answers:
        answer(requests, answers, recorded)


def answer(
    requests: IO[str], answers: IO[str], recorded: frozenset[str], wait: Callable[[], bool] = lambda: True
) -> None:
    """Fork for each request, and say how the fork ended, until there are no more or `wait` returns false."""
    from mlflow.utils import _capture_modules as script

    _begin_with(script, recorded)
    while wait() and (line := requests.readline()):
        request = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _capture(script, request)
        answers.write(f"{_wait(pid, request['seconds'])}\n")
        answers.flush()


def _end_with_input() -> threading.Event:
    """Exit when standard input closes, also during the imports, which are slow on a busy machine.

    Set the returned event to end the watching thread, because a process that forks should have no other thread.
    """
    ready = threading.Event()

    def watch() -> None:
        poll = select.poll()
        poll.register(0, select.POLLHUP)
        while not ready.is_set():
            if any(event & select.POLLHUP for _, event in poll.poll(200)):
                os._exit(0)

    threading.Thread(target=watch, name="input-watch", daemon=True).start()
    return ready


def _begin_with(script: Any, recorded: frozenset[str]) -> None:
    """Initialize the script's recorder with the modules that were recorded here."""
    plain = script._CaptureImportedModules

    def primed(record_full_module: bool = False) -> Any:
        recorder = plain(record_full_module=record_full_module)
        recorder.imported_modules |= recorded
        return recorder

    script._CaptureImportedModules = primed


def _capture(script: Any, request: dict[str, Any]) -> None:
    """Run the script's `main` with these arguments. Called in the fork."""
    code = 1
    try:
        os.environ.clear()
        os.environ.update(request["environment"])
        os.chdir(request["cwd"])
        sys.argv = [script.__file__, *request["arguments"]]
        script.main()
        code = 0
    finally:
        os._exit(code)


def _wait(pid: int, seconds: float) -> int:
    end = time.monotonic() + seconds
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > end:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return 1
        time.sleep(0.005)


if __name__ == "__main__":
    main()
