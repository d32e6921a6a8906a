"""SQL as text: named parameters, lists in `IN`, and rows read by the names of their columns.

This is the second SQL style beside SQLAlchemy Core, for the most frequent statements: SQLAlchemy's rows and statement
objects would cost more time there than the database.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import starmap
from operator import itemgetter
from typing import Any

import msgspec

_PARAMETER = re.compile(r"'(?:[^']|'')*'|(?P<list>\bIN )?(?<![:\w]):(?P<name>[a-z_][a-z0-9_]*)")  # or a literal
_SHORT = 4
"""Members of a list up to which the text of the statement is cached."""
_PADDED = frozenset(1 << power for power in range(9))
"""Lengths of lists from `padded`, whose texts are cached as well."""

Values = Mapping[str, Any]


class Row(msgspec.Struct, frozen=True, gc=False):
    """Base of row types: their fields are the columns of the statement, in its order.

    Unlike named tuples they are not tracked by the garbage collector, which would make reading a long history three
    times slower.
    """


class Statement:
    """A statement of one dialect, parsed once. `row_type` is the type of its rows; None for a type made from its
    columns.

    `IN :name` takes a list. SQLite gets a placeholder for each member; PostgreSQL gets one array, whose type its driver
    knows even if it is empty.
    """

    __slots__ = ("_checked", "_lists", "_names", "_pieces", "_row_type", "_take", "_text", "_texts")

    def __init__(self, text: str, paramstyle: str, row_type: type[msgspec.Struct] | None = None) -> None:
        self._names: list[str] = []
        self._lists: list[str] = []
        self._pieces: list[str] = []
        """The text between the parameters."""
        of_sqlite = paramstyle == "qmark"
        end = 0
        for found in _PARAMETER.finditer(text):
            if found["name"] is not None:
                self._pieces.append(text[end : found.start()])
                self._names.append(found["name"])
                end = found.end()
                if found["list"]:
                    self._pieces[-1] += "IN " if of_sqlite else "= ANY("
                    self._lists.append(found["name"])
        self._pieces.append(text[end:])
        if of_sqlite:
            self._text = "?".join(self._pieces)
        else:
            marks = ["%s)" if name in self._lists else "%s" for name in self._names]
            escaped = [piece.replace("%", "%%") for piece in self._pieces]
            self._text = "".join(part for pair in zip(escaped, [*marks, ""], strict=True) for part in pair)
            self._lists = []
        self._texts: dict[tuple[int, ...], str] = {}
        self._take = _taking(self._names)
        self._row_type = row_type
        self._checked: type[msgspec.Struct] | None = None

    def bound(self, values: Values) -> tuple[str, tuple[Any, ...]]:
        """Return the text and the values for the driver. Raises KeyError for a parameter without a value."""
        if not self._lists:
            return self._text, self._take(values)
        flat: list[Any] = []
        for name in self._names:
            if name in self._lists:
                flat += values[name]
            else:
                flat.append(values[name])
        lengths = tuple([len(values[name]) for name in self._lists])
        return self._texts.get(lengths) or self._expanded(lengths), tuple(flat)

    def _expanded(self, lengths: tuple[int, ...]) -> str:
        """Return the text with a placeholder for each member of each list."""
        marks = {name: f"({', '.join('?' * n)})" for name, n in zip(self._lists, lengths, strict=True)}
        pairs = zip(self._pieces, [*(marks.get(name, "?") for name in self._names), ""], strict=True)
        text = "".join(part for pair in pairs for part in pair)
        if max(lengths) <= _SHORT or all(length in _PADDED for length in lengths):
            self._texts[lengths] = text
        return text

    def rows(self, cursor: Any) -> list[Any]:
        """Return all rows of the driver's cursor that executed the statement."""
        if self._checked is None:
            self._checked = _row_type(self._row_type, tuple(column[0] for column in cursor.description or ()))
        return list(starmap(self._checked, cursor.fetchall()))


def padded(members: Sequence[Any]) -> list[Any]:
    """Repeat the last member until the length is a power of two, so that lists of all lengths share few statements,
    which SQLite then need not parse again.
    """
    more = (1 << max(len(members) - 1, 0).bit_length()) - len(members)
    return [*members, *([members[-1]] * more)] if members else []


def _row_type(given: type[msgspec.Struct] | None, columns: tuple[str, ...]) -> type[msgspec.Struct]:
    if given is None:
        return msgspec.defstruct("AnyRow", columns, bases=(Row,), frozen=True, gc=False)
    if given.__struct_fields__ != columns:
        raise TypeError(f"The statement's columns are {columns}, but {given.__name__} has {given.__struct_fields__}.")
    return given


def _taking(names: Sequence[str]) -> Callable[[Values], tuple[Any, ...]]:
    """Return a function that returns the values of these names, in this order."""
    match names:
        case []:
            return lambda values: ()
        case [name]:
            return lambda values: (values[name],)
        case _:
            return itemgetter(*names)


parsed: Callable[..., Statement] = lru_cache(maxsize=500)(Statement)
"""`Statement`, from a cache."""
