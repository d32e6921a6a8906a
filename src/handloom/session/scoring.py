"""Batch scoring with registered models: `MLFlowTransformer`, `PREDICT(...)` in SQL, and SQLTransformer.

A model version is downloaded once per session, in the kernel: the engine and its workers need no token.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
from collections.abc import Iterator
from itertools import count
from typing import Any

from handloom.session.quick.names import tokens

_NUMBERS = count(1)
_MODELS: dict[str, str] = {}
"""Model URI -> local folder."""
_PROGRESS = "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"
_SIMPLE = {
    "double": "double",
    "float": "float",
    "long": "bigint",
    "integer": "int",
    "string": "string",
    "boolean": "boolean",
}
"""MLflow's column types -> Spark's."""


class ScoringError(ValueError):
    """The model cannot be applied; the message says why."""


class MLFlowTransformer:
    """Apply a registered model to columns of a DataFrame, like `synapse.ml.predict.MLFlowTransformer`.

    `modelVersion` is a version number or an alias; without one, the newest version is used.
    """

    def __init__(
        self,
        inputCols: list[str] | None = None,  # noqa: N803 - the names of Fabric's class
        outputCol: str = "predictions",  # noqa: N803
        modelName: str = "",  # noqa: N803
        modelVersion: int | str | None = None,  # noqa: N803
        alias: str | None = None,
        **unknown: Any,
    ) -> None:
        if unknown:
            raise ScoringError(f"MLFlowTransformer has no {', '.join(sorted(unknown))} here.")
        if alias is not None and modelVersion is not None:
            raise ScoringError("MLFlowTransformer takes a modelVersion or an alias, and not both.")
        self._columns, self._output, self._name = inputCols, outputCol, modelName
        self._version = modelVersion if alias is None else alias

    def getInputCols(self) -> list[str]:  # noqa: N802
        return list(self._columns or [])

    def setInputCols(self, value: list[str]) -> MLFlowTransformer:  # noqa: N802
        self._columns = value
        return self

    def getOutputCol(self) -> str:  # noqa: N802
        return self._output

    def setOutputCol(self, value: str) -> MLFlowTransformer:  # noqa: N802
        self._output = value
        return self

    def setModelName(self, value: str) -> MLFlowTransformer:  # noqa: N802
        self._name = value
        return self

    def setModelVersion(self, value: int | str) -> MLFlowTransformer:  # noqa: N802
        self._version = value
        return self

    def transform(self, frame: Any) -> Any:
        """Return the frame with the additional column `outputCol`. Raises ScoringError if an input column is
        missing.
        """
        columns = self._columns or list(frame.columns)
        missing = [name for name in columns if name not in frame.columns]
        if missing:
            raise ScoringError(
                f"The table has no column {', '.join(missing)}, which is an input of the model '{self._name}'. "
                f"Its columns: {', '.join(frame.columns)}."
            )
        return frame.withColumn(self._output, self.to_udf()(*[frame[f"`{name}`"] for name in columns]))

    def to_udf(self, *_: Any, **__: Any) -> Any:
        """Return the model as a function of columns, for `select` and `withColumn`."""
        if not self._name:
            raise ScoringError("MLFlowTransformer needs a modelName.")
        return model_udf(self._name, self._version)


class SQLTransformer:
    """Run a SQL statement over a DataFrame named `__THIS__`, like `pyspark.ml.feature.SQLTransformer`."""

    def __init__(self, statement: str = "") -> None:
        self._statement = statement

    def setStatement(self, value: str) -> SQLTransformer:  # noqa: N802
        self._statement = value
        return self

    def transform(self, frame: Any) -> Any:
        """Run the statement with `frame` as `__THIS__` and return its result."""
        return run_statement(self._statement, frame)


def run_statement(statement: str, frame: Any) -> Any:
    """Run a SQL statement in which `__THIS__` is the frame. Raises ScoringError without `__THIS__`."""
    if "__THIS__" not in statement:
        raise ScoringError("The statement of SQLTransformer names the table as __THIS__.")
    view = f"handloom_this_{next(_NUMBERS)}"
    frame.createOrReplaceTempView(view)
    return frame.sparkSession.sql(statement.replace("__THIS__", view))


def model_udf(name: str, version: int | str | None) -> Any:
    """Return a pandas UDF that scores with a registered model version. Raises ScoringError if it does not exist."""
    import mlflow
    from pyspark.sql import SparkSession

    uri = _uri(name, version)
    spark = SparkSession.getActiveSession()
    with _quietly():
        folder = _download(uri)
        return mlflow.pyfunc.spark_udf(spark, model_uri=folder, result_type=_result_type(folder), env_manager="local")


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Show no bars for copies within this machine, and no note that the session's own packages are used."""
    before = os.environ.get(_PROGRESS)
    os.environ[_PROGRESS] = "false"
    loggers = [logging.getLogger(name) for name in ("mlflow.pyfunc", "mlflow.models.flavor_backend_registry")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
        if before is None:
            del os.environ[_PROGRESS]
        else:
            os.environ[_PROGRESS] = before


def replace_predict(session: Any, text: str) -> str:
    """Replace each `PREDICT('model/version', ...)` in SQL by a call of a function that is registered for the model."""
    pieces = tokens(text)
    spoken = [token for token in pieces if token.kind not in ("space", "comment")]
    for at, token in enumerate(spoken):
        if token.upper != "PREDICT" or at + 1 >= len(spoken) or spoken[at + 1].text != "(":
            continue
        first, *more = spoken[at + 2 :] or [token]
        if first.kind != "text" or not more or more[0].text != ",":
            continue  # a function of the user's with this name
        model = first.text[1:-1]
        name, _, version = model.rpartition("/")
        if not name:
            raise ScoringError(f"PREDICT takes 'model/version'; '{model}' names no version.")
        function = "handloom_predict_" + re.sub(r"\W", "_", model).lower()
        session.udf.register(function, model_udf(name, version))
        token.text, first.text, more[0].text = function, "", ""
    return "".join(token.text for token in pieces)


def _uri(name: str, version: int | str | None) -> str:
    """Return `models:/name/3` for a number or `models:/name@alias` for an alias; the newest version without either."""
    from mlflow.exceptions import MlflowException
    from mlflow.tracking import MlflowClient

    client = MlflowClient()
    try:
        if version is None or str(version).lower() == "latest":
            found = client.search_model_versions(f"name = '{name}'", max_results=1, order_by=["version_number DESC"])
            if not found:
                raise ScoringError(f"There is no model '{name}' with a version in this workspace.")
            return f"models:/{name}/{found[0].version}"
        if str(version).isdecimal():
            client.get_model_version(name, str(version))
            return f"models:/{name}/{version}"
        client.get_model_version_by_alias(name, str(version))
        return f"models:/{name}@{version}"
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            raise ScoringError(f"This workspace has no model '{name}' with version or alias '{version}'.") from error
        raise


def _download(uri: str) -> str:
    import mlflow

    if "@" in uri or uri not in _MODELS:  # an alias may have moved to another version
        _MODELS[uri] = str(mlflow.artifacts.download_artifacts(artifact_uri=uri))
    return _MODELS[uri]


def _result_type(folder: str) -> str:
    """Return the Spark type of the model's output from its signature, or double without a signature."""
    from mlflow.models import Model

    signature = Model.load(folder).signature
    outputs = signature.outputs.inputs if signature is not None and signature.outputs is not None else []
    if len(outputs) > 1:
        raise ScoringError("The model returns several columns; use mlflow.pyfunc.spark_udf with a struct result_type.")
    kind = str(getattr(getattr(outputs[0], "type", None), "name", "double")).lower() if outputs else "double"
    return _SIMPLE.get(kind, "double")
