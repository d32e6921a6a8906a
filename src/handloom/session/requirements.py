"""Speed up MLflow's inference of a scikit-learn model's requirements by a pre-started process.

MLflow starts a second Python for it, which imports MLflow and scikit-learn again; that is most of the time of an
autologged fit. Here a fork of `capture` does it with the same result. In any other case, MLflow's own way is used.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickletools
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import wraps
from pathlib import Path
from typing import IO, Any

from handloom.session import hooks, layer

_STEERING = ("MLFLOW_", "PYTHON", "_MLFLOW_", "SKLEARN_")
_HARMLESS = (
    "MLFLOW_IN_CAPTURE_MODULE_PROCESS",
    "MLFLOW_EXPERIMENT_ID",
    "MLFLOW_RUN_ID",
    "MLFLOW_ACTIVE_MODEL_ID",
    "MLFLOW_TRACKING_URI",  # read when used; each fork gets those of its request
    "MLFLOW_TRACKING_TOKEN",
    "MLFLOW_NOTEBOOK_TRACE_RENDERER_BASE_URL",
    "_MLFLOW_TELEMETRY_SESSION_ID",  # set at the first use of MLflow, also where telemetry is off
    "PYTHONPATH",
)
_Stamp = list[tuple[str, int]]


IDLE_SECONDS = 900


class Inferrer:
    """The prepared process. It ends with this one, because its input closes, or if it was started, after idle time."""

    def __init__(self, idle_seconds: float = IDLE_SECONDS, forked: socket.socket | None = None) -> None:
        """`forked` leads to the process that a forked kernel has beside it. Without it, one is started."""
        self._environment = _steering(os.environ)
        self._lock = threading.Lock()
        self._packages = layer.stamp()
        self._process: subprocess.Popen[bytes] | None = None
        self._gone = ""
        self._requests: IO[bytes]
        self._answers: IO[bytes]
        if forked is not None:
            self._requests, self._answers = forked.makefile("wb"), forked.makefile("rb")
            forked.close()  # the files keep it open
            return
        self._process = started = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "handloom.session.capture", str(idle_seconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # interrupts of the kernel must not reach it
        )
        assert started.stdin is not None
        assert started.stdout is not None
        self._requests, self._answers = started.stdin, started.stdout

    def unfit(self, environment: dict[str, str]) -> str:
        """Return why the process cannot be used with these variables, or nothing."""
        if self._process is not None and (code := self._process.poll()) is not None:
            return f"it ended with {code}"
        if self._gone:
            return self._gone
        if self._packages != layer.stamp():
            return "packages were installed since it started"
        if (steering := _steering(environment)) != self._environment:
            return f"other variables: {', '.join(sorted(dict(steering.items() ^ self._environment.items())))}"
        return ""

    def close(self) -> None:
        self._gone = "it was closed"
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        for end in (self._requests, self._answers):
            with contextlib.suppress(OSError):
                end.close()

    def run(self, arguments: list[str], environment: dict[str, str], seconds: float) -> bool:
        """Capture with the arguments of MLflow's script. Returns False if the list was not written."""
        if self.unfit(environment) or not _is_sklearn(arguments):
            return False
        request = {"arguments": arguments, "environment": environment, "cwd": str(Path.cwd()), "seconds": seconds}
        with self._lock:
            try:
                self._requests.write(json.dumps(request).encode() + b"\n")
                self._requests.flush()
                answer = self._answers.readline()
            except OSError:
                answer = b""
            except BaseException:  # an interrupt: the pending reply would be mistaken for the next request's
                self.close()
                raise
            if not answer:
                self._gone = "it does not answer"
        return bool(answer.strip() == b"0")


def _is_sklearn(arguments: list[str]) -> bool:
    """Whether loading the model imports scikit-learn: the pickle's first class belongs to it."""
    given = dict(zip(arguments[::2], arguments[1::2], strict=False))
    if given.get("--flavor") != "sklearn" or "--record-full-module" in arguments:
        return False
    path = Path(given.get("--model-path", ""))
    model = path / "model.pkl" if path.is_dir() else path
    if not model.is_file() or (path / "input_example.json").exists():  # with an example, MLflow also predicts
        return False
    with model.open("rb") as file:
        return _first_module(file).startswith("sklearn.")


def _first_module(file: IO[bytes]) -> str:
    """Return the module of the first class or function in a pickle."""
    texts: list[str] = []
    try:
        for operation, argument, _ in pickletools.genops(file):
            if operation.name == "GLOBAL":
                return str(argument).split(" ", 1)[0]
            if operation.name == "STACK_GLOBAL":
                return texts[-2]
            if isinstance(argument, str):
                texts.append(argument)
    except (ValueError, IndexError):  # no pickle
        pass
    return ""


def _steering(environment: Any) -> dict[str, str]:
    """Return the variables that affect how MLflow imports; if they differ, the process cannot be used."""
    return {k: v for k, v in environment.items() if k.startswith(_STEERING) and k not in _HARMLESS}


forked: socket.socket | None = None
"""Leads to the process that a kernel forked from the template process has beside it."""
_inferrer: Inferrer | None = None
_mapped: _Stamp = []
_required: dict[str, list[str]] = {}


def warm() -> None:
    """Start the process before it is needed: it takes seconds until it is ready. A forked kernel has one."""
    if forked is None:
        _start()


def _start() -> None:
    global _inferrer
    if _inferrer is None and hasattr(os, "fork"):
        _inferrer = Inferrer(forked=forked)


def _renew() -> None:
    """Replace the process after an install, so that it imports the installed packages, or after its end."""
    global _inferrer
    if _inferrer is not None and _inferrer.unfit(dict(os.environ)):
        _inferrer.close()
        _inferrer = Inferrer()


def install() -> None:
    """Patch MLflow's inference to try the process first."""
    from mlflow.utils import requirements_utils

    if not _fits(requirements_utils):
        return
    if forked is not None:
        _start()
    else:
        hooks.after_import("sklearn", lambda _: _start())  # needed by no notebook without a model
    own_way: Any = requirements_utils._run_command
    script = str(Path(requirements_utils.__file__).with_name("_capture_modules.py"))

    def run_command(cmd: list[str], timeout_seconds: float, env: dict[str, str] | None = None) -> None:
        ours = cmd[:2] == [sys.executable, script] and env is not None and _inferrer is not None
        if not (ours and _inferrer and _inferrer.run(cmd[2:], env or {}, timeout_seconds)):
            own_way(cmd, timeout_seconds, env)
            _renew()

    requirements_utils._run_command = run_command
    _remember_requires(requirements_utils)
    _keep_map_fresh(requirements_utils)


def _fits(module: Any) -> bool:
    """Whether this version of MLflow has the functions that are patched."""
    seams = ("_run_command", "_init_modules_to_packages_map", "_MODULES_TO_PACKAGES", "_iter_requires")
    return all(hasattr(module, seam) for seam in seams)


def read_map() -> None:
    """Let MLflow build its map of modules to packages, which takes a second, while the kernel waits in the pool."""
    global _mapped
    module: Any = sys.modules.get("mlflow.utils.requirements_utils")
    if _fits(module):
        _mapped = _stamp()
        module._init_modules_to_packages_map()
        _remember_requires(module)
        module._prune_packages(["mlflow", "scikit-learn"])


def keep_map() -> None:
    """Keep the map that a template process has read for a new layer: both have the server's packages only."""
    global _mapped
    if _mapped:
        _mapped = _stamp()


def _remember_requires(module: Any) -> None:
    """Cache the requirements of installed packages until an install; MLflow reads about 200 of them for each model."""
    read = module._iter_requires
    if hasattr(read, "__wrapped__"):
        return

    @wraps(read)
    def requires(name: str) -> Iterator[str]:
        if name not in _required:
            _required[name] = list(read(name))
        return iter(_required[name])

    module._iter_requires = requires


def _keep_map_fresh(module: Any) -> None:
    """Rebuild MLflow's map of modules to packages after an install; MLflow builds it only once."""
    read = module._init_modules_to_packages_map

    def read_where_changed() -> None:
        global _mapped
        if (stamp := _stamp()) != _mapped:
            module._MODULES_TO_PACKAGES = None
            _required.clear()
            _mapped = stamp
        read()

    module._init_modules_to_packages_map = read_where_changed


def _stamp() -> _Stamp:
    """Return a value that changes when a package is installed or removed."""
    return [(entry, Path(entry).stat().st_mtime_ns) for entry in sys.path if entry and Path(entry).is_dir()]
