"""Convert MLflow's fields, which its database, folders and responses share, to records."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from handloom.domain.datasets import DatasetInput
from handloom.domain.logged_models import STATUSES as MODEL_STATUSES
from handloom.domain.logged_models import Status as ModelStatus
from handloom.domain.records import ExperimentRecord, Record, RunRecord, Stage, VersionRecord
from handloom.domain.runs import STATUSES, ModelLink

AnyRecord = TypeVar("AnyRecord", bound=Record)
_MODEL_ID = re.compile(r"m-[0-9a-f]{32}")


def stage(given: Any) -> Stage:
    return "deleted" if given == "deleted" else "active"


def model_status(given: Any) -> ModelStatus:
    return MODEL_STATUSES.get(str(given), "LOGGED_MODEL_READY")


def to_int(given: Any) -> int | None:
    """Convert a number that may be text; None if it is missing."""
    return None if given in (None, "") else int(given)


def validated(record: AnyRecord) -> AnyRecord:
    """Return the record. Raises msgspec.ValidationError if the source has a value of a wrong type."""
    return msgspec.convert(msgspec.to_builtins(record), type(record))


def experiment_record(row: Mapping[str, Any], tags: dict[str, str]) -> ExperimentRecord:
    created = to_int(row.get("creation_time")) or 0
    record = ExperimentRecord(
        id=str(row["experiment_id"]),
        name=row["name"],
        artifact_location=row.get("artifact_location") or "",
        lifecycle_stage=stage(row.get("lifecycle_stage")),
        creation_time=created,
        last_update_time=to_int(row.get("last_update_time")) or created,
        tags=tags,
    )
    return validated(record)


def run_record(
    row: Mapping[str, Any],
    *,
    params: dict[str, str],
    tags: dict[str, str],
    datasets: list[DatasetInput],
    model_inputs: list[ModelLink],
    model_outputs: list[ModelLink],
) -> RunRecord:
    record = RunRecord(
        run_id=row["run_id"],
        experiment_id=str(row["experiment_id"]),
        name=row.get("run_name") or tags.get("mlflow.runName", ""),
        user_id=row.get("user_id") or "",
        status=STATUSES.get(str(row.get("status")), "RUNNING"),
        start_time=to_int(row.get("start_time")) or 0,
        end_time=to_int(row.get("end_time")),
        lifecycle_stage=stage(row.get("lifecycle_stage")),
        deleted_time=to_int(row.get("deleted_time")),
        artifact_uri=row.get("artifact_uri") or "",
        params=params,
        tags=tags,
        datasets=datasets,
        model_inputs=model_inputs,
        model_outputs=model_outputs,
    )
    return validated(record)


def version_record(row: Mapping[str, Any], *, created: str, updated: str, **more: Any) -> VersionRecord:
    """Convert a version from a database row or response; `created` and `updated` are the names of its time fields."""
    source = row.get("source") or ""
    named = _MODEL_ID.search(row.get("model_id") or source or "")
    at = to_int(row.get(created)) or 0
    record = VersionRecord(
        name=row["name"],
        version=int(row["version"]),
        description=row.get("description") or "",
        user=row.get("user_id") or "",
        stage=row.get("current_stage") or "None",
        source=source,
        location=row.get("storage_location") or "",
        run_id=row.get("run_id") or "",
        run_link=row.get("run_link") or "",
        model_id=named[0] if named else "",
        status=row.get("status") or "READY",
        status_message=row.get("status_message") or "",
        created_at=at,
        modified_at=to_int(row.get(updated)) or at,
        **more,
    )
    return validated(record)
