"""Make relations and expressions of Spark Connect in code: what stands in for a part of a plan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from pyspark.sql.connect.proto import expressions_pb2, relations_pb2

from handloom.session.overwrite import NULL_PARTITION


def attribute(name: str) -> Any:
    """A column by its name, whatever signs are in it."""
    made = expressions_pb2.Expression()
    made.unresolved_attribute.unparsed_identifier = "`" + name.replace("`", "``") + "`"
    return made


def call(name: str, *arguments: Any) -> Any:
    """A function or operator by its name."""
    made = expressions_pb2.Expression()
    made.unresolved_function.function_name = name
    for argument in arguments:
        made.unresolved_function.arguments.add().CopyFrom(argument)
    return made


def literal(value: str | int | float | bool | None) -> Any:
    """A constant."""
    made = expressions_pb2.Expression()
    if value is None:
        made.literal.null.null.SetInParent()
    elif isinstance(value, bool):
        made.literal.boolean = value
    elif isinstance(value, int):
        if -(2**31) <= value < 2**31:
            made.literal.integer = value
        else:
            made.literal.long = value
    elif isinstance(value, float):
        made.literal.double = value
    else:
        made.literal.string = value
    return made


def variable(name: str) -> Any:
    """The variable of a lambda."""
    made = expressions_pb2.Expression()
    made.unresolved_named_lambda_variable.name_parts.append(name)
    return made


def function(name: str, body: Any) -> Any:
    """A lambda of one variable."""
    made = expressions_pb2.Expression()
    made.lambda_function.function.CopyFrom(body)
    made.lambda_function.arguments.add().name_parts.append(name)
    return made


def cast(expression: Any, type_name: str, is_try: bool = False) -> Any:
    """A cast to a type by its SQL name."""
    made = expressions_pb2.Expression()
    if is_try:
        made.cast.eval_mode = expressions_pb2.Expression.Cast.EVAL_MODE_TRY
    made.cast.expr.CopyFrom(expression)
    made.cast.type_str = type_name
    return made


def alias(expression: Any, name: str) -> Any:
    """An expression with a name."""
    made = expressions_pb2.Expression()
    made.alias.expr.CopyFrom(expression)
    made.alias.name.append(name)
    return made


def cast_partitions(relation: Any, casts: Sequence[tuple[str, str]]) -> Any:
    """The relation with these columns of text as their types, and the partition of null as null."""
    made = relations_pb2.Relation()
    made.common.CopyFrom(relation.common)
    made.with_columns.input.CopyFrom(relation)
    for name, type_name in casts:
        column = attribute(name)
        value = cast(call("nullif", column, literal(NULL_PARTITION)), type_name)
        made.with_columns.aliases.add().CopyFrom(alias(value, name).alias)
    return made


def ordered_by(relation: Any, column: str, values: Sequence[str]) -> Any:
    """The relation in the order in which these values of a column of text are listed."""
    made = relations_pb2.Relation()
    made.common.CopyFrom(relation.common)
    made.sort.input.CopyFrom(relation)
    made.sort.is_global = True
    order = made.sort.order.add()
    order.child.CopyFrom(call("array_position", call("array", *map(literal, values)), attribute(column)))
    order.direction = expressions_pb2.Expression.SortOrder.SORT_DIRECTION_ASCENDING
    order.null_ordering = expressions_pb2.Expression.SortOrder.SORT_NULLS_LAST
    return made


def rows(table: pa.Table) -> Any:
    """A relation of rows that are here already."""
    made = relations_pb2.Relation()
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    made.local_relation.data = sink.getvalue().to_pybytes()
    return made


def no_rows() -> Any:
    """The relation without rows and columns that a command gives."""
    made = relations_pb2.Relation()
    made.local_relation.schema = "struct<>"
    return made


def query(sql: str) -> Any:
    """A relation from SQL text."""
    made = relations_pb2.Relation()
    made.sql.query = sql
    return made


def selected(relation: Any, expressions: Sequence[str], where: str = "") -> Any:
    """The relation with these columns, each as SQL text, of the rows that meet the condition."""
    made = relations_pb2.Relation()
    inside = made.project.input
    if where:
        inside.filter.condition.expression_string.expression = where
        inside = inside.filter.input
    inside.CopyFrom(relation)
    for expression in expressions:
        made.project.expressions.add().expression_string.expression = expression
    return made


def crosstab(relation: Any) -> Any:
    """The counts of each pair of values, with nulls under the name null and the columns in the order of their names."""
    asked = relation.crosstab
    rows, columns = (
        call("coalesce", cast(attribute(name), "string"), literal("null")) for name in (asked.col1, asked.col2)
    )
    pivoted = relations_pb2.Relation()
    pivoted.aggregate.group_type = relations_pb2.Aggregate.GROUP_TYPE_PIVOT
    pivoted.aggregate.input.CopyFrom(_selected_as(asked.input, [(rows, "handloom_1"), (columns, "handloom_2")]))
    group = alias(attribute("handloom_1"), f"{asked.col1}_{asked.col2}")
    pivoted.aggregate.grouping_expressions.add().CopyFrom(group)
    pivoted.aggregate.pivot.col.CopyFrom(attribute("handloom_2"))
    pivoted.aggregate.aggregate_expressions.add().CopyFrom(call("count", literal(1)))
    made = relations_pb2.Relation()
    made.common.CopyFrom(relation.common)
    made.fill_na.input.CopyFrom(pivoted)
    made.fill_na.values.add().long = 0
    return made


def zeros_for_nulls(relation: Any, columns: Sequence[str]) -> Any:
    """Two columns as doubles with 0 in place of null, as Apache Spark correlates them."""
    values = [call("coalesce", cast(attribute(name), "double"), literal(0.0)) for name in columns]
    return _selected_as(relation, list(zip(values, columns, strict=True)))


def _selected_as(relation: Any, columns: Sequence[tuple[Any, str]]) -> Any:
    made = relations_pb2.Relation()
    made.project.input.CopyFrom(relation)
    for value, name in columns:
        made.project.expressions.add().CopyFrom(alias(value, name))
    return made


def with_nulls(relation: Any, columns: Sequence[tuple[str, str]]) -> Any:
    """The relation with columns of nulls, by their names and types."""
    made = relations_pb2.Relation()
    made.with_columns.input.CopyFrom(relation)
    for name, kind in columns:
        made.with_columns.aliases.add().CopyFrom(alias(cast(literal(None), kind), name).alias)
    return made


def children(message: Any) -> list[Any]:
    """The messages that a message holds."""
    found: list[Any] = []
    for field, value in message.ListFields():
        if field.type != field.TYPE_MESSAGE:
            continue
        if field.message_type.GetOptions().map_entry:
            if field.message_type.fields_by_name["value"].type == field.TYPE_MESSAGE:
                found.extend(value.values())
        elif field.is_repeated:
            found.extend(value)
        else:
            found.append(value)
    return found


def with_types(relation: Any, columns: Sequence[tuple[str, str | None]]) -> Any:
    """The relation with its columns cast to these types; None keeps a column's type."""
    made = relations_pb2.Relation()
    made.common.CopyFrom(relation.common)
    made.project.input.CopyFrom(relation)
    for name, kind in columns:
        column = attribute(name)
        made.project.expressions.add().CopyFrom(alias(cast(column, kind), name) if kind else column)
    return made
