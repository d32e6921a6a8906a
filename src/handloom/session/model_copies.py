"""Patch `mlflow.pyfunc.spark_udf` so that the kernel, which has a token, downloads the model for the Spark engine.

The engine's process has no token, so that a function that runs in Spark cannot act on behalf of the user.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache, wraps
from pathlib import Path
from typing import Any

REMOTE = ("models:", "runs:", "mlflow-artifacts:", "http:", "https:")
"""Schemes of models that are downloaded from the server."""


def install(pyfunc: Any) -> None:
    """Patch `spark_udf` of the module `mlflow.pyfunc` to read a local copy of the model."""
    plain = pyfunc.spark_udf
    if hasattr(plain, "__wrapped__"):
        return

    @wraps(plain)
    def spark_udf(spark: Any, model_uri: Any, *more: Any, **options: Any) -> Any:
        return plain(spark, local(str(model_uri)), *more, **options)

    pyfunc.spark_udf = spark_udf


def local(uri: str) -> str:
    """Download the model and return its local path. It is downloaded at each call, since an alias may have changed."""
    if not uri.startswith(REMOTE):
        return uri
    import mlflow

    return str(mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=tempfile.mkdtemp(dir=_folder())))


@cache
def _folder() -> Path:
    """Return this kernel's folder of copies, which is deleted when it ends."""
    folder = Path(tempfile.mkdtemp(prefix="handloom-models-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
