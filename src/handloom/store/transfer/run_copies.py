"""Copy what was logged to a run under another id, page by page. Every function runs in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import func, select

from handloom.domain import artifacts
from handloom.domain.logged_models import VERSIONS_TAG
from handloom.domain.models import COPIED_TAG
from handloom.domain.records import LoggedModelRecord, PointsRecord, RunRecord
from handloom.domain.runs import PARENT_TAG, RunInfo
from handloom.domain.traces import RUN_KEY
from handloom.store.engine.database import Read, Write
from handloom.store.models import logged as logged_models
from handloom.store.traces.tables import trace_metadata, trace_runs, traces
from handloom.store.transfer import export_records, import_models, run_import
from handloom.store.transfer.export_records import ExportedPoint

Records = list[RunRecord | PointsRecord]


def read(tx: Read, info: RunInfo, after: ExportedPoint | None) -> tuple[Records, ExportedPoint | None]:
    """Return a run with its first points, or its points after one; and the last of them if more may follow."""
    records, last = export_records.of_run(tx, info, after)
    return [record for record in records if isinstance(record, RunRecord | PointsRecord)], last


def renamed(records: Records, ids: Mapping[str, str], experiment: str, elsewhere: str) -> Records:
    """Return the records of the copy. `ids` has the ids of all copies, of runs and logged models, by those of their
    originals, and `elsewhere` is where the run's files are if that is not this server.
    """
    return [_renamed(record, ids, experiment, elsewhere) for record in records]


def read_models(tx: Read, workspace: str, run_id: str) -> list[LoggedModelRecord]:
    """Return the models that a run logged."""
    return [export_records.logged_model(model) for model in logged_models.of_run(tx, workspace, run_id)]


def count_traces(tx: Read, workspace: str, run_ids: Sequence[str]) -> int:
    """Return how many traces were logged in these runs or linked to them."""
    t, m, linked = traces.c, trace_metadata.c, trace_runs.c
    logged = select(m.trace_internal_id).where(m.key == RUN_KEY, m.value.in_(run_ids))
    added = select(linked.trace_internal_id).where(linked.run_id.in_(run_ids))
    query = select(func.count()).where(
        t.workspace_id == workspace, t.internal_id.in_(logged) | t.internal_id.in_(added)
    )
    return int(tx.connection.execute(query).scalar_one())


def renamed_model(record: LoggedModelRecord, ids: Mapping[str, str], experiment: str) -> LoggedModelRecord:
    """Return the record of a model's copy. Its files get a place of their own unless they are in another store; which
    registered versions were made of the original says nothing of it.
    """
    elsewhere = record.artifact_uri if artifacts.path_of(record.artifact_uri) is None else ""
    return msgspec.structs.replace(
        record,
        model_id=ids[record.model_id],
        experiment_id=experiment,
        artifact_uri=elsewhere,
        source_run_id=ids[record.source_run_id],
        tags={key: value for key, value in record.tags.items() if key != VERSIONS_TAG} | {COPIED_TAG: record.model_id},
        metrics=[msgspec.structs.replace(one, run_id=ids.get(one.run_id, one.run_id)) for one in record.metrics],
    )


def keep_model(tx: Write, workspace: str, record: LoggedModelRecord) -> str:
    """Write a model's copy; return the address of its files."""
    return import_models.keep_logged_model(tx, workspace, record).uri


def _renamed(
    record: RunRecord | PointsRecord, ids: Mapping[str, str], experiment: str, elsewhere: str
) -> RunRecord | PointsRecord:
    copy = ids[record.run_id]
    if isinstance(record, PointsRecord):
        return msgspec.structs.replace(record, run_id=copy)
    tags = {key: value for key, value in record.tags.items() if key not in (PARENT_TAG, run_import.HISTORY_TAG)}
    if parent := ids.get(record.tags.get(PARENT_TAG, "")):
        tags[PARENT_TAG] = parent
    if history := record.tags.get(run_import.HISTORY_TAG):
        tags[run_import.HISTORY_TAG] = _in_text(history, ids)
    return msgspec.structs.replace(
        record,
        run_id=copy,
        experiment_id=experiment,
        artifact_uri=elsewhere,
        tags=tags | {COPIED_TAG: record.run_id},
        model_outputs=[
            msgspec.structs.replace(one, model_id=ids[one.model_id])
            for one in record.model_outputs
            if one.model_id in ids
        ],
    )


def _in_text(text: str, ids: Mapping[str, str]) -> str:
    for old, new in ids.items():
        text = text.replace(old, new)
    return text


def keep(tx: Write, workspace: str, records: Records) -> None:
    """Write the copy's records. What it has already stays."""
    run_import.keep(tx, workspace, records)
