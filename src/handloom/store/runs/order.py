"""The order of runs as SQL sort keys, and the condition for rows after a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, String, and_, case, false, or_
from sqlalchemy.sql.expression import FromClause

from handloom.domain.errors import Invalid
from handloom.domain.run_fields import ORDERED
from handloom.domain.search import Order
from handloom.store.metrics import tables as metric_tables
from handloom.store.runs import tables as run_tables
from handloom.store.runs.fields import COLUMNS
from handloom.store.runs.run_filter import PAIRS, metric

NUMBER, NAN, MISSING = 0, 1, 2
"""Ranks of metrics: numbers come first, then NaN, then runs without the metric, in both directions."""


@dataclass(frozen=True, slots=True)
class Key:
    """A sort key. It is NULL only if the rank before it says that there is no value."""

    column: ColumnElement[Any]
    ascending: bool = True
    optional: bool = False

    def sorted(self) -> ColumnElement[Any]:
        return self.column.asc() if self.ascending else self.column.desc()

    def is_after(self, value: Any) -> ColumnElement[bool]:
        if value is None:
            return false()
        after: ColumnElement[bool] = self.column > value if self.ascending else self.column < value
        return after

    def equals(self, value: Any) -> ColumnElement[bool]:
        return self.column.is_(None) if value is None else self.column == value


def keys_of(orders: Sequence[Order], origin: FromClause = run_tables.runs) -> tuple[FromClause, list[Key]]:
    """Return `origin`, which contains the runs, joined with the tables of the sort keys, and the sort keys.

    Runs that are equal in all requested keys come newest first; no two runs are equal in every key.
    """
    keys: list[Key] = []
    for order in orders:
        origin, more = _keys(origin, order)
        keys += more
    if not any(order.key == "start_time" and order.entity == "attribute" for order in orders):
        keys.append(Key(run_tables.runs.c.start_time, ascending=False))
    return origin, [*keys, Key(run_tables.runs.c.run_id)]


def after(keys: Sequence[Key], values: Sequence[Any]) -> ColumnElement[bool]:
    """Return the condition for every run after the one with these values."""
    before: list[ColumnElement[bool]] = []
    found = []
    for key, value in zip(keys, values, strict=True):
        found.append(and_(*before, key.is_after(value)))
        before.append(key.equals(value))
    return or_(*found)


def check_position(keys: Sequence[Key], values: Sequence[Any]) -> None:
    """Raise Invalid if the values in a page token do not fit these keys."""
    for key, value in zip(keys, values, strict=True):
        texts = isinstance(key.column.type, String)
        right = isinstance(value, str) and "\0" not in value if texts else isinstance(value, float | int)
        small = not isinstance(value, int) or -(1 << 63) <= value < 1 << 63
        if not ((right and small) or (value is None and key.optional)):
            raise Invalid("The page token belongs to a search with another order_by.", field="page_token")


def in_order(rows: Sequence[Any], keys: Sequence[Key]) -> list[Any]:
    """Merge rows (internal id, value of each key) of several queries into one order."""
    found = list(rows)
    for at in range(len(keys), 0, -1):
        found.sort(key=lambda row: (row[at] is not None, row[at]), reverse=not keys[at - 1].ascending)
    return found


def _keys(origin: FromClause, order: Order) -> tuple[FromClause, list[Key]]:
    if order.entity == "attribute":
        column = COLUMNS[order.key]
        ranks = [Key(case((column.is_(None), 1), else_=0))] if ORDERED[order.key].optional else []
        return origin, [*ranks, Key(column, order.ascending, optional=bool(ranks))]
    table = (metric_tables.latest_metrics if order.entity == "metric" else PAIRS[order.entity]).alias()
    origin = origin.outerjoin(
        table, and_(table.c.run_internal_id == run_tables.runs.c.internal_id, table.c.key == order.key)
    )
    column = metric(table.c, order.best) if order.entity == "metric" else table.c.value
    missing = (table.c.run_internal_id.is_(None), MISSING)
    if order.entity == "metric":
        nan = column.is_(None) if order.best else table.c.is_nan
        rank = case(missing, (nan, NAN), else_=NUMBER)
    else:
        rank = case(missing, else_=NUMBER)
    return origin, [Key(rank), Key(column, order.ascending, optional=True)]
