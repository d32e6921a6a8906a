"""The pairs of a JSON object in a column of text, as rows with `key` and `value`, the same on every database."""

from typing import Any

from sqlalchemy import ColumnElement, TableValuedAlias, Text, column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class _Pairs(FunctionElement[Any]):
    inherit_cache = True
    name = "json_pairs"


@compiles(_Pairs, "sqlite")
def _on_sqlite(element: _Pairs, compiler: Any, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(_Pairs)
def _on_postgres(element: _Pairs, compiler: Any, **options: Any) -> str:
    return f"json_each_text(CAST({compiler.process(element.clauses, **options)} AS json))"


def json_pairs(of: ColumnElement[str]) -> TableValuedAlias:
    """Return the pairs of an object with text values as a table; each call returns a separate alias."""
    return _Pairs(of).table_valued(column("key", Text), column("value", Text))
