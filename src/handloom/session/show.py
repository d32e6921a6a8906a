"""`display` and `displayHTML`: show frames as tables, and other values like IPython."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from IPython import display as ipython

from handloom.session import frames
from handloom.session.displayed import requests
from handloom.session.displayed.requests import RowSource
from handloom.session.frames import FrameTable

_show: Any = ipython.display
_html: Any = ipython.HTML


def display(*values: Any, summary: bool = False, **options: Any) -> Any:
    """Show values under the cell. Show a frame of Spark, pandas, polars or Arrow as a table: the first 1,000 rows, of
    which the page reaches the others through this kernel, or column statistics with `summary`.
    """
    if not values:
        return _show(*values, **options)
    answer = None
    for value in values:
        bundle = bundle_of(value, summary)
        answer = _show(value, **options) if bundle is None else _show(bundle, raw=True, **options)
    return answer


def bundle_of(value: Any, summary: bool = False) -> dict[str, Any] | None:
    """Return the MIME bundle of a frame, which is kept for the page's requests; None for another value."""
    shown = _as_table(value, summary)
    if shown is None:
        return None
    table, opens = shown
    return table.bundle(requests.displayed.add(opens) if opens else None)


def display_html(text: str) -> None:
    """Show HTML under the cell."""
    _show(_html(str(text)))


_Shown = tuple[FrameTable, Callable[[], RowSource] | None]


def _as_table(value: Any, summary: bool) -> _Shown | None:
    """Return the table of a frame and how to open it for the page; None for another value. Imports no library: a
    frame's own library is imported already.
    """
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(value, (pandas.DataFrame, pandas.Series)):
        return (_summary_of_pandas(value), None) if summary else _pandas(value)
    connect = sys.modules.get("pyspark.sql.connect.dataframe")
    if connect is not None and isinstance(value, connect.DataFrame) and not value.isStreaming:
        return (_summary_of_spark(value), None) if summary else _spark(value)
    table = _as_arrow(value)
    if table is None:
        return None
    source = type(value).__module__.split(".")[0]
    return (_summary_of_arrow(table, source), None) if summary else _arrow(table, source)


def _pandas(value: Any) -> _Shown:
    frame = value.to_frame(name=value.name if value.name is not None else "value") if value.ndim == 1 else value
    kept = frame.copy(deep=False)  # columns that are added or dropped later do not change what was displayed

    def opens() -> RowSource:
        from handloom.session.displayed.local import LocalFrame

        return LocalFrame(kept, frames.columns_of_pandas(kept))

    return frames.of_pandas(frame), opens


def _spark(frame: Any) -> _Shown:
    shown = frames.of_spark(frame)

    def opens() -> RowSource:
        from handloom.session.displayed.engine import open_frame

        return open_frame(frame, shown.total)

    return shown, opens


def _as_arrow(value: Any) -> Any:
    """Return an Arrow table of a table of Arrow or polars; None for another value."""
    arrow, polars = sys.modules.get("pyarrow"), sys.modules.get("polars")
    if arrow is not None and isinstance(value, arrow.Table):
        return value
    if arrow is not None and isinstance(value, arrow.RecordBatch):
        return arrow.Table.from_batches([value])
    if polars is not None and isinstance(value, polars.DataFrame):
        return value.to_arrow()
    return None


def _arrow(table: Any, source: str) -> _Shown:
    def opens() -> RowSource:
        from handloom.session.displayed.local import LocalFrame

        return LocalFrame(frames.as_pandas(table), frames.columns_of_arrow(table))

    return frames.of_arrow(table, source), opens


def _summary_of_arrow(table: Any, source: str) -> FrameTable:
    frame = frames.as_pandas(table)
    return _summary_of_pandas(frame.set_axis(table.column_names, axis=1), source)


_SUMMARY = ["column", "type", "missing", "unique", "min", "max", "mean", "std"]


def _summary_of_spark(frame: Any) -> FrameTable:
    """Compute the statistics of all columns in one query."""
    from pyspark.sql import functions as f

    fields = frame.schema.fields
    asked = [f.count(f.lit(1)).alias("n")]
    for number, field in enumerate(fields):
        column = f.col("`" + field.name.replace("`", "``") + "`")
        asked.append(f.count(column).alias(f"c{number}"))
        if _is_simple(field.dataType):
            asked += [f.countDistinct(column).alias(f"u{number}"), f.min(column).alias(f"l{number}")]
            asked.append(f.max(column).alias(f"h{number}"))
        if _is_number(field.dataType):
            asked += [f.avg(column).alias(f"m{number}"), f.stddev(column).alias(f"s{number}")]
    found = frame.agg(*asked).first().asDict()
    rows = []
    for number, field in enumerate(fields):
        values = [found.get(f"{key}{number}") for key in "ulhms"]
        missing = found["n"] - found[f"c{number}"]
        rows.append([field.name, field.dataType.simpleString(), missing, *map(frames.cell, values)])
    return _summary(rows, "spark")


def _is_number(type_: Any) -> bool:
    from pyspark.sql.types import NumericType

    return isinstance(type_, NumericType)


def _is_simple(type_: Any) -> bool:
    from pyspark.sql.types import ArrayType, BinaryType, MapType, StructType, VariantType

    return not isinstance(type_, (ArrayType, BinaryType, MapType, StructType, VariantType))


def _summary_of_pandas(value: Any, source: str = "pandas") -> FrameTable:
    import pandas as pd

    frame = value.to_frame() if isinstance(value, pd.Series) else value
    rows = []
    for number in range(frame.shape[1]):
        series = frame.iloc[:, number]
        number_like = pd.api.types.is_numeric_dtype(series.dtype) and not pd.api.types.is_bool_dtype(series.dtype)
        present = series.dropna()
        statistics = [_unique(present), *_ends(present)]
        statistics += [present.mean(), present.std()] if number_like and len(present) else [None, None]
        missing = int(series.isna().sum())
        rows.append([str(frame.columns[number]), str(series.dtype), missing, *map(frames.cell, statistics)])
    return _summary(rows, source)


def _unique(series: Any) -> int | None:
    try:
        return int(series.nunique())
    except TypeError:  # values that are not hashable, such as lists
        return None


def _ends(series: Any) -> list[Any]:
    try:
        return [series.min(), series.max()] if len(series) else [None, None]
    except TypeError:
        return [None, None]


def _summary(rows: list[list[Any]], source: str) -> FrameTable:
    types = ["string", "string", "bigint", "bigint", "string", "string", "double", "double"]
    columns = list(zip(_SUMMARY, types, strict=True))
    return FrameTable(columns=columns, rows=rows, total=len(rows), total_exact=True, source=source)
