"""Sort indexes: finished runs of a large experiment in the order of a param, a tag or the extreme of a metric.

An index is made in the background after the first search with its order, so that only orders that people use cost
space. Every commit brings the indexes up to date with the finished runs that changed; runs that are not finished are in
none, because their metrics change too often.
"""

from collections.abc import Sequence
from functools import partial

from sqlalchemy import Table

from handloom.domain.changes import Change
from handloom.domain.clock import now
from handloom.domain.search import Order
from handloom.store.engine.database import Read, Write
from handloom.store.engine.statements import Row
from handloom.store.runs import tables as run_tables

MANY_RUNS = 20_000
"""Runs of an experiment from which on an order gets an index; fewer are sorted in some milliseconds."""
MAX_INDEXES = 16
"""Indexes of an experiment. One more replaces the one that was not used for longest."""
MAX_TEXT = 256
"""Characters of a value in an index. An index that meets a longer one is not used, since PostgreSQL's have a limit."""
CHUNK = 5_000
"""Runs whose values one write adds, so that other writes do not wait long."""
_DAY = 86_400_000
_IN_LIST = 5_000


class SortIndex(Row, frozen=True):
    internal_id: int
    experiment_internal_id: int
    entity: str
    key: str
    best: str
    covered: int
    is_complete: bool
    is_usable: bool
    used_at: int

    @property
    def values(self) -> Table:
        return run_tables.sort_numbers if self.entity == "metric" else run_tables.sort_texts


_COLUMNS = "internal_id, experiment_internal_id, entity, key, best, covered, is_complete, is_usable, used_at"
_FIND = (
    f"SELECT {_COLUMNS} FROM sort_indexes "
    "WHERE experiment_internal_id = :experiment AND entity = :entity AND key = :key AND best = :best"
)
_HAS_MANY = (
    "SELECT internal_id FROM runs WHERE experiment_internal_id = :experiment AND lifecycle_stage = 'active' "
    "LIMIT 1 OFFSET :many"
)
_CREATE = (
    "INSERT INTO sort_indexes (experiment_internal_id, entity, key, best, covered, is_complete, is_usable, used_at) "
    "VALUES (:experiment, :entity, :key, :best, 0, false, true, :at)"
)
_OF_EXPERIMENT = f"SELECT {_COLUMNS} FROM sort_indexes WHERE experiment_internal_id = :experiment ORDER BY used_at"
_OF_RUNS = (
    f"SELECT {_COLUMNS} FROM sort_indexes "
    "WHERE experiment_internal_id IN (SELECT experiment_internal_id FROM runs WHERE run_id IN :run_ids)"
)
_TOUCH = "UPDATE sort_indexes SET used_at = :at WHERE internal_id = :index"
_COVER = "UPDATE sort_indexes SET covered = :covered, is_complete = :complete WHERE internal_id = :index"
_DROP = "DELETE FROM sort_indexes WHERE internal_id = :index"
_NEWEST = "SELECT coalesce(max(internal_id), 0) AS internal_id FROM runs"
_SOURCES = {"metric": "latest_metrics", "param": "params", "tag": "run_tags"}
_VALUES = {"min": "v.min_value", "max": "v.max_value", "": "v.value"}
_IN_RANGE = "r.internal_id > :first AND r.internal_id <= :last"
_GIVEN = "r.run_id IN :run_ids"


def find(tx: Read, experiment: int, order: Order) -> SortIndex | None:
    """Return the index of an order if it is complete. If the experiment is large and has none, ask for it."""
    if not is_possible(order):
        return None
    named = {"experiment": experiment, "entity": order.entity, "key": order.key, "best": order.best}
    found = next(iter(tx.fetch(_FIND, SortIndex, **named)), None)
    if found is not None and found.is_complete:
        if now() - found.used_at > _DAY:
            tx.write_in_background(
                ("sort-index-used", found.internal_id), partial(_touch, index=found.internal_id, at=now())
            )
        return found if found.is_usable else None
    if found is not None or tx.fetch(_HAS_MANY, experiment=experiment, many=MANY_RUNS):
        _continue(tx, experiment, order, found.covered if found else 0)
    return None


def is_possible(order: Order) -> bool:
    """Whether an order needs an index of its own: latest metrics and times have theirs."""
    return order.entity in ("param", "tag") or (order.entity == "metric" and order.best != "")


def build(tx: Write, experiment: int, order: Order) -> None:
    """Add the next runs to the index of an order, and ask for the next step unless it is complete."""
    indexes = tx.fetch(_OF_EXPERIMENT, SortIndex, experiment=experiment)
    wanted = (order.entity, order.key, order.best)
    index = next((one for one in indexes if (one.entity, one.key, one.best) == wanted), None)
    newest = int(tx.fetch(_NEWEST)[0].internal_id)
    if index is None and len(indexes) >= MAX_INDEXES:
        _continue(tx, experiment, order, _shrink(tx, indexes[0], newest))
        return
    if index is None:
        named = {"experiment": experiment, "entity": order.entity, "key": order.key, "best": order.best}
        tx.execute(_CREATE, at=now(), **named)
        (index,) = tx.fetch(_FIND, SortIndex, **named)
    if index.is_complete:
        return
    last = min(index.covered + CHUNK, newest)
    _fill(tx, index, _IN_RANGE, first=index.covered, last=last)
    tx.execute(_COVER, index=index.internal_id, covered=last, complete=last >= newest)
    if last < newest:
        _continue(tx, experiment, order, last)


def maintain(tx: Write, changes: Sequence[Change]) -> None:
    """Bring the indexes up to date with the runs that changed. It runs before every commit, see
    `handloom.store.runs`.
    """
    refresh(tx, list({change.id for change in changes if change.id is not None and change.noun in ("runs", "metrics")}))


def refresh(tx: Write, run_ids: Sequence[str]) -> None:
    """Bring the indexes up to date with these runs, of which one that ends has no change that `maintain` gets."""
    for at in range(0, len(run_ids), _IN_LIST):
        some = run_ids[at : at + _IN_LIST]
        indexes = tx.fetch(_OF_RUNS, SortIndex, run_ids=some)
        for index in indexes:
            tx.execute(
                f"DELETE FROM {index.values.name} WHERE index_id = :index "
                "AND run_internal_id IN (SELECT internal_id FROM runs WHERE run_id IN :run_ids)",
                index=index.internal_id,
                run_ids=some,
            )
            _fill(tx, index, _GIVEN, run_ids=some)


def _shrink(tx: Write, index: SortIndex, newest: int) -> int:
    """Delete the newest part of an index, and the index itself after the last part. Returns where the rest ends."""
    rest = max((newest if index.is_complete else index.covered) - CHUNK, 0)
    tx.execute(
        f"DELETE FROM {index.values.name} WHERE index_id = :index AND run_internal_id > :rest",
        index=index.internal_id,
        rest=rest,
    )
    if rest:
        tx.execute(_COVER, index=index.internal_id, covered=rest, complete=False)
    else:
        tx.execute(_DROP, index=index.internal_id)
    return rest


def _continue(tx: Read, experiment: int, order: Order, covered: int) -> None:
    work = partial(build, experiment=experiment, order=order)
    tx.write_in_background(("sort-index", experiment, order.entity, order.key, order.best, covered), work)


def _fill(tx: Write, index: SortIndex, which: str, **values: object) -> None:
    """Add the values of those finished runs of the index's experiment that fit the condition `which`."""
    joined = (
        f"runs r JOIN {_SOURCES[index.entity]} v ON v.run_internal_id = r.internal_id AND v.key = :key "
        f"WHERE {which} AND r.experiment_internal_id + 0 = :experiment"  # + 0: the ids are the narrower condition
    )
    named = {"index": index.internal_id, "key": index.key, "experiment": index.experiment_internal_id, **values}
    short = "" if index.entity == "metric" else f" AND length(v.value) <= {MAX_TEXT}"
    tx.execute(
        f"INSERT INTO {index.values.name} (run_internal_id, index_id, value, start_time) "
        f"SELECT r.internal_id, CAST(:index AS BIGINT), {_VALUES[index.best]}, r.start_time FROM {joined}{short} "
        f"AND r.{run_tables.IS_ENDED} ON CONFLICT (run_internal_id, index_id) "
        "DO UPDATE SET value = excluded.value, start_time = excluded.start_time",
        **named,
    )
    if short:
        tx.execute(
            "UPDATE sort_indexes SET is_usable = false WHERE internal_id = :index "
            f"AND EXISTS (SELECT 1 FROM {joined} AND length(v.value) > {MAX_TEXT})",
            **named,
        )


def _touch(tx: Write, index: int, at: int) -> None:
    tx.execute(_TOUCH, index=index, at=at)
