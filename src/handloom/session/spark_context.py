"""`sc`, `spark.sparkContext` and `SparkContext`: what a session without a JVM can answer; RDDs are refused by name."""

from __future__ import annotations

import os
import sys
from types import ModuleType
from typing import Any, NoReturn

from handloom.session import attached

_RDD = "RDDs need a JVM in the kernel, which no engine of Handloom has. Use DataFrames instead: "
_INSTEAD = {
    "parallelize": 'spark.createDataFrame([(value,) for value in values], ["value"])',
    "range": "spark.range(...)",
    "textFile": "spark.read.text(path)",
    "wholeTextFiles": "spark.read.text(path, wholetext=True)",
    "binaryFiles": 'spark.read.format("binaryFile").load(path)',
    "sequenceFile": "spark.read.parquet(path)",
    "pickleFile": "spark.read.parquet(path)",
    "newAPIHadoopFile": "spark.read.format(...).load(path)",
    "hadoopFile": "spark.read.format(...).load(path)",
    "union": "frame.union(other)",
    "emptyRDD": "spark.createDataFrame([], schema)",
    "runJob": "frame.mapInPandas(function, schema)",
    "accumulator": "an aggregation such as frame.agg(F.sum(...))",
    "addFile": "a file in Files/ of the workspace, which every function can open",
    "addPyFile": "a module in the workspace's folder, which every function can import",
    "setCheckpointDir": "frame.write.parquet(path), and read it again",
    "setJobGroup": "spark.addTag(name)",
    "cancelJobGroup": "spark.interruptTag(name)",
    "cancelAllJobs": "spark.interruptAll()",
}
_ATTRIBUTES = {
    "rdd": f"{_RDD}frame.collect(), frame.mapInPandas(function, schema) or a udf.",
    "newSession": "There is one Spark session per notebook. Temporary views and settings are shared in it.",
    "_jvm": "There is no JVM in the kernel. Use the functions of PySpark, or notebookutils.fs for files.",
}
_OTHER = "The kernel talks to Spark without a JVM of its own. Use PySpark's public functions."


class Broadcast:
    """A value that functions use on the engine, like `pyspark.Broadcast`: it travels with the function."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def unpersist(self, blocking: bool = False) -> None:
        """Do nothing: no copy is kept."""

    def destroy(self, blocking: bool = False) -> None:
        """Do nothing: no copy is kept."""


class SparkContext:
    """The parts of a SparkContext that have an answer without a JVM. Raises NotImplementedError for RDDs."""

    _spark: Any = None
    _active_spark_context = _gateway = _jvm = None  # PySpark and MLflow ask for these where there may be a JVM

    def __init__(self, *_: object, **__: object) -> None:
        """Accept Spark's arguments: there is one context per session, which exists already."""

    @classmethod
    def getOrCreate(cls, conf: object = None) -> SparkContext:  # noqa: N802 - Spark's name
        return cls()

    @property
    def version(self) -> str:
        return str(self._spark.version)

    @property
    def applicationId(self) -> str:  # noqa: N802
        """The id of this session."""
        session = attached.current()
        return session.session if session else ""

    @property
    def appName(self) -> str:  # noqa: N802
        session = attached.current()
        return session.name if session else ""

    @property
    def defaultParallelism(self) -> int:  # noqa: N802
        """The number of processors of this machine."""
        return os.cpu_count() or 1

    @property
    def uiWebUrl(self) -> None:  # noqa: N802
        """None: no engine of Handloom has a web page of its own."""

    def setLogLevel(self, logLevel: str) -> None:  # noqa: N802, N803
        """Do nothing: the engine writes no log under the cells."""

    def setJobDescription(self, value: str) -> None:  # noqa: N802
        """Do nothing: a description changes no result."""

    def getConf(self) -> Any:  # noqa: N802
        return self._spark.conf

    def broadcast(self, value: Any) -> Broadcast:
        return Broadcast(value)

    def stop(self) -> None:
        self._spark.stop()

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        instead = _INSTEAD.get(name, "the functions of spark")
        raise AttributeError(f"sc.{name} is not available: {_RDD}{instead}.")

    def __repr__(self) -> str:
        return "<SparkContext: DataFrames only, RDDs are not available>"


def session_module(module: ModuleType) -> None:
    """Give SparkSession of `pyspark.sql.connect.session` a `sparkContext`, and words for what needs a JVM."""
    module.SparkSession.sparkContext = property(lambda _: SparkContext())
    _explain(module.SparkSession, "spark")


def frame_module(module: ModuleType) -> None:
    """Explain what DataFrames of `pyspark.sql.connect.dataframe` have only with a JVM, and let samples keep a seed."""
    _explain(module.DataFrame, "frame")
    arguments = module.DataFrame._preapare_args_for_sample

    def with_seed(self: Any, withReplacement: Any = None, fraction: Any = None, seed: Any = None) -> Any:  # noqa: N803
        """Read `sample(0.1, seed=3)`, whose seed PySpark drops: it expects it in the place of the fraction."""
        if isinstance(withReplacement, float) and fraction is None:
            fraction, seed = seed, None
        return arguments(self, withReplacement, fraction, seed)

    module.DataFrame._preapare_args_for_sample = with_seed


def package(module: ModuleType) -> None:
    """Add `SparkContext` to `pyspark` and `pyspark.context`, from where notebooks import it."""
    context = ModuleType("pyspark.context")
    for target in (module, context):
        target.SparkContext = SparkContext  # type: ignore[attr-defined]
    sys.modules.setdefault("pyspark.context", context)


def _explain(kind: Any, what: str) -> None:
    from pyspark.errors import PySparkAttributeError

    plain = kind.__getattr__

    def get(self: Any, name: str) -> Any:
        try:
            return plain(self, name)
        except PySparkAttributeError as error:
            if error.getCondition() != "JVM_ATTRIBUTE_NOT_SUPPORTED":
                raise
            reason = _ATTRIBUTES.get(name, _OTHER)
            words = f"[JVM_ATTRIBUTE_NOT_SUPPORTED] {what}.{name} is not available. {reason}"
            raise PySparkAttributeError(words) from None

    kind.__getattr__ = get
