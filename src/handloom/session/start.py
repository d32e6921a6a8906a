"""IPython extension that is loaded when the kernel starts: define the session's names and attach to the session.

A kernel of the pool starts without a session: it imports common packages and attaches before its first cell.
"""

from __future__ import annotations

import builtins
import os
import sys
import warnings
from typing import Any
from urllib.parse import urlsplit

import handloom
from handloom.session import (
    attached,
    batches,
    datasets,
    fabric_names,
    fonts,
    hooks,
    libraries,
    show,
    tracebacks,
    tracking,
    variables,
    warming,
    ways_out,
)
from handloom.session.cells import reports
from handloom.session.displayed import requests
from handloom.session.installing import Installing
from handloom.session.lazy import LazyModule, LazySpark
from handloom.session.spark import Spark
from handloom.session.tracking_tables import names as tracking_table_names


def load_ipython_extension(shell: Any) -> None:
    warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas")
    os.environ.setdefault("SPARK_HOME", os.path.dirname(__file__))  # noqa: PTH120 - pyspark-client asks for any value
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"
    # gRPC would start its threads anew in the child of `!command`, and write its complaints between the output.
    os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
    spark = Spark(batches.wrapped)
    names: dict[str, Any] = {
        "spark": LazySpark(spark),
        "display": show.display,
        "displayHTML": show.display_html,
        "mlflow": LazyModule("mlflow", shell.user_ns),
    }
    names |= fabric_names.install(shell, names["spark"])
    shell.push(names, interactive=False)  # not listed by %who
    for name in ("spark", "display", "displayHTML"):
        setattr(builtins, name, names[name])  # also for the user's own modules
    tracking_table_names.install(handloom)
    requests.register(shell)
    variables.register(shell)
    reports.register(shell)
    Installing(shell).register()
    ways_out.register(shell)
    hooks.after_import("mlflow", tracking.configure)
    datasets.register()
    hooks.after_import("pyspark.sql.session", spark.adopt)
    hooks.after_import("pyspark.errors", tracebacks.shorten)
    tracebacks.hasten_interrupts(shell)
    libraries.register()
    hooks.after_import("matplotlib.font_manager", fonts.add_fallbacks)
    _attach_soon(shell)


def _attach_soon(shell: Any) -> None:
    """Attach now, or for a kernel of the pool before its first cell."""
    if attach():
        return
    warm = warming.Warming()
    warm.start()

    def before_cell() -> None:
        if attach():
            shell.events.unregister("pre_execute", before_cell)
            warm.finish()

    shell.events.register("pre_execute", before_cell)


def attach() -> bool:
    """Attach to the session if its file exists. Returns whether it does."""
    session = attached.current()
    if session is None:
        return False
    os.environ["MLFLOW_TRACKING_URI"] = session.tracking_uri
    os.environ["MLFLOW_TRACKING_TOKEN"] = session.token
    # MLflow shows traces in an iframe, whose URL must be relative to the page's, not the server's URL for kernels.
    os.environ["MLFLOW_NOTEBOOK_TRACE_RENDERER_BASE_URL"] = urlsplit(session.tracking_uri).path
    os.chdir(session.cwd)
    os.environ["PWD"] = session.cwd
    if "" not in sys.path:
        sys.path.insert(0, "")
    return True
