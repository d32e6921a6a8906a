"""Rows, statistics and downloads of a frame in this kernel's memory: pandas, polars, Arrow, or rows of Spark."""

from __future__ import annotations

import datetime
import decimal
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from handloom.session import frames
from handloom.session.displayed.local_charts import LocalGroups
from handloom.session.displayed.query import COMPARISONS, ColumnFilter, FramePage, FrameQuery, QueryError
from handloom.session.displayed.values import text, texts

BINS = 20
TOP = 10
_TYPES = pd.api.types


class LocalFrame:
    """A frame as `display` has shown it. `rows_of` makes the cells of rows, given their positions."""

    def __init__(
        self,
        frame: pd.DataFrame,
        columns: list[tuple[str, str]],
        rows_of: Callable[[Any], list[list[Any]]] | None = None,
    ) -> None:
        self._frame = frame
        self.columns = columns
        self._rows_of = rows_of or (lambda positions: frames.rows_of_pandas(frame.iloc[positions]))
        self._arranged: tuple[FrameQuery, Any] | None = None

    def page(self, query: FrameQuery, start: int, count: int) -> FramePage:
        positions = self._arrange(query)
        shown = positions[start : start + count]
        index = None if frames.is_numbered(self._frame) else frames.labels(self._frame.index[shown])
        return FramePage(rows=self._rows_of(shown), numbers=shown.tolist(), index=index, matching=len(positions))

    def statistics(self, query: FrameQuery, column: int) -> dict[str, Any]:
        """Statistics of a column over the rows that match."""
        series = self._column(column).iloc[np.sort(self._arrange(query))]
        return statistics_of(series)

    def groups(self, query: FrameQuery) -> LocalGroups:
        """The rows that match, to be grouped for a chart."""
        positions = np.sort(self._arrange(query))
        return LocalGroups(len(positions), lambda column: self._column(column).iloc[positions].reset_index(drop=True))

    def write(self, query: FrameQuery, path: Path, kind: str) -> None:
        """Write the rows that match as CSV or Parquet."""
        found = self._frame.iloc[self._arrange(query)]
        found = found.set_axis([name for name, _ in self.columns], axis=1)
        keep_index = not frames.is_numbered(self._frame)
        if kind == "csv":
            found.to_csv(path, index=keep_index)
            return
        if len(set(found.columns)) < found.shape[1]:
            raise QueryError("Parquet needs different column names. Rename the columns or download CSV.")
        found.to_parquet(path, index=keep_index)

    def _column(self, column: int) -> Any:
        return self._frame.iloc[:, column].reset_index(drop=True)

    def _arrange(self, query: FrameQuery) -> Any:
        """Return the positions of the rows that match, in order. Keeps the last result, because pages are asked for
        one after another.
        """
        if self._arranged is not None and self._arranged[0] == query:
            return self._arranged[1]
        positions = np.flatnonzero(self._matching(query))
        if query.sort is not None:
            column, down = query.sort
            positions = _sorted(self._column(column).iloc[positions], down)
        self._arranged = (query, positions)
        return positions

    def _matching(self, query: FrameQuery) -> Any:
        keep = np.ones(len(self._frame), dtype=bool)
        for one in query.filters:
            keep &= mask(self._column(one.column), one, self.columns[one.column][0])
        if query.search:
            found = np.zeros(len(self._frame), dtype=bool)
            for number in range(len(self.columns)):
                found |= _contains(self._column(number), query.search)
            keep &= found
        return keep


def _sorted(series: Any, down: bool) -> Any:
    """Return the positions of the values in order, missing ones last, equal ones as they came."""
    options: Any = {"ascending": not down, "kind": "stable", "na_position": "last"}
    try:
        return series.sort_values(**options).index.to_numpy()
    except (TypeError, NotImplementedError):  # values of several types, lists, dictionaries
        return texts(series).sort_values(**options).index.to_numpy()


def _contains(series: Any, wanted: str) -> Any:
    found = texts(series).str.casefold().str.contains(wanted, regex=False)
    return found.fillna(False).to_numpy(dtype=bool)


def mask(series: Any, condition: ColumnFilter, name: str) -> Any:
    """Return which values meet a condition. Raises QueryError where the column's type has no such comparison."""
    operator = condition.operator
    if operator in ("missing", "present"):
        return (series.isna() if operator == "missing" else series.notna()).to_numpy(dtype=bool)
    if operator == "contains":
        return _contains(series, condition.value.casefold())
    values, read = _comparable(series)
    if read is None:
        if operator in COMPARISONS:
            raise QueryError(f"“{name}” has values that have no order. Use =, != or contains.")
        values, read = texts(series), str
    try:
        wanted = read(condition.value)
    except (ValueError, TypeError, ArithmeticError) as error:
        raise QueryError(f"“{condition.value}” is not a value of “{name}” ({series.dtype}).") from error
    present = values.notna()
    found = np.zeros(len(values), dtype=bool)
    found[present.to_numpy(dtype=bool)] = _compare(values[present], operator, wanted)
    return found


def _compare(values: Any, operator: str, wanted: Any) -> Any:
    compared = {
        "=": values.__eq__,
        "!=": values.__ne__,
        "<": values.__lt__,
        "<=": values.__le__,
        ">": values.__gt__,
        ">=": values.__ge__,
    }[operator](wanted)
    return compared.fillna(False).to_numpy(dtype=bool)


_ReadValue = Callable[[str], Any]


def _comparable(series: Any) -> tuple[Any, _ReadValue | None]:
    """Return the values as they compare, and how to read one from text; no reader if they have no order."""
    dtype = series.dtype
    if _TYPES.is_bool_dtype(dtype):
        return series, _bool
    if _TYPES.is_numeric_dtype(dtype):
        return series, decimal.Decimal if "decimal" in str(dtype) else _number
    if _TYPES.is_datetime64_any_dtype(dtype):
        return series, lambda text: _moment(text, getattr(dtype, "tz", None) or _arrow_zone(dtype))
    if _TYPES.is_timedelta64_dtype(dtype):
        return series, pd.Timedelta
    return _comparable_objects(series)


def _comparable_objects(series: Any) -> tuple[Any, _ReadValue | None]:
    kind = _TYPES.infer_dtype(series.astype(object), skipna=True)
    numbers = ("integer", "floating", "mixed-integer-float")
    readers: dict[str, _ReadValue] = {
        "string": str,
        "decimal": decimal.Decimal,
        "date": datetime.date.fromisoformat,
        "boolean": _bool,
        "empty": str,
    }
    if kind in ("string", "empty"):
        return series.astype("string"), str
    if kind in numbers:
        return pd.to_numeric(series), _number
    return series.astype(object), readers.get(kind)


def _number(text: str) -> Any:
    try:
        return int(text)
    except ValueError:
        return float(text)


def _bool(text: str) -> bool:
    known = {"true": True, "1": True, "false": False, "0": False}
    if text.strip().casefold() not in known:
        raise ValueError(text)
    return known[text.strip().casefold()]


def _moment(text: str, zone: Any) -> pd.Timestamp:
    found = pd.Timestamp(text)
    if zone is None or found.tzinfo is not None:
        return found
    return found.tz_localize(zone)


def _arrow_zone(dtype: Any) -> Any:
    return getattr(getattr(dtype, "pyarrow_dtype", None), "tz", None)


def statistics_of(series: Any) -> dict[str, Any]:
    """Count, missing and unique values of a column; for numbers and times also the ends, mean and a histogram."""
    present = series.dropna()
    found: dict[str, Any] = {"rows": len(series), "missing": len(series) - len(present), "unique": _unique(present)}
    dtype = series.dtype
    if _TYPES.is_bool_dtype(dtype) or len(present) == 0:
        return found | {"top": _top(present)}
    if _TYPES.is_numeric_dtype(dtype) or _TYPES.infer_dtype(present.astype(object)) == "decimal":
        return found | _of_numbers(present)
    if _TYPES.is_datetime64_any_dtype(dtype):
        return found | _of_times(present)
    ends = _ends(present)
    return found | ends | {"top": _top(present)}


def _unique(present: Any) -> int | None:
    try:
        return int(present.nunique())
    except TypeError:  # values that are not hashable, such as lists
        return None


def _ends(present: Any) -> dict[str, Any]:
    try:
        return {"min": _cell(present.min()), "max": _cell(present.max())}
    except TypeError:
        return {}


def _cell(value: Any) -> Any:
    return frames.cell(frames.stamp(value))


def _of_numbers(present: Any) -> dict[str, Any]:
    numbers = present.astype("float64").to_numpy()
    finite = numbers[np.isfinite(numbers)]
    found: dict[str, Any] = _ends(present)
    if len(finite) == 0:
        return found
    with np.errstate(over="ignore", invalid="ignore"):
        quarters = np.quantile(finite, [0.25, 0.5, 0.75])
        deviation = finite.std(ddof=1) if len(finite) > 1 else None
        found |= {"mean": _cell(finite.mean()), "std": _cell(deviation)}
    found |= dict(zip(("q25", "median", "q75"), map(_cell, quarters), strict=True))
    integers = _TYPES.is_integer_dtype(present.dtype)
    return found | {"bins": histogram(finite, integers=integers), "infinite": len(numbers) - len(finite)}


def histogram(values: Any, *, integers: bool = False) -> list[list[Any]]:
    """Counts of equal intervals: where each begins, where it ends, and how many values it has."""
    low, high = float(values.min()), float(values.max())
    if not math.isfinite(high - low):
        return []
    edges = np.arange(low, high + 2) if integers and high - low < BINS else np.linspace(low, high, BINS + 1)
    if high == low or len(np.unique(edges)) < len(edges):  # as good as one value
        return [[low, high, len(values)]]
    counts, edges = np.histogram(values, edges)
    return [[float(a), float(b), int(n)] for a, b, n in zip(edges[:-1], edges[1:], counts, strict=True)]


def _of_times(present: Any) -> dict[str, Any]:
    moments = pd.to_datetime(present)
    micros = moments.astype("int64").to_numpy() / _unit(moments)
    bins = [[_of_seconds(a, moments), _of_seconds(b, moments), n] for a, b, n in histogram(micros)]
    return _ends(present) | {"bins": bins}


def _unit(moments: Any) -> float:
    unit = str(moments.dtype).split("[")[1].rstrip("]").split(",")[0]
    return {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}[unit]


def _of_seconds(seconds: float, moments: Any) -> str:
    zone = getattr(moments.dt, "tz", None)
    moment = pd.Timestamp(round(seconds * 1e6), unit="us", tz=zone)
    return str(_cell(moment))


def _top(present: Any) -> list[list[Any]]:
    """The most frequent values and how often each occurs."""
    try:
        counts = present.value_counts().head(TOP)
    except TypeError:
        counts = texts(present).value_counts().head(TOP)
    return [[text(value), int(count)] for value, count in counts.items()]
