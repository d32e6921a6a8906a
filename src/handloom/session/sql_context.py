"""`sqlContext`, Spark's older interface, in terms of `spark`."""

from __future__ import annotations

from typing import Any

_SAME = frozenset({"sql", "table", "read", "readStream", "createDataFrame", "range", "udf", "streams"})
_CATALOG = frozenset({"tableNames", "tables", "cacheTable", "uncacheTable", "clearCache", "dropTempTable"})


class SqlContext:
    """Forward calls to `spark`. Raises AttributeError with the name to use instead for others."""

    def __init__(self, spark: Any) -> None:
        self._spark = spark

    def __getattr__(self, name: str) -> Any:
        if name in _SAME:
            return getattr(self._spark, name)
        instead = "spark.catalog" if name in _CATALOG else "spark"
        raise AttributeError(f"sqlContext.{name} is not here; use {instead}.")

    def tableNames(self) -> list[str]:  # noqa: N802 - Spark's name
        """List the names of the current database's tables and views."""
        return [table.name for table in self._spark.catalog.listTables()]
