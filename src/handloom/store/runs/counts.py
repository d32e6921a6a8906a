"""Counts of the runs that a list shows, kept in memory and corrected by the changes of each commit.

Runs are counted in blocks of adjacent internal ids. A change of a run makes the count of its block stale, so that a
list of any length is corrected by counting the few blocks of the runs that changed.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec
from sqlalchemy import ColumnElement, func, select

from handloom.domain.changes import Change
from handloom.domain.experiments import ACTIVE, Experiment
from handloom.domain.runs import PARENT_TAG
from handloom.domain.search import Condition, comparisons
from handloom.store.engine.database import Read
from handloom.store.runs import tables as run_tables
from handloom.store.runs.run_filter import is_root, of_run

BLOCK_BITS = 10
"""A block holds the internal ids that differ only in so many last bits: 1,024 of them."""
CHECKED = 10_000
"""Runs that are checked for a list that was not counted before: more of them are counted only on request."""
MOST_BLOCKS = CHECKED >> BLOCK_BITS
"""Blocks that are counted to correct a list; with more, it is counted anew."""
MOST_LISTS = 128
MOST_CHANGED = 2_000
"""Changed runs that are noted for a list; after more it is counted anew."""
_IDS = 500  # run ids in one IN list


class RunCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many runs a list has: exactly, or at least so many."""

    total: int
    is_exact: bool


class ChangingDatabase(Protocol):
    """The database, as far as what is kept of it in memory needs it."""

    @property
    def in_sync(self) -> bool: ...

    def listen(self, listener: Callable[[Sequence[Change]], None], *, own: bool = True) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Query:
    """The active runs of an experiment that match all conditions, and with `roots` have no parent."""

    experiment: int
    conditions: Sequence[Condition]
    roots: bool
    bits: int

    @property
    def block(self) -> ColumnElement[int]:
        """The block of a run."""
        return run_tables.runs.c.internal_id // (1 << self.bits)

    def within(self, block: int) -> tuple[ColumnElement[bool], ...]:
        number, first = run_tables.runs.c.internal_id, block << self.bits
        return number >= first, number < first + (1 << self.bits)

    @property
    def where(self) -> list[ColumnElement[bool]]:
        r = run_tables.runs.c
        matching = [*map(of_run, self.conditions), *([is_root()] if self.roots else [])]
        return [r.experiment_internal_id == self.experiment, r.lifecycle_stage == ACTIVE, *matching]

    def reads(self, entity: str, key: str | None = None) -> bool:
        return any(one.entity == entity and key in (None, one.key) for one in comparisons(self.conditions))


@dataclass(slots=True)
class _Kept:
    """The count of one list. A marker is the number of the last change that a transaction surely saw."""

    query: _Query
    counts: dict[int, int] = field(default_factory=dict)
    """Matching runs by block; blocks without any are left out."""
    markers: dict[int, int] = field(default_factory=dict)
    """By block: the marker of the transaction that counted it alone."""
    marker: int = -1
    """The marker of the transaction that counted all blocks; -1 before the first."""
    stale: int = 0
    """The number of the last change that made all blocks stale."""
    changed: dict[str, int] = field(default_factory=dict)
    """Runs whose blocks are stale, with the number of their last change."""
    parents: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    """Of a list of roots: the blocks with children of a run, by its id."""

    def note(self, change: Change, number: int) -> None:
        if change.id is None or len(self.changed) >= MOST_CHANGED:
            self.stale = number
            self.changed.clear()
        else:
            self.changed[change.id] = number


class RunCounts:
    """The counts of the lists that were read last. Its methods may be called on any thread."""

    def __init__(self, database: ChangingDatabase, *, bits: int = BLOCK_BITS, checked: int = CHECKED) -> None:
        self._database = database
        self._bits, self._checked = bits, checked
        self._lock = threading.Lock()
        self._number = 0
        self._kept: OrderedDict[tuple[Any, ...], _Kept] = OrderedDict()
        self._of: defaultdict[tuple[str, str], list[_Kept]] = defaultdict(list)
        database.listen(self._on_changes)

    def marker(self) -> int:
        """Return the number of the last known change. Take it before the transaction begins that counts."""
        return self._number

    def count(
        self,
        tx: Read,
        marker: int,
        experiment: Experiment,
        *,
        filter: str = "",
        group: Sequence[str] = (),
        conditions: Sequence[Condition] = (),
        roots: bool = False,
        exact: bool = False,
    ) -> RunCount:
        """Count the experiment's active runs that match `conditions`, which `filter` and `group` stand for.

        Without `exact`, a list that is not kept is counted only among the CHECKED newest runs.
        """
        query = _Query(experiment=experiment.internal_id, conditions=conditions, roots=roots, bits=self._bits)
        if not self._database.in_sync:
            return RunCount(total=sum(_all(tx, query).values()), is_exact=True) if exact else self._newest(tx, query)
        kept = self._entry((experiment.workspace, experiment.id, filter, tuple(group), roots), query)
        with self._lock:
            counts, changed = dict(kept.counts), list(kept.changed)
            children = [set(kept.parents[run_id]) for run_id in changed if run_id in kept.parents]
            is_counted = kept.marker >= kept.stale
        blocks = _blocks_of(tx, query, changed, children) if is_counted else None
        if blocks is None or len(blocks) > MOST_BLOCKS:
            if not exact and _has_more(tx, query, self._checked):
                return self._newest(tx, query)
            counts = _all(tx, query)
            self._keep_all(kept, marker, counts, _parents(tx, query) if roots else {})
            return RunCount(total=sum(counts.values()), is_exact=True)
        found = {block: _in_block(tx, query, block) for block in blocks}
        self._keep(kept, marker, found, [_parents(tx, query, block) for block in blocks if roots])
        return RunCount(total=sum((counts | found).values()), is_exact=True)

    def _entry(self, key: tuple[Any, ...], query: _Query) -> _Kept:
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or kept.query.experiment != query.experiment:
                kept = self._kept[key] = _Kept(query, stale=self._number)
                self._of[key[:2]].append(kept)
            self._kept.move_to_end(key)
            if len(self._kept) > MOST_LISTS:
                old, gone = self._kept.popitem(last=False)
                self._of[old[:2]].remove(gone)
                if not self._of[old[:2]]:
                    del self._of[old[:2]]
            return kept

    def _newest(self, tx: Read, query: _Query) -> RunCount:
        """Count the matching ones of the newest runs."""
        r = run_tables.runs.c
        own = select(r.internal_id).where(r.experiment_internal_id == query.experiment, r.lifecycle_stage == ACTIVE)
        newest = own.order_by(r.start_time.desc()).limit(self._checked)
        matching = select(func.count()).where(r.internal_id.in_(newest), *query.where[2:])
        return RunCount(total=tx.connection.scalar(matching) or 0, is_exact=False)

    def _keep_all(self, kept: _Kept, marker: int, counts: dict[int, int], parents: dict[str, set[int]]) -> None:
        with self._lock:
            if marker < max(kept.marker, *kept.markers.values(), 0):
                return  # another transaction counted later
            kept.counts, kept.markers, kept.marker = counts, {}, marker
            kept.parents = defaultdict(set, parents)
            kept.changed = {run_id: number for run_id, number in kept.changed.items() if number > marker}

    def _keep(self, kept: _Kept, marker: int, found: dict[int, int], parents: list[dict[str, set[int]]]) -> None:
        with self._lock:
            if marker < kept.marker:
                return
            for block, count in found.items():
                if marker >= kept.markers.get(block, -1):
                    kept.counts[block], kept.markers[block] = count, marker
            for of_block in parents:
                for parent, blocks in of_block.items():
                    kept.parents[parent] |= blocks
            kept.changed = {run_id: number for run_id, number in kept.changed.items() if number > marker}

    def _on_changes(self, changes: Sequence[Change]) -> None:
        with self._lock:
            self._number += 1
            for change in changes:
                for kept in self._concerned(change):
                    kept.note(change, self._number)

    def _concerned(self, change: Change) -> Iterator[_Kept]:
        if change.noun == "anything":
            yield from self._kept.values()
        elif change.noun == "notebooks":  # filters may name the notebook that made a run
            for (workspace, _), lists in self._of.items():
                if workspace == change.workspace:
                    yield from (kept for kept in lists if kept.query.reads("attribute", "notebook"))
        elif change.noun in ("runs", "metrics"):
            if change.parent is None:
                lists = [kept for key, found in self._of.items() if key[0] == change.workspace for kept in found]
            else:
                lists = self._of.get((change.workspace, change.parent), [])
            yield from (kept for kept in lists if change.noun == "runs" or kept.query.reads("metric"))


def _all(tx: Read, query: _Query) -> dict[int, int]:
    counted = select(query.block.label("block"), func.count().label("runs")).where(*query.where).group_by("block")
    return {row.block: row.runs for row in tx.connection.execute(counted)}


def _in_block(tx: Read, query: _Query, block: int) -> int:
    # Adding 0 keeps SQLite from scanning the experiment's index instead of the block.
    own = (run_tables.runs.c.experiment_internal_id + 0 == query.experiment, *query.where[1:])
    counted = select(func.count()).select_from(run_tables.runs).where(*query.within(block), *own)
    return tx.connection.scalar(counted) or 0


def _blocks_of(tx: Read, query: _Query, ids: list[str], children: list[set[int]]) -> set[int] | None:
    """Return the blocks of these runs and of their children; None if a run is gone, and with it its block."""
    r = run_tables.runs.c
    found: dict[str, int] = {}
    for at in range(0, len(ids), _IDS):
        named = select(r.run_id, query.block.label("block")).where(r.run_id.in_(ids[at : at + _IDS]))
        found.update((row.run_id, row.block) for row in tx.connection.execute(named))
    if len(found) < len(ids):
        return None
    return set(found.values()).union(*children)


def _parents(tx: Read, query: _Query, block: int | None = None) -> dict[str, set[int]]:
    """Return the ids that runs name as their parents, with the blocks of those runs."""
    r, tag = run_tables.runs.c, run_tables.run_tags.c
    named = select(tag.value, query.block.label("block")).distinct()
    named = named.join_from(run_tables.runs, run_tables.run_tags, tag.run_internal_id == r.internal_id)
    named = named.where(tag.key == PARENT_TAG)
    if block is None:
        named = named.where(r.experiment_internal_id == query.experiment)
    else:
        named = named.where(*query.within(block))
    found: defaultdict[str, set[int]] = defaultdict(set)
    for row in tx.connection.execute(named):
        found[row.value].add(row.block)
    return found


def _has_more(tx: Read, query: _Query, checked: int) -> bool:
    """Return whether the experiment has more active runs than so many."""
    r = run_tables.runs.c
    own = select(r.internal_id).where(r.experiment_internal_id == query.experiment, r.lifecycle_stage == ACTIVE)
    return (tx.connection.scalar(select(func.count()).select_from(own.limit(checked + 1).subquery())) or 0) > checked
