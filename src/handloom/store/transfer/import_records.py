"""Keeps records that came from elsewhere, with their own ids and times. What is there already is never overwritten.

Every function works inside the caller's transaction and one workspace.
"""

import math
from collections.abc import Sequence
from operator import attrgetter
from typing import Any

import msgspec
from sqlalchemy import func, insert, select

from handloom.domain import experiments as experiment_rules
from handloom.domain import metrics as metric_rules
from handloom.domain import records as rules
from handloom.domain import runs as run_rules
from handloom.domain.clock import now
from handloom.domain.errors import Invalid
from handloom.domain.metrics import Metric
from handloom.domain.records import ExistingRun, ExperimentRecord, ImportedTo, PointsRecord, Record, RunRecord
from handloom.domain.run_fields import RECORDED
from handloom.domain.runs import RunInfo
from handloom.store.datasets import rows as datasets
from handloom.store.datasets import tables as dataset_tables
from handloom.store.engine.database import Read, Write
from handloom.store.experiments import rows as experiments
from handloom.store.experiments import tables as experiment_tables
from handloom.store.metrics import rows as metrics
from handloom.store.metrics import tables as metric_tables
from handloom.store.runs import rows as runs
from handloom.store.runs import tables as run_tables
from handloom.store.transfer import import_models as record_models
from handloom.store.transfer.ids import model_id_of, run_id_of

HISTORY_TAG = "mlflow.log-model.history"
_OPEN = ("RUNNING", "SCHEDULED")


def keep(tx: Write, workspace: str, owner: str | None, given: Sequence[Record]) -> list[ImportedTo]:
    """Keep records in their order; where experiments, runs and logged models landed. `owner` is a user id."""
    rules.check_weight(given)
    placed: list[ImportedTo] = []
    for record in given:
        match record:
            case ExperimentRecord():
                place = _experiment(tx, workspace, owner, record)
            case RunRecord():
                place = _run(tx, workspace, record)
            case PointsRecord():
                _points(tx, workspace, record)
                continue
            case rules.LoggedModelRecord():
                place = record_models.keep_logged_model(tx, workspace, record)
            case rules.ModelRecord():
                record_models.keep_model(tx, workspace, owner, record)
                continue
            case rules.VersionRecord():
                record_models.keep_version(tx, workspace, record)
                continue
        placed.append(place)
    return placed


def existing(tx: Read, workspace: str, run_ids: Sequence[str]) -> list[ExistingRun]:
    """What the workspace holds of runs, by their ids of before; those that it does not hold are left out."""
    if len(run_ids) > rules.MAX_ASKED:
        raise Invalid(f"Ask after at most {rules.MAX_ASKED:,} runs at once.", field="runs")
    found = []
    for run_id in run_ids:
        target = run_id_of(tx, workspace, run_id)
        row = tx.connection.execute(
            select(run_tables.runs.c.number, run_tables.runs.c.artifact_uri).where(
                run_tables.runs.c.workspace_id == workspace, run_tables.runs.c.run_id == target
            )
        ).first()
        if row is not None:
            counts = {name: _count(tx, table, row.number) for name, table in _COUNTED.items()}
            points = select(func.coalesce(func.sum(metric_tables.latest_metrics.c.count), 0)).where(
                metric_tables.latest_metrics.c.run_number == row.number
            )
            total = int(tx.connection.execute(points).scalar_one())
            found.append(ExistingRun(id=run_id, target=target, uri=row.artifact_uri, points=total, **counts))
    return found


_COUNTED = {"params": run_tables.params, "tags": run_tables.run_tags, "datasets": dataset_tables.run_inputs}


def _count(tx: Read, table: Any, number: int) -> int:
    query = select(func.count()).select_from(table).where(table.c.run_number == number)
    return int(tx.connection.execute(query).scalar_one())


def _experiment(tx: Write, workspace: str, owner: str | None, record: ExperimentRecord) -> ImportedTo:
    """The experiment that was kept from this record before, else the one of its name, else a new one."""
    e = experiment_tables.experiments
    number = experiment_rules.number_of(record.id)
    mine = (e.c.experiment_id == number) & (e.c.creation_time == record.creation_time)
    query = select(e).where(e.c.workspace_id == workspace, mine | (e.c.name == record.name)).order_by(mine.desc())
    row = tx.connection.execute(query).first()
    if row is None:
        experiment_rules.check_name(record.name)
        experiment_id = _experiment_id(tx, workspace, number)
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
                last_update_time=record.last_update_time or now(),
            )
        )
    found = experiments.get(tx, workspace, str(experiment_id if row is None else row.experiment_id))
    for key, value in record.tags.items():
        if key not in found.tags:
            experiment_rules.check_tag(key, value)
            tx.connection.execute(
                insert(experiment_tables.experiment_tags).values(
                    experiment_number=found.internal_id, key=key, value=value
                )
            )
    tx.changed("experiments", workspace, found.id)
    uri = found.artifact_location
    return ImportedTo(kind="experiment", id=record.id, target=found.id, uri=uri, existed=row is not None)


def _experiment_id(tx: Read, workspace: str, wanted: int) -> int:
    e = experiment_tables.experiments.c
    taken = select(e.number).where(e.workspace_id == workspace, e.experiment_id == wanted)
    if wanted <= rules.LARGEST_KEPT_EXPERIMENT_ID and tx.connection.scalar(taken) is None:
        return wanted
    last = tx.connection.scalar(select(func.max(e.experiment_id)).where(e.workspace_id == workspace))
    return 0 if last is None else int(last) + 1


def _run(tx: Write, workspace: str, record: RunRecord) -> ImportedTo:
    """`experiment_id` is the workspace's own here: whoever sends runs was told where their experiments landed."""
    experiment = experiments.get(tx, workspace, record.experiment_id)
    run_id = run_id_of(tx, workspace, record.run_id)
    where = (run_tables.runs.c.workspace_id == workspace, run_tables.runs.c.run_id == run_id)
    old = tx.connection.scalar(select(run_tables.runs.c.status).where(*where))
    if old is None:
        uri = record.artifact_uri or f"{experiment.artifact_location.rstrip('/')}/{run_id}/artifacts"
        tx.connection.execute(
            insert(run_tables.runs).values(
                {field.column: getattr(record, field.attribute) for field in RECORDED}
                | {
                    "run_id": run_id,
                    "workspace_id": workspace,
                    "experiment_number": experiment.internal_id,
                    "name": record.name or record.tags.get(run_rules.NAME_TAG, "") or run_rules.new_name(),
                    "artifact_uri": uri,
                    "deleted_time": _deleted_at(record),
                }
            )
        )
    info = runs.find(tx, workspace, run_id)
    if old in _OPEN and record.status not in _OPEN and info.lifecycle_stage == "active":
        runs.update(tx, workspace, run_id, status=record.status, end_time=record.end_time)
    _fill(tx, workspace, info, record, new=old is None)
    tx.changed("runs", workspace, info.run_id, info.experiment_id)
    return ImportedTo(kind="run", id=record.run_id, target=run_id, uri=info.artifact_uri, existed=old is not None)


def _deleted_at(record: RunRecord) -> int | None:
    return (record.deleted_time or now()) if record.lifecycle_stage == "deleted" else None


def _fill(tx: Write, workspace: str, info: RunInfo, record: RunRecord, *, new: bool) -> None:
    """Add the tags, params and links that the run does not have."""
    has_tags, has_params = ({}, {}) if new else _pairs(tx, info)
    tags = {key: run_rules.clean_tag(key, value) for key, value in _tags(tx, workspace, info, record).items()}
    tags.setdefault(run_rules.NAME_TAG, info.name)
    runs.put_tags(tx, info, {key: value for key, value in tags.items() if key not in has_tags})
    params = {key: run_rules.clean_param(key, value) for key, value in record.params.items()}
    runs.put_params(tx, info, {key: value for key, value in params.items() if key not in has_params})
    read = [msgspec.structs.replace(m, model_id=model_id_of(tx, workspace, m.model_id)) for m in record.model_inputs]
    made = [msgspec.structs.replace(m, model_id=model_id_of(tx, workspace, m.model_id)) for m in record.model_outputs]
    datasets.log_inputs(tx, info, record.datasets, read)
    datasets.log_outputs(tx, info, made)


def _pairs(tx: Read, info: RunInfo) -> tuple[dict[str, str], dict[str, str]]:
    whole = runs.hydrate(tx, [info])[0]
    return whole.tags, whole.params


def _tags(tx: Read, workspace: str, info: RunInfo, record: RunRecord) -> dict[str, str]:
    """The tags with the ids that runs have here."""
    tags = dict(record.tags)
    if parent := tags.get(run_rules.PARENT_TAG):
        tags[run_rules.PARENT_TAG] = run_id_of(tx, workspace, parent)
    if info.run_id != record.run_id and HISTORY_TAG in tags:
        tags[HISTORY_TAG] = tags[HISTORY_TAG].replace(record.run_id, info.run_id)
    return tags


def _points(tx: Write, workspace: str, record: PointsRecord) -> None:
    rules.check_points(record)
    info = runs.find(tx, workspace, run_id_of(tx, workspace, record.run_id))
    points = [
        Metric(record.key, math.nan if value is None else value, timestamp, step)
        for value, timestamp, step in zip(record.values, record.timestamps, record.steps, strict=True)
    ]
    if not points:
        return
    if len(points) > rules.MAX_POINTS:
        raise Invalid(f"A record holds at most {rules.MAX_POINTS:,} points; split this one.", field="records")
    for extreme in (min, max):  # they share the key, so the outermost speak for all
        for of in (attrgetter("timestamp"), attrgetter("step")):
            metric_rules.check(extreme(points, key=of))
    metrics.log(tx, info, points)
