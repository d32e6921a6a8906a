"""`sqlContext`, the older name for what `spark` does now."""

from __future__ import annotations

from typing import Any

_SAME = frozenset({"sql", "table", "read", "readStream", "createDataFrame", "range", "udf", "streams"})
_CATALOG = frozenset({"tableNames", "tables", "cacheTable", "uncacheTable", "clearCache", "dropTempTable"})


class SqlContext:
    """Passes calls on to `spark`. Raises AttributeError, with the name to use, for what is not there."""

    def __init__(self, spark: Any) -> None:
        self._spark = spark

    def __getattr__(self, name: str) -> Any:
        if name in _SAME:
            return getattr(self._spark, name)
        instead = "spark.catalog" if name in _CATALOG else "spark"
        raise AttributeError(f"sqlContext.{name} is not here; use {instead}.")

    def tableNames(self) -> list[str]:  # noqa: N802 - Spark's name
        """Names of the current database's tables and views."""
        return [table.name for table in self._spark.catalog.listTables()]
