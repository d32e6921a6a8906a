"""`mlflow.pyfunc.spark_udf` with sign-in on: the kernel, which has a token, fetches the model for the Spark engine.

The engine's process has no token of the server, so that a function that runs in Spark cannot act for the user.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache, wraps
from pathlib import Path
from typing import Any

REMOTE = ("models:", "runs:", "mlflow-artifacts:", "http:", "https:")
"""Schemes whose files the server hands out."""


def install(pyfunc: Any) -> None:
    """Let `spark_udf` of the module `mlflow.pyfunc` read models from copies of this kernel's."""
    plain = pyfunc.spark_udf
    if hasattr(plain, "__wrapped__"):
        return

    @wraps(plain)
    def spark_udf(spark: Any, model_uri: Any, *more: Any, **options: Any) -> Any:
        return plain(spark, local(str(model_uri)), *more, **options)

    pyfunc.spark_udf = spark_udf


def local(uri: str) -> str:
    """A local copy of the model. It is fetched at each call, because an alias may have moved."""
    if not uri.startswith(REMOTE):
        return uri
    import mlflow

    return str(mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=tempfile.mkdtemp(dir=_folder())))


@cache
def _folder() -> Path:
    """Where the copies of this kernel are until it ends."""
    folder = Path(tempfile.mkdtemp(prefix="handloom-models-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
