"""Copy what was logged to a run under another id, page by page. Every function runs in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from handloom.domain.models import COPIED_TAG
from handloom.domain.records import PointsRecord, RunRecord
from handloom.domain.runs import PARENT_TAG, RunInfo
from handloom.store.engine.database import Read, Write
from handloom.store.transfer import export_records, run_import
from handloom.store.transfer.export_records import ExportedPoint

Records = list[RunRecord | PointsRecord]


def read(tx: Read, info: RunInfo, after: ExportedPoint | None) -> tuple[Records, ExportedPoint | None]:
    """Return a run with its first points, or its points after one; and the last of them if more may follow."""
    records, last = export_records.of_run(tx, info, after)
    return [record for record in records if isinstance(record, RunRecord | PointsRecord)], last


def renamed(records: Records, ids: Mapping[str, str], experiment: str, elsewhere: str) -> Records:
    """Return the records of the copy. `ids` has the ids of all copies by those of their originals, and `elsewhere` is
    where the run's files are if that is not this server.
    """
    return [_renamed(record, ids, experiment, elsewhere) for record in records]


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
        tags[run_import.HISTORY_TAG] = history.replace(record.run_id, copy)
    return msgspec.structs.replace(
        record,
        run_id=copy,
        experiment_id=experiment,
        artifact_uri=elsewhere,
        tags=tags | {COPIED_TAG: record.run_id},
        model_outputs=[],
    )


def keep(tx: Write, workspace: str, records: Records) -> None:
    """Write the copy's records. What it has already stays."""
    run_import.keep(tx, workspace, records)
