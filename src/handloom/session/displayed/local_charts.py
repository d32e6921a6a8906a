"""Groups of the rows of a frame in this kernel's memory, for charts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from handloom.session.displayed.charts import AxisSpan, ChartKey, Group
from handloom.session.displayed.values import texts

_TYPES = pd.api.types
_SECONDS = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}
_SEED = 7


class LocalGroups:
    """Rows in pandas. `column_of` gives the values of a column in these rows."""

    def __init__(self, rows: int, column_of: Callable[[int], Any]) -> None:
        self._rows = rows
        self._column_of = column_of

    def count(self) -> int:
        return self._rows

    def span(self, column: int) -> AxisSpan:
        kind, values = self._values(column)
        if kind == "text":
            return AxisSpan(kind=kind, unique=values.nunique(), low=0, high=0, missing=int(values.isna().sum()))
        present = values[np.isfinite(values)]
        low, high = (float(present.min()), float(present.max())) if len(present) else (0.0, 0.0)
        unique = len(np.unique(present))
        return AxisSpan(kind=kind, unique=unique, low=low, high=high, missing=len(values) - len(present))

    def grouped(self, keys: tuple[ChartKey, ...], value: int | None, aggregation: str, most: int) -> list[Group]:
        if value is None:
            numbers: Any = np.ones(self._rows)
        elif aggregation == "count":
            numbers = np.where(self._column_of(value).notna(), 1.0, np.nan)
        else:
            numbers = self._numbers(value)
        by = self._by(keys, numbers)
        found = by.agg({"count": "count"}.get(aggregation, aggregation))
        if aggregation == "sum":  # the sum of nothing is nothing, not 0
            found = found.where(by.count() > 0)
        return self._read(found.head(most), aggregation == "count")

    def quartiles(self, keys: tuple[ChartKey, ...], value: int, most: int) -> list[Group]:
        numbers = self._numbers(value)
        if not keys:
            present = numbers[np.isfinite(numbers)]
            if not len(present):
                return []
            return [(*(float(one) for one in np.quantile(present, [0, 0.25, 0.5, 0.75, 1])), len(present))]
        by = self._by(keys, numbers)
        quarters = by.quantile([0, 0.25, 0.5, 0.75, 1]).unstack()
        counts = by.count()
        return [
            (_key(at), *(None if np.isnan(one) else float(one) for one in row), int(counts.loc[[at]].iloc[0]))
            for at, row in zip(quarters.index, quarters.to_numpy(), strict=True)
        ][:most]

    def points(self, columns: tuple[int, ...], most: int) -> tuple[list[Group], int]:
        """Rows by chance, the same ones each time, if there are more than asked for."""
        take = np.arange(self._rows)
        if self._rows > most:
            take = np.sort(np.random.default_rng(_SEED).choice(self._rows, most, replace=False))
        read = [[_key(one) for one in pd.Series(self._values(column)[1]).iloc[take]] for column in columns]
        return list(zip(*read, strict=True)), self._rows

    def _by(self, keys: tuple[ChartKey, ...], numbers: Any) -> Any:
        frame = pd.DataFrame({"value": np.where(np.isfinite(numbers), numbers, np.nan)})
        names = []
        for number, key in enumerate(keys):
            kind, values = self._values(key.column)
            if key.intervals:
                at = np.minimum(np.floor((values - key.low) / key.width), key.intervals - 1)
                values = np.where(np.isfinite(values), at, np.nan)
            frame[f"key{number}"] = np.asarray(values.astype(object)) if kind == "text" else values
            names.append(f"key{number}")
        return frame.groupby(names if len(names) > 1 else names[0], dropna=False, sort=False)["value"]

    def _read(self, found: Any, are_counts: bool) -> list[Group]:
        rows = []
        for at, number in found.items():
            keys = at if isinstance(at, tuple) else (at,)
            value = None if pd.isna(number) else int(number) if are_counts else float(number)
            rows.append((*(_key(one) for one in keys), value))
        return rows

    def _values(self, column: int) -> tuple[str, Any]:
        """The kind of a column, and its values: numbers and seconds as floats, others as texts."""
        series = self._column_of(column)
        if _is_number(series):
            return "number", _floats(series)
        if _TYPES.is_datetime64_any_dtype(series.dtype):
            return "time", _seconds(series)
        if len(series) and _TYPES.infer_dtype(series.astype(object), skipna=True) in ("date", "datetime"):
            return "time", _seconds(pd.to_datetime(series, errors="coerce"))
        return "text", texts(series)

    def _numbers(self, column: int) -> Any:
        return _floats(self._column_of(column))


def _is_number(series: Any) -> bool:
    dtype = series.dtype
    if _TYPES.is_bool_dtype(dtype):
        return False
    if _TYPES.is_numeric_dtype(dtype):
        return not _TYPES.is_complex_dtype(dtype)
    kinds = ("integer", "floating", "mixed-integer-float", "decimal")
    return _TYPES.is_object_dtype(dtype) and _TYPES.infer_dtype(series, skipna=True) in kinds


def _floats(series: Any) -> Any:
    return (
        series.astype(object).to_numpy(dtype="float64", na_value=np.nan)
        if _boxed(series)
        else series.to_numpy("float64")
    )


def _boxed(series: Any) -> bool:
    return _TYPES.is_object_dtype(series.dtype) or not isinstance(series.dtype, np.dtype)


def _seconds(series: Any) -> Any:
    """Seconds of the times as they are shown: those with a time zone by its clock."""
    moments = pd.to_datetime(series)
    if getattr(moments.dt, "tz", None) is not None:
        moments = moments.dt.tz_localize(None)
    values = moments.astype("datetime64[us]").to_numpy()
    return np.where(np.isnat(values), np.nan, values.astype("int64") / _SECONDS["us"])


def _key(value: Any) -> Any:
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and not np.isfinite(value)):
        return None
    return value.item() if isinstance(value, np.generic) else value
