"""Rows of the run list: runs with the names of their experiment and notebook and the versions made from them."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import func, select

from handloom.domain.experiments import ACTIVE
from handloom.domain.include import ALL, Include
from handloom.domain.runs import PARENT_TAG, Run
from handloom.domain.search import Condition
from handloom.store.engine.database import Read
from handloom.store.experiments import tables as experiment_tables
from handloom.store.models import versions as model_versions
from handloom.store.notebooks import tables as notebook_tables
from handloom.store.runs import rows as runs
from handloom.store.runs import tables as run_tables
from handloom.store.runs.run_filter import of_run


class ListedRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run with everything logged to it; `notebook` is (id, name), `versions` are (model, version)."""

    run: Run
    experiment_name: str
    notebook: tuple[str, str] | None
    versions: list[tuple[str, int]]


def of_ids(tx: Read, workspace: str, ids: Sequence[str]) -> list[ListedRun]:
    """Return the runs with these ids, in their order; unknown ids are ignored."""
    r = run_tables.runs.c
    found: dict[str, int] = {}
    for at in range(0, len(ids), runs.CHUNK):
        query = select(r.run_id, r.internal_id).where(
            r.workspace_id == workspace, r.run_id.in_(ids[at : at + runs.CHUNK])
        )
        found.update((row.run_id, row.internal_id) for row in tx.connection.execute(query))
    return by_internal_ids(tx, workspace, [found[run_id] for run_id in dict.fromkeys(ids) if run_id in found])


def of_notebook(tx: Read, workspace: str, notebook: str, limit: int) -> list[int]:
    """Return the internal ids of the newest active runs that this notebook created."""
    r = run_tables.runs.c
    own = (r.notebook_id == notebook, r.workspace_id == workspace, r.lifecycle_stage == ACTIVE)
    query = select(r.internal_id).where(*own).order_by(r.start_time.desc(), r.internal_id.desc()).limit(limit)
    return list(tx.connection.scalars(query))


def names(tx: Read, workspace: str, ids: Sequence[str]) -> dict[str, str]:
    """Return names of runs by id; unknown ids are ignored."""
    r = run_tables.runs.c
    found: dict[str, str] = {}
    for at in range(0, len(ids), runs.CHUNK):
        query = select(r.run_id, r.name).where(r.workspace_id == workspace, r.run_id.in_(ids[at : at + runs.CHUNK]))
        found.update((row.run_id, row.name) for row in tx.connection.execute(query))
    return found


def children(tx: Read, experiment_internal_id: int, ids: Sequence[str]) -> dict[str, int]:
    """Return the number of active child runs in the experiment of each of these runs; those without children are left
    out.
    """
    r, tag = run_tables.runs.c, run_tables.run_tags.c
    found: dict[str, int] = {}
    for at in range(0, len(ids), runs.CHUNK):
        query = (
            select(tag.value.label("parent"), func.count().label("children"))
            .join(run_tables.runs, tag.run_internal_id == r.internal_id)
            .where(r.experiment_internal_id == experiment_internal_id, r.lifecycle_stage == ACTIVE)
            .where(tag.key == PARENT_TAG, tag.value.in_(ids[at : at + runs.CHUNK]))
            .group_by(tag.value)
        )
        found.update((row.parent, row.children) for row in tx.connection.execute(query))
    return found


def descendants(tx: Read, workspace: str, ids: Sequence[str]) -> list[str]:
    """Return the ids of all active descendants of these runs, without the runs themselves."""
    r, tag = run_tables.runs.c, run_tables.run_tags.c
    seen, level, below = set(ids), list(ids), list[str]()
    while level:
        found: list[str] = []
        for at in range(0, len(level), runs.CHUNK):
            query = (
                select(r.run_id)
                .join(run_tables.run_tags, tag.run_internal_id == r.internal_id)
                .where(r.workspace_id == workspace, r.lifecycle_stage == ACTIVE)
                .where(tag.key == PARENT_TAG, tag.value.in_(level[at : at + runs.CHUNK]))
            )
            found += tx.connection.scalars(query)
        level = [run_id for run_id in dict.fromkeys(found) if run_id not in seen]  # ends at a cycle of parents
        seen.update(level)
        below += level
    return below


def ancestors(tx: Read, experiment_internal_id: int, numbers: Sequence[int]) -> list[int]:
    """Return the internal ids of all active runs above these runs in the experiment, without the runs themselves."""
    tag, parent = run_tables.run_tags.c, run_tables.runs.alias()
    seen, level, above = set(numbers), list(numbers), list[int]()
    while level:
        found: list[int] = []
        for at in range(0, len(level), runs.CHUNK):
            query = (
                select(parent.c.internal_id)
                .select_from(run_tables.run_tags)
                .join(parent, parent.c.run_id == tag.value)
                .where(tag.run_internal_id.in_(level[at : at + runs.CHUNK]), tag.key == PARENT_TAG)
                .where(parent.c.experiment_internal_id == experiment_internal_id, parent.c.lifecycle_stage == ACTIVE)
            )
            found += tx.connection.scalars(query)
        level = [number for number in dict.fromkeys(found) if number not in seen]  # ends at a cycle of parents
        seen.update(level)
        above += level
    return above


def matching(tx: Read, numbers: Sequence[int], conditions: Sequence[Condition]) -> set[int]:
    """Return which of the runs with these internal ids match all conditions."""
    r = run_tables.runs.c
    found: set[int] = set()
    for at in range(0, len(numbers), runs.CHUNK):
        query = select(r.internal_id).where(r.internal_id.in_(numbers[at : at + runs.CHUNK]), *map(of_run, conditions))
        found.update(tx.connection.scalars(query))
    return found


def by_internal_ids(tx: Read, workspace: str, numbers: Sequence[int], include: Include = ALL) -> list[ListedRun]:
    """Return the runs with these internal ids, in their order, in ten statements however many they are."""
    found = runs.by_internal_ids(tx, numbers, include)
    e, n = experiment_tables.experiments.c, notebook_tables.notebooks.c
    experiments = {run.info.experiment_internal_id for run in found}
    names = {
        row.internal_id: row.name
        for row in tx.connection.execute(select(e.internal_id, e.name).where(e.internal_id.in_(experiments)))
    }
    ids = {run.info.notebook_id for run in found if run.info.notebook_id}
    present = select(n.id, n.name).where(n.id.in_(ids), n.deleted_at.is_(None))
    notebooks = {row.id: row.name for row in tx.connection.execute(present)}
    versions = model_versions.of_runs(tx, workspace, [run.info.run_id for run in found])
    return [
        ListedRun(
            run=run,
            experiment_name=names[run.info.experiment_internal_id],
            notebook=(notebook, notebooks[notebook]) if (notebook := run.info.notebook_id or "") in notebooks else None,
            versions=versions[run.info.run_id],
        )
        for run in found
    ]
