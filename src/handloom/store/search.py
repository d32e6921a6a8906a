"""Searches of runs and experiments as SQL: one EXISTS per comparison, one join per key that is ordered by."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, not_, or_, select
from sqlalchemy.sql.expression import FromClause

from handloom.domain.errors import Invalid
from handloom.domain.experiments import Experiment, number_of
from handloom.domain.pages import offset_of, page_of
from handloom.domain.search import EXPERIMENTS, RUNS, Comparison, Order, parse_filter, parse_order
from handloom.store import experiments as experiment_store
from handloom.store import schema as t
from handloom.store.comparing import compare
from handloom.store.database import Read

_RUN_COLUMNS: dict[str, ColumnElement[Any]] = {
    "status": t.runs.c.status,
    "artifact_uri": t.runs.c.artifact_uri,
    "start_time": t.runs.c.start_time,
    "end_time": t.runs.c.end_time,
    "user_id": t.runs.c.user_id,
    "run_name": t.runs.c.name,
    "run_id": t.runs.c.run_id,
    "duration": t.runs.c.end_time - t.runs.c.start_time,
}
_PAIRS = {"param": t.params, "tag": t.run_tags}


def runs(
    tx: Read,
    workspace: str,
    experiment_ids: Sequence[str],
    *,
    filter: str = "",
    order_by: Sequence[str] = (),
    stages: Sequence[str] = ("active",),
    limit: int,
    page_token: str = "",
) -> tuple[list[int], str]:
    """Internal numbers of one page of runs, in order, and the token of the next page ("" at the end).

    Unless `order_by` says otherwise the newest come first. No experiments, or unknown ones, hold no runs.
    """
    query = _matching(select(t.runs.c.number), workspace, experiment_ids, filter, stages)
    orders = [parse_order(text, RUNS) for text in order_by]
    if len({(order.entity, order.key) for order in orders}) < len(orders):
        raise Invalid(f"`order_by` contains duplicate fields: {list(order_by)}", field="order_by")
    origin: FromClause = t.runs
    sorting: list[ColumnElement[Any]] = []
    for order in orders:
        origin, keys = _sorted(origin, order)
        sorting += keys
    if not any(order.key == "start_time" and order.entity == "attribute" for order in orders):
        sorting.append(t.runs.c.start_time.desc())
    offset = offset_of(page_token)
    query = query.select_from(origin).order_by(*sorting, t.runs.c.run_id).limit(limit + 1).offset(offset)
    return page_of(tx.connection.execute(query).scalars().all(), offset, limit)


def total(
    tx: Read, workspace: str, experiment_ids: Sequence[str], *, filter: str = "", stages: Sequence[str] = ("active",)
) -> int:
    """How many runs `runs` finds over all pages."""
    query = _matching(select(func.count()).select_from(t.runs), workspace, experiment_ids, filter, stages)
    return int(tx.connection.execute(query).scalar_one())


def experiments(
    tx: Read,
    workspace: str,
    *,
    filter: str = "",
    order_by: Sequence[str] = (),
    stages: Sequence[str] = ("active",),
    limit: int,
    page_token: str = "",
) -> tuple[list[Experiment], str]:
    """One page of experiments, in order, and the token of the next page ("" at the end); the newest come first."""
    columns = t.experiments.c
    query = select(*experiment_store.COLUMNS).where(
        columns.workspace_id == workspace, columns.lifecycle_stage.in_(list(stages))
    )
    for clause in parse_filter(filter, EXPERIMENTS):
        query = query.where(_experiment_condition(clause))
    sorting: list[ColumnElement[Any]] = []
    for text in order_by:
        order = parse_order(text, EXPERIMENTS)
        column = columns[order.key]
        sorting.append(column.asc() if order.ascending else column.desc())
    if not sorting:
        sorting.append(columns.creation_time.desc())
    offset = offset_of(page_token)
    query = query.order_by(*sorting, columns.experiment_id).limit(limit + 1).offset(offset)
    page, token = page_of(tx.connection.execute(query).all(), offset, limit)
    return experiment_store.whole(tx, page), token


def _matching(
    query: Select[Any], workspace: str, experiment_ids: Sequence[str], filter: str, stages: Sequence[str]
) -> Select[Any]:
    ids = [number_of(experiment_id) for experiment_id in experiment_ids]
    wanted = select(t.experiments.c.number).where(
        t.experiments.c.workspace_id == workspace, t.experiments.c.experiment_id.in_(ids)
    )
    query = query.where(t.runs.c.experiment_number.in_(wanted), t.runs.c.lifecycle_stage.in_(list(stages)))
    return query.where(*(_condition(clause) for clause in parse_filter(filter, RUNS)))


def _condition(clause: Comparison) -> ColumnElement[bool]:
    """A comparison as a condition on a run. Only IS NULL holds of a run that has no such key."""
    if clause.entity == "attribute":
        return compare(_RUN_COLUMNS[clause.key], clause.operator, clause.value)
    if clause.entity == "metric":
        return _metric_condition(clause)
    if clause.entity == "dataset":
        column = t.run_inputs.c.context if clause.key == "context" else t.datasets.c[clause.key]
        return exists().where(
            t.run_inputs.c.run_number == t.runs.c.number,
            t.run_inputs.c.dataset_number == t.datasets.c.number,
            compare(column, clause.operator, clause.value),
        )
    table = _PAIRS[clause.entity]
    return _pair_condition(table.c.run_number == t.runs.c.number, table, clause)


def _pair_condition(owner: ColumnElement[bool], table: Any, clause: Comparison) -> ColumnElement[bool]:
    """A comparison with the value of a key in a table of tags or params."""
    present = and_(owner, table.c.key == clause.key)
    if clause.operator == "IS NULL":
        return not_(exists().where(present))
    if clause.operator == "IS NOT NULL":
        return exists().where(present)
    return exists().where(present, compare(table.c.value, clause.operator, clause.value))


def _metric_condition(clause: Comparison) -> ColumnElement[bool]:
    """NaN is kept as 0 beside a flag; it differs from every number and compares with none."""
    m = t.latest_metrics.c
    fits = compare(m.value, clause.operator, clause.value)
    fits = or_(fits, m.is_nan) if clause.operator == "!=" else and_(fits, not_(m.is_nan))
    return exists().where(m.run_number == t.runs.c.number, m.key == clause.key, fits)


def _sorted(origin: FromClause, order: Order) -> tuple[FromClause, list[ColumnElement[Any]]]:
    """The rows joined with what they are ordered by, and the sort keys. Missing values come last either way."""
    if order.entity == "attribute":
        column: ColumnElement[Any] = _RUN_COLUMNS[order.key]
        missing = case((column.is_(None), 1), else_=0)
    else:
        table = (t.latest_metrics if order.entity == "metric" else _PAIRS[order.entity]).alias()
        origin = origin.outerjoin(table, and_(table.c.run_number == t.runs.c.number, table.c.key == order.key))
        column = table.c.value
        missing = case((column.is_(None), 2), else_=0)
        if order.entity == "metric":
            missing = case((column.is_(None), 2), (table.c.is_nan, 1), else_=0)
    return origin, [missing, column.asc() if order.ascending else column.desc()]


def _experiment_condition(clause: Comparison) -> ColumnElement[bool]:
    if clause.entity == "tag":
        owner = t.experiment_tags.c.experiment_number == t.experiments.c.number
        return _pair_condition(owner, t.experiment_tags, clause)
    value: Any = clause.value
    if clause.key == "experiment_id":
        value = [number_of(v) for v in value] if isinstance(value, tuple) else number_of(str(value))
    elif isinstance(value, float):
        raise Invalid(f"Invalid value for numeric attribute '{clause.key}': '{value}'", field="filter")
    return compare(t.experiments.c[clause.key], clause.operator, value)
