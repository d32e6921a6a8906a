"""One page of an experiment's runs, found by scanning an index in the requested order, or starting from a selective
filter.

To choose, scan a stretch of the order first; if it contains too few matching runs, count what the filter selects, up to
a limit.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, TextClause, and_, exists, false, func, literal, null, select, text, true
from sqlalchemy.sql.expression import FromClause

from handloom.domain.search import Condition, Order
from handloom.store.engine.database import Read
from handloom.store.metrics import tables as metric_tables
from handloom.store.runs import sort_indexes
from handloom.store.runs import tables as run_tables
from handloom.store.runs.order import MISSING, NAN, NUMBER, Key, after, in_order, keys_of
from handloom.store.runs.run_filter import PAIRS, is_root, leading, of_run
from handloom.store.runs.sort_indexes import SortIndex

STRETCH = 500  # runs checked before the filter is counted, plus two for each run of the page
MOST = 200_000  # most runs that a filter may select to be sorted; with more, scanning the index is faster

Row = Sequence[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunQuery:
    """`after` contains the sort values of the last run of the previous page, one for each of `keys`; `limit` counts
    runs.
    """

    conditions: Sequence[Condition]
    orders: Sequence[Order]
    stages: Sequence[str]
    limit: int
    after: Sequence[Any] | None = None
    offset: int = 0
    stretch: int = STRETCH
    roots: bool = False
    """Whether to return only runs without a parent, see `run_filter.is_root`."""

    @property
    def where(self) -> list[ColumnElement[bool]]:
        return [*map(of_run, self.conditions), *([is_root()] if self.roots else [])]

    def sorted(self) -> tuple[FromClause, list[Key]]:
        return keys_of(self.orders)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Phase:
    """A part of the order that an index provides: rows of `origin` where `where`, ordered by `keys`.

    `path` is the table whose index has the first of `keys`, None if there is no such index. `fixed` are the values of
    the sort keys before `keys`, which are the same for all rows of the phase.
    """

    origin: FromClause
    path: FromClause | None
    where: Sequence[ColumnElement[bool]]
    conditions: Sequence[ColumnElement[bool] | TextClause] = ()
    fixed: Sequence[Any] = ()
    keys: Sequence[Key]


def rows(tx: Read, run_query: RunQuery, experiment: int) -> Sequence[Row]:
    """Return rows (internal id, sort values) of one page of one experiment's runs."""
    index = None
    if run_query.orders and not run_query.offset:
        index = sort_indexes.find(tx, experiment, run_query.orders[0])
    walk = list(_phases(run_query, experiment, index)) if not run_query.offset else []
    budget = run_query.stretch + 2 * run_query.limit if run_query.where else None
    cap = MOST
    if walk:
        found, complete = _walked(tx, run_query, walk, budget)
        if complete:
            return _with_open_runs(tx, run_query, experiment, found) if index else found
        assert budget is not None
        cap = min(MOST, budget * run_query.limit // max(len(found), 1))
    lead = _rarest(tx, run_query, experiment, cap)
    if walk and lead is None:
        found = _walked(tx, run_query, walk, None)[0]
        return _with_open_runs(tx, run_query, experiment, found) if index else found
    return sorted_rows(tx, run_query, [experiment], lead)


def _with_open_runs(tx: Read, run_query: RunQuery, experiment: int, ended: Sequence[Row]) -> Sequence[Row]:
    """Merge the runs that have not ended, which sort indexes leave out, into a page of those that have."""
    found = sorted_rows(tx, run_query, [experiment], open_runs(experiment))
    if not found:
        return ended
    return in_order([*ended, *found], run_query.sorted()[1])[: run_query.limit]


def open_runs(experiment: int) -> Select[Any]:
    """Select the runs that have not ended. Only without another condition does SQLite take the index of open runs."""
    opened = run_tables.runs.alias("opened")
    query = select(opened.c.internal_id).where(opened.c.experiment_internal_id == experiment)
    return query.where(text(f"opened.{run_tables.IS_OPEN}"))


def sorted_rows(
    tx: Read, run_query: RunQuery, experiments: Sequence[int], lead: Select[Any] | None = None
) -> Sequence[Row]:
    """As `rows`, for several experiments: all matching runs are sorted. `lead` selects the runs to check."""
    origin, keys = run_query.sorted()
    query = select(run_tables.runs.c.internal_id, *(key.column for key in keys)).select_from(origin)
    query = query.where(run_tables.runs.c.lifecycle_stage.in_(list(run_query.stages)), *run_query.where)
    if lead is None:
        query = query.where(run_tables.runs.c.experiment_internal_id.in_(list(experiments)))
    else:
        query = query.where(run_tables.runs.c.internal_id.in_(lead))
    if run_query.after is not None:
        query = query.where(after(keys, run_query.after))
    query = query.order_by(*(key.sorted() for key in keys)).limit(run_query.limit).offset(run_query.offset or None)
    return tx.connection.execute(query).all()


def _rarest(tx: Read, run_query: RunQuery, experiment: int, cap: int) -> Select[Any] | None:
    """Return the condition that selects the fewest runs, if they are fewer than `cap`."""
    best = None
    for condition in run_query.conditions:
        lead = leading(condition, [experiment])
        if lead is not None:
            count = tx.connection.scalar(select(func.count()).select_from(lead.limit(cap).subquery())) or 0
            if count < cap:
                best, cap = lead, count
    return best


def _walked(tx: Read, run_query: RunQuery, phases: Sequence[_Phase], budget: int | None) -> tuple[list[Row], bool]:
    """Return the page and True, or if `budget` runs did not fill the page, the matching ones among them and False."""
    found: list[Row] = []
    for phase in phases:
        begins = _beginning(phase, run_query.after)
        if begins is None:
            continue
        end = _end(tx, phase, begins, budget) if budget else None
        query = select(
            run_tables.runs.c.internal_id,
            *(null() if value is None else literal(value) for value in phase.fixed),
            *(key.column for key in phase.keys),
        ).select_from(phase.origin)
        query = query.where(*phase.where, *phase.conditions, *run_query.where, *begins)
        if end is not None:
            query = query.where(end)
        query = query.order_by(*(key.sorted() for key in phase.keys)).limit(run_query.limit - len(found))
        found += tx.connection.execute(query).all()
        if len(found) >= run_query.limit:
            return found, True
        if end is not None:
            return found, False
    return found, True


def _beginning(phase: _Phase, values: Sequence[Any] | None) -> list[ColumnElement[bool]] | None:
    """Return where in a phase the page begins; None if the whole phase is before it."""
    if values is None:
        return []
    if phase.fixed:
        rank, fixed = values[0], phase.fixed[0]
        if rank != fixed:
            return [] if rank < fixed else None
        values = values[len(phase.fixed) :]
    first = phase.keys[0]
    if values[0] is None:
        return [false()]
    # Repeated for the index, which cannot use an OR to find its start.
    return [after(phase.keys, values), first.column >= values[0] if first.ascending else first.column <= values[0]]


def _end(tx: Read, phase: _Phase, begins: Sequence[ColumnElement[bool]], budget: int) -> ColumnElement[bool] | None:
    """Return the end of a stretch of `budget` rows of the index, ties included; None if it has fewer."""
    first = phase.keys[0]
    if phase.path is None:
        return None
    query = select(first.column).select_from(phase.path).where(*phase.where, *begins[1:])
    last = tx.connection.scalar(query.order_by(first.sorted()).limit(1).offset(budget - 1))
    if last is None:
        return None
    end: ColumnElement[bool] = first.column <= last if first.ascending else first.column >= last
    return end


def _phases(run_query: RunQuery, experiment: int, index: SortIndex | None) -> Iterator[_Phase]:
    """Split the order into stretches of indexes; empty if no index provides it. Those of a sort index leave out runs
    that have not ended.
    """
    first = run_query.orders[0] if run_query.orders else None
    r = run_tables.runs.c
    if first is not None and index is not None:
        yield from _sorted_phases(run_query, experiment, first, index)
        return
    if first is not None and first.entity == "metric" and not first.best:
        yield from _metric_phases(run_query, experiment, first)
        return
    timed = first is None or (first.entity, first.key) == ("attribute", "start_time")
    if timed and len(run_query.stages) == 1:
        origin, keys = run_query.sorted()
        where = (r.experiment_internal_id == experiment, r.lifecycle_stage == run_query.stages[0])
        yield _Phase(origin=origin, path=run_tables.runs, where=where, keys=keys)


def _metric_phases(run_query: RunQuery, experiment: int, first: Order) -> Iterator[_Phase]:
    lead, r = metric_tables.latest_metrics.alias("lead"), run_tables.runs.c
    joined = lead.join(run_tables.runs, r.internal_id == lead.c.run_internal_id)
    origin, rest = keys_of(run_query.orders[1:], joined)
    value = Key(lead.c.value, first.ascending, optional=True)
    of_key = (lead.c.experiment_internal_id == experiment, lead.c.key == first.key)
    in_stage: ColumnElement[bool] = r.lifecycle_stage.in_(list(run_query.stages))
    for rank, is_nan in ((NUMBER, false()), (NAN, true())):
        yield _Phase(
            origin=origin,
            path=lead,
            where=(*of_key, lead.c.is_nan == is_nan),
            conditions=(in_stage,),
            fixed=(rank,),
            keys=[value, *rest],
        )
    yield _missing_phase(run_query, experiment, lead, first.key)


def _sorted_phases(run_query: RunQuery, experiment: int, first: Order, index: SortIndex) -> Iterator[_Phase]:
    values, r = index.values, run_tables.runs.c
    joined = values.join(run_tables.runs, r.internal_id == values.c.run_internal_id)
    origin, rest = keys_of(run_query.orders[1:], joined)
    if not run_query.orders[1:]:
        rest = [Key(values.c.start_time, ascending=False), *rest[1:]]  # the same times, in the index's order
    ended = text(f"runs.{run_tables.IS_ENDED}")
    conditions = (r.lifecycle_stage.in_(list(run_query.stages)), r.experiment_internal_id == experiment, ended)
    of_index = values.c.index_id == index.internal_id
    value = Key(values.c.value, first.ascending, optional=True)
    has_value = values.c.value.is_not(None)
    yield _Phase(
        origin=origin,
        path=values,
        where=(of_index, has_value),
        conditions=conditions,
        fixed=(NUMBER,),
        keys=[value, *rest],
    )
    if first.entity == "metric":
        yield _Phase(
            origin=origin,
            path=None,
            where=(of_index, ~has_value),
            conditions=conditions,
            fixed=(NAN, None),
            keys=rest,
        )
    source = metric_tables.latest_metrics if first.entity == "metric" else PAIRS[first.entity]
    yield _missing_phase(run_query, experiment, source.alias(), first.key, [ended])


def _missing_phase(
    run_query: RunQuery, experiment: int, values: FromClause, key: str, also: Sequence[TextClause] = ()
) -> _Phase:
    """Return the runs without a value, which come last."""
    r = run_tables.runs.c
    in_stage: ColumnElement[bool] = r.lifecycle_stage.in_(list(run_query.stages))
    if len(run_query.stages) == 1:
        in_stage = r.lifecycle_stage == run_query.stages[0]
    origin, rest = keys_of(run_query.orders[1:])
    has_none = ~exists().where(and_(values.c.run_internal_id == r.internal_id, values.c.key == key))
    return _Phase(
        origin=origin,
        path=None if run_query.orders[1:] else run_tables.runs,
        where=(r.experiment_internal_id == experiment, in_stage),
        conditions=(has_none, *also),
        fixed=(MISSING, None),
        keys=rest,
    )
