"""What the page may ask of a displayed frame, read from JSON that anything may have sent, and what it is answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from handloom.session.page_requests import RequestError

OPERATORS = ("=", "!=", "<", "<=", ">", ">=", "contains", "missing", "present")
COMPARISONS = ("<", "<=", ">", ">=")
LARGEST_PAGE = 5_000


class QueryError(RequestError):
    """The query cannot be answered; the message says why."""


@dataclass(frozen=True, slots=True)
class ColumnFilter:
    """A condition on one column. `value` is text as a person wrote it; each column reads it as its own type."""

    column: int
    operator: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameQuery:
    """The rows that match, in order. `sort` is a column and whether it goes down."""

    search: str = ""
    filters: tuple[ColumnFilter, ...] = ()
    sort: tuple[int, bool] | None = None

    @property
    def is_plain(self) -> bool:
        """Whether all rows are asked for in their own order."""
        return not self.search and not self.filters and self.sort is None


@dataclass(frozen=True, slots=True, kw_only=True)
class FramePage:
    """Rows with their numbers in the frame (from 0), and how many rows match in all."""

    rows: list[list[Any]]
    numbers: list[int] | None
    index: list[Any] | None
    matching: int


def read_query(asked: dict[str, Any], columns: int) -> FrameQuery:
    """Raises QueryError."""
    sort = asked.get("sort")
    filters = asked.get("filters") or []
    if not isinstance(filters, list) or len(filters) > 50:
        raise QueryError("A query has at most 50 filters.")
    return FrameQuery(
        search=str(asked.get("search") or "").strip().casefold(),
        filters=tuple(_filter(one, columns) for one in filters),
        sort=(read_column(sort.get("column"), columns), bool(sort.get("down"))) if isinstance(sort, dict) else None,
    )


def _filter(one: Any, columns: int) -> ColumnFilter:
    if not isinstance(one, dict) or one.get("operator") not in OPERATORS:
        raise QueryError(f"A filter has one of the operators {', '.join(OPERATORS)}.")
    return ColumnFilter(read_column(one.get("column"), columns), one["operator"], str(one.get("value", "")))


def read_column(value: Any, columns: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < columns:
        raise QueryError("The frame has no such column.")
    return value


def read_range(asked: dict[str, Any]) -> tuple[int, int]:
    """The first row and the number of rows of a page."""
    start, count = asked.get("start"), asked.get("count")
    if not isinstance(start, int) or not isinstance(count, int) or start < 0 or not 0 <= count <= LARGEST_PAGE:
        raise QueryError(f"A page has 0 to {LARGEST_PAGE:,} rows.")
    return start, count
