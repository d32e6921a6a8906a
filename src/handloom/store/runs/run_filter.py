"""Filters of runs as SQL: one EXISTS per comparison. A run without the key never matches a comparison."""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, not_, or_, select

from handloom.domain.experiments import ACTIVE
from handloom.domain.runs import PARENT_TAG
from handloom.domain.search import Comparison, Condition
from handloom.store.datasets import tables as dataset_tables
from handloom.store.engine.filter_sql import compare, condition_sql
from handloom.store.metrics import tables as metric_tables
from handloom.store.runs import tables as run_tables
from handloom.store.runs.fields import COLUMNS

PAIRS = {"param": run_tables.params, "tag": run_tables.run_tags}


def of_run(condition: Condition) -> ColumnElement[bool]:
    return condition_sql(condition, _one)


def is_root() -> ColumnElement[bool]:
    """Return the condition that a run has no parent among the active runs of its experiment.

    A run whose parent was deleted or moved to another experiment is a root, so that a tree shows every run.
    """
    tag, parent, run = run_tables.run_tags.alias().c, run_tables.runs.alias().c, run_tables.runs.c
    return not_(
        exists().where(
            tag.run_internal_id == run.internal_id,
            tag.key == PARENT_TAG,
            parent.run_id == tag.value,
            parent.run_id != run.run_id,
            parent.experiment_internal_id == run.experiment_internal_id,
            parent.lifecycle_stage == ACTIVE,
        )
    )


def pair(owner: ColumnElement[bool], table: Any, clause: Comparison) -> ColumnElement[bool]:
    """Return a comparison with the value of a key in a table of tags or params."""
    present = and_(owner, table.c.key == clause.key)
    if clause.operator == "IS NULL":
        return not_(exists().where(present))
    if clause.operator == "IS NOT NULL":
        return exists().where(present)
    return exists().where(present, compare(table.c.value, clause.operator, clause.value))


def metric(table: Any, key: str) -> Any:
    """Return the summary row's column for "", "min" or "max"."""
    return {"": table.value, "min": table.min_value, "max": table.max_value}[key]


def leading(condition: Condition, experiments: list[int]) -> Select[Any] | None:
    """Select the runs of a comparison by the index of metrics, if it may be selective."""
    if not isinstance(condition, Comparison) or condition.entity != "metric":
        return None
    if condition.best or condition.operator == "!=":
        return None
    m = metric_tables.latest_metrics.c
    value = compare(m.value, condition.operator, condition.value)
    return select(m.run_internal_id).where(
        m.experiment_internal_id.in_(experiments), m.key == condition.key, m.is_nan == false(), value
    )


def _one(clause: Comparison) -> ColumnElement[bool]:
    if clause.entity == "attribute":
        return compare(COLUMNS[clause.key], clause.operator, clause.value)
    if clause.entity == "metric":
        return _metric(clause)
    if clause.entity == "dataset":
        column = (
            dataset_tables.run_inputs.c.context if clause.key == "context" else dataset_tables.datasets.c[clause.key]
        )
        return exists().where(
            dataset_tables.run_inputs.c.run_internal_id == run_tables.runs.c.internal_id,
            dataset_tables.run_inputs.c.dataset_internal_id == dataset_tables.datasets.c.internal_id,
            compare(column, clause.operator, clause.value),
        )
    table = PAIRS[clause.entity]
    return pair(table.c.run_internal_id == run_tables.runs.c.internal_id, table, clause)


def _metric(clause: Comparison) -> ColumnElement[bool]:
    """Compare a metric. NaN is stored as 0 with a flag; it differs from every number, without an order."""
    m = metric_tables.latest_metrics.c
    fits = compare(metric(m, clause.best), clause.operator, clause.value)
    if not clause.best:  # minimum and maximum ignore NaN, and are NULL if all values are NaN
        fits = or_(fits, m.is_nan) if clause.operator == "!=" else and_(fits, not_(m.is_nan))
    return exists().where(m.run_internal_id == run_tables.runs.c.internal_id, m.key == clause.key, fits)
