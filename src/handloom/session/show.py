"""`display` and `displayHTML`: show frames as tables, and other values like IPython."""

from __future__ import annotations

import sys
from typing import Any

from IPython import display as ipython

from handloom.session import frames
from handloom.session.frames import FrameTable

_show: Any = ipython.display
_html: Any = ipython.HTML


def display(*values: Any, summary: bool = False, **options: Any) -> Any:
    """Show values under the cell. For a Spark or pandas frame, show 1,000 rows, or column statistics with `summary`."""
    if not values:
        return _show(*values, **options)
    answer = None
    for value in values:
        shown = _as_table(value, summary)
        answer = _show(value, **options) if shown is None else _show(shown.bundle(), raw=True, **options)
    return answer


def display_html(text: str) -> None:
    """Show HTML under the cell."""
    _show(_html(str(text)))


def _as_table(value: Any, summary: bool) -> FrameTable | None:
    """Return the table of a Spark or pandas frame; None for another value. Imports neither library: a frame's own
    library is imported already.
    """
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(value, (pandas.DataFrame, pandas.Series)):
        return _summary_of_pandas(value) if summary else frames.of_pandas(value)
    connect = sys.modules.get("pyspark.sql.connect.dataframe")
    if connect is not None and isinstance(value, connect.DataFrame) and not value.isStreaming:
        return _summary_of_spark(value) if summary else frames.of_spark(value)
    return None


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


def _summary_of_pandas(value: Any) -> FrameTable:
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
    return _summary(rows, "pandas")


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
