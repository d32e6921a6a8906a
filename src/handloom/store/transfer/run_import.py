"""Keeps runs and their points that came from elsewhere, as many at once as a request brings.

What a run has already is never overwritten. Every function works inside the caller's transaction and one workspace.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Table, func, insert, select

from handloom.domain import metrics as metric_rules
from handloom.domain import records as rules
from handloom.domain import runs as run_rules
from handloom.domain.artifacts import below
from handloom.domain.clock import now
from handloom.domain.errors import Invalid, NotFound
from handloom.domain.experiments import Experiment
from handloom.domain.metrics import Metric
from handloom.domain.records import ExistingRun, ImportedTo, PointsRecord, RunRecord
from handloom.domain.run_fields import RECORDED
from handloom.domain.runs import RunInfo
from handloom.store.datasets import rows as datasets
from handloom.store.datasets import tables as dataset_tables
from handloom.store.engine.bulk_insert import Insert
from handloom.store.engine.database import Read, Write
from handloom.store.experiments import rows as experiments
from handloom.store.metrics import rows as metrics
from handloom.store.metrics import tables as metric_tables
from handloom.store.runs import rows as runs
from handloom.store.runs import tables as run_tables
from handloom.store.transfer.ids import model_id_of, run_ids_of

HISTORY_TAG = "mlflow.log-model.history"
CHUNK = 500  # keys in one IN list
_OPEN = ("RUNNING", "SCHEDULED")
_ADD_TAGS = Insert(run_tables.run_tags, ("run_internal_id", "key", "value"))
_ADD_PARAMS = Insert(run_tables.params, ("run_internal_id", "key", "value"))


def keep(tx: Write, workspace: str, given: Sequence[RunRecord | PointsRecord]) -> list[ImportedTo]:
    """Keep runs and points; where the runs landed, in their order.

    `experiment_id` is the workspace's own here: whoever sends runs was told where their experiments landed.
    """
    records = [record for record in given if isinstance(record, RunRecord)]
    named = [record.run_id for record in given] + [parent for record in records if (parent := _parent(record))]
    targets = run_ids_of(tx, workspace, named)
    known = runs.find_many(tx, workspace, list({targets[record.run_id] for record in given}))
    new: dict[str, RunRecord] = {}
    for record in records:
        if targets[record.run_id] not in known:
            new.setdefault(targets[record.run_id], record)
    infos = known | _insert(tx, workspace, new, targets)
    placed = []
    for record in records:
        target = targets[record.run_id]
        if new.get(target) is not record:
            _merge(tx, workspace, infos[target], record, targets)
        existed = target in known
        uri = infos[target].artifact_uri
        placed.append(ImportedTo(kind="run", id=record.run_id, target=target, uri=uri, existed=existed))
    _log(tx, infos, targets, [record for record in given if isinstance(record, PointsRecord)])
    return placed


def existing(tx: Read, workspace: str, run_ids: Sequence[str]) -> list[ExistingRun]:
    """What the workspace holds of runs, by their ids of before; those that it does not hold are left out."""
    if len(run_ids) > rules.MAX_ASKED:
        raise Invalid(f"Ask after at most {rules.MAX_ASKED:,} runs at once.", field="runs")
    targets = run_ids_of(tx, workspace, run_ids)
    known = runs.find_many(tx, workspace, list(targets.values()))
    numbers = [info.internal_id for info in known.values()]
    counts = {name: _counts(tx, table, func.count(), numbers) for name, table in _COUNTED.items()}
    latest = metric_tables.latest_metrics
    counts["points"] = _counts(tx, latest, func.sum(latest.c.count), numbers)
    return [
        ExistingRun(
            id=run_id,
            target=info.run_id,
            uri=info.artifact_uri,
            **{name: found.get(info.internal_id, 0) for name, found in counts.items()},
        )
        for run_id in run_ids
        if (info := known.get(targets[run_id])) is not None
    ]


_COUNTED = {"params": run_tables.params, "tags": run_tables.run_tags, "datasets": dataset_tables.run_inputs}


def _counts(tx: Read, table: Table, count: Any, numbers: Sequence[int]) -> dict[int, int]:
    """A count of rows by the internal number of their run; runs without any are left out."""
    found: dict[int, int] = {}
    for at in range(0, len(numbers), CHUNK):
        query = select(table.c.run_internal_id, count.label("total")).where(
            table.c.run_internal_id.in_(numbers[at : at + CHUNK])
        )
        for row in tx.connection.execute(query.group_by(table.c.run_internal_id)):
            found[row.run_internal_id] = int(row.total)
    return found


def _parent(record: RunRecord) -> str:
    return record.tags.get(run_rules.PARENT_TAG, "")


def _insert(tx: Write, workspace: str, new: dict[str, RunRecord], targets: dict[str, str]) -> dict[str, RunInfo]:
    """Insert runs, by their ids here, with all that they hold but their points."""
    if not new:
        return {}
    places: dict[str, Experiment] = {}
    rows, tags = [], {}
    for run_id, record in new.items():
        if record.experiment_id not in places:
            places[record.experiment_id] = experiments.get(tx, workspace, record.experiment_id)
        tags[run_id] = _tags(record, run_id, targets)
        rows.append(_row(workspace, places[record.experiment_id], run_id, record, tags[run_id]))
    tx.connection.execute(insert(run_tables.runs), rows)
    infos = runs.find_many(tx, workspace, list(new))
    _insert_pairs(tx, _ADD_TAGS, ((infos[run_id], pairs) for run_id, pairs in tags.items()))
    params = (
        (infos[run_id], {key: run_rules.clean_param(key, value) for key, value in record.params.items()})
        for run_id, record in new.items()
    )
    _insert_pairs(tx, _ADD_PARAMS, params)
    for run_id, record in new.items():
        if notebook := tags[run_id].get(run_rules.NOTEBOOK_TAG):
            runs.put_tags(tx, infos[run_id], {run_rules.NOTEBOOK_TAG: notebook})  # links the notebook, if it is here
        _link(tx, workspace, infos[run_id], record)
    for info in infos.values():
        tx.changed("runs", workspace, info.run_id, info.experiment_id, cached=info.status in run_rules.FINISHED)
    return infos


def _row(
    workspace: str, experiment: Experiment, run_id: str, record: RunRecord, tags: dict[str, str]
) -> dict[str, Any]:
    """A run as a row. Its name is also its tag mlflow.runName, which this sets where it is missing."""
    name = tags.setdefault(run_rules.NAME_TAG, record.name or run_rules.new_name()) or record.name
    return {field.column: getattr(record, field.attribute) for field in RECORDED} | {
        "run_id": run_id,
        "workspace_id": workspace,
        "experiment_internal_id": experiment.internal_id,
        "name": name or run_rules.new_name(),
        "artifact_uri": record.artifact_uri or below(experiment.artifact_location, f"{run_id}/artifacts"),
        "deleted_time": now() if record.lifecycle_stage == "deleted" else None,  # its time in this server's bin begins
    }


def _insert_pairs(tx: Write, insert: Insert, given: Iterable[tuple[RunInfo, dict[str, str]]]) -> None:
    """Insert the tags or params of runs that have none yet."""
    tx.insert_later(insert, [(info.internal_id, key, value) for info, pairs in given for key, value in pairs.items()])


def _merge(tx: Write, workspace: str, info: RunInfo, record: RunRecord, targets: dict[str, str]) -> None:
    """Add the tags, params and links that a run does not have, and its end where it was open."""
    if info.status in _OPEN and record.status not in _OPEN and info.lifecycle_stage == "active":
        runs.update(tx, workspace, info.run_id, status=record.status, end_time=record.end_time)
    has = runs.hydrate(tx, [info])[0]
    tags = _tags(record, info.run_id, targets)
    tags.setdefault(run_rules.NAME_TAG, info.name)
    runs.put_tags(tx, info, {key: value for key, value in tags.items() if key not in has.tags})
    params = {key: run_rules.clean_param(key, value) for key, value in record.params.items()}
    runs.put_params(tx, info, {key: value for key, value in params.items() if key not in has.params})
    _link(tx, workspace, info, record)
    tx.changed("runs", workspace, info.run_id, info.experiment_id)


def _link(tx: Write, workspace: str, info: RunInfo, record: RunRecord) -> None:
    """Note the datasets and models that a run read, and the models that it made."""
    read = [msgspec.structs.replace(m, model_id=model_id_of(tx, workspace, m.model_id)) for m in record.model_inputs]
    made = [msgspec.structs.replace(m, model_id=model_id_of(tx, workspace, m.model_id)) for m in record.model_outputs]
    if record.datasets or read:
        datasets.log_inputs(tx, info, record.datasets, read)
    if made:
        datasets.log_outputs(tx, info, made)


def _tags(record: RunRecord, run_id: str, targets: dict[str, str]) -> dict[str, str]:
    """The tags with the ids that runs have here."""
    tags = dict(record.tags)
    if parent := _parent(record):
        tags[run_rules.PARENT_TAG] = targets[parent]
    if run_id != record.run_id and HISTORY_TAG in tags:
        tags[HISTORY_TAG] = tags[HISTORY_TAG].replace(record.run_id, run_id)
    return {key: run_rules.clean_tag(key, value) for key, value in tags.items()}


def _log(tx: Write, infos: dict[str, RunInfo], targets: dict[str, str], records: Sequence[PointsRecord]) -> None:
    """Keep the points of all records at once."""
    found: defaultdict[str, list[Metric]] = defaultdict(list)
    for record in records:
        target = targets[record.run_id]
        if target not in infos:
            raise NotFound(f"Run with id={target} not found")
        found[target] += _points(record)
    metrics.log_of_runs(tx, [(infos[target], points) for target, points in found.items() if points])


def _points(record: PointsRecord) -> list[Metric]:
    rules.check_points(record)
    if len(record.steps) > rules.MAX_POINTS:
        raise Invalid(f"A record holds at most {rules.MAX_POINTS:,} points; split this one.", field="records")
    points = [
        Metric(record.key, math.nan if value is None else value, timestamp, step)
        for value, timestamp, step in zip(record.values, record.timestamps, record.steps, strict=True)
    ]
    if points:  # they share the key, so one metric with the outermost values speaks for all
        for extreme in (min, max)[: len(points)]:
            metric_rules.check(Metric(record.key, 0.0, extreme(record.timestamps), extreme(record.steps)))
    return points
