"""MIME bundle of a DataFrame for `display`: JSON with exact values for our UI, and an HTML table for other viewers."""

from __future__ import annotations

import datetime
import decimal
import html
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

MIME = "application/vnd.handloom.dataframe+json"
SHOWN = 1_000
HTML_ROWS = 50
"""Maximum rows of the HTML table; the JSON has all."""
SAFE = 2**53 - 1
"""Largest integer that JavaScript represents exactly."""

_STYLE = "border-collapse:collapse;font-size:13px"
_CELL = "border:1px solid #d0d0d0;padding:2px 8px;text-align:"
_NUMBERS = ("int", "bigint", "smallint", "tinyint", "float", "double", "decimal", "uint")


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameTable:
    """The displayed rows of a frame and its total count. `index` is a pandas index other than the row number."""

    columns: list[tuple[str, str]]
    """Name and type."""
    rows: list[list[Any]]
    total: int
    total_exact: bool
    source: str
    index: list[Any] | None = None

    def bundle(self, key: str | None = None) -> dict[str, Any]:
        """Return the MIME bundle. With `key` the page can ask the kernel for the other rows."""
        table = {
            "columns": [{"name": name, "type": kind} for name, kind in self.columns],
            "rows": self.rows,
            "total": self.total,
            "shown": len(self.rows),
            "total_exact": self.total_exact,
            "source": self.source,
            "index": self.index,
            "key": key,
        }
        return {MIME: table, "text/html": self._html(), "text/plain": self._text()}

    def _counted(self, shown: int) -> str:
        columns = f"{len(self.columns)} column{'' if len(self.columns) == 1 else 's'}"
        rows = f"{self.total:,}{'' if self.total_exact else '+'} row{'' if self.total == 1 else 's'}"
        return f"{rows}, {columns}" if shown == self.total else f"{rows}, {columns} (the first {shown:,} shown)"

    def _html(self) -> str:
        head = "".join(
            f'<th style="{_CELL}left" title="{html.escape(kind)}">{html.escape(name)}</th>'
            for name, kind in [("", ""), *self.columns]
        )
        aligned = ["right" if kind.startswith(_NUMBERS) else "left" for _, kind in self.columns]
        lines = []
        for number, row in enumerate(self.rows[:HTML_ROWS]):
            label = self.index[number] if self.index is not None else number + 1
            cells = "".join(
                f'<td style="{_CELL}{align}">{html.escape(_plain(value))}</td>'
                for align, value in zip(aligned, row, strict=True)
            )
            lines.append(f'<tr><th style="{_CELL}right">{html.escape(_plain(label))}</th>{cells}</tr>')
        body = "".join(lines)
        note = f"<p>{self._counted(min(len(self.rows), HTML_ROWS))}</p>"
        return f'<table style="{_STYLE}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{note}'

    def _text(self) -> str:
        names = ", ".join(f"{name}: {kind}" for name, kind in self.columns)
        return f"DataFrame[{names}] {self._counted(len(self.rows))}"


def _plain(value: Any) -> str:
    return "" if value is None else str(value)


def cell(value: Any) -> Any:
    """Convert a value to JSON without loss."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return value if -SAFE <= value <= SAFE else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else ("NaN" if math.isnan(value) else _infinite(value))
    return _other(value)


def _infinite(value: float) -> str:
    return "Infinity" if value > 0 else "-Infinity"


def _other(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): cell(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [cell(item) for item in value]
    if hasattr(value, "tolist"):  # an array or a scalar of NumPy
        return cell(value.tolist())
    return _text_of(value)


def _text_of(value: Any) -> str:
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ")
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).hex(" ").upper()
    return str(value)


def of_spark(frame: Any, shown: int = SHOWN) -> FrameTable:
    """Read the first rows of a Spark frame; a second query counts the rows only if there are more."""
    schema = frame.schema
    rows = frame.limit(shown + 1).collect()
    total = len(rows)
    if total > shown:
        rows, total = rows[:shown], frame.count()
    return FrameTable(
        columns=[(field.name, field.dataType.simpleString()) for field in schema.fields],
        rows=rows_of_spark(rows),
        total=total,
        total_exact=True,
        source="spark",
    )


def rows_of_spark(rows: Sequence[Any]) -> list[list[Any]]:
    return [[_of_row(value) for value in row] for row in rows]


def _of_row(value: Any) -> Any:
    """Convert a nested Row to a dict, which keeps its field names."""
    if hasattr(value, "asDict"):
        return {key: _of_row(item) for key, item in value.asDict().items()}
    if isinstance(value, (list, tuple)):
        return [_of_row(item) for item in value]
    return cell(value)


def of_pandas(frame: Any, shown: int = SHOWN) -> FrameTable:
    """Convert a pandas frame, or a series as a frame of one column."""
    import pandas as pd

    if isinstance(frame, pd.Series):
        frame = frame.to_frame(name=frame.name if frame.name is not None else "value")
    head = frame.head(shown)
    return FrameTable(
        columns=columns_of_pandas(frame),
        rows=rows_of_pandas(head),
        total=len(frame),
        total_exact=True,
        source="pandas",
        index=None if is_numbered(frame) else labels(head.index),
    )


def columns_of_pandas(frame: Any) -> list[tuple[str, str]]:
    return [(_name(name), str(dtype)) for name, dtype in zip(frame.columns, frame.dtypes, strict=True)]


def rows_of_pandas(frame: Any) -> list[list[Any]]:
    columns = [_column(frame.iloc[:, number]) for number in range(frame.shape[1])]
    return [list(row) for row in zip(*columns, strict=True)] if columns else [[] for _ in range(len(frame))]


def is_numbered(frame: Any) -> bool:
    """Whether the index is the row's number."""
    import pandas as pd

    return isinstance(frame.index, pd.RangeIndex) and frame.index.start == 0 and frame.index.step == 1


def labels(index: Any) -> list[Any]:
    return [_label(label) for label in index]


def of_arrow(table: Any, source: str = "arrow", shown: int = SHOWN) -> FrameTable:
    """Convert an Arrow table."""
    head = as_pandas(table.slice(0, shown))
    return FrameTable(
        columns=columns_of_arrow(table),
        rows=rows_of_pandas(head),
        total=table.num_rows,
        total_exact=True,
        source=source,
    )


def columns_of_arrow(table: Any) -> list[tuple[str, str]]:
    return [(field.name, str(field.type)) for field in table.schema]


def as_pandas(table: Any) -> Any:
    """Return a pandas frame over the same memory, with Arrow's types, so that no value changes."""
    import pandas as pd

    names = [str(number) for number in range(table.num_columns)]
    return table.rename_columns(names).to_pandas(types_mapper=pd.ArrowDtype)


def _column(series: Any) -> list[Any]:
    import pandas as pd

    missing = series.isna().tolist()
    values: Sequence[Any] = series.tolist()
    is_float = pd.api.types.is_float_dtype(series.dtype)
    return [
        ("NaN" if is_float and value is not pd.NA else None) if gone is True else cell(stamp(value))
        for gone, value in zip(missing, values, strict=True)
    ]


def stamp(value: Any) -> Any:
    """Return a time of pandas as Python's, unless that would lose nanoseconds."""
    return value.to_pydatetime(warn=False) if hasattr(value, "to_pydatetime") and not value.nanosecond else value


def _name(name: Any) -> str:
    return " / ".join(map(str, name)) if isinstance(name, tuple) else str(name)


def _label(label: Any) -> Any:
    return _name(label) if isinstance(label, tuple) else cell(stamp(label))
