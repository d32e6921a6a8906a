"""The warm process behind `requirements`: has imported what MLflow's capture script imports, and forks for each model.

Each fork is in the state of that script at its first line of work; what it imports for a model ends with it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from typing import Any


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.set_inheritable(answers.fileno(), False)
    os.dup2(2, 1)  # what a model prints is not an answer
    from mlflow.utils import _capture_modules

    for line in sys.stdin:
        request = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _capture(_capture_modules, request)
        answers.write(f"{_wait(pid, request['seconds'])}\n")


def _capture(script: Any, request: dict[str, Any]) -> None:
    """In the fork: the script's own `main`, as if it had been started with these arguments."""
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
