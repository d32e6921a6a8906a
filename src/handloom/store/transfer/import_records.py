"""Import records of experiments and runs, with their ids and times. Existing data is never overwritten.

Every function runs in the caller's transaction and one workspace.
"""

from collections.abc import Sequence
from itertools import groupby

from sqlalchemy import func, insert, select

from handloom.domain import experiments as experiment_rules
from handloom.domain import records as rules
from handloom.domain.clock import now
from handloom.domain.records import ExperimentRecord, ImportedTo, PointsRecord, Record, RunRecord
from handloom.store.engine.database import Read, Write
from handloom.store.experiments import rows as experiments
from handloom.store.experiments import tables as experiment_tables
from handloom.store.transfer import evaluation_import, run_import, trace_import
from handloom.store.transfer import import_models as record_models


def keep(tx: Write, workspace: str, owner: str | None, given: Sequence[Record]) -> list[ImportedTo]:
    """Import records in order; return where experiments, runs and logged models are now. `owner` is a user id."""
    rules.check_weight(given)
    placed: list[ImportedTo] = []
    for of_runs, group in groupby(given, lambda record: isinstance(record, RunRecord | PointsRecord)):
        if of_runs:
            together = [record for record in group if isinstance(record, RunRecord | PointsRecord)]
            placed += run_import.keep(tx, workspace, together)
        else:
            placed += [place for record in group if (place := _keep(tx, workspace, owner, record))]
    return placed


def _keep(tx: Write, workspace: str, owner: str | None, record: Record) -> ImportedTo | None:
    match record:
        case ExperimentRecord():
            return _experiment(tx, workspace, owner, record)
        case rules.LoggedModelRecord():
            return record_models.keep_logged_model(tx, workspace, record)
        case rules.ModelRecord():
            record_models.keep_model(tx, workspace, owner, record)
        case rules.VersionRecord():
            record_models.keep_version(tx, workspace, record)
        case rules.TraceRecord():
            return trace_import.keep(tx, workspace, record)
        case rules.EvaluationDatasetRecord():
            return evaluation_import.keep_dataset(tx, workspace, record)
        case rules.ScorerRecord():
            return evaluation_import.keep_scorer(tx, workspace, record)
    return None


def _experiment(tx: Write, workspace: str, owner: str | None, record: ExperimentRecord) -> ImportedTo:
    """Return the experiment that was imported from this record before, else the one of its name, else a new one."""
    e = experiment_tables.experiments
    number = experiment_rules.number_of(record.id)
    mine = (e.c.experiment_id == number) & (e.c.creation_time == record.creation_time)
    query = select(e).where(e.c.workspace_id == workspace, mine | (e.c.name == record.name)).order_by(mine.desc())
    row = tx.connection.execute(query).first()
    if row is None:
        experiment_rules.check_name(record.name)
        experiment_id = _experiment_id(tx, workspace, number)
        deleted = record.lifecycle_stage == "deleted"  # its time in this server's bin begins
        location = record.artifact_location or f"mlflow-artifacts:/{experiment_id}"
        tx.connection.execute(
            insert(e).values(
                workspace_id=workspace,
                experiment_id=experiment_id,
                name=record.name,
                artifact_location=location,
                lifecycle_stage=record.lifecycle_stage,
                owner_id=owner,
                creation_time=record.creation_time or now(),
                last_update_time=now() if deleted else record.last_update_time or now(),
            )
        )
    found = experiments.get(tx, workspace, str(experiment_id if row is None else row.experiment_id))
    for key, value in record.tags.items():
        if key not in found.tags:
            experiment_rules.check_tag(key, value)
            tx.connection.execute(
                insert(experiment_tables.experiment_tags).values(
                    experiment_internal_id=found.internal_id, key=key, value=value
                )
            )
    tx.changed("experiments", workspace, found.id)
    uri = found.artifact_location
    return ImportedTo(kind="experiment", id=record.id, target=found.id, uri=uri, existed=row is not None)


def _experiment_id(tx: Read, workspace: str, wanted: int) -> int:
    e = experiment_tables.experiments.c
    taken = select(e.internal_id).where(e.workspace_id == workspace, e.experiment_id == wanted)
    if wanted <= rules.LARGEST_KEPT_EXPERIMENT_ID and tx.connection.scalar(taken) is None:
        return wanted
    last = tx.connection.scalar(select(func.max(e.experiment_id)).where(e.workspace_id == workspace))
    return 0 if last is None else int(last) + 1
