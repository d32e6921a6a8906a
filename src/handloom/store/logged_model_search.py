"""The search of logged models: by attributes, metrics (of some dataset), params and tags."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, exists, or_, select

from handloom.domain import clauses
from handloom.domain.clauses import Clause
from handloom.domain.errors import Invalid
from handloom.store import logged_models
from handloom.store import schema as t
from handloom.store.comparing import compare
from handloom.store.database import Read

_L = t.logged_models.c
_METRIC = t.logged_model_metrics.c
_ALIASES = {
    "creation_time": "creation_timestamp_ms",
    "creation_timestamp": "creation_timestamp_ms",
    "last_updated_timestamp": "last_updated_timestamp_ms",
}
_NUMBERS = {"creation_timestamp_ms": _L.created_at, "last_updated_timestamp_ms": _L.modified_at}
_TEXTS = {
    "model_id": _L.model_id,
    "name": _L.name,
    "model_type": _L.model_type,
    "status": _L.status,
    "source_run_id": _L.source_run_id,
    "artifact_location": _L.artifact_uri,
}


@dataclass(frozen=True, slots=True)
class Order:
    """An attribute, or `metrics.<key>` (its newest value, of the dataset where one is named)."""

    key: str
    ascending: bool = True
    dataset_name: str = ""
    dataset_digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """`datasets` are (name, digest or ""): metric clauses count only metrics of one of them."""

    experiment_ids: Sequence[str]
    filter: str = ""
    datasets: Sequence[tuple[str, str]] = ()
    order_by: Sequence[Order] = ()


def search(tx: Read, workspace: str, query: Query, *, limit: int, offset: int = 0) -> Sequence[Row[Any]]:
    """Rows for `store.logged_models.whole`; the newest first unless ordered otherwise."""
    if any(not name for name, _ in query.datasets):
        raise Invalid("`dataset_name` in the `datasets` clause must be specified.", field="datasets")
    if any(not one.isdecimal() for one in query.experiment_ids):
        raise Invalid("Invalid experiment ID. Experiment IDs must be valid integers.", field="experiment_ids")
    statement = logged_models.SELECT.where(
        _L.workspace_id == workspace,
        _L.lifecycle_stage == "active",
        t.experiments.c.experiment_id.in_([int(one) for one in query.experiment_ids]),
    )
    parsed = clauses.parse(query.filter)
    for clause in parsed:
        statement = statement.where(_where(clause, query.datasets))
    if query.datasets and not any(clause.entity == "metric" for clause in parsed):
        statement = statement.where(exists().where(_METRIC.model_id == _L.model_id, _of_datasets(query.datasets)))
    ordering = [part for order in query.order_by for part in _ordering(order)]
    statement = statement.order_by(*ordering, _L.created_at.desc(), _L.model_id)
    return tx.connection.execute(statement.limit(limit).offset(offset)).all()


def _of_datasets(datasets: Sequence[tuple[str, str]]) -> ColumnElement[bool]:
    return or_(
        *(
            and_(_METRIC.dataset_name == name, *([_METRIC.dataset_digest == digest] if digest else []))
            for name, digest in datasets
        )
    )


def _where(clause: Clause, datasets: Sequence[tuple[str, str]]) -> ColumnElement[bool]:
    if clause.entity == "metric":
        clause.allow(*clauses.NUMBER_OPERATORS)
        parts = [_METRIC.model_id == _L.model_id, _METRIC.key == clause.key]
        parts.append(compare(_METRIC.value, clause.operator, clause.number()))
        return exists().where(*parts, *([_of_datasets(datasets)] if datasets else []))
    if clause.entity in ("param", "tag"):
        table = t.logged_model_params if clause.entity == "param" else t.logged_model_tags
        return exists().where(table.c.model_id == _L.model_id, table.c.key == clause.key, _text(clause, table.c.value))
    key = _ALIASES.get(clause.key, clause.key)
    if key in _NUMBERS:
        clause.allow(*clauses.NUMBER_OPERATORS)
        return compare(_NUMBERS[key], clause.operator, clause.number())
    if key not in _TEXTS:
        raise Invalid(
            f"Invalid attribute key '{clause.key}'. Valid keys are {', '.join([*_TEXTS, *_ALIASES])}.", field="filter"
        )
    return _text(clause, _TEXTS[key])


def _text(clause: Clause, column: ColumnElement[str]) -> ColumnElement[bool]:
    clause.allow(*clauses.TEXT_OPERATORS, *clauses.LIST_OPERATORS)
    return compare(column, clause.operator, clause.value)


def _ordering(order: Order) -> list[ColumnElement[Any]]:
    """Missing values come last in both directions."""
    entity, _, key = order.key.partition(".") if "." in order.key else ("", "", order.key)
    column: ColumnElement[Any]
    if entity == "metrics":
        column = _newest_value(key, order)
    elif entity:
        raise Invalid(f"Invalid order by field name: {order.key}. Only metrics are supported.", field="order_by")
    else:
        name = _ALIASES.get(order.key, order.key)
        found = _NUMBERS.get(name) if name in _NUMBERS else _TEXTS.get(name)
        if found is None:
            raise Invalid(f"Invalid order by field name: {order.key}", field="order_by")
        column = found
    return [column.is_(None), column.asc() if order.ascending else column.desc()]


def _newest_value(key: str, order: Order) -> ColumnElement[Any]:
    m = t.logged_model_metrics.alias()
    query = select(m.c.value).where(m.c.model_id == _L.model_id, m.c.key == key)
    if order.dataset_name:
        query = query.where(m.c.dataset_name == order.dataset_name)
    if order.dataset_digest:
        query = query.where(m.c.dataset_digest == order.dataset_digest)
    newest = query.order_by(m.c.timestamp.desc(), m.c.step.desc(), m.c.run_id).limit(1)
    return newest.correlate(t.logged_models).scalar_subquery()
