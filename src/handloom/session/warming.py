"""What a waiting kernel does meanwhile: import, at the lowest priority, what most notebooks import sooner or later."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import threading

from handloom.session import hooks, requirements

PARTS = (
    "pandas",
    "pyarrow",
    "pyspark.sql.connect.session",
    "mlflow",
    "sklearn.linear_model",
    "sklearn.tree",
    "sklearn.model_selection",
    "matplotlib.pyplot",
    "sklearn.utils.discovery",
)


class Warming:
    """A background thread. Parts are imported one after the other, so that a cell waits for one of them at most."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="warming", daemon=True)

    def start(self) -> None:
        self._thread.start()
        threading.Thread(target=self._help, name="warming-helper", daemon=True).start()

    def _help(self) -> None:
        """A thread of its own, because a process gets the priority of the thread that starts it, for good."""
        self._thread.join()
        requirements.warm()

    def finish(self) -> None:
        """Return once no import is under way: two threads in one package could see it half made."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        if sys.platform == "linux":
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)
        for part in PARTS:
            if self._stop.wait(0.01):
                return
            with contextlib.suppress(ImportError):
                _import(part)


def _import(part: str) -> None:
    if part == "mlflow":
        hooks.preload(part, "sklearn")
        requirements.read_map()
        return
    module = importlib.import_module(part)
    if part == "sklearn.utils.discovery":
        module.all_estimators()  # as mlflow.autolog() does: it imports the whole of scikit-learn
