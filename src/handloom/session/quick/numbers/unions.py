"""Unions, intersections and differences in SQL text: the columns of all sides are cast to the type they take together.

The engine brings the values of the sides to one type, but calls the column by the type of the first side.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from handloom.session.quick import expressions
from handloom.session.quick.numbers import arithmetic
from handloom.session.quick.rewriting import quoted

FieldsOf = Callable[[str], Sequence[tuple[str, str]] | None]
"""From a query to its columns and their types; None where they cannot be told by the query alone."""

_JOINS = frozenset({"UNION", "INTERSECT", "EXCEPT", "MINUS"})
_AFTER = frozenset({"ORDER", "LIMIT", "OFFSET", "SORT", "CLUSTER", "DISTRIBUTE"})
_STARTS = frozenset({"SELECT", "VALUES", "TABLE", "FROM", "MAP", "REDUCE"})
_JOINED = re.compile(r"\b(?:UNION|INTERSECT|EXCEPT|MINUS)\b", re.I)
_LAST_NAME = re.compile(r",?\s*(?:`[^`]*`|\w+)\s*(?:\([^()]*\)\s*)?AS\s*\Z", re.I)


@dataclass(slots=True)
class _Level:
    """What stands between two brackets."""

    start: int
    outer: str = ""
    """WITH and the named queries that can be used here, which stand outside."""
    begins_with: int | None = None
    branch: int | None = None
    """Where the query begins that comes after the named ones, or after UNION."""
    branches: list[tuple[int, int]] = field(default_factory=list)
    is_first: bool = True


@dataclass(frozen=True, slots=True)
class Union:
    """The sides of a union, and the named queries that they may use."""

    prefix: str
    branches: tuple[tuple[int, int], ...]


def is_union(sql: str) -> bool:
    return bool(_JOINED.search(sql))


def cast_sides(sql: str, fields_of: FieldsOf) -> str:
    """The text with casts in the sides of unions of different types, the innermost first."""
    number = 0
    while number < len(unions := _unions(sql)):
        union = unions[number]
        number += 1
        sides = [sql[start:end] for start, end in union.branches]
        fields = [fields_of(f"{union.prefix} {side}".strip()) for side in sides]
        known = [one for one in fields if one is not None]
        if len(known) < len(sides) or len({len(one) for one in known}) != 1:
            continue
        kinds = [arithmetic.with_texts([kind for _, kind in column]) for column in zip(*known, strict=True)]
        for (start, end), side, columns in reversed(list(zip(union.branches, sides, known, strict=True))):
            sql = sql[:start] + _cast(side, columns, kinds) + sql[end:]
    return sql


def _cast(side: str, columns: Sequence[tuple[str, str]], kinds: Sequence[str | None]) -> str:
    if all(kind is None or kind == own for kind, (_, own) in zip(kinds, columns, strict=True)):
        return side
    names = [f"handloom_{number}" for number in range(len(columns))]
    items = [
        f"{name if kind is None or kind == own else f'cast({name} as {kind})'} AS {quoted(old)}"
        for name, kind, (old, own) in zip(names, kinds, columns, strict=True)
    ]
    return f"SELECT {', '.join(items)} FROM ({side}) AS handloom_side({', '.join(names)}) "


def _unions(sql: str) -> list[Union]:
    """Those whose brackets close first come first."""
    found: list[Union] = []
    stack = [_Level(0)]

    def close(end: int) -> None:
        level = stack[-1]
        if level.branch is not None:
            level.branches.append((level.branch, end))
            level.branch = None
        if len(level.branches) > 1:
            own = "" if level.begins_with is None else sql[level.begins_with : level.branches[0][0]]
            found.append(Union(_both(level.outer, own), tuple(level.branches)))
        level.branches = []

    for token in expressions.tokens(sql):
        level = stack[-1]
        word = token.upper if token.kind == "word" else token.text
        if word == ")" and len(stack) > 1:
            close(token.start)
            stack.pop()
        elif word == "(":
            if level.branch is None and level.is_first and (level.begins_with is None or level.branches):
                level.branch = token.start
            stack.append(_Level(token.end, _before(sql, level, token.start)))
        elif word == "WITH" and level.is_first:
            level.begins_with = token.start
        elif word in _STARTS and level.branch is None and (level.is_first or level.begins_with is not None):
            level.branch = token.start
        elif word in _JOINS and level.branch is not None:
            level.branches.append((level.branch, token.start))
            level.branch = None
            level.is_first = True
            continue
        elif word in ("ALL", "DISTINCT") and level.branch is None and level.branches:
            continue
        elif (word in _AFTER and level.branch is not None and level.branches) or (word == ";" and len(stack) == 1):
            close(token.start)
        level.is_first = False
    close(len(sql))
    return found


def _before(sql: str, level: _Level, end: int) -> str:
    """The named queries that can be used inside a bracket that opens here."""
    if level.begins_with is None:
        return level.outer
    until = end if level.branch is None and not level.branches else (level.branches or [(level.branch or end, 0)])[0][0]
    own = sql[level.begins_with : until]
    if until == end:
        own = _LAST_NAME.sub("", own)
    return _both(level.outer, "" if own.strip().upper() == "WITH" else own)


def _both(outer: str, own: str) -> str:
    own = own.strip()
    if not outer or not own:
        return outer or own
    return f"{outer}, {re.sub(r'^WITH', '', own, flags=re.I).strip()}"
