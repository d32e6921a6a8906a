"""`observe` on the quick engine, which does not have it: the measures are computed by a query of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pyspark.errors import UnsupportedOperationException
from pyspark.sql.connect.proto import base_pb2

from handloom.session.quick.build import children
from handloom.session.quick.functions import refused

_CHANCE = frozenset(
    {"rand", "random", "randn", "uuid", "shuffle", "randstr", "uniform", "monotonically_increasing_id"}
    | {"first", "first_value", "last", "last_value", "any_value", "collect_list", "array_agg", "row_number"}
)
"""Functions whose answer another run of the same query may change, by chance or by the order of the rows."""
_SOME_ROWS = frozenset({"spark.connect.Sample", "spark.connect.Limit", "spark.connect.Offset", "spark.connect.Tail"})
_IN_SQL = re.compile(rf"\b({'|'.join(sorted(_CHANCE))}|limit|offset|tablesample)\b", re.IGNORECASE)
_RELATION = "spark.connect.Relation"


def take_out(message: Any) -> Iterator[tuple[str, Any]]:
    """Replace each `observe` of a plan by what it observes. Yields its name and the plan of its measures."""
    for child in children(message):
        yield from take_out(child)
    if message.DESCRIPTOR.full_name == _RELATION and message.WhichOneof("rel_type") == "collect_metrics":
        observed = message.collect_metrics
        if _is_by_chance(observed.input):
            raise refused("observe over rows that differ each time they are computed")
        plan = base_pb2.Plan()
        aggregate = plan.root.aggregate
        aggregate.group_type = aggregate.GROUP_TYPE_GROUPBY
        aggregate.input.CopyFrom(observed.input)
        aggregate.aggregate_expressions.extend(observed.metrics)
        name = observed.name
        kept = type(message)()
        kept.CopyFrom(observed.input)
        message.CopyFrom(kept)
        yield name, plan


def require_observation(name: str, known: Any) -> None:
    """Raise for an `observe` by a name alone, whose measures only a listener of Apache Spark gets."""
    if name not in known:
        raise UnsupportedOperationException(
            "The quick engine observes with an Observation only: frame.observe(Observation(), ...), whose get has the "
            "measures."
        )


def _is_by_chance(message: Any) -> bool:
    name = message.DESCRIPTOR.full_name
    if name in _SOME_ROWS:
        return True
    if name == "spark.connect.CommonInlineUserDefinedFunction" and not message.deterministic:
        return True
    if name == "spark.connect.SQL" and _IN_SQL.search(message.query):
        return True
    if name == "spark.connect.Expression.UnresolvedFunction" and message.function_name.lower() in _CHANCE:
        return True
    return any(map(_is_by_chance, children(message)))
