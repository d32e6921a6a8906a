"""LIKE and ILIKE as filters mean them on every database: `%` and `_` stand for others, and nothing escapes them."""

from typing import Any

from sqlalchemy import Boolean, ColumnElement, Dialect, String, TypeDecorator, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

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
