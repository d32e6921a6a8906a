"""Groups of the rows of a Spark frame that is too large to be copied, computed by the engine, for charts."""

from __future__ import annotations

import datetime
import math
from typing import Any

from dateutil.tz import tzlocal

from handloom.session.displayed.charts import AxisSpan, ChartKey, Group

_EPOCH = datetime.datetime(1970, 1, 1)
_SEED = 7


class EngineGroups:
    """Rows of a frame whose columns are named c0, c1 and so on. Each method is one query of the engine."""

    def __init__(self, frame: Any, schema: Any) -> None:
        self._frame = frame
        self._kinds = [_kind(field.dataType) for field in schema.fields]
        self._types = [field.dataType for field in schema.fields]

    def count(self) -> int:
        return int(self._frame.count())

    def span(self, column: int) -> AxisSpan:
        from pyspark.sql import functions as f

        value, kind = self._value(column), self._kinds[column]
        asked = [
            f.count(f.lit(1)).alias("rows"),
            f.count(value).alias("present"),
            f.countDistinct(value).alias("unique"),
        ]
        if kind != "text":
            asked += [f.min(value).alias("low"), f.max(value).alias("high")]
        found = self._frame.agg(*asked).first().asDict()
        low, high = (float(found.get(end) or 0) for end in ("low", "high"))
        missing = found["rows"] - found["present"]
        return AxisSpan(kind=kind, unique=found["unique"], low=low, high=high, missing=missing)

    def grouped(self, keys: tuple[ChartKey, ...], value: int | None, aggregation: str, most: int) -> list[Group]:
        from pyspark.sql import functions as f

        if aggregation == "count":
            number = f.count(f.lit(1) if value is None else f.col(f"c{value}"))
        else:
            assert value is not None
            compute = {"sum": f.sum, "mean": f.avg, "min": f.min, "max": f.max, "median": f.median}[aggregation]
            number = compute(self._value(value))
        rows = self._by(keys).agg(number.alias("value")).limit(most).collect()
        return [(*(_plain(row[f"key{n}"]) for n in range(len(keys))), _plain(row["value"])) for row in rows]

    def quartiles(self, keys: tuple[ChartKey, ...], value: int, most: int) -> list[Group]:
        from pyspark.sql import functions as f

        number = self._value(value)
        asked = [f.percentile(number, share).alias(f"q{n}") for n, share in enumerate((0.0, 0.25, 0.5, 0.75, 1.0))]
        rows = self._by(keys).agg(*asked, f.count(number).alias("count")).limit(most).collect()
        return [
            (
                *(_plain(row[f"key{n}"]) for n in range(len(keys))),
                *(_plain(row[f"q{n}"]) for n in range(5)),
                row["count"],
            )
            for row in rows
            if keys or row["count"]
        ]

    def points(self, columns: tuple[int, ...], most: int) -> tuple[list[Group], int]:
        """Rows by chance, if there are more than asked for."""
        from pyspark.sql import functions as f

        total, found = self.count(), self._frame
        if total > most:
            found = found.where(f.rand(_SEED) < f.lit(min(1.0, 1.1 * most / total + 0.001)))
        rows = (
            found.select(*(self._value(column).alias(f"v{n}") for n, column in enumerate(columns)))
            .limit(most)
            .collect()
        )
        return [tuple(_plain(one) for one in row) for row in rows], total

    def _by(self, keys: tuple[ChartKey, ...]) -> Any:
        from pyspark.sql import functions as f

        named = []
        for number, key in enumerate(keys):
            value = self._value(key.column)
            if key.intervals:
                at = f.floor((value - f.lit(key.low)) / f.lit(key.width))
                last = f.lit(key.intervals - 1)
                value = f.when(at > last, last).otherwise(at).cast("int")  # `least` would count missing values
            named.append(value.alias(f"key{number}"))
        return self._frame.groupBy(*named)

    def _value(self, column: int) -> Any:
        """A column as numbers, seconds of times as they are shown, or texts."""
        from pyspark.sql import functions as f
        from pyspark.sql.types import DateType, TimestampType

        value, kind = f.col(f"c{column}"), self._kinds[column]
        if kind == "number":
            number = value.cast("double")
            return f.when(f.isnan(number) | (f.abs(number) == f.lit(math.inf)), f.lit(None)).otherwise(number)
        if kind == "text":
            return value.cast("string")
        if isinstance(self._types[column], DateType):
            return (f.datediff(value, f.lit(_EPOCH.date())) * f.lit(86_400)).cast("double")
        if isinstance(self._types[column], TimestampType):
            return value.cast("double") + f.lit(_offset())
        return f.unix_micros(value.cast("timestamp")) / f.lit(1e6)


def _kind(type_: Any) -> str:
    from pyspark.sql.types import DateType, NumericType, TimestampNTZType, TimestampType

    if isinstance(type_, NumericType):
        return "number"
    return "time" if isinstance(type_, (DateType, TimestampType, TimestampNTZType)) else "text"


def _offset() -> float:
    """Seconds between the kernel's clock and UTC."""
    offset = datetime.datetime.now(tzlocal()).utcoffset()
    return offset.total_seconds() if offset else 0.0


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
