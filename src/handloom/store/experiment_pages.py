"""What pages do with experiments beyond MLflow's own calls: deleting one frees its name, and columns of its runs."""

from sqlalchemy import Table, delete, distinct, select, update

from handloom.domain.errors import Conflict
from handloom.domain.experiments import ACTIVE, DELETED, MAX_NAME, Experiment
from handloom.store import experiments
from handloom.store import schema as t
from handloom.store.database import Read, Write

NAME_TAG = "handloom.deletedName"
"""The name that an experiment had before it was set aside, to be given back when it is restored."""

DEFAULT_ID = "0"


def remove(tx: Write, workspace: str, experiment_id: str) -> None:
    """Delete as MLflow does, so that it can be restored, and free the name, so that it can be used again at once."""
    if experiment_id == DEFAULT_ID:
        raise Conflict("The first experiment cannot be deleted: MLflow clients log there that name no experiment.")
    experiment = experiments.get(tx, workspace, experiment_id)
    experiments.delete_experiment(tx, workspace, experiment_id)
    _set_aside(tx, experiment)


def make_way(tx: Write, workspace: str, name: str) -> None:
    """Free a name that only a deleted experiment holds, be it one that a client deleted."""
    e = t.experiments.c
    held = select(e.experiment_id).where(e.workspace_id == workspace, e.name == name, e.lifecycle_stage == DELETED)
    found = tx.connection.scalar(held)
    if found is not None:
        _set_aside(tx, experiments.get(tx, workspace, str(found)))


def restore(tx: Write, workspace: str, experiment_id: str) -> Experiment:
    """Bring an experiment back with its runs, and under its old name unless another has that by now."""
    experiments.restore(tx, workspace, experiment_id)
    experiment = experiments.get(tx, workspace, experiment_id)
    name = experiment.tags.get(NAME_TAG)
    if name is not None:
        c = t.experiment_tags.c
        tag = delete(t.experiment_tags).where(c.experiment_number == experiment.number, c.key == NAME_TAG)
        tx.connection.execute(tag)
        if _holder(tx, workspace, name) is None:
            _rename(tx, experiment, name)
    return experiments.get(tx, workspace, experiment_id)


def columns(tx: Read, experiment: Experiment, table: Table) -> list[str]:
    """Every key in `table` (latest metrics, params or run tags) that an active run of the experiment has, sorted."""
    r = t.runs.c
    query = (
        select(distinct(table.c.key))
        .join(t.runs, table.c.run_number == r.number)
        .where(r.experiment_number == experiment.number, r.lifecycle_stage == ACTIVE)
    )
    return sorted(tx.connection.scalars(query))


def owner(tx: Read, experiment: Experiment) -> str:
    """The display name of an experiment's owner, "" where it has none."""
    u = t.users.c
    return tx.connection.scalar(select(u.display_name).where(u.id == experiment.owner_id)) or ""


def _set_aside(tx: Write, experiment: Experiment) -> None:
    n = 1
    while _holder(tx, experiment.workspace, name := f"{experiment.name[: MAX_NAME - 24]} (deleted {n})") is not None:
        n += 1
    _rename(tx, experiment, name)
    tx.connection.execute(
        t.experiment_tags.insert().values(experiment_number=experiment.number, key=NAME_TAG, value=experiment.name)
    )


def _holder(tx: Read, workspace: str, name: str) -> int | None:
    e = t.experiments.c
    return tx.connection.scalar(select(e.number).where(e.workspace_id == workspace, e.name == name))


def _rename(tx: Write, experiment: Experiment, name: str) -> None:
    # Not through `experiments.rename`: that refuses deleted ones, and this is no change that a person made.
    tx.connection.execute(update(t.experiments).where(t.experiments.c.number == experiment.number).values(name=name))
    tx.changed("experiments", experiment.workspace, experiment.id)
