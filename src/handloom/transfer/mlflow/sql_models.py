"""Read the models of an MLflow store: logged models, and registered models with versions, aliases and tags."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from sqlalchemy import Table

from handloom.domain.metrics import LARGEST
from handloom.domain.records import LoggedModelRecord, MetricRecord, ModelRecord, VersionRecord
from handloom.transfer.mlflow.mapping import model_status, stage, validated, version_record

PAGE = 200  # models
DELETED = "Deleted_Internal"
"""Stage of deleted versions. Their rows prevent reuse of the version numbers."""


class Rows(Protocol):
    """The methods of SqlStore that this module uses."""

    def of(self, name: str, *conditions: Any) -> Iterator[dict[str, Any]]: ...

    def grouped(self, name: str, column: str, ids: Sequence[Any]) -> defaultdict[Any, list[dict[str, Any]]]: ...

    def table(self, name: str) -> Table | None: ...

    def rows(self, statement: Any) -> Iterator[dict[str, Any]]: ...


def logged_models(store: Rows) -> Iterator[LoggedModelRecord]:
    own = {row["experiment_id"] for row in store.of("experiments")}
    rows = [row for row in store.of("logged_models") if row["experiment_id"] in own]
    for at in range(0, len(rows), PAGE):
        page = rows[at : at + PAGE]
        ids = [row["model_id"] for row in page]
        params = store.grouped("logged_model_params", "model_id", ids)
        tags = store.grouped("logged_model_tags", "model_id", ids)
        metrics = store.grouped("logged_model_metrics", "model_id", ids)
        for row in page:
            key = row["model_id"]
            yield validated(
                LoggedModelRecord(
                    model_id=key,
                    experiment_id=str(row["experiment_id"]),
                    name=row["name"],
                    artifact_uri=row["artifact_location"],
                    status=model_status(row["status"]),
                    status_message=row["status_message"],
                    model_type=row["model_type"] or "",
                    source_run_id=row["source_run_id"] or "",
                    created_at=row["creation_timestamp_ms"],
                    modified_at=row["last_updated_timestamp_ms"],
                    lifecycle_stage=stage(row["lifecycle_stage"]),
                    params={p["param_key"]: p["param_value"] for p in params[key]},
                    tags={t["tag_key"]: t["tag_value"] for t in tags[key]},
                    metrics=[_metric(m) for m in metrics[key]],
                )
            )


def _metric(row: dict[str, Any]) -> MetricRecord:
    value = row["metric_value"]
    return MetricRecord(
        key=row["metric_name"],
        value=None if value is None or value != value else max(-LARGEST, min(LARGEST, value)),  # noqa: PLR0124 - NaN
        timestamp=row["metric_timestamp_ms"],
        step=row["metric_step"],
        run_id=row["run_id"] or "",
        dataset_name=row["dataset_name"] or "",
        dataset_digest=row["dataset_digest"] or "",
    )


def registered(store: Rows) -> Iterator[ModelRecord | VersionRecord]:
    tags = _by_name(store.of("registered_model_tags"))
    aliases = _by_name(store.of("registered_model_aliases"))
    versions = _by_name(store.of("model_versions"))
    version_tags = _by_name(store.of("model_version_tags"))
    for row in sorted(store.of("registered_models"), key=lambda row: str(row["name"])):
        name = row["name"]
        found = sorted(versions[name], key=lambda v: int(v["version"]))
        created = row["creation_time"] or 0
        yield validated(
            ModelRecord(
                name=name,
                description=row["description"] or "",
                created_at=created,
                modified_at=row["last_updated_time"] or created,
                next_version=1 + max((v["version"] for v in found), default=0),
                tags={tag["key"]: tag["value"] or "" for tag in tags[name]},
            )
        )
        for version in found:
            if version["current_stage"] != DELETED:
                number = version["version"]
                yield version_record(
                    version,
                    created="creation_time",
                    updated="last_updated_time",
                    tags={t["key"]: t["value"] or "" for t in version_tags[name] if t["version"] == number},
                    aliases=[a["alias"] for a in aliases[name] if a["version"] == number],
                )


def _by_name(rows: Iterator[dict[str, Any]]) -> defaultdict[str, list[dict[str, Any]]]:
    found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row["name"]].append(row)
    return found
