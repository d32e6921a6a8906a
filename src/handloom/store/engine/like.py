"""LIKE, ILIKE and RLIKE as filters mean them on every database.

In LIKE and ILIKE `%` and `_` stand for others, and nothing escapes them.
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
    """A pattern in the words of the database's own operator."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return value.translate(_GLOB) if value is not None and dialect.name == "sqlite" else value


class _Like(FunctionElement[bool]):
    """Minds case on every database, which SQLite's own LIKE does not; its GLOB does."""

    type = Boolean()
    inherit_cache = True


@compiles(_Like, "sqlite")
def _as_glob(element: _Like, compiler: Any, **options: Any) -> str:
    column, pattern = element.clauses
    return f"({compiler.process(column, **options)} GLOB {compiler.process(pattern, **options)})"


@compiles(_Like)
def _as_like(element: _Like, compiler: Any, **options: Any) -> str:
    column, pattern = element.clauses
    return f"({compiler.process(column, **options)} LIKE {compiler.process(pattern, **options)} ESCAPE '')"


def like(column: ColumnElement[Any], value: str) -> ColumnElement[bool]:
    """`column LIKE value`, minding case."""
    return _Like(column, bindparam(None, value, type_=_Pattern()))


def ilike(column: ColumnElement[Any], value: str) -> ColumnElement[bool]:
    """`column ILIKE value`: the case of A to Z does not matter."""
    unused = next(character for character in map(chr, range(1, 0x110000)) if character not in value)
    return column.ilike(value, escape=unused)


class _Matches(FunctionElement[bool]):
    """Whether a text holds a part that a regular expression describes. SQLite has the function of `matches`."""

    type = Boolean()
    inherit_cache = True


@compiles(_Matches, "sqlite")
def _as_regexp(element: _Matches, compiler: Any, **options: Any) -> str:
    column, pattern = element.clauses
    return f"({compiler.process(column, **options)} REGEXP {compiler.process(pattern, **options)})"


@compiles(_Matches)
def _as_operator(element: _Matches, compiler: Any, **options: Any) -> str:
    column, pattern = element.clauses
    return f"({compiler.process(column, **options)} ~ {compiler.process(pattern, **options)})"


def rlike(column: ColumnElement[Any], pattern: str) -> ColumnElement[bool]:
    """`column RLIKE pattern`. Raise Invalid for a pattern that RE2 does not know, whichever database there is."""
    _compiled(pattern)
    return _Matches(column, bindparam(None, pattern, type_=String()))


def matches(pattern: str, value: Any) -> bool:
    """What SQLite calls for REGEXP. RE2 takes time in proportion to the text, whatever the pattern is."""
    return value is not None and _compiled(pattern).search(str(value)) is not None


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.dot_nl = True  # as in PostgreSQL, where a point stands for a line's end as well
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        why = error.args[0] if error.args else b""
        reason = why.decode("utf-8", "replace") if isinstance(why, bytes) else str(why)
        raise Invalid(
            f"Invalid pattern {pattern!r} for RLIKE: {reason}. Regular expressions are those of RE2.", field="filter"
        ) from error
