"""LIKE, ILIKE and RLIKE of filters, the same on both databases.

In LIKE and ILIKE, `%` and `_` are wildcards without an escape.
"""

from functools import lru_cache
from typing import Any

import re2
from sqlalchemy import Boolean, ColumnElement, Dialect, String, TypeDecorator, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from handloom.domain.errors import Invalid

_GLOB = str.maketrans({"%": "*", "_": "?", "*": "[*]", "?": "[?]", "[": "[[]"})


class _Pattern(TypeDecorator[str]):
    """A pattern in the syntax of the database's own operator."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return value.translate(_GLOB) if value is not None and dialect.name == "sqlite" else value


class _Operator(FunctionElement[bool]):
    """An operator on a column and a pattern, which is spelled differently on each database."""

    type = Boolean()
    inherit_cache = True
    on_sqlite: str
    elsewhere: str


@compiles(_Operator)
def _as_operator(element: _Operator, compiler: Any, **options: Any) -> str:
    column, pattern = (compiler.process(clause, **options) for clause in element.clauses)
    operator = element.on_sqlite if compiler.dialect.name == "sqlite" else element.elsewhere
    return f"({operator.format(column=column, pattern=pattern)})"


class _Like(_Operator):
    """Case-sensitive LIKE. SQLite's own LIKE ignores case; its GLOB does not."""

    inherit_cache = True
    on_sqlite = "{column} GLOB {pattern}"
    elsewhere = "{column} LIKE {pattern} ESCAPE ''"


class _Matches(_Operator):
    """Whether part of a text matches a regular expression. On SQLite it calls `matches`."""

    inherit_cache = True
    on_sqlite = "{column} REGEXP {pattern}"
    elsewhere = "{column} ~ {pattern}"


def like(column: ColumnElement[Any], value: str) -> ColumnElement[bool]:
    """Return `column LIKE value`, case-sensitive."""
    return _Like(column, bindparam(None, value, type_=_Pattern()))


def ilike(column: ColumnElement[Any], value: str) -> ColumnElement[bool]:
    """Return `column ILIKE value`, which ignores the case of A to Z."""
    unused = next(character for character in map(chr, range(1, 0x110000)) if character not in value)
    return column.ilike(value, escape=unused)


def rlike(column: ColumnElement[Any], pattern: str) -> ColumnElement[bool]:
    """Return `column RLIKE pattern`. Raise Invalid for a pattern that RE2 does not support, on both databases."""
    _compiled(pattern)
    return _Matches(column, bindparam(None, pattern, type_=String()))


def matches(pattern: str, value: Any) -> bool:
    """Implement SQLite's REGEXP. RE2's run time is linear in the text for every pattern."""
    return value is not None and _compiled(pattern).search(str(value)) is not None


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.dot_nl = True  # as in PostgreSQL, where a dot matches a newline
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        why = error.args[0] if error.args else b""
        reason = why.decode("utf-8", "replace") if isinstance(why, bytes) else str(why)
        raise Invalid(
            f"Invalid pattern {pattern!r} for RLIKE: {reason}. Regular expressions are those of RE2.", field="filter"
        ) from error
