"""`sqlContext`, Spark's older interface, in terms of `spark`."""

from __future__ import annotations

from typing import Any, cast

_SAME = frozenset({"sql", "table", "read", "readStream", "createDataFrame", "range", "udf", "streams"})
_CATALOG = frozenset({"tables", "cacheTable", "uncacheTable", "clearCache"})


class SqlContext:
    """Forward calls to `spark`. Raises AttributeError with the name to use instead for others."""

    def __init__(self, spark: Any) -> None:
        self._spark = spark

    def __getattr__(self, name: str) -> Any:
        if name in _SAME:
            return getattr(self._spark, name)
        instead = "spark.catalog" if name in _CATALOG else "spark"
        raise AttributeError(f"sqlContext.{name} is not here; use {instead}.")

    def setConf(self, key: str, value: Any) -> None:  # noqa: N802 - Spark's name
        self._spark.conf.set(key, value)

    def getConf(self, key: str, *default: str) -> str:  # noqa: N802
        return cast(str, self._spark.conf.get(key, *default))

    def registerDataFrameAsTable(self, df: Any, tableName: str) -> None:  # noqa: N802, N803
        """Make a frame a temporary view."""
        df.createOrReplaceTempView(tableName)

    def dropTempTable(self, tableName: str) -> None:  # noqa: N802, N803
        self._spark.catalog.dropTempView(tableName)

    def tableNames(self) -> list[str]:  # noqa: N802 - Spark's name
        """List the names of the current database's tables and views."""
        return [table.name for table in self._spark.catalog.listTables()]
