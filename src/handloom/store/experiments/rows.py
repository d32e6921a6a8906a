"""Experiments: create, read, update and delete. Every function runs in the caller's transaction and one workspace."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import delete, func, insert, select, update

from handloom.domain import experiments as rules
from handloom.domain.clock import now
from handloom.domain.errors import AlreadyExists, Conflict, NotFound
from handloom.domain.experiments import ACTIVE, DELETED, Experiment
from handloom.store.engine.bulk_insert import replacing
from handloom.store.engine.database import Read, Write
from handloom.store.experiments.tables import experiment_tags, experiments
from handloom.store.runs.tables import runs

COLUMNS = (
    experiments.c.internal_id,
    experiments.c.workspace_id,
    experiments.c.experiment_id,
    experiments.c.name,
    experiments.c.artifact_location,
    experiments.c.lifecycle_stage,
    experiments.c.owner_id,
    experiments.c.creation_time,
    experiments.c.last_update_time,
)

_PUT_TAGS = replacing(experiment_tags, ("experiment_internal_id", "key", "value"))


def create_default(tx: Write, workspace: str, owner: str | None) -> Experiment:
    """Create the experiment "Default" with the id 0, which every workspace has."""
    return create(tx, workspace, rules.DEFAULT_NAME, owner=owner)


def create(
    tx: Write,
    workspace: str,
    name: str,
    *,
    owner: str | None,
    artifact_location: str = "",
    tags: Mapping[str, str] | None = None,
) -> Experiment:
    """Create an experiment; `owner` is a user id. Raises AlreadyExists if the name is taken, also by a deleted one."""
    rules.check_name(name)
    rules.check_location(artifact_location)
    _check_free(tx, workspace, name)
    last = select(func.max(experiments.c.experiment_id)).where(experiments.c.workspace_id == workspace)
    found = tx.connection.execute(last).scalar()
    new = 0 if found is None else found + 1
    at = now()
    tx.connection.execute(
        insert(experiments).values(
            workspace_id=workspace,
            experiment_id=new,
            name=name,
            artifact_location=artifact_location or f"mlflow-artifacts:/{new}",
            lifecycle_stage=ACTIVE,
            owner_id=owner,
            creation_time=at,
            last_update_time=at,
        )
    )
    made = get(tx, workspace, str(new))
    for key, value in (tags or {}).items():
        rules.check_tag(key, value)
        tx.insert(_PUT_TAGS, [(made.internal_id, key, value)])
    tx.changed("experiments", workspace, made.id)
    return msgspec.structs.replace(made, tags=dict(tags or {}))


def get(tx: Read, workspace: str, experiment_id: str) -> Experiment:
    """Return an experiment, deleted or not. Raises NotFound."""
    number = rules.number_of(experiment_id)
    found = _where(tx, experiments.c.workspace_id == workspace, experiments.c.experiment_id == number)
    if not found:
        raise NotFound(f"No Experiment with id={experiment_id} exists").because("no_experiment", id=experiment_id)
    return found[0]


def get_by_name(tx: Read, workspace: str, name: str) -> Experiment:
    found = _where(tx, experiments.c.workspace_id == workspace, experiments.c.name == name)
    if not found:
        raise NotFound(f"Could not find experiment with name '{name}'")
    return found[0]


def rename(tx: Write, workspace: str, experiment_id: str, name: str) -> Experiment:
    experiment = get(tx, workspace, experiment_id)
    if experiment.lifecycle_stage != ACTIVE:
        raise Conflict("Cannot rename a non-active experiment.")
    rules.check_name(name)
    if name != experiment.name:
        _check_free(tx, workspace, name)
    _set(tx, experiment, name=name)
    return get(tx, workspace, experiment_id)


def delete_experiment(tx: Write, workspace: str, experiment_id: str) -> None:
    """Mark it and its active runs as deleted; `restore` restores the same runs."""
    experiment = _in_stage(tx, workspace, experiment_id, ACTIVE)
    at = now()
    _set(tx, experiment, lifecycle_stage=DELETED, last_update_time=at)
    _move_runs(tx, experiment, ACTIVE, DELETED, at)


def restore(tx: Write, workspace: str, experiment_id: str) -> None:
    experiment = _in_stage(tx, workspace, experiment_id, DELETED)
    _set(tx, experiment, lifecycle_stage=ACTIVE)
    _move_runs(tx, experiment, DELETED, ACTIVE, None)


def set_tag(tx: Write, workspace: str, experiment_id: str, key: str, value: str) -> None:
    rules.check_tag(key, value)
    experiment = get(tx, workspace, experiment_id)
    rules.check_active(experiment)
    tx.insert(_PUT_TAGS, [(experiment.internal_id, key, value)])
    _set(tx, experiment)


def delete_tag(tx: Write, workspace: str, experiment_id: str, key: str) -> None:
    experiment = get(tx, workspace, experiment_id)
    rules.check_active(experiment)
    gone = tx.connection.execute(
        delete(experiment_tags).where(
            experiment_tags.c.experiment_internal_id == experiment.internal_id, experiment_tags.c.key == key
        )
    )
    if not gone.rowcount:
        raise NotFound(f"No tag with name: {key} in experiment with id {experiment_id}")
    _set(tx, experiment)


def count_runs(tx: Read, experiment: Experiment) -> int:
    """Count the experiment's active runs."""
    query = select(func.count()).where(
        runs.c.experiment_internal_id == experiment.internal_id, runs.c.lifecycle_stage == ACTIVE
    )
    return int(tx.connection.execute(query).scalar_one())


def hydrate(tx: Read, rows: Sequence[Any]) -> list[Experiment]:
    """Return the experiments of rows of COLUMNS, in their order."""
    tags: dict[int, dict[str, str]] = defaultdict(dict)
    numbers = [row.internal_id for row in rows]
    query = select(experiment_tags).where(experiment_tags.c.experiment_internal_id.in_(numbers))
    for tag in tx.connection.execute(query) if numbers else ():
        tags[tag.experiment_internal_id][tag.key] = tag.value
    return [
        Experiment(
            internal_id=row.internal_id,
            id=str(row.experiment_id),
            workspace=row.workspace_id,
            name=row.name,
            artifact_location=row.artifact_location,
            lifecycle_stage=row.lifecycle_stage,
            owner_id=row.owner_id,
            creation_time=row.creation_time,
            last_update_time=row.last_update_time,
            tags=tags[row.internal_id],
        )
        for row in rows
    ]


def _where(tx: Read, *conditions: Any) -> list[Experiment]:
    return hydrate(tx, tx.connection.execute(select(*COLUMNS).where(*conditions)).all())


def _in_stage(tx: Read, workspace: str, experiment_id: str, stage: str) -> Experiment:
    experiment = get(tx, workspace, experiment_id)
    if experiment.lifecycle_stage != stage:
        raise NotFound(f"No Experiment with id={experiment_id} exists").because("no_experiment", id=experiment_id)
    return experiment


def _check_free(tx: Read, workspace: str, name: str) -> None:
    taken = select(experiments.c.lifecycle_stage).where(
        experiments.c.workspace_id == workspace, experiments.c.name == name
    )
    stage = tx.connection.execute(taken).scalar()
    if stage is not None:
        why = "It was deleted: restore it, or choose another name." if stage == DELETED else "Choose another name."
        text = f"Experiment(name={name}) already exists. {why}"
        raise AlreadyExists(text, field="name").because("experiment_exists", name=name)


def _set(tx: Write, experiment: Experiment, **values: Any) -> None:
    values.setdefault("last_update_time", now())
    tx.connection.execute(
        update(experiments).where(experiments.c.internal_id == experiment.internal_id).values(**values)
    )
    tx.changed("experiments", experiment.workspace, experiment.id)


def _move_runs(tx: Write, experiment: Experiment, old: str, new: str, at: int | None) -> None:
    """Delete or restore the runs: those deleted with the experiment have its time of deletion, and only they are
    restored.
    """
    moved = update(runs).where(runs.c.experiment_internal_id == experiment.internal_id, runs.c.lifecycle_stage == old)
    if old == DELETED:
        moved = moved.where(runs.c.deleted_time >= experiment.last_update_time)
    tx.connection.execute(moved.values(lifecycle_stage=new, deleted_time=at))
    tx.changed("runs", experiment.workspace, parent=experiment.id)
