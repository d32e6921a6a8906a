"""Names that are simply there, and cost nothing until they are used."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from handloom.session.spark import Spark

_DISPLAY_QUESTIONS = ("_repr_", "_ipython_", "__")


class LazySpark:
    """Stands for the SparkSession: the engine starts at the first use, and again at the first use after it died."""

    def __init__(self, spark: Spark) -> None:
        object.__setattr__(self, "_LazySpark__spark", spark)

    def __getattr__(self, name: str) -> Any:
        if name.startswith(_DISPLAY_QUESTIONS):  # looking at the name starts nothing
            raise AttributeError(name)
        return getattr(self.__spark.session(), name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.__spark.session(), name, value)

    @property  # type: ignore[misc]
    def __class__(self) -> Any:  # so that isinstance(spark, SparkSession) holds
        from pyspark.sql.connect.session import SparkSession

        return SparkSession

    def __dir__(self) -> list[str]:
        from pyspark.sql.connect.session import SparkSession

        return [name for name in dir(SparkSession) if not name.startswith("_")]

    def __repr__(self) -> str:
        return f"<SparkSession: {self.__spark.describe()}>"


class LazyModule(ModuleType):
    """Stands for a module in `names` until the first use, then gives its place to the module itself."""

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
