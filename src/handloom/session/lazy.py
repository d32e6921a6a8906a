"""Lazy names: placeholders for `spark` and modules that load at their first use."""

from __future__ import annotations

import functools
import importlib
import pickle
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from handloom.session.spark import Spark

_for_batches = False
"""Whether a function of foreachBatch is being pickled, which may use `spark` where it runs."""
_DISPLAY_QUESTIONS = ("_repr_", "_ipython_", "__")


class LazySpark:
    """Proxy of the SparkSession. Its first use starts the engine, also after the engine has died."""

    def __init__(self, spark: Spark) -> None:
        object.__setattr__(self, "_LazySpark__spark", spark)

    def __getattr__(self, name: str) -> Any:
        if name.startswith(_DISPLAY_QUESTIONS):  # displaying or inspecting `spark` must not start the engine
            raise AttributeError(name)
        return getattr(self.__spark.session(), name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.__spark.session(), name, value)

    @property  # type: ignore[misc]
    def __class__(self) -> Any:  # makes isinstance(spark, SparkSession) true
        from pyspark.sql.connect.session import SparkSession

        return SparkSession

    def __reduce__(self) -> Any:
        if not _for_batches:
            raise pickle.PicklingError(
                "spark cannot be pickled: it is the session of this notebook, which other processes do not have. "
                "Functions that the engine calls, and models, cannot use it."
            )
        return session_of_batches, ()

    def __dir__(self) -> list[str]:
        from pyspark.sql.connect.session import SparkSession

        return [name for name in dir(SparkSession) if not name.startswith("_")]

    def __repr__(self) -> str:
        return f"<SparkSession: {self.__spark.describe()}>"


def session_of_batches() -> Any:
    """The session of a process that runs a function of foreachBatch, in place of the notebook's `spark`."""
    from pyspark.sql.connect.session import SparkSession

    return SparkSession.active()


def batches_module(module: ModuleType) -> None:
    """Let functions of foreachBatch use `spark`, as they can where Spark runs in the notebook's own process.

    `module` is pyspark.sql.connect.streaming.readwriter.
    """
    writer: Any = module.DataStreamWriter
    plain = writer.foreachBatch

    @functools.wraps(plain)
    def for_each_batch(self: Any, func: Any) -> Any:
        global _for_batches
        _for_batches = True
        try:
            return plain(self, func)
        finally:
            _for_batches = False

    writer.foreachBatch = for_each_batch


class LazyModule(ModuleType):
    """Proxy of a module in `names`. Its first use imports the module and replaces the proxy by it."""

    def __init__(self, name: str, names: dict[str, Any]) -> None:
        super().__init__(name)
        object.__setattr__(self, "_LazyModule__names", names)

    def __load(self) -> ModuleType:
        module = importlib.import_module(self.__name__)
        if self.__names.get(self.__name__) is self:
            self.__names[self.__name__] = module
        return module

    def __getattr__(self, name: str) -> Any:
        if name.startswith(_DISPLAY_QUESTIONS):
            raise AttributeError(name)
        return getattr(self.__load(), name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.__load(), name, value)

    def __dir__(self) -> list[str]:
        return dir(self.__load())

    def __repr__(self) -> str:
        return f"<module '{self.__name__}', not imported yet>"
