"""Batch scoring with registered models: `MLFlowTransformer`, `PREDICT(...)` in SQL, and SQLTransformer.

A model version is downloaded once per session, so that neither the engine nor its workers need a token.
"""

from __future__ import annotations

import re
from typing import Any

_MODELS: dict[str, str] = {}
"""Model URI -> local folder."""
_PREDICT = re.compile(r"""\bPREDICT\s*\(\s*(?P<quote>['"])(?P<model>[^'"]+)(?P=quote)\s*,""", re.IGNORECASE)
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
    """A model cannot be applied as asked; the message says why."""


class MLFlowTransformer:
    """Applies a registered model to the columns of a DataFrame, as `synapse.ml.predict.MLFlowTransformer` does.

    `modelVersion` is a version number or an alias; without one, the newest version is used.
    """

    def __init__(
        self,
        inputCols: list[str] | None = None,  # noqa: N803 - the names of Fabric's class
        outputCol: str = "predictions",  # noqa: N803
        modelName: str = "",  # noqa: N803
        modelVersion: int | str | None = None,  # noqa: N803
        **unknown: Any,
    ) -> None:
        if unknown:
            raise ScoringError(f"MLFlowTransformer has no {', '.join(sorted(unknown))} here.")
        self._columns, self._output, self._name, self._version = inputCols, outputCol, modelName, modelVersion

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
        """The frame with one more column, `outputCol`. Raises ScoringError where a column is missing."""
        columns = self._columns or list(frame.columns)
        missing = [name for name in columns if name not in frame.columns]
        if missing:
            raise ScoringError(
                f"The table has no column {', '.join(missing)}, which the model '{self._name}' is to read. "
                f"Its columns: {', '.join(frame.columns)}."
            )
        return frame.withColumn(self._output, self.to_udf()(*[frame[f"`{name}`"] for name in columns]))

    def to_udf(self, *_: Any, **__: Any) -> Any:
        """The model as a function of columns, for `select` and `withColumn`."""
        if not self._name:
            raise ScoringError("MLFlowTransformer needs a modelName.")
        return model_udf(self._name, self._version)


class SQLTransformer:
    """Runs a statement over a DataFrame that it names `__THIS__`, as `pyspark.ml.feature.SQLTransformer` does."""

    def __init__(self, statement: str = "") -> None:
        self._statement = statement

    def setStatement(self, value: str) -> SQLTransformer:  # noqa: N802
        self._statement = value
        return self

    def transform(self, frame: Any) -> Any:
        """The statement's result with `__THIS__` standing for `frame`."""
        if "__THIS__" not in self._statement:
            raise ScoringError("The statement of SQLTransformer names the table as __THIS__.")
        session = frame.sparkSession
        frame.createOrReplaceTempView("handloom_this")
        return session.sql(self._statement.replace("__THIS__", "handloom_this"))


def model_udf(name: str, version: int | str | None) -> Any:
    """A pandas UDF that scores with a registered model version. Raises ScoringError where there is none."""
    import mlflow
    from pyspark.sql import SparkSession

    folder = _download(_uri(name, version))
    spark = SparkSession.getActiveSession()
    return mlflow.pyfunc.spark_udf(spark, model_uri=folder, result_type=_result_type(folder), env_manager="local")


def replace_predict(session: Any, text: str) -> str:
    """SQL with each `PREDICT('model/version', ...)` as a call of a function registered for that model."""

    def replaced(match: re.Match[str]) -> str:
        name, _, version = match["model"].rpartition("/")
        if not name:
            raise ScoringError(f"PREDICT takes 'model/version'; '{match['model']}' names no version.")
        function = "handloom_predict_" + re.sub(r"\W", "_", match["model"]).lower()
        session.udf.register(function, model_udf(name, version))
        return f"{function}("

    return _PREDICT.sub(replaced, text)


def _uri(name: str, version: int | str | None) -> str:
    """`models:/name/3` for a number, `models:/name@alias` for an alias, the newest version without either."""
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

    if "@" in uri or uri not in _MODELS:  # an alias may point elsewhere by now
        _MODELS[uri] = str(mlflow.artifacts.download_artifacts(artifact_uri=uri))
    return _MODELS[uri]


def _result_type(folder: str) -> str:
    """The Spark type of what the model returns, by its signature: one column's type, or double without one."""
    from mlflow.models import Model

    signature = Model.load(folder).signature
    outputs = signature.outputs.inputs if signature is not None and signature.outputs is not None else []
    if len(outputs) > 1:
        raise ScoringError("The model returns several columns; use mlflow.pyfunc.spark_udf with a struct result_type.")
    kind = str(getattr(getattr(outputs[0], "type", None), "name", "double")).lower() if outputs else "double"
    return _SIMPLE.get(kind, "double")
