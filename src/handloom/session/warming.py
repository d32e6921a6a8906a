"""Import common packages at a low priority while a kernel waits in the pool."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import threading
from collections.abc import Callable

from handloom.session import hooks, requirements

PARTS = (
    "stack_data",
    "pygments.lexers.python",
    "pygments.formatters.terminal256",
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


NICE = 5
"""How much lower the priority is. A first cell waits for the import that is under way: at the lowest priority, it took
minutes on a busy machine, and an account that is not root cannot raise a priority again."""


class Warming:
    """Background thread that imports one part after the other, so that a cell waits for at most one of them."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="warming", daemon=True)

    def start(self) -> None:
        self._thread.start()
        threading.Thread(target=self._help, name="warming-helper", daemon=True).start()

    def _help(self) -> None:
        """Run on a separate thread, because a child process inherits the priority of the thread that starts it."""
        self._thread.join()
        requirements.warm()

    def finish(self) -> None:
        """Wait for the current import: a second thread could see its modules partially initialized."""
        self._stop.set()
        if sys.platform == "linux" and self._thread.is_alive() and self._thread.native_id is not None:
            with contextlib.suppress(OSError):  # only root may
                os.setpriority(os.PRIO_PROCESS, self._thread.native_id, os.getpriority(os.PRIO_PROCESS, 0))
        self._thread.join()

    def _run(self) -> None:
        at_low_priority(self._import_all)

    def _import_all(self) -> None:
        for part in PARTS:
            if self._stop.wait(0.01):
                return
            with contextlib.suppress(ImportError):
                import_part(part)


def at_low_priority(act: Callable[[], object]) -> None:
    """Call `act` at a lower priority of this thread, which stays lower."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), os.getpriority(os.PRIO_PROCESS, 0) + NICE)
    act()


def import_part(part: str) -> None:
    """Import one of PARTS, without the effects that its first import by a cell has."""
    if part == "mlflow":
        hooks.preload(part, "sklearn")
        requirements.read_map()
        return
    module = importlib.import_module(part)
    if part == "sklearn.utils.discovery":
        module.all_estimators()  # imports all of scikit-learn, like mlflow.autolog()
