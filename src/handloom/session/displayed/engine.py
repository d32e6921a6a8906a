"""Rows, statistics and downloads of a Spark frame: from a copy in memory, or from the engine if it is large."""

from __future__ import annotations

import csv
import decimal
import functools
import itertools
import operator
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from dateutil.tz import tzlocal

from handloom.session import frames
from handloom.session.displayed.engine_charts import EngineGroups
from handloom.session.displayed.local import BINS, TOP, LocalFrame
from handloom.session.displayed.query import COMPARISONS, ColumnFilter, FramePage, FrameQuery, QueryError

LARGEST_COPY = 20_000_000
"""Values of a frame that are copied to the kernel at most. Pages of a copy are quick and have one order."""
_CHUNK = 50_000
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def open_frame(frame: Any, total: int, largest: int = LARGEST_COPY) -> LocalFrame | EngineFrame:
    """Return a copy of the frame in memory, or the frame itself where that would be too large."""
    if total * max(1, len(frame.columns)) > largest:
        return EngineFrame(frame)
    return _copied(frame)


def _copied(frame: Any) -> LocalFrame:
    from pyspark.sql.conversion import ArrowTableToRowsConversion
    from pyspark.sql.types import TimestampType

    table = frame.toArrow()
    values = frames.as_pandas(table)
    for number, field in enumerate(frame.schema.fields):
        if isinstance(field.dataType, TimestampType):  # shown in the kernel's time zone, as collect() gives it
            values.isetitem(number, _local_time(values.iloc[:, number]))

    def rows_of(positions: Any) -> list[list[Any]]:
        return frames.rows_of_spark(ArrowTableToRowsConversion.convert(table.take(positions), frame.schema))

    return LocalFrame(values, _columns(frame), rows_of)


def _local_time(series: Any) -> Any:
    import pandas as pd

    return pd.to_datetime(series.astype("datetime64[us, UTC]")).dt.tz_convert(tzlocal()).dt.tz_localize(None)


def _columns(frame: Any) -> list[tuple[str, str]]:
    return [(field.name, field.dataType.simpleString()) for field in frame.schema.fields]


class EngineFrame:
    """Asks the engine for each page. An order is needed, because an engine's rows come in any."""

    def __init__(self, frame: Any) -> None:
        names = [f"c{number}" for number in range(len(frame.columns))]
        self._frame = frame.toDF(*names)
        self._schema = frame.schema
        self.columns = _columns(frame)

    def page(self, query: FrameQuery, start: int, count: int) -> FramePage:
        if query.sort is None:
            raise QueryError(
                "This frame is too large to be copied. Sort it by a column to page through all of its rows."
            )
        found = self._matching(query)
        total = found.count()
        rows = self._ordered(found, query.sort).offset(start).limit(count).collect() if count else []
        return FramePage(rows=frames.rows_of_spark(rows), numbers=None, index=None, matching=total)

    def statistics(self, query: FrameQuery, column: int) -> dict[str, Any]:
        from pyspark.sql import functions as f

        found, value = self._matching(query), f.col(f"c{column}")
        kind = self._schema.fields[column].dataType
        asked = [f.count(f.lit(1)).alias("rows"), f.count(value).alias("present")]
        if _has_order(kind):
            asked += [f.countDistinct(value).alias("unique"), f.min(value).alias("min"), f.max(value).alias("max")]
        if _is_number(kind):
            asked += [f.avg(value).alias("mean"), f.stddev(value).alias("std")]
        facts = found.agg(*asked).first().asDict()
        present = facts.pop("present")
        shown = {name: frames.cell(one) for name, one in facts.items()} | {"missing": facts["rows"] - present}
        if _is_number(kind):
            return shown | {"bins": _bins(found, value, facts)}
        counts = found.where(value.isNotNull()).groupBy(value.cast("string").alias("v")).count()
        top = counts.orderBy(f.col("count").desc(), f.col("v")).limit(TOP).collect() if _has_order(kind) else []
        return shown | {"top": [[row["v"], row["count"]] for row in top]}

    def groups(self, query: FrameQuery) -> EngineGroups:
        return EngineGroups(self._matching(query), self._schema)

    def write(self, query: FrameQuery, path: Path, kind: str) -> None:
        found = self._matching(query)
        rows = (self._ordered(found, query.sort) if query.sort else found).toLocalIterator()
        names = [name for name, _ in self.columns]
        if kind == "csv":
            with path.open("w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file)
                writer.writerow(names)
                writer.writerows(frames.rows_of_spark([row])[0] for row in rows)
            return
        _write_parquet(rows, names, self._schema, path)

    def _ordered(self, found: Any, sort: tuple[int, bool]) -> Any:
        """Order by the column, and equal values by all others, so that pages do not overlap."""
        from pyspark.sql import functions as f

        column, down = sort
        first = f.col(f"c{column}")
        others = [
            f.col(f"c{number}")
            for number, field in enumerate(self._schema.fields)
            if number != column and _has_order(field.dataType)
        ]
        return found.orderBy(first.desc_nulls_last() if down else first.asc_nulls_last(), *others)

    def _matching(self, query: FrameQuery) -> Any:
        from pyspark.sql import functions as f

        found = self._frame
        for one in query.filters:
            found = found.where(self._condition(one))
        if query.search:
            kinds = [field.dataType for field in self._schema.fields]
            comparisons = [
                f.lower(f.col(f"c{number}").cast("string")).contains(query.search)
                for number, kind in enumerate(kinds)
                if _has_order(kind)
            ]
            if len(comparisons) < len(kinds):
                raise QueryError("This frame is too large to search its nested columns. Use filters of single columns.")
            found = found.where(functools.reduce(operator.or_, (f.coalesce(one, f.lit(False)) for one in comparisons)))
        return found

    def _condition(self, one: ColumnFilter) -> Any:
        from pyspark.sql import functions as f
        from pyspark.sql.types import StringType

        value, kind = f.col(f"c{one.column}"), self._schema.fields[one.column].dataType
        name = self.columns[one.column][0]
        if one.operator in ("missing", "present"):
            return value.isNull() if one.operator == "missing" else value.isNotNull()
        if not _has_order(kind):
            raise QueryError(f"“{name}” has values that have no order. Use missing or present.")
        if one.operator == "contains":
            return f.lower(value.cast("string")).contains(one.value.casefold())
        wanted = f.lit(one.value)
        if _is_number(kind):
            wanted = f.lit(_number(one.value, name))
        elif not isinstance(kind, StringType):
            wanted = wanted.cast(kind)
            if one.operator in COMPARISONS and self._frame.limit(1).select(wanted.isNull()).first()[0]:
                raise QueryError(f"“{one.value}” is not a value of “{name}” ({kind.simpleString()}).")
        return _COMPARE[one.operator](value, wanted)


def _number(text: str, name: str) -> Any:
    try:
        found = decimal.Decimal(text)
    except ArithmeticError as error:
        raise QueryError(f"“{text}” is not a value of “{name}”.") from error
    return int(found) if found == found.to_integral_value() else float(found)


def _has_order(kind: Any) -> bool:
    from pyspark.sql.types import ArrayType, BinaryType, MapType, StructType, VariantType

    return not isinstance(kind, (ArrayType, BinaryType, MapType, StructType, VariantType))


def _is_number(kind: Any) -> bool:
    from pyspark.sql.types import NumericType

    return isinstance(kind, NumericType)


def _bins(found: Any, value: Any, facts: dict[str, Any]) -> list[list[Any]]:
    """Count equal intervals between the least and the greatest value in one query."""
    from pyspark.sql import functions as f

    if facts["min"] is None:
        return []
    low, high = float(facts["min"]), float(facts["max"])
    if not np.isfinite(high - low) or high == low:
        return [[low, high, int(facts["rows"])]] if high == low else []
    width = (high - low) / BINS
    numbered = f.least(f.floor((value.cast("double") - f.lit(low)) / f.lit(width)), f.lit(BINS - 1))
    counted = found.where(value.isNotNull()).groupBy(numbered.cast("int").alias("bin")).count().collect()
    counts = {row["bin"]: row["count"] for row in counted}
    return [[low + n * width, low + (n + 1) * width, counts.get(n, 0)] for n in range(BINS)]


def _write_parquet(rows: Iterator[Any], names: list[str], schema: Any, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq
    from pyspark.sql.pandas.types import to_arrow_schema

    if len(set(names)) < len(names):
        raise QueryError("Parquet needs different column names. Rename the columns or download CSV.")
    fields = to_arrow_schema(schema, timezone="UTC")
    local = pa.timestamp("us")  # times as shown, in the kernel's time zone
    arrow = pa.schema([field.with_type(local) if pa.types.is_timestamp(field.type) else field for field in fields])
    with pq.ParquetWriter(path, arrow) as writer:
        while chunk := list(itertools.islice(rows, _CHUNK)):
            columns = [pa.array([row[n] for row in chunk], type=field.type) for n, field in enumerate(arrow)]
            writer.write_table(pa.Table.from_arrays(columns, schema=arrow))
