"""Lazy names: placeholders for `spark` and modules that load at their first use."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from handloom.session.spark import Spark

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

    def __dir__(self) -> list[str]:
        from pyspark.sql.connect.session import SparkSession

        return [name for name in dir(SparkSession) if not name.startswith("_")]

    def __repr__(self) -> str:
        return f"<SparkSession: {self.__spark.describe()}>"


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
