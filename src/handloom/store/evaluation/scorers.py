"""Scorers of experiments, in versions. Every function runs in the caller's transaction and one workspace."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, delete, func, insert, select

from handloom.domain import evaluation as rules
from handloom.domain.clock import now
from handloom.domain.errors import NotFound
from handloom.domain.evaluation import Scorer
from handloom.domain.experiments import ACTIVE, Experiment, check_active, number_of
from handloom.store.engine.database import Read, Write
from handloom.store.evaluation import tables
from handloom.store.experiments import rows as experiments
from handloom.store.experiments import tables as experiment_tables

_S, _V, _E = tables.scorers.c, tables.scorer_versions.c, experiment_tables.experiments.c


def register(tx: Write, workspace: str, experiment_id: str, name: str, content: str) -> Scorer:
    """Add a version of a scorer, the first one for a new name."""
    rules.check_scorer(name, content)
    experiment = _active(tx, workspace, experiment_id)
    found = _number(tx, experiment, name)
    if found is None:
        made = {"experiment_internal_id": experiment.internal_id, "scorer_id": rules.new_scorer_id(), "name": name}
        found = tx.connection.execute(insert(tables.scorers).values(made).returning(_S.internal_id)).scalar_one()
    last = tx.connection.execute(select(func.max(_V.version)).where(_V.scorer_internal_id == found)).scalar() or 0
    version = {"scorer_internal_id": found, "version": last + 1, "content": content, "created_at": now()}
    tx.connection.execute(insert(tables.scorer_versions), version)
    return get(tx, workspace, experiment_id, name, last + 1)


def get(tx: Read, workspace: str, experiment_id: str, name: str, version: int | None = None) -> Scorer:
    """Return a version of a scorer, by default the newest."""
    number = _known(tx, workspace, experiment_id, name)
    query = _query().where(_V.scorer_internal_id == number)
    if version is not None:
        query = query.where(_V.version == version)
    row = tx.connection.execute(query.order_by(_V.version.desc()).limit(1)).first()
    if row is None:
        raise _missing(experiment_id, name, version)
    return _of_row(row)


def versions(tx: Read, workspace: str, experiment_id: str, name: str) -> list[Scorer]:
    """Return all versions of a scorer, oldest first."""
    number = _known(tx, workspace, experiment_id, name)
    rows = tx.connection.execute(_query().where(_V.scorer_internal_id == number).order_by(_V.version)).all()
    if not rows:
        raise _missing(experiment_id, name)
    return [_of_row(row) for row in rows]


def newest(tx: Read, workspace: str, experiment_ids: Sequence[str] | None = None) -> list[Scorer]:
    """Return the newest version of each scorer of these experiments, or of all, if they are active."""
    newest = select(func.max(_V.version)).where(_V.scorer_internal_id == _S.internal_id).correlate(tables.scorers)
    query = _query().where(
        _E.workspace_id == workspace, _E.lifecycle_stage == ACTIVE, _V.version == newest.scalar_subquery()
    )
    if experiment_ids is not None:
        query = query.where(_E.experiment_id.in_([number_of(each) for each in experiment_ids]))
    return [_of_row(row) for row in tx.connection.execute(query.order_by(_E.experiment_id, _S.name))]


def of_experiment(tx: Read, workspace: str, experiment_id: str) -> list[Scorer]:
    """As `newest`, for one experiment, which must exist and be active."""
    _active(tx, workspace, experiment_id)
    return newest(tx, workspace, [experiment_id])


def remove(tx: Write, workspace: str, experiment_id: str, name: str, version: int | None = None) -> None:
    """Delete one version of a scorer, or all of them."""
    number = _known(tx, workspace, experiment_id, name)
    if version is None:
        tx.connection.execute(delete(tables.scorers).where(_S.internal_id == number))
        return
    mine = (_V.scorer_internal_id == number, _V.version == version)
    if not tx.connection.execute(delete(tables.scorer_versions).where(*mine)).rowcount:
        raise _missing(experiment_id, name, version)


def _query() -> Select[Any]:
    return (
        select(_E.experiment_id, _S.scorer_id, _S.name, _V.version, _V.content, _V.created_at)
        .select_from(tables.scorers)
        .join(tables.scorer_versions, _V.scorer_internal_id == _S.internal_id)
        .join(experiment_tables.experiments, _E.internal_id == _S.experiment_internal_id)
    )


def _of_row(row: Row[Any]) -> Scorer:
    return Scorer(
        experiment_id=str(row.experiment_id),
        scorer_id=row.scorer_id,
        name=row.name,
        version=row.version,
        content=row.content,
        created_at=row.created_at,
    )


def _active(tx: Read, workspace: str, experiment_id: str) -> Experiment:
    experiment = experiments.get(tx, workspace, experiment_id)
    check_active(experiment)
    return experiment


def _number(tx: Read, experiment: Experiment, name: str) -> int | None:
    query = select(_S.internal_id).where(_S.experiment_internal_id == experiment.internal_id, _S.name == name)
    return tx.connection.execute(query).scalar()


def _known(tx: Read, workspace: str, experiment_id: str, name: str) -> int:
    number = _number(tx, _active(tx, workspace, experiment_id), name)
    if number is None:
        raise _missing(experiment_id, name)
    return number


def _missing(experiment_id: str, name: str, version: int | None = None) -> NotFound:
    which = "" if version is None else f" and version {version}"
    return NotFound(f"Scorer with name '{name}'{which} not found for experiment {experiment_id}.")
