"""Search logged models by attributes, metrics (of a dataset), params and tags."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, exists, or_, select

from handloom.domain.errors import Invalid
from handloom.domain.logged_models import SEARCH, status_named
from handloom.domain.search import Comparison, comparisons, parse_filter, parse_order
from handloom.store.engine.database import Read
from handloom.store.engine.filter_sql import compare, condition_sql
from handloom.store.experiments import tables as experiment_tables
from handloom.store.models import logged as logged_models
from handloom.store.models import tables as model_tables

_L = model_tables.logged_models.c
_METRIC = model_tables.logged_model_metrics.c
_COLUMNS: dict[str, ColumnElement[Any]] = {
    "creation_timestamp_ms": _L.created_at,
    "last_updated_timestamp_ms": _L.modified_at,
    "model_id": _L.model_id,
    "name": _L.name,
    "model_type": _L.model_type,
    "status": _L.status,
    "source_run_id": _L.source_run_id,
    "artifact_location": _L.artifact_uri,
}


@dataclass(frozen=True, slots=True)
class ModelOrder:
    """An attribute, or `metrics.<key>`: its newest value, of the dataset if one is named."""

    key: str
    ascending: bool = True
    dataset_name: str = ""
    dataset_digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedModelQuery:
    """`datasets` are (name, digest or ""): metric comparisons use only metrics of one of them."""

    experiment_ids: Sequence[str]
    filter: str = ""
    datasets: Sequence[tuple[str, str]] = ()
    order_by: Sequence[ModelOrder] = ()


def search(tx: Read, workspace: str, query: LoggedModelQuery, *, limit: int, offset: int = 0) -> Sequence[Row[Any]]:
    """Return rows for `logged.hydrate`, the newest first unless ordered otherwise."""
    if any(not name for name, _ in query.datasets):
        raise Invalid("`dataset_name` in the `datasets` clause must be specified.", field="datasets")
    if any(not one.isdecimal() for one in query.experiment_ids):
        raise Invalid("Invalid experiment ID. Experiment IDs must be valid integers.", field="experiment_ids")
    statement = logged_models.SELECT.where(
        _L.workspace_id == workspace,
        _L.lifecycle_stage == "active",
        experiment_tables.experiments.c.experiment_id.in_([int(one) for one in query.experiment_ids]),
    )
    parsed = parse_filter(query.filter, SEARCH)
    for condition in parsed:
        statement = statement.where(condition_sql(condition, lambda clause: _where(clause, query.datasets)))
    if query.datasets and not any(clause.entity == "metric" for clause in comparisons(parsed)):
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


def _where(clause: Comparison, datasets: Sequence[tuple[str, str]]) -> ColumnElement[bool]:
    if clause.entity == "metric":
        value = compare(_METRIC.value, clause.operator, clause.value)
        of_datasets = [_of_datasets(datasets)] if datasets else []
        return exists().where(_METRIC.model_id == _L.model_id, _METRIC.key == clause.key, value, *of_datasets)
    if clause.entity == "attribute" and clause.key == "status" and clause.operator not in ("LIKE", "ILIKE"):
        given = clause.value
        named = tuple(map(status_named, given)) if isinstance(given, tuple) else status_named(str(given))
        return compare(_L.status, clause.operator, named)
    if clause.entity == "attribute":
        return compare(_COLUMNS[clause.key], clause.operator, clause.value)
    table = model_tables.logged_model_params if clause.entity == "param" else model_tables.logged_model_tags
    value = compare(table.c.value, clause.operator, clause.value)
    return exists().where(table.c.model_id == _L.model_id, table.c.key == clause.key, value)


def _ordering(given: ModelOrder) -> list[ColumnElement[Any]]:
    """Return the ORDER BY; missing values come last in both directions."""
    entity, _, key = given.key.partition(".")
    # A metric's key is not trimmed or unquoted: clients send it without quotes.
    column = _newest_value(key, given) if entity == "metrics" else _COLUMNS[parse_order(given.key, SEARCH).key]
    return [column.is_(None), column.asc() if given.ascending else column.desc()]


def _newest_value(key: str, order: ModelOrder) -> ColumnElement[Any]:
    m = model_tables.logged_model_metrics.alias()
    query = select(m.c.value).where(m.c.model_id == _L.model_id, m.c.key == key)
    if order.dataset_name:
        query = query.where(m.c.dataset_name == order.dataset_name)
    if order.dataset_digest:
        query = query.where(m.c.dataset_digest == order.dataset_digest)
    newest = query.order_by(m.c.timestamp.desc(), m.c.step.desc(), m.c.run_id).limit(1)
    return newest.correlate(model_tables.logged_models).scalar_subquery()
