"""Search runs and experiments: filters and orders in MLflow's grammar, one page at a time."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, func, select

from handloom.domain.errors import Invalid
from handloom.domain.experiments import Experiment, number_of
from handloom.domain.pages import offset_of, page_of, position_of, token_after
from handloom.domain.search import EXPERIMENTS, RUNS, Comparison, Condition, parse_filter, parse_order
from handloom.store.engine.database import Read
from handloom.store.engine.filter_sql import compare, condition_sql
from handloom.store.experiments import rows as experiment_store
from handloom.store.experiments import tables as experiment_tables
from handloom.store.runs import listing as run_pages
from handloom.store.runs import tables as run_tables
from handloom.store.runs.order import check_position, in_order
from handloom.store.runs.run_filter import is_root, of_run, pair

MANY = 50
"""Experiments searched one by one, each in its own order; more are sorted together."""


def runs(
    tx: Read,
    workspace: str,
    experiment_ids: Sequence[str],
    *,
    filter: str = "",
    conditions: Sequence[Condition] = (),
    order_by: Sequence[str] = (),
    stages: Sequence[str] = ("active",),
    roots: bool = False,
    limit: int,
    page_token: str = "",
) -> tuple[list[int], str]:
    """Return the internal ids of one page of runs, in order, and the token of the next page ("" at the end).

    A run matches `filter` and all of `conditions`, and with `roots` has no parent. The default order is newest first.
    Unknown experiments have no runs.
    """
    orders = [parse_order(text, RUNS) for text in order_by]
    if len({(order.entity, order.key, order.best) for order in orders}) < len(orders):
        raise Invalid(f"`order_by` contains duplicate fields: {list(order_by)}", field="order_by")
    run_query = run_pages.RunQuery(
        conditions=[*parse_filter(filter, RUNS), *conditions],
        orders=orders,
        stages=stages,
        limit=limit + 1,
        roots=roots,
    )
    keys = run_query.sorted()[1]
    position = position_of(page_token, order_by, len(keys))
    if position.after is not None:
        check_position(keys, position.after)
    run_query = replace(run_query, after=position.after, offset=position.offset)
    found: Sequence[Any]
    numbers = _numbers(tx, workspace, experiment_ids)
    if len(numbers) > MANY or (position.offset and len(numbers) > 1):
        found = run_pages.sorted_rows(tx, run_query, numbers)
    else:
        found = [row for number in numbers for row in run_pages.rows(tx, run_query, number)]
        found = in_order(found, keys) if len(numbers) > 1 else found
    page = found[:limit]
    internal_ids = [internal_id for internal_id, *_ in page]
    if len(found) <= limit:
        return internal_ids, ""
    _, *sort_values = page[-1]
    return internal_ids, token_after(order_by, sort_values)


def total(
    tx: Read,
    workspace: str,
    experiment_ids: Sequence[str],
    *,
    filter: str = "",
    conditions: Sequence[Condition] = (),
    stages: Sequence[str] = ("active",),
    roots: bool = False,
) -> int:
    """Count the runs that `runs` returns over all pages."""
    query = select(func.count()).select_from(run_tables.runs)
    query = query.where(
        run_tables.runs.c.experiment_internal_id.in_(_numbers(tx, workspace, experiment_ids)),
        run_tables.runs.c.lifecycle_stage.in_(list(stages)),
        *(of_run(condition) for condition in [*parse_filter(filter, RUNS), *conditions]),
        *([is_root()] if roots else []),
    )
    return int(tx.connection.execute(query).scalar_one())


def _numbers(tx: Read, workspace: str, experiment_ids: Sequence[str]) -> list[int]:
    """Return the internal ids of the experiments that exist."""
    e = experiment_tables.experiments.c
    ids = [number_of(experiment_id) for experiment_id in dict.fromkeys(experiment_ids)]
    query = select(e.internal_id).where(e.workspace_id == workspace, e.experiment_id.in_(ids))
    return list(tx.connection.scalars(query)) if ids else []


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
    """Return one page of experiments, in order, and the token of the next page ("" at the end); newest first by
    default.
    """
    columns = experiment_tables.experiments.c
    query = select(*experiment_store.COLUMNS).where(
        columns.workspace_id == workspace, columns.lifecycle_stage.in_(list(stages))
    )
    for condition in parse_filter(filter, EXPERIMENTS):
        query = query.where(condition_sql(condition, _experiment_condition))
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
    return experiment_store.hydrate(tx, page), token


def _experiment_condition(clause: Comparison) -> ColumnElement[bool]:
    if clause.entity == "tag":
        owner = (
            experiment_tables.experiment_tags.c.experiment_internal_id == experiment_tables.experiments.c.internal_id
        )
        return pair(owner, experiment_tables.experiment_tags, clause)
    value: Any = clause.value
    if clause.key == "experiment_id":
        value = [number_of(v) for v in value] if isinstance(value, tuple) else number_of(str(value))
    elif isinstance(value, float):
        raise Invalid(f"Invalid value for numeric attribute '{clause.key}': '{value}'", field="filter")
    return compare(experiment_tables.experiments.c[clause.key], clause.operator, value)
