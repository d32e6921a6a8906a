"""The keys of the params of an experiment's runs, kept in memory and extended by the params of runs that change.

No param of a run is ever removed, so that a changed run can only add keys. Where a run has left the experiment, by
deletion or a move, the keys are read anew from all runs: its own may have been those of no other.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from handloom.domain.changes import Change
from handloom.domain.experiments import ACTIVE, Experiment
from handloom.store.engine.database import Read
from handloom.store.runs import tables as run_tables
from handloom.store.runs.counts import ChangingDatabase

MOST_EXPERIMENTS = 128
MOST_CHANGED = 500
"""Changed runs whose params are read; after more, those of all runs are."""


@dataclass(slots=True)
class _KeptKeys:
    """A marker is the number of the last change that a transaction surely saw."""

    experiment: int
    stale: int
    """The number of the last change after which all runs must be read."""
    keys: set[str] = field(default_factory=set)
    marker: int = -1
    """The marker of the transaction that read all runs; -1 before the first."""
    changed: dict[str, int] = field(default_factory=dict)
    """Runs whose params must be read, with the number of their last change."""


class ParamKeys:
    """The keys of the experiments that were read last. Its methods may be called on any thread."""

    def __init__(self, database: ChangingDatabase) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._number = 0
        self._kept: OrderedDict[tuple[str, str], _KeptKeys] = OrderedDict()
        database.listen(self._on_changes)

    def marker(self) -> int:
        """Return the number of the last known change. Take it before the transaction begins that reads."""
        return self._number

    def read(self, tx: Read, marker: int, experiment: Experiment) -> list[str]:
        """Return every key of the params of the experiment's active runs, sorted."""
        if not self._database.in_sync:
            return sorted(_of_all(tx, experiment.internal_id))
        kept = self._entry(experiment)
        with self._lock:
            keys, changed = set(kept.keys), list(kept.changed)
            is_kept = kept.marker >= kept.stale
        added = _of_runs(tx, experiment.internal_id, changed) if is_kept else None
        keys = _of_all(tx, experiment.internal_id) if added is None else keys | added
        with self._lock:
            if added is None and marker >= kept.marker:
                kept.keys, kept.marker = set(keys), marker
            elif added is not None:
                kept.keys |= added
            kept.changed = {run_id: number for run_id, number in kept.changed.items() if number > marker}
        return sorted(keys)

    def _entry(self, experiment: Experiment) -> _KeptKeys:
        key = (experiment.workspace, experiment.id)
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or kept.experiment != experiment.internal_id:
                kept = self._kept[key] = _KeptKeys(experiment.internal_id, self._number)
            self._kept.move_to_end(key)
            if len(self._kept) > MOST_EXPERIMENTS:
                self._kept.popitem(last=False)
            return kept

    def _on_changes(self, changes: Sequence[Change]) -> None:
        with self._lock:
            self._number += 1
            for change in changes:
                if change.noun not in ("runs", "anything"):
                    continue
                for (workspace, experiment), kept in self._kept.items():
                    if change.noun == "anything" or (
                        workspace == change.workspace and change.parent in (None, experiment)
                    ):
                        self._note(kept, change)

    def _note(self, kept: _KeptKeys, change: Change) -> None:
        if change.noun == "anything" or change.id is None or len(kept.changed) >= MOST_CHANGED:
            kept.stale = self._number
            kept.changed.clear()
        else:
            kept.changed[change.id] = self._number


def _of_all(tx: Read, experiment: int) -> set[str]:
    r, p = run_tables.runs.c, run_tables.params.c
    query = select(p.key).distinct().join(run_tables.runs, p.run_internal_id == r.internal_id)
    return set(tx.connection.scalars(query.where(r.experiment_internal_id == experiment, r.lifecycle_stage == ACTIVE)))


def _of_runs(tx: Read, experiment: int, ids: list[str]) -> set[str] | None:
    """Return the keys of these runs; None if one of them is not, or no longer, an active run of the experiment."""
    if not ids:
        return set()
    r, p = run_tables.runs.c, run_tables.params.c
    own = select(r.internal_id).where(
        r.run_id.in_(ids), r.experiment_internal_id == experiment, r.lifecycle_stage == ACTIVE
    )
    numbers = list(tx.connection.scalars(own))
    if len(numbers) < len(ids):
        return None
    return set(tx.connection.scalars(select(p.key).distinct().where(p.run_internal_id.in_(numbers))))
