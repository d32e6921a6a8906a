"""The models of a running MLflow server: logged ones, and the registry with versions, aliases and tags."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Protocol

from handloom.domain.records import LoggedModelRecord, MetricRecord, ModelRecord, VersionRecord
from handloom.transfer.mlflow.mapping import model_status, stage, to_int, version_record

PAGE = 50  # experiments that one search of logged models names


class Server(Protocol):
    """What this module needs of the server."""

    def get(self, path: str, /, **params: Any) -> dict[str, Any]: ...

    def pages(self, path: str, body: dict[str, Any], field: str) -> Iterator[dict[str, Any]]: ...


def logged_models(server: Server, experiments: list[str]) -> Iterator[LoggedModelRecord]:
    """None of a server before 3.0, which knows none. Deleted ones are out of reach of the API."""
    for at in range(0, len(experiments), PAGE):
        wanted = {"experiment_ids": experiments[at : at + PAGE], "max_results": 50}
        for found in server.pages("logged-models/search", wanted, "models"):
            yield _logged_model(found)


def _logged_model(found: dict[str, Any]) -> LoggedModelRecord:
    info, data = found["info"], found.get("data", {})
    return LoggedModelRecord(
        model_id=info["model_id"],
        experiment_id=str(info["experiment_id"]),
        name=info["name"],
        artifact_uri=info.get("artifact_uri", ""),
        status=model_status(info.get("status")),
        status_message=info.get("status_message") or None,
        model_type=info.get("model_type", ""),
        source_run_id=info.get("source_run_id", ""),
        created_at=to_int(info.get("creation_timestamp_ms")) or 0,
        modified_at=to_int(info.get("last_updated_timestamp_ms")) or 0,
        lifecycle_stage=stage(info.get("lifecycle_stage")),
        params={pair["key"]: pair.get("value", "") for pair in data.get("params", ())},
        tags={pair["key"]: pair.get("value", "") for pair in info.get("tags", ())},
        metrics=[_metric(given) for given in data.get("metrics", ())],
    )


def _metric(given: dict[str, Any]) -> MetricRecord:
    value = float(given["value"])
    return MetricRecord(
        key=given["key"],
        value=None if math.isnan(value) else value,
        timestamp=int(given["timestamp"]),
        step=int(given.get("step") or 0),
        run_id=given.get("run_id", ""),
        dataset_name=given.get("dataset_name", ""),
        dataset_digest=given.get("dataset_digest", ""),
    )


def registered(server: Server) -> Iterator[ModelRecord | VersionRecord]:
    for found in _search(server, "registered-models/search", "registered_models", max_results=100):
        name = found["name"]
        quoted = "'" + name.replace("'", "''") + "'"
        wanted = {"filter": f"name={quoted}", "max_results": 1000}
        versions = list(_search(server, "model-versions/search", "model_versions", **wanted))
        versions.sort(key=lambda version: int(version["version"]))
        created = to_int(found.get("creation_timestamp")) or 0
        yield ModelRecord(
            name=name,
            description=found.get("description", ""),
            created_at=created,
            modified_at=to_int(found.get("last_updated_timestamp")) or created,
            next_version=1 + max((int(version["version"]) for version in versions), default=0),
            tags={tag["key"]: tag.get("value", "") for tag in found.get("tags", ())},
        )
        aliases = {a["alias"]: str(a["version"]) for a in found.get("aliases", ())}
        for version in versions:
            number = str(version["version"])
            where = server.get("model-versions/get-download-uri", name=name, version=number)
            yield version_record(
                version | {"storage_location": where.get("artifact_uri", "")},
                created="creation_timestamp",
                updated="last_updated_timestamp",
                tags={tag["key"]: tag.get("value", "") for tag in version.get("tags", ())},
                aliases=[alias for alias, target in aliases.items() if target == number],
            )


def _search(server: Server, path: str, field: str, **params: Any) -> Iterator[dict[str, Any]]:
    token = ""
    while True:
        answer = server.get(path, **params, **({"page_token": token} if token else {}))
        yield from answer.get(field, ())
        token = answer.get("next_page_token", "")
        if not token:
            return
