"""Pre-forked process for `requirements`: a copy of MLflow's capture script that has finished its slow imports.

It has imported what the script imports and the part of scikit-learn that every estimator imports, recorded by the
script's own recorder. It forks for each model; the fork does the rest like the script, with the same result. It ends
when it has not been asked for some time, since it takes 170 MB.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import threading
import time
from typing import Any


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.set_inheritable(answers.fileno(), False)
    os.dup2(2, 1)  # keep text that a model prints apart from the replies
    ready = _end_with_input()
    import mlflow.sklearn  # noqa: F401 - the script imports it before recording
    from mlflow.utils import _capture_modules as script

    kind: Any = script._CaptureImportedModules
    recorder = kind(record_full_module=False)
    with recorder:
        import sklearn.base  # noqa: F401 - every estimator's own module does
    _begin_with(script, recorder.imported_modules)
    ready.set()
    idle_seconds = float(sys.argv[1])
    while select.select([0], [], [], idle_seconds)[0] and (line := sys.stdin.readline()):
        request = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _capture(script, request)
        answers.write(f"{_wait(pid, request['seconds'])}\n")


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


def _begin_with(script: Any, recorded: set[str]) -> None:
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
