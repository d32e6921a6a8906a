"""Operations on experiments that only the UI has: deleting one frees its name, and listing the columns of its runs."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import delete, select, update

from handloom.domain.errors import Conflict
from handloom.domain.experiments import ACTIVE, DELETED, MAX_NAME, Experiment
from handloom.store.engine.database import Read, Write
from handloom.store.experiments import rows as experiments
from handloom.store.experiments import tables as experiment_tables
from handloom.store.runs import tables as run_tables
from handloom.store.users import tables as user_tables

NAME_TAG = "handloom.deletedName"
"""The name that an experiment had before it was set aside, to be given back when it is restored."""

DEFAULT_ID = "0"

_USES = """
SELECT m.key AS key, count(*) AS runs, count(DISTINCT m.value) AS different
FROM {table} m WHERE m.run_internal_id IN :runs GROUP BY m.key
"""
_METRIC_KEYS = """
WITH RECURSIVE found(key) AS (
  SELECT (SELECT min(m.key) FROM latest_metrics m WHERE m.experiment_internal_id = :experiment)
  UNION ALL
  SELECT (
    SELECT min(m.key) FROM latest_metrics m WHERE m.experiment_internal_id = :experiment AND m.key > found.key
  ) FROM found WHERE found.key IS NOT NULL
)
SELECT key FROM found WHERE key IS NOT NULL AND EXISTS (
  SELECT 1 FROM latest_metrics m JOIN runs r ON r.internal_id = m.run_internal_id
  WHERE m.experiment_internal_id = :experiment AND m.key = found.key AND r.lifecycle_stage = :active
)
"""


def remove(tx: Write, workspace: str, experiment_id: str) -> None:
    """Delete as MLflow does, so that it can be restored, and free its name at once."""
    if experiment_id == DEFAULT_ID:
        raise Conflict("The first experiment cannot be deleted: MLflow clients log there that name no experiment.")
    experiment = experiments.get(tx, workspace, experiment_id)
    experiments.delete_experiment(tx, workspace, experiment_id)
    _set_aside(tx, experiment)


def make_way(tx: Write, workspace: str, name: str) -> None:
    """Free a name that only a deleted experiment has, e.g. one that a client deleted."""
    e = experiment_tables.experiments.c
    query = select(e.experiment_id).where(e.workspace_id == workspace, e.name == name, e.lifecycle_stage == DELETED)
    found = tx.connection.scalar(query)
    if found is not None:
        _set_aside(tx, experiments.get(tx, workspace, str(found)))


def restore(tx: Write, workspace: str, experiment_id: str) -> Experiment:
    """Restore an experiment with its runs, under its old name unless that is taken."""
    experiments.restore(tx, workspace, experiment_id)
    experiment = experiments.get(tx, workspace, experiment_id)
    name = experiment.tags.get(NAME_TAG)
    if name is not None:
        c = experiment_tables.experiment_tags.c
        tag = delete(experiment_tables.experiment_tags).where(
            c.experiment_internal_id == experiment.internal_id, c.key == NAME_TAG
        )
        tx.connection.execute(tag)
        if _holder(tx, workspace, name) is None:
            _rename(tx, experiment, name)
    return experiments.get(tx, workspace, experiment_id)


def tag_keys(tx: Read, experiment: Experiment) -> list[str]:
    """Return every key of the tags of the experiment's active runs, sorted."""
    r, tag = run_tables.runs.c, run_tables.run_tags.c
    query = (
        select(tag.key)
        .distinct()
        .join(run_tables.runs, tag.run_internal_id == r.internal_id)
        .where(r.experiment_internal_id == experiment.internal_id, r.lifecycle_stage == ACTIVE)
    )
    return sorted(tx.connection.scalars(query))


def metric_keys(tx: Read, experiment: Experiment) -> list[str]:
    """Return every key of the metrics of the experiment's active runs, sorted: one step in the index for each key."""
    return sorted(row.key for row in tx.fetch(_METRIC_KEYS, experiment=experiment.internal_id, active=ACTIVE))


class KeyUse(msgspec.Struct, frozen=True):
    """In how many of some runs a key is, and how many different values it has there."""

    key: str
    runs: int
    different: int


def metric_uses(tx: Read, internal_ids: Sequence[int]) -> list[KeyUse]:
    """The keys of the metrics of these runs, a page of a list at most."""
    return tx.fetch(_USES.format(table="latest_metrics"), KeyUse, runs=internal_ids)


def param_uses(tx: Read, internal_ids: Sequence[int]) -> list[KeyUse]:
    """The keys of the params of these runs, a page of a list at most."""
    return tx.fetch(_USES.format(table="params"), KeyUse, runs=internal_ids)


def owner(tx: Read, experiment: Experiment) -> str:
    """Return the display name of an experiment's owner, "" if it has none."""
    u = user_tables.users.c
    return tx.connection.scalar(select(u.display_name).where(u.id == experiment.owner_id)) or ""


def _set_aside(tx: Write, experiment: Experiment) -> None:
    n = 1
    while _holder(tx, experiment.workspace, name := f"{experiment.name[: MAX_NAME - 24]} (deleted {n})") is not None:
        n += 1
    _rename(tx, experiment, name)
    tx.connection.execute(
        experiment_tables.experiment_tags.insert().values(
            experiment_internal_id=experiment.internal_id, key=NAME_TAG, value=experiment.name
        )
    )


def _holder(tx: Read, workspace: str, name: str) -> int | None:
    e = experiment_tables.experiments.c
    return tx.connection.scalar(select(e.internal_id).where(e.workspace_id == workspace, e.name == name))


def _rename(tx: Write, experiment: Experiment, name: str) -> None:
    # Not `experiments.rename`, which refuses deleted experiments and updates the time of the last change.
    tx.connection.execute(
        update(experiment_tables.experiments)
        .where(experiment_tables.experiments.c.internal_id == experiment.internal_id)
        .values(name=name)
    )
    tx.changed("experiments", experiment.workspace, experiment.id)
