"""A workspace as records, page by page, which `handloom export` writes to an archive.

Each page is one transaction and names the start of the next, so that no transaction is long.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import select

from handloom.domain.errors import Invalid
from handloom.domain.logged_models import LoggedModel
from handloom.domain.models import Version
from handloom.domain.records import (
    MAX_POINTS,
    MAX_SPAN_BYTES,
    MAX_SPANS,
    EvaluationDatasetRecord,
    EvaluationRow,
    ExperimentRecord,
    LoggedModelRecord,
    MetricRecord,
    ModelRecord,
    PointsRecord,
    Record,
    RunRecord,
    ScorerRecord,
    TraceRecord,
    VersionRecord,
    shown,
    split,
    weight,
)
from handloom.domain.run_fields import RECORDED
from handloom.domain.runs import Run, RunInfo
from handloom.store.engine.database import Read
from handloom.store.engine.statements import Row
from handloom.store.experiments import rows as experiments
from handloom.store.experiments import tables as experiment_tables
from handloom.store.models import logged as logged_models
from handloom.store.models import rows as models
from handloom.store.models import tables as model_tables
from handloom.store.models import versions as model_versions
from handloom.store.runs import rows as runs
from handloom.store.runs import tables as run_tables
from handloom.store.traces import rows as traces
from handloom.store.traces import tables as trace_tables

PAGE = 20_000  # approximate number of rows
_FEW = 100
PAGE_BYTES = 8 * 1024 * 1024
"""Bytes of spans after which a page of traces ends."""


class ExportedPoint(Row, frozen=True, array_like=True):
    """A stored point of a run; points are exported in order of all five fields."""

    key: str
    step: int
    timestamp: int
    value: float
    is_nan: bool


_FIRST = ExportedPoint("", -(1 << 63), -(1 << 63), -math.inf, False)


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """The start of a page: the kind of record, the last key, and within a run the last point."""

    stage: str = "experiments"
    after: str | int = 0
    point: ExportedPoint | None = None


class RecordPage(msgspec.Struct, frozen=True, kw_only=True):
    """`next` is the cursor of the next page; None at the end. `left_out` then counts what is not exported, by kind."""

    records: list[Record]
    next: str | None
    left_out: dict[str, int] = {}


_RUNS = (
    "SELECT internal_id FROM runs WHERE workspace_id = :workspace AND internal_id > :after "
    "ORDER BY internal_id LIMIT :few"
)
_DELETED = "SELECT internal_id, deleted_time FROM runs WHERE internal_id IN :internal_ids"
_POINTS = (
    "SELECT key, step, timestamp, value, is_nan FROM metrics WHERE run_internal_id = :run "
    "AND (key, step, timestamp, value, is_nan) > (:key, :step, :timestamp, :value, :is_nan) "
    "ORDER BY key, step, timestamp, value, is_nan LIMIT :left"
)
_LINKED = (
    "SELECT trace_internal_id, run_id FROM trace_runs WHERE trace_internal_id IN :numbers "
    "ORDER BY trace_internal_id, run_id"
)
_DATASET = (
    'SELECT internal_id, dataset_id, name, "schema", digest, created_at, modified_at, created_by, modified_by '
    "FROM evaluation_datasets WHERE workspace_id = :workspace AND internal_id "
)
_NEXT_DATASET, _DATASET_AGAIN = f"{_DATASET}> :after ORDER BY internal_id LIMIT 1", f"{_DATASET}= :after"
_DATASET_ROWS = (
    "SELECT internal_id, record_id, inputs, outputs, expectations, tags, source, created_at, modified_at, created_by, "
    "modified_by FROM evaluation_records WHERE dataset_internal_id = :dataset AND internal_id > :after "
    "ORDER BY internal_id LIMIT :few"
)
_DATASET_TAGS = "SELECT key, value FROM evaluation_dataset_tags WHERE dataset_internal_id = :dataset ORDER BY key"
_DATASET_EXPERIMENTS = (
    "SELECT CAST(e.experiment_id AS TEXT) AS experiment_id FROM evaluation_dataset_experiments l "
    "JOIN experiments e ON e.internal_id = l.experiment_internal_id WHERE l.dataset_internal_id = :dataset "
    "ORDER BY e.internal_id"
)
_SCORERS = (
    "SELECT s.internal_id, s.scorer_id, s.name, v.version, v.content, v.created_at, "
    "CAST(e.experiment_id AS TEXT) AS experiment_id FROM scorers s "
    "JOIN scorer_versions v ON v.scorer_internal_id = s.internal_id "
    "JOIN experiments e ON e.internal_id = s.experiment_internal_id "
    "WHERE e.workspace_id = :workspace AND (s.internal_id, v.version) > (:scorer, :version) "
    "ORDER BY s.internal_id, v.version LIMIT :few"
)


_LEFT_OUT = {
    "webhooks": "SELECT count(*) AS n FROM webhooks WHERE workspace_id = :workspace",
    "mounts": "SELECT count(*) AS n FROM mounts WHERE workspace_id = :workspace",
    "notebook versions": "SELECT count(*) AS n FROM notebook_versions JOIN notebooks "
    "ON notebooks.id = notebook_versions.notebook_id WHERE notebooks.workspace_id = :workspace",
}


def _left_out(tx: Read, workspace: str) -> dict[str, int]:
    counts = {kind: tx.fetch(statement, workspace=workspace)[0].n for kind, statement in _LEFT_OUT.items()}
    return {kind: count for kind, count in counts.items() if count}


def page(tx: Read, workspace: str, after: str) -> RecordPage:
    """Return the records from a cursor; "" is the beginning of the workspace."""
    try:
        cursor = msgspec.json.decode(after, type=Cursor) if after else Cursor()
        records, following = _STAGES[cursor.stage](tx, workspace, cursor)
    except (msgspec.MsgspecError, KeyError, ValueError) as error:
        raise Invalid("There is no such place to go on from.", field="after") from error
    if following is None:
        return RecordPage(records=records, next=None, left_out=_left_out(tx, workspace))
    return RecordPage(records=records, next=msgspec.json.encode(following).decode())


def _experiments(tx: Read, workspace: str, cursor: Cursor) -> tuple[list[Record], Cursor]:
    e = experiment_tables.experiments.c
    query = select(*experiments.COLUMNS).where(e.workspace_id == workspace, e.internal_id > int(cursor.after))
    found = experiments.hydrate(tx, tx.connection.execute(query.order_by(e.internal_id).limit(_FEW)).all())
    records: list[Record] = [
        ExperimentRecord(
            id=x.id,
            name=x.name,
            artifact_location=x.artifact_location,
            lifecycle_stage="active" if x.lifecycle_stage == "active" else "deleted",
            creation_time=x.creation_time,
            last_update_time=x.last_update_time,
            tags=x.tags,
        )
        for x in found
    ]
    return records, Cursor("experiments", found[-1].internal_id) if len(found) == _FEW else Cursor("runs")


def _runs(tx: Read, workspace: str, cursor: Cursor) -> tuple[list[Record], Cursor]:
    """Add runs, each followed by its points. A cursor with a point continues inside its run."""
    records: list[Record] = []
    room = PAGE
    if cursor.point is not None:
        run_id = tx.connection.scalar(
            select(run_tables.runs.c.run_id).where(run_tables.runs.c.internal_id == cursor.after)
        )
        room, last = _add_points(tx, records, int(cursor.after), run_id or "", cursor.point, room)
        if last is not None:
            return records, Cursor("runs", cursor.after, last)
    numbers = [row.internal_id for row in tx.fetch(_RUNS, workspace=workspace, after=int(cursor.after), few=_FEW)]
    deleted = {row.internal_id: row.deleted_time for row in tx.fetch(_DELETED, internal_ids=numbers)}
    for run in runs.by_internal_ids(tx, numbers):
        record = _run(run, deleted[run.info.internal_id])
        records.append(record)
        room, last = _add_points(tx, records, run.info.internal_id, run.info.run_id, _FIRST, room - weight(record))
        if last is not None:
            return records, Cursor("runs", run.info.internal_id, last)
    return records, Cursor("runs", numbers[-1]) if len(numbers) == _FEW else Cursor("logged_models", "")


def of_run(tx: Read, info: RunInfo, after: ExportedPoint | None) -> tuple[list[Record], ExportedPoint | None]:
    """Return one run with its first points, or its points after one; and the last point if more may follow."""
    records: list[Record] = []
    if after is None:
        records += [_run(run, None) for run in runs.by_internal_ids(tx, [info.internal_id])]
    _, last = _add_points(tx, records, info.internal_id, info.run_id, after or _FIRST, PAGE)
    return records, last


def _add_points(
    tx: Read, records: list[Record], number: int, run_id: str, after: ExportedPoint, room: int
) -> tuple[int, ExportedPoint | None]:
    """Add points; return the remaining room, and the last point if more of this run may follow."""
    room = max(room, 1)
    points = tx.fetch(_POINTS, ExportedPoint, run=number, left=room, **msgspec.structs.asdict(after))
    records.extend(_series(run_id, points))
    if len(points) < room:
        return room - len(points), None
    return 0, msgspec.structs.replace(points[-1], is_nan=bool(points[-1].is_nan))


def _series(run_id: str, points: Sequence[ExportedPoint]) -> Iterator[PointsRecord]:
    at = 0
    while at < len(points):
        key, end = points[at].key, at
        while end < len(points) and points[end].key == key and end - at < MAX_POINTS:
            end += 1
        piece = points[at:end]
        yield PointsRecord(
            run_id=run_id,
            key=key,
            steps=[point.step for point in piece],
            timestamps=[point.timestamp for point in piece],
            values=[None if point.is_nan else point.value for point in piece],
        )
        at = end


def _run(run: Run, deleted_time: int | None) -> RunRecord:
    fields = {field.attribute: getattr(run.info, field.attribute) for field in RECORDED}
    fields["lifecycle_stage"] = "active" if run.info.lifecycle_stage == "active" else "deleted"
    return RunRecord(
        **fields,
        experiment_id=run.info.experiment_id,
        deleted_time=deleted_time,
        params=run.params,
        tags=run.tags,
        datasets=run.datasets,
        model_inputs=run.model_inputs,
        model_outputs=run.model_outputs,
    )


def _logged_models(tx: Read, workspace: str, cursor: Cursor) -> tuple[list[Record], Cursor]:
    m = model_tables.logged_models.c
    query = logged_models.SELECT.where(m.workspace_id == workspace, m.model_id > str(cursor.after))
    found = logged_models.hydrate(tx, tx.connection.execute(query.order_by(m.model_id).limit(_FEW)).all())
    records: list[Record] = [logged_model(model) for model in found]
    following = Cursor("logged_models", found[-1].model_id) if len(found) == _FEW else Cursor("models", "")
    return records, following


def logged_model(model: LoggedModel) -> LoggedModelRecord:
    """Return the record of a logged model."""
    return LoggedModelRecord(
        model_id=model.model_id,
        experiment_id=model.experiment_id,
        name=model.name,
        artifact_uri=model.artifact_uri,
        status=msgspec.convert(model.status, Any),
        status_message=model.status_message,
        model_type=model.model_type,
        source_run_id=model.source_run_id,
        created_at=model.created_at,
        modified_at=model.modified_at,
        lifecycle_stage="deleted" if model.deleted else "active",
        params=model.params,
        tags=model.tags,
        metrics=[
            MetricRecord(
                key=m.key,
                value=shown(m.value),
                timestamp=m.timestamp,
                step=m.step,
                run_id=m.run_id,
                dataset_name=m.dataset_name,
                dataset_digest=m.dataset_digest,
            )
            for m in model.metrics
        ],
    )


def _models(tx: Read, workspace: str, cursor: Cursor) -> tuple[list[Record], Cursor]:
    m = model_tables.models.c
    query = models.SELECT.where(m.workspace_id == workspace, m.name > str(cursor.after)).order_by(m.name).limit(_FEW)
    rows = tx.connection.execute(query).all()
    counters = {row.name: row.next_version for row in rows}
    records: list[Record] = []
    for model in models.hydrate(tx, workspace, rows):
        records.append(
            ModelRecord(
                name=model.name,
                description=model.description,
                created_at=model.created_at,
                modified_at=model.modified_at,
                next_version=counters[model.name],
                tags=model.tags,
            )
        )
        records.extend(_version(version) for version in model_versions.of_model(tx, workspace, model.name))
    return records, Cursor("models", rows[-1].name) if len(rows) == _FEW else Cursor("traces")


def _version(version: Version) -> VersionRecord:
    return VersionRecord(
        name=version.model,
        version=version.version,
        description=version.description,
        user=version.user,
        stage=version.stage,
        source=version.source,
        location=version.location,
        run_id=version.run_id,
        run_link=version.run_link,
        model_id=version.model_id,
        status=version.status,
        status_message=version.status_message,
        created_at=version.created_at,
        modified_at=version.modified_at,
        tags=version.tags,
        aliases=version.aliases,
    )


def _traces(tx: Read, workspace: str, cursor: Cursor) -> tuple[list[Record], Cursor]:
    """Add traces with their spans and assessments until the page is large enough."""
    t = trace_tables.traces.c
    query = traces.SELECT.where(t.workspace_id == workspace, t.internal_id > int(cursor.after)).order_by(t.internal_id)
    rows = tx.connection.execute(query.limit(_FEW)).all()
    linked = _linked_runs(tx, [row.internal_id for row in rows])
    records: list[Record] = []
    size = 0
    for row, trace in zip(rows, traces.hydrate(tx, rows), strict=True):
        spans = traces.spans_of(tx, workspace, [trace.trace_id])[trace.trace_id]
        record = TraceRecord(
            trace_id=trace.trace_id,
            experiment_id=trace.experiment_id,
            request_time=trace.request_time,
            duration=trace.duration,
            state=trace.state,
            client_request_id=trace.client_request_id,
            request_preview=trace.request_preview,
            response_preview=trace.response_preview,
            tags=trace.tags,
            metadata=trace.metadata,
            run_ids=linked[row.internal_id],
            assessments=trace.assessments,
            spans=spans,
        )
        records += split(record, MAX_SPANS, MAX_SPAN_BYTES)
        size += sum(map(len, spans))
        if size > PAGE_BYTES:
            return records, Cursor("traces", row.internal_id)
    return records, Cursor("traces", rows[-1].internal_id) if len(rows) == _FEW else Cursor("datasets")


def _linked_runs(tx: Read, numbers: Sequence[int]) -> defaultdict[int, list[str]]:
    found: defaultdict[int, list[str]] = defaultdict(list)
    for row in tx.fetch(_LINKED, numbers=list(numbers)):
        found[row.trace_internal_id].append(row.run_id)
    return found


def _datasets(tx: Read, workspace: str, cursor: Cursor) -> tuple[list[Record], Cursor]:
    """Add one evaluation dataset, or more of its rows; `cursor.after` is the dataset and its last row."""
    last, _, row = str(cursor.after or "0").partition("/")
    query = _DATASET_AGAIN if row else _NEXT_DATASET
    found = tx.fetch(query, workspace=workspace, after=int(last))
    if not found:
        return [], Cursor("scorers")
    dataset = found[0]
    rows = tx.fetch(_DATASET_ROWS, dataset=dataset.internal_id, after=int(row or 0), few=_FEW)
    tags = {each.key: each.value for each in tx.fetch(_DATASET_TAGS, dataset=dataset.internal_id)}
    record = EvaluationDatasetRecord(
        dataset_id=dataset.dataset_id,
        name=dataset.name,
        experiment_ids=[each.experiment_id for each in tx.fetch(_DATASET_EXPERIMENTS, dataset=dataset.internal_id)],
        digest=dataset.digest,
        schema=dataset.schema,
        created_at=dataset.created_at,
        modified_at=dataset.modified_at,
        created_by=dataset.created_by,
        modified_by=dataset.modified_by,
        tags=tags,
        rows=[
            EvaluationRow(**{name: getattr(each, name) for name in EvaluationRow.__struct_fields__}) for each in rows
        ],
    )
    following = f"{dataset.internal_id}/{rows[-1].internal_id}" if len(rows) == _FEW else str(dataset.internal_id)
    return [record], Cursor("datasets", following)


def _scorers(tx: Read, workspace: str, cursor: Cursor) -> tuple[list[Record], Cursor | None]:
    """Add the versions of a scorer after another; no version is so large that all of a scorer's would be too many."""
    last, _, version = str(cursor.after or "0").partition("/")
    rows = tx.fetch(_SCORERS, workspace=workspace, scorer=int(last), version=int(version or 0), few=_FEW)
    records: list[Record] = [
        ScorerRecord(
            experiment_id=row.experiment_id,
            scorer_id=row.scorer_id,
            name=row.name,
            version=row.version,
            content=row.content,
            created_at=row.created_at,
        )
        for row in rows
    ]
    return records, Cursor("scorers", f"{rows[-1].internal_id}/{rows[-1].version}") if len(rows) == _FEW else None


_STAGES: dict[str, Any] = {
    "experiments": _experiments,
    "runs": _runs,
    "logged_models": _logged_models,
    "models": _models,
    "traces": _traces,
    "datasets": _datasets,
    "scorers": _scorers,
}
