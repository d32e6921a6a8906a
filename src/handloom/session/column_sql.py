"""Convert a Spark Connect Column to SQL text, for statements such as MERGE that take text only.

Supports names, literals, casts, operators and functions; any other expression is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_BINARY = frozenset(
    {"+", "-", "*", "/", "%", "=", "==", "<=>", "!=", "<", "<=", ">", ">=", "and", "or", "&", "|", "^", "like", "rlike"}
)
_AFTER = {"isnull": "IS NULL", "isnotnull": "IS NOT NULL"}


class ColumnError(ValueError):
    """The Column cannot be converted to SQL text."""


def text_of(value: Any, client: Any) -> str:
    """Return the SQL of a Column, or a given SQL text unchanged. Raises ColumnError."""
    if isinstance(value, str):
        return value
    expression = getattr(value, "_expr", None)
    if expression is None:
        raise ColumnError(f"Expected SQL text or a Column, got {type(value).__name__}. Wrap constants in lit(...).")
    return _sql(expression.to_plan(client))


def text_of_plan(expression: Any) -> str:
    """Return the SQL of an expression of a plan. Raises ColumnError."""
    return _sql(expression)


def quoted(name: str) -> str:
    """Quote each part of a column or table name with backquotes."""
    return "`" + name.replace("`", "``") + "`"


def literal(text: str) -> str:
    """Return a string literal of Spark SQL."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _sql(node: Any) -> str:
    kind = node.WhichOneof("expr_type")
    readers: dict[str, Callable[[], str]] = {
        "unresolved_attribute": lambda: str(node.unresolved_attribute.unparsed_identifier),
        "expression_string": lambda: f"({node.expression_string.expression})",
        "alias": lambda: _sql(node.alias.expr),
        "literal": lambda: _literal(node.literal),
        "unresolved_function": lambda: _function(node.unresolved_function),
        "cast": lambda: _cast(node.cast),
    }
    if kind not in readers:
        raise ColumnError(f"A Column of this kind ({kind}) cannot be used here; write it as SQL text in quotes.")
    return readers[kind]()


def _cast(cast: Any) -> str:
    if cast.WhichOneof("cast_to_type") != "type_str":
        raise ColumnError("Name the type of this cast as text, for example .cast('int').")
    return f"CAST({_sql(cast.expr)} AS {cast.type_str})"


def _function(call: Any) -> str:
    name = call.function_name
    arguments = [_sql(argument) for argument in call.arguments]
    text = _operator(name.lower(), arguments)
    if text is not None:
        return text
    if not name.isidentifier():
        raise ColumnError(f"The operator {name} cannot be used here; write the expression as SQL text in quotes.")
    distinct = "DISTINCT " if call.is_distinct else ""
    return f"{name}({distinct}{', '.join(arguments)})"


def _operator(name: str, arguments: list[str]) -> str | None:
    """Return the SQL of an operator; None for functions."""
    first = arguments[0] if arguments else ""
    if name in _BINARY and len(arguments) == 2:
        text = f"({first} {name} {arguments[1]})"
    elif name in _AFTER or name in ("not", "!"):
        text = f"({first} {_AFTER[name]})" if name in _AFTER else f"(NOT {first})"
    elif name == "in":
        text = f"({first} IN ({', '.join(arguments[1:])}))"
    elif name == "when":
        pairs = [f"WHEN {arguments[i]} THEN {arguments[i + 1]}" for i in range(0, len(arguments) - 1, 2)]
        text = f"(CASE {' '.join(pairs)}{f' ELSE {arguments[-1]}' if len(arguments) % 2 else ''} END)"
    else:
        return None
    return text


def _literal(value: Any) -> str:
    kind = value.WhichOneof("literal_type")
    readers: dict[str, Callable[[], str]] = {
        "null": lambda: "NULL",
        "string": lambda: literal(value.string),
        "boolean": lambda: "TRUE" if value.boolean else "FALSE",
        **{number: lambda: str(getattr(value, kind)) for number in ("byte", "short", "integer", "long")},
        **{number: lambda: f"CAST('{getattr(value, kind)!r}' AS {kind.upper()})" for number in ("double", "float")},
        "decimal": lambda: _decimal(value.decimal),
        "date": lambda: f"date_add(DATE'1970-01-01', {value.date})",
        "timestamp": lambda: f"timestamp_micros({value.timestamp})",
    }
    if kind not in readers:
        raise ColumnError(f"A literal of the type {kind} cannot be used here; write it as SQL text in quotes.")
    return readers[kind]()


def _decimal(value: Any) -> str:
    return f"CAST('{value.value}' AS DECIMAL({value.precision}, {value.scale}))"
