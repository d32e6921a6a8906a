"""Searches of traces: filters and orders of MLflow's grammar as SQL, over what traces, their tags and spans hold."""

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec
from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select
from sqlalchemy.sql.expression import FromClause

from handloom.domain import traces as rules
from handloom.domain.errors import Invalid
from handloom.domain.experiments import number_of
from handloom.domain.grammar import Entity
from handloom.domain.pages import offset_of, page_of
from handloom.domain.search import Comparison, Order, parse_filter, parse_order
from handloom.domain.traces import TRACES, Trace
from handloom.store.engine.database import Read
from handloom.store.engine.filter_sql import compare, condition_sql
from handloom.store.experiments import tables as experiment_tables
from handloom.store.runs.run_filter import pair
from handloom.store.traces import rows as trace_store
from handloom.store.traces import tables as trace_tables

Clause = TypeVar("Clause", Comparison, Order)

_T, _S = trace_tables.traces.c, trace_tables.spans.c
_COLUMNS: dict[str, ColumnElement[Any]] = {
    "request_time": _T.request_time,
    "duration": _T.duration,
    "end_time": _T.request_time + func.coalesce(_T.duration, 0),
    "trace_id": _T.trace_id,
    "status": _T.state,
    "client_request_id": _T.client_request_id,
    "experiment_id": experiment_tables.experiments.c.experiment_id,
}
_PAIRS = {"tag": trace_tables.trace_tags, "metadata": trace_tables.trace_metadata}
_ELSEWHERE: dict[tuple[str, str], tuple[Entity, str]] = {
    ("attribute", "name"): ("tag", rules.NAME_TAG),
    ("attribute", "run_id"): ("metadata", rules.RUN_KEY),
}
_SPAN_COLUMNS: dict[str, ColumnElement[Any]] = {"name": _S.name, "type": _S.type, "status": _S.status}


def traces(
    tx: Read,
    workspace: str,
    experiment_ids: Sequence[str],
    *,
    filter: str = "",
    order_by: Sequence[str] = (),
    limit: int,
    page_token: str = "",
) -> tuple[list[Trace], str]:
    """One page of the traces of these experiments and the token of the next ("" at the end); the newest come first."""
    numbers = [number_of(experiment_id) for experiment_id in experiment_ids]
    wanted = select(experiment_tables.experiments.c.number).where(
        experiment_tables.experiments.c.workspace_id == workspace,
        experiment_tables.experiments.c.experiment_id.in_(numbers),
    )
    query = trace_store.SELECT.where(_T.experiment_number.in_(wanted))
    for condition in parse_filter(filter, TRACES):
        query = query.where(condition_sql(condition, _condition))
    orders = [_known_as(parse_order(text, TRACES)) for text in order_by]
    if len({(order.entity, order.key) for order in orders}) < len(orders):
        raise Invalid(f"`order_by` contains duplicate fields: {list(order_by)}", field="order_by")
    sorting: list[ColumnElement[Any]] = []
    for order in orders:
        column = _sorted_by(order)
        sorting += [case((column.is_(None), 1), else_=0), column.asc() if order.ascending else column.desc()]
    if not any(order.key == "request_time" and order.entity == "attribute" for order in orders):
        sorting.append(_T.request_time.desc())
    offset = offset_of(page_token)
    query = query.order_by(*sorting, _T.trace_id).limit(limit + 1).offset(offset)
    page, token = page_of(tx.connection.execute(query).all(), offset, limit)
    return trace_store.hydrate(tx, page), token


def _known_as(found: Clause) -> Clause:
    """`name` and `run_id` are attributes in filters and orders, but a tag and metadata of the trace."""
    entity, key = _ELSEWHERE.get((found.entity, found.key), (found.entity, found.key))
    return msgspec.structs.replace(found, entity=entity, key=key)


def _condition(clause: Comparison) -> ColumnElement[bool]:
    """A comparison as a condition on a trace. Only IS NULL holds of one that has no such key."""
    clause = _known_as(clause)
    if clause.entity == "attribute" and clause.key == "text":
        return _of_span(compare(_S.content, clause.operator, clause.value))
    if clause.entity == "attribute":
        return compare(_COLUMNS[clause.key], clause.operator, clause.value)
    if clause.entity == "span":
        return _span(clause)
    table: FromClause = _PAIRS[clause.entity]
    found = pair(table.c.trace_number == _T.number, table, clause)
    if clause.entity == "metadata" and clause.key == rules.RUN_KEY and clause.operator in ("=", "IN"):
        linked = trace_tables.trace_runs.c
        fits = compare(linked.run_id, clause.operator, clause.value)
        return or_(found, exists().where(linked.trace_number == _T.number, fits))
    return found


def _span(clause: Comparison) -> ColumnElement[bool]:
    if clause.key == "content":
        return _of_span(compare(_S.content, clause.operator, clause.value))
    if clause.key not in _SPAN_COLUMNS:
        raise Invalid(
            f"Invalid span attribute '{clause.key}'. Supported attributes: name, type, status, content. "
            "What spans hold beyond those is found with trace.text LIKE '%...%'.",
            field="filter",
        )
    return _of_span(compare(_SPAN_COLUMNS[clause.key], clause.operator, clause.value))


def _of_span(fits: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(and_(_S.trace_number == _T.number, fits))


def _sorted_by(order: Order) -> ColumnElement[Any]:
    if order.entity == "attribute":
        if order.key not in _COLUMNS:
            raise Invalid(f"Invalid order_by key '{order.key}'.", field="order_by")
        return _COLUMNS[order.key]
    table = _PAIRS[order.entity]
    value = select(table.c.value).where(table.c.trace_number == _T.number, table.c.key == order.key)
    return value.scalar_subquery()
