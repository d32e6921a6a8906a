"""Numbers of a chart of a displayed frame. They are computed over all rows that match; what is left out is counted."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Protocol

from handloom.session.displayed.query import QueryError, read_column

TYPES = ("bar", "line", "area", "scatter", "histogram", "box", "pie", "heat")
AGGREGATIONS = ("count", "sum", "mean", "min", "max", "median")
LARGEST_GROUPING = 20_000
"""Groups that are read at most."""
POINTS = 5_000
"""Points of a scatter chart at most. They are stored in the notebook."""
BARS = 50
SLICES = 12
BOXES = 40
SERIES = 12
ON_A_LINE = 2_000
"""Values of a number or time on an axis; a column with more is divided into intervals."""
INTERVALS = {"bar": 30, "line": 500, "area": 500, "heat": 24, "pie": 10, "box": 12}
MOST_BINS = 200

Group = tuple[Any, ...]
"""The keys of a group and its value. A key is text, a number, the seconds of a time, or the number of an interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What a chart shows. `split` is the column of its series, and of the vertical axis of a heat map."""

    type: str
    x: int | None
    y: tuple[int, ...]
    split: int | None
    aggregation: str
    bins: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AxisSpan:
    """The values of a column: `kind` is number, time or text; the ends are those of numbers and of times in seconds."""

    kind: str
    unique: int
    low: float
    high: float
    missing: int


@dataclass(frozen=True, slots=True)
class ChartKey:
    """A column to group by; with `intervals` by equal intervals from `low`."""

    column: int
    low: float = 0
    width: float = 0
    intervals: int = 0


class Groups(Protocol):
    """The rows that match, to be grouped."""

    def span(self, column: int) -> AxisSpan: ...
    def grouped(self, keys: tuple[ChartKey, ...], value: int | None, aggregation: str, most: int) -> list[Group]: ...
    def quartiles(self, keys: tuple[ChartKey, ...], value: int, most: int) -> list[Group]: ...
    def points(self, columns: tuple[int, ...], most: int) -> tuple[list[Group], int]: ...
    def count(self) -> int: ...


def read_chart(asked: Any, columns: int) -> Chart:
    """Raises QueryError."""
    if not isinstance(asked, dict) or asked.get("type") not in TYPES:
        raise QueryError(f"A chart has one of the types {', '.join(TYPES)}.")
    aggregation, y, bins = asked.get("aggregation", "count"), asked.get("y") or [], asked.get("bins", 20)
    if aggregation not in AGGREGATIONS:
        raise QueryError(f"An aggregation is one of {', '.join(AGGREGATIONS)}.")
    if not isinstance(y, list) or len(y) > SERIES:
        raise QueryError(f"A chart has at most {SERIES} columns of values.")
    if not isinstance(bins, int) or isinstance(bins, bool) or not 1 <= bins <= MOST_BINS:
        raise QueryError(f"A histogram has 1 to {MOST_BINS} intervals.")
    chart = Chart(
        type=asked["type"],
        x=_optional(asked.get("x"), columns),
        y=tuple(read_column(one, columns) for one in y),
        split=_optional(asked.get("split"), columns),
        aggregation=aggregation,
        bins=bins,
    )
    if chart.x is None and chart.type != "box":
        raise QueryError("Choose a column for the X axis.")
    if not chart.y and (
        chart.type in ("scatter", "box") or (chart.aggregation != "count" and chart.type != "histogram")
    ):
        raise QueryError("Choose a column of values.")
    if chart.type == "heat" and chart.split is None:
        raise QueryError("Choose a column for the Y axis.")
    return chart


def _optional(value: Any, columns: int) -> int | None:
    return None if value is None else read_column(value, columns)


def numbers_of(groups: Groups, chart: Chart, names: list[str]) -> dict[str, Any]:
    """Return the numbers of a chart, and notes on what it does not show."""
    found = _Numbers(groups, chart, names)
    match chart.type:
        case "scatter":
            shown = found.scatter()
        case "histogram":
            shown = found.histogram()
        case "box":
            shown = found.boxes()
        case "heat":
            shown = found.heat()
        case _:
            shown = found.series()
    return shown | {"notes": found.notes, "rows": groups.count()}


class _Numbers:
    """Groups the rows as a chart needs them, and collects the notes."""

    def __init__(self, groups: Groups, chart: Chart, names: list[str]) -> None:
        self._groups = groups
        self._chart = chart
        self._names = names
        self.notes: list[dict[str, Any]] = []

    def series(self) -> dict[str, Any]:
        """Bars, lines, areas and slices: one value per group and series."""
        chart = self._chart
        key, axis = self._key(chart.x)
        keys = (key,) if chart.split is None else (key, ChartKey(chart.split))
        found: dict[tuple[str, ...], dict[Any, Any]] = defaultdict(dict)
        for value in chart.y or (None,):
            for *at, number in self._grouped(keys, value):
                named = () if value is None or len(chart.y) < 2 else (self._names[value],)
                found[(*named, *(_label(one) for one in at[1:]))][at[0]] = number
        kept = self._most(found)
        xs = self._axis_values(kept, axis)
        lines = [
            {"name": " · ".join(name), "points": [[self._shown(x, key, axis), at[x]] for x in xs if x in at]}
            for name, at in kept.items()
        ]
        if chart.type == "pie":
            self._refuse_negative(lines)
        interval = key.width * (1000 if axis == "time" else 1) if key.intervals else None
        return {
            "axis": axis,
            "categories": [self._shown(x, key, axis) for x in xs],
            "series": lines,
            "interval": interval,
            "other": self._rest(kept, xs),
        }

    def _refuse_negative(self, lines: list[dict[str, Any]]) -> None:
        if any(y is not None and y < 0 for one in lines for _, y in one["points"]):
            raise QueryError("A pie cannot show values below 0. Choose bars.")

    def _rest(self, kept: dict[tuple[str, ...], dict[Any, Any]], shown: list[Any]) -> float | None:
        """What the slices that are left out add up to. Means and extremes do not add up."""
        if self._chart.type != "pie" or self._chart.aggregation not in ("count", "sum"):
            return None
        left = [y for at in kept.values() for x, y in at.items() if x not in set(shown) and y is not None]
        return sum(left) if left else None

    def scatter(self) -> dict[str, Any]:
        chart = self._chart
        assert chart.x is not None
        axis = self._groups.span(chart.x).kind
        for value in chart.y:
            self._require_number(value)
        split = () if chart.split is None else (chart.split,)
        rows, total = self._groups.points((chart.x, *chart.y, *split), POINTS // len(chart.y))
        if total > len(rows):
            self.notes.append({"kind": "points", "shown": len(rows), "total": total})
        found: dict[tuple[str, ...], dict[Any, Any]] = defaultdict(dict)
        for number, (x, *others) in enumerate(rows):
            for value, column in zip(others, chart.y, strict=False):
                named = () if len(chart.y) < 2 else (self._names[column],)
                name = (*named, *(_label(one) for one in others[len(chart.y) :]))
                if x is not None and value is not None:
                    found[name][number] = [_axis_number(x, axis), value]
        return {
            "axis": "category" if axis == "text" else axis,
            "categories": _unique([row[0] for row in rows if row[0] is not None]) if axis == "text" else [],
            "series": [{"name": " · ".join(name), "points": [*at.values()]} for name, at in self._most(found).items()],
        }

    def histogram(self) -> dict[str, Any]:
        chart = self._chart
        assert chart.x is not None
        span = self._groups.span(chart.x)
        if span.kind == "text":
            raise QueryError(f"“{self._names[chart.x]}” has no numbers. Choose a bar chart to count its values.")
        self._note_missing(span)
        if span.unique == 0:
            return {"axis": span.kind, "bins": []}
        width = (span.high - span.low) / chart.bins
        if width <= 0 or span.low + width == span.low:
            edge = _axis_number(span.low, span.kind)
            return {"axis": span.kind, "bins": [[edge, edge, self._groups.count() - span.missing]]}
        key = ChartKey(chart.x, span.low, width, chart.bins)
        counts = {
            at: number for at, number in self._groups.grouped((key,), None, "count", LARGEST_GROUPING) if at is not None
        }
        edges = [_axis_number(span.low + n * width, span.kind) for n in range(chart.bins)]
        edges.append(_axis_number(span.high, span.kind))
        bins = [[edges[n], edges[n + 1], counts.get(n, 0)] for n in range(chart.bins)]
        return {"axis": span.kind, "bins": bins}

    def boxes(self) -> dict[str, Any]:
        """Least and greatest value and quartiles: of each column, or of one column in groups."""
        chart = self._chart
        boxes: list[list[Any]] = []
        axis = "category"
        for value in chart.y:
            self._require_number(value)
            if chart.x is None:
                boxes += [["", self._names[value], *found] for found in self._groups.quartiles((), value, 1)]
                continue
            key, axis = self._key(chart.x)
            found = self._bounded(self._groups.quartiles((key,), value, LARGEST_GROUPING + 1))
            found = sorted(found, key=lambda one: (one[0] is None, one[0]))
            if len(found) > BOXES:
                self.notes.append({"kind": "groups", "shown": BOXES, "total": len(found)})
                found = sorted(found, key=lambda one: -one[-1])[:BOXES]
            prefix = self._names[value] if len(chart.y) > 1 else ""
            boxes += [[prefix, self._cell(at, key, axis), *rest] for at, *rest in found if rest[0] is not None]
        return {"axis": axis, "boxes": boxes}

    def heat(self) -> dict[str, Any]:
        chart = self._chart
        assert chart.split is not None
        (x_key, x_axis), (y_key, y_axis) = self._key(chart.x), self._key(chart.split)
        found = self._grouped((x_key, y_key), chart.y[0] if chart.y else None)
        xs, ys = (self._heat_axis([one[at] for one in found]) for at in (0, 1))
        at_x, at_y = ({one: number for number, one in enumerate(values)} for values in (xs, ys))
        cells = [[at_x[x], at_y[y], number] for x, y, number in found if x in at_x and y in at_y and number is not None]
        return {
            "axis": x_axis,
            "categories": [self._cell(one, x_key, x_axis) for one in xs],
            "line_axis": y_axis,
            "lines": [self._cell(one, y_key, y_axis) for one in ys],
            "cells": cells,
        }

    def _heat_axis(self, values: list[Any]) -> list[Any]:
        counted: dict[Any, int] = defaultdict(int)
        for one in values:
            counted[one] += 1
        if len(counted) > BARS:
            self.notes.append({"kind": "groups", "shown": BARS, "total": len(counted)})
            counted = dict(sorted(counted.items(), key=lambda one: -one[1])[:BARS])
        return sorted(counted, key=lambda one: (one is None, one))

    def _grouped(self, keys: tuple[ChartKey, ...], value: int | None) -> list[Group]:
        if value is not None and self._chart.aggregation != "count":
            self._require_number(value)
        found = self._groups.grouped(keys, value, self._chart.aggregation, LARGEST_GROUPING + 1)
        return self._bounded(found)

    def _bounded(self, found: list[Group]) -> list[Group]:
        if len(found) > LARGEST_GROUPING:
            raise QueryError(
                f"There are more than {LARGEST_GROUPING:,} groups. "
                "Choose a column with fewer values, or filter the table."
            )
        return found

    def _require_number(self, column: int) -> None:
        if self._groups.span(column).kind != "number":
            raise QueryError(f"“{self._names[column]}” has no numbers. Choose another column of values, or count.")

    def _key(self, column: int | None) -> tuple[ChartKey, str]:
        """How to group by a column on an axis, and the kind of the axis."""
        assert column is not None
        span, type_ = self._groups.span(column), self._chart.type
        if span.kind == "text":
            return ChartKey(column), "category"
        self._note_missing(span)
        lined = type_ in ("line", "area")
        axis = span.kind if lined else "category"
        if span.unique <= (ON_A_LINE if lined else BARS if type_ != "pie" else SLICES):
            return ChartKey(column), axis if lined else span.kind
        count = INTERVALS[type_]
        width = (span.high - span.low) / count
        if width <= 0:
            return ChartKey(column), axis
        self.notes.append({"kind": "intervals", "name": self._names[column], "count": count})
        return ChartKey(column, span.low, width, count), span.kind

    def _note_missing(self, span: AxisSpan) -> None:
        if span.missing and self._chart.type != "heat":
            self.notes.append({"kind": "missing", "count": span.missing})

    def _most(self, found: dict[tuple[str, ...], dict[Any, Any]]) -> dict[tuple[str, ...], dict[Any, Any]]:
        """Keep the series with the greatest sums, in order of name."""
        if len(found) <= SERIES:
            return dict(sorted(found.items()))
        self.notes.append({"kind": "series", "shown": SERIES, "total": len(found)})
        by_size = sorted(found.items(), key=lambda one: -_size(one[1].values()))
        return dict(sorted(by_size[:SERIES]))

    def _axis_values(self, kept: dict[tuple[str, ...], dict[Any, Any]], axis: str) -> list[Any]:
        """The groups in order: numbers and times by themselves, texts of bars and slices by their values."""
        totals: dict[Any, list[Any]] = defaultdict(list)
        for at in kept.values():
            for x, number in at.items():
                totals[x].append(number)
        type_ = self._chart.type
        if axis != "category":
            return sorted(one for one in totals if one is not None)
        xs = sorted(totals, key=lambda one: (one is None, one))
        if type_ in ("bar", "pie"):
            xs = sorted(xs, key=lambda one: -_size(totals[one]))
        most = {"bar": BARS, "pie": SLICES}.get(type_, ON_A_LINE)
        if len(xs) > most:
            self.notes.append({"kind": "groups", "shown": most, "total": len(xs)})
        return xs[:most]

    def _shown(self, x: Any, key: ChartKey, axis: str) -> Any:
        if axis in ("number", "time"):
            if key.intervals:
                low = key.low + x * key.width
                return _axis_number(low + (key.width / 2 if self._chart.type in ("line", "area") else 0), axis)
            return _axis_number(x, axis)
        return _label(x)

    def _cell(self, x: Any, key: ChartKey, axis: str) -> Any:
        """A group's name: text, a number, or the two ends of an interval."""
        if x is None or axis == "category":
            return _label(x)
        if not key.intervals:
            return _axis_number(x, axis)
        low = key.low + x * key.width
        return [_axis_number(low, axis), _axis_number(low + key.width, axis)]


def _axis_number(value: Any, axis: str) -> Any:
    """A time as milliseconds, which the page shows without a time zone."""
    if axis == "time" and value is not None:
        return round(value * 1000)
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value


def _label(value: Any) -> str:
    return "null" if value is None else str(value)


def _size(values: Any) -> float:
    return sum(abs(one if isinstance(one, (int, float)) else 1) for one in values if one is not None)


def _unique(values: list[Any]) -> list[str]:
    return sorted({_label(one) for one in values})
