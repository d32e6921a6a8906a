"""A quicker answer to which packages a model needs: MLflow's own capture, in a fork of a process that is warm already.

MLflow starts a second Python for it, which imports MLflow anew: nearly all the time of an autologged fit. The fork does
the rest exactly as that Python would, so the list is the same; where anything is in doubt, MLflow's own way is taken.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

_STEERING = ("MLFLOW_", "PYTHON", "_MLFLOW_", "USE_TF", "USE_TORCH")


class Helper:
    """The warm process. It ends when this one does, because its standard input ends."""

    def __init__(self) -> None:
        self._environment = _steering(os.environ)
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "handloom.session.capture"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_with_package(os.environ),
            start_new_session=True,  # an interrupt of the kernel is not its business
        )

    def run(self, arguments: list[str], environment: dict[str, str], seconds: float) -> bool:
        """Capture with these arguments of MLflow's script; False where the list was not written."""
        if _steering(environment) != self._environment or self._process.poll() is not None:
            return False
        request = {"arguments": arguments, "environment": environment, "cwd": str(Path.cwd()), "seconds": seconds}
        with self._lock:
            try:
                assert self._process.stdin is not None
                assert self._process.stdout is not None
                self._process.stdin.write(json.dumps(request).encode() + b"\n")
                self._process.stdin.flush()
                answer = self._process.stdout.readline()
            except OSError:
                return False
            except BaseException:  # an interrupt: the answer still to come would be taken for the next one's
                self._process.kill()
                raise
        return answer.strip() == b"0"


def _steering(environment: Any) -> dict[str, str]:
    """What decides how MLflow imports itself; a difference means that the warm process is of no use."""
    ignored = ("_MLFLOW_IN_CAPTURE_MODULE_PROCESS", "MLFLOW_EXPERIMENT_ID", "MLFLOW_RUN_ID", "PYTHONPATH")
    return {k: v for k, v in environment.items() if k.startswith(_STEERING) and k not in ignored}


def _with_package(environment: Any) -> dict[str, str]:
    package = str(Path(__file__).parents[2])
    path = [part for part in environment.get("PYTHONPATH", "").split(os.pathsep) if part]
    return {**environment, "PYTHONPATH": os.pathsep.join([*path, *([] if package in path else [package])])}


_helper: Helper | None = None


def install() -> None:
    """Start the warm process, and let MLflow's inference ask it first."""
    global _helper
    from mlflow.utils import requirements_utils

    if _helper is not None or not hasattr(os, "fork") or not hasattr(requirements_utils, "_run_command"):
        return
    helper = _helper = Helper()
    own_way: Any = requirements_utils._run_command

    def run_command(cmd: list[str], timeout_seconds: float, env: dict[str, str] | None = None) -> None:
        script = Path(requirements_utils.__file__).with_name("_capture_modules.py")
        ours = cmd[:2] == [sys.executable, str(script)] and env is not None
        if not (ours and helper.run(cmd[2:], env or {}, timeout_seconds)):
            own_way(cmd, timeout_seconds, env)

    requirements_utils._run_command = run_command
