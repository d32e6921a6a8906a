"""Groups of runs: the number of runs that share the values of params, tags or attributes or are below a run, and
statistics of their metrics.
"""

from collections.abc import Iterator, Sequence
from math import sqrt
from typing import Any

import msgspec
from sqlalchemy import CTE, ColumnElement, and_, case, false, func, literal, select
from sqlalchemy.sql.expression import FromClause

from handloom.domain.experiments import ACTIVE
from handloom.domain.run_groups import GroupField
from handloom.domain.runs import PARENT_TAG
from handloom.domain.search import Condition
from handloom.store.engine.database import Read
from handloom.store.metrics import tables as metric_tables
from handloom.store.runs import tables as run_tables
from handloom.store.runs.fields import COLUMNS
from handloom.store.runs.run_filter import PAIRS, of_run

ORDINARY = 1e150
"""Sizes up to this have a square that is a number; means and deviations are of these values alone."""


class GroupAggregate(msgspec.Struct, frozen=True, kw_only=True):
    """The latest values of one metric over the runs of a group.

    NaN is ignored. Mean and sample standard deviation are None if a value is infinite or larger than 1e150.
    """

    count: int
    min: float
    max: float
    mean: float | None
    std: float | None


class GroupRow(msgspec.Struct, frozen=True, kw_only=True):
    """`values` are in the order of the fields; None means that the runs have no such param or tag."""

    values: tuple[str | None, ...]
    runs: int
    metrics: dict[str, GroupAggregate]


def groups(
    tx: Read,
    experiment: int,
    fields: Sequence[GroupField],
    *,
    conditions: Sequence[Condition] = (),
    metrics: Sequence[str] = (),
    limit: int,
) -> tuple[list[GroupRow], int]:
    """Return the `limit` largest groups of an experiment's matching active runs, and the number of groups."""
    origin, values = _origin(fields, experiment)
    r = run_tables.runs.c
    where = (r.experiment_internal_id == experiment, r.lifecycle_stage == ACTIVE, *map(of_run, conditions))
    all_groups = func.count().over()
    counted = select(*values, func.count().label("runs"), all_groups).select_from(origin).where(*where)
    counted = counted.group_by(*values).order_by(func.count().desc(), *values)
    largest = tx.connection.execute(counted.limit(limit)).all()
    total = largest[0][-1] if largest else 0
    found = {tuple(group): runs for *group, runs, _ in largest}
    numbers: dict[tuple[str | None, ...], dict[str, GroupAggregate]] = {key: {} for key in found}
    if found and metrics:
        for group, key, aggregate in _aggregates(tx, experiment, origin, values, where, metrics):
            if group in numbers:
                numbers[group][key] = aggregate
    return [GroupRow(values=key, runs=runs, metrics=numbers[key]) for key, runs in found.items()], total


def _origin(fields: Sequence[GroupField], experiment: int) -> tuple[FromClause, list[ColumnElement[Any]]]:
    """Return the runs joined with the tables of the group's fields, and the columns of their values."""
    origin: FromClause = run_tables.runs
    values: list[ColumnElement[Any]] = []
    for at, field in enumerate(fields):
        if field.entity == "attribute":
            values.append(COLUMNS[field.key].label(f"value{at}"))
            continue
        if field.entity == "ancestor":
            above = _ancestors(experiment)
            own = and_(
                above.c.run_internal_id == run_tables.runs.c.internal_id, above.c.run_id != run_tables.runs.c.run_id
            )
            origin = origin.outerjoin(above, own)
            values.append(above.c.run_id.label(f"value{at}"))
            continue
        table = PAIRS[field.entity].alias(f"field{at}")
        own = and_(table.c.run_internal_id == run_tables.runs.c.internal_id, table.c.key == field.key)
        origin = origin.outerjoin(table, own)
        values.append(table.c.value.label(f"value{at}"))
    return origin, values


def _ancestors(experiment: int) -> CTE:
    """Return every active run of an experiment beside each of the runs above it; UNION ends at a cycle of parents."""
    r, tag = run_tables.runs.c, run_tables.run_tags.c
    of_experiment = (r.experiment_internal_id == experiment, r.lifecycle_stage == ACTIVE)
    parents = (
        select(tag.run_internal_id, tag.value.label("run_id"))
        .join(run_tables.runs, r.internal_id == tag.run_internal_id)
        .where(*of_experiment, tag.key == PARENT_TAG)
        .cte("ancestors", recursive=True)
    )
    higher = (
        select(parents.c.run_internal_id, tag.value)
        .join(run_tables.runs, r.run_id == parents.c.run_id)
        .join(run_tables.run_tags, and_(tag.run_internal_id == r.internal_id, tag.key == PARENT_TAG))
        .where(*of_experiment)
    )
    return parents.union(higher)


def _aggregates(
    tx: Read,
    experiment: int,
    origin: FromClause,
    values: Sequence[ColumnElement[Any]],
    where: Sequence[ColumnElement[bool]],
    keys: Sequence[str],
) -> Iterator[tuple[tuple[str | None, ...], str, GroupAggregate]]:
    """Yield the aggregates of each group and metric. Squares are of distances from a centre, to avoid cancellation."""
    table = metric_tables.latest_metrics.alias("grouped")  # filters use the table under its own name
    m = table.c
    ordinary = func.abs(m.value) < ORDINARY
    of_keys = (m.experiment_internal_id == experiment, m.key.in_(keys), m.is_nan == false())
    means = select(m.key, func.avg(m.value).label("mean")).where(*of_keys, ordinary).group_by(m.key)
    centres = {row.key: row.mean for row in tx.connection.execute(means)}
    centre = case(*((m.key == key, literal(mean)) for key, mean in centres.items()), else_=0.0) if centres else 0.0
    distance = case((ordinary, m.value - centre))
    query = (
        select(
            *values,
            m.key.label("key"),
            func.count().label("values_count"),
            func.count(distance).label("ordinary"),
            func.avg(distance).label("distance"),
            func.avg(distance * distance).label("square"),
            func.min(m.value).label("min"),
            func.max(m.value).label("max"),
        )
        .select_from(origin.join(table, m.run_internal_id == run_tables.runs.c.internal_id))
        .where(*where, *of_keys)
        .group_by(*values, m.key)
    )
    for row in tx.connection.execute(query):
        finite = row.ordinary == row.values_count
        mean = centres[row.key] + row.distance if finite else None
        variance = (
            max(0.0, row.square - row.distance**2) * row.values_count / (row.values_count - 1)
            if finite and row.values_count > 1
            else None
        )
        std = None if variance is None else sqrt(variance)
        aggregate = GroupAggregate(count=row.values_count, min=row.min, max=row.max, mean=mean, std=std)
        yield tuple(row[: len(values)]), row.key, aggregate
