"""Quantiles of `summary()` and `approxQuantile()`: values of the column, where the engine's own lie between two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyspark.errors import IllegalArgumentException
from pyspark.sql.connect.proto import relations_pb2

from handloom.session.quick import build
from handloom.session.quick.functions import DOUBLE_AS_TEXT
from handloom.session.quick.numbers import arithmetic
from handloom.session.quick.rewriting import quoted

ALL = ("count", "mean", "stddev", "min", "25%", "50%", "75%", "max")
_LEFT_OUT_NAN = "filter({0}, handloom_v -> not isnan(handloom_v))"


def _at(values: str, share: float) -> str:
    """The value at a rank of sorted values."""
    return f"try_element_at({values}, cast(greatest(ceil({share!r}D * size({values})), 1) as int))"


def _sorted_values(relation: Any, columns: Sequence[str]) -> Any:
    """One row with the sorted values of each column, named by its number; `columns` are SQL text."""
    made = relations_pb2.Relation()
    made.aggregate.input.CopyFrom(relation)
    made.aggregate.group_type = relations_pb2.Aggregate.GROUP_TYPE_GROUPBY
    for number, column in enumerate(columns):
        values = made.aggregate.aggregate_expressions.add()
        values.expression_string.expression = f"array_sort(collect_list({column})) AS handloom_{number}"
    return made


def summary(relation: Any, fields: Sequence[tuple[str, str]]) -> Any:
    """The rows of `summary` with exact quartiles, in the order in which they are asked for."""
    asked = list(relation.summary.statistics) or list(ALL)
    shares = [name for name in asked if name.endswith("%")]
    columns = [(name, kind) for name, kind in fields if arithmetic.is_number(kind) or kind == "string"]
    if not shares or not columns:
        return build.ordered_by(relation, "summary", asked)
    values = [f"try_cast({quoted(name)} as double)" if kind == "string" else quoted(name) for name, kind in columns]
    rows = []
    for share in shares:
        at = [_at(f"handloom_{number}", float(share[:-1]) / 100) for number in range(len(columns))]
        rows.append(f"struct('{share}' as handloom_s, {', '.join(f'{one} as c{k}' for k, one in enumerate(at))})")
    cells = ["handloom_s AS summary"]
    for number, (name, kind) in enumerate(columns):
        as_text = DOUBLE_AS_TEXT if kind in ("float", "double", "string") else "cast($0 as string)"
        cells.append(f"{as_text.replace('$0', f'c{number}')} AS {quoted(name)}")
    values_at = build.selected(_sorted_values(relation.summary.input, values), [f"inline(array({', '.join(rows)}))"])
    made = build.selected(values_at, cells)
    others = [name for name in asked if not name.endswith("%")]
    if others:
        both = relations_pb2.Relation()
        both.set_op.left_input.CopyFrom(relation)
        del both.set_op.left_input.summary.statistics[:]
        both.set_op.left_input.summary.statistics.extend(others)
        both.set_op.right_input.CopyFrom(made)
        both.set_op.set_op_type = relations_pb2.SetOperation.SET_OP_TYPE_UNION
        both.set_op.is_all = True
        made = both
    return build.ordered_by(made, "summary", asked)


def quantiles(relation: Any) -> Any:
    """One row with the list of quantiles of each column, without nulls and NaN."""
    asked = relation.approx_quantile
    columns = [f"cast({quoted(name)} as double)" for name in asked.cols]
    lists = []
    for number in range(len(columns)):
        values = _LEFT_OUT_NAN.format(f"handloom_{number}")
        cells = ", ".join(_at(values, share) for share in asked.probabilities)
        lists.append(f"if(size({values}) = 0, cast(array() as array<double>), array({cells}))")
    made = build.selected(_sorted_values(asked.input, columns), [f"array({', '.join(lists)}) AS quantiles"])
    made.common.CopyFrom(relation.common)
    return made


LEAST_SUPPORT, DEFAULT_SUPPORT = 1e-4, 0.01
_INPUT = "handloom_input"


def frequent_items(relation: Any) -> Any:
    """One row with the values of each column that at least this share of the rows has, most frequent first.

    Apache Spark may give others too, which depend on how the rows are spread over partitions.
    """
    asked = relation.freq_items
    support = asked.support if asked.HasField("support") else DEFAULT_SUPPORT
    if not LEAST_SUPPORT <= support <= 1:
        raise IllegalArgumentException(f"freqItems takes a support from {LEAST_SUPPORT} to 1, and got {support}.")
    parts, cells = [], []
    for number, name in enumerate(asked.cols):
        counted = f"SELECT {quoted(name)} AS v, count(*) AS c FROM {_INPUT} GROUP BY {quoted(name)}"
        needed = f"{support!r}D * (SELECT count(*) FROM {_INPUT})"
        items = "sort_array(collect_list(struct(-c AS c, v AS v)))"
        parts.append(f"(SELECT {items} AS items FROM ({counted}) WHERE c >= {needed}) AS t{number}")
        cells.append(f"transform(t{number}.items, x -> x.v) AS {quoted(f'{name}_freqItems')}")
    made = relations_pb2.Relation()
    made.common.CopyFrom(relation.common)
    made.with_relations.root.sql.query = f"SELECT {', '.join(cells)} FROM {' CROSS JOIN '.join(parts)}"
    given = made.with_relations.references.add()
    given.subquery_alias.input.CopyFrom(asked.input)
    given.subquery_alias.alias = _INPUT
    given.common.plan_id = relation.common.plan_id + (1 << 41)
    return made
