"""Read the models of a running MLflow server: logged models, and registered models with versions, aliases and tags."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, Protocol

from handloom.domain.records import LoggedModelRecord, MetricRecord, ModelRecord, VersionRecord
from handloom.transfer.mlflow.mapping import model_status, stage, to_int, validated, version_record

PAGE = 50  # experiments per search of logged models


class PagedServer(Protocol):
    """The methods of RestServer that this module uses."""

    def get(self, path: str, /, **params: Any) -> dict[str, Any]: ...

    def pages(self, path: str, body: dict[str, Any], field: str) -> Iterator[dict[str, Any]]: ...

    def all_pages(
        self, path: str, field: str, ask: Callable[[dict[str, str]], dict[str, Any]]
    ) -> Iterator[dict[str, Any]]: ...

    def mapped(self, path: str) -> AbstractContextManager[None]: ...


def logged_models(server: PagedServer, experiments: list[str]) -> Iterator[LoggedModelRecord]:
    """Yield the logged models; a server before 3.0 has none. The API does not return deleted ones."""
    for at in range(0, len(experiments), PAGE):
        wanted = {"experiment_ids": experiments[at : at + PAGE], "max_results": 50}
        for found in server.pages("logged-models/search", wanted, "models"):
            with server.mapped("logged-models/search"):
                model = _logged_model(found)
            yield model


def _logged_model(found: dict[str, Any]) -> LoggedModelRecord:
    info, data = found["info"], found.get("data", {})
    return validated(
        LoggedModelRecord(
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


def registered(server: PagedServer) -> Iterator[ModelRecord | VersionRecord]:
    for found in _search(server, "registered-models/search", "registered_models", max_results=100):
        with server.mapped("registered-models/search"):
            name = found["name"]
            quoted = "'" + name.replace("'", "''") + "'"
        wanted = {"filter": f"name={quoted}", "max_results": 1000}
        versions = list(_search(server, "model-versions/search", "model_versions", **wanted))
        with server.mapped("model-versions/search"):
            records: list[ModelRecord | VersionRecord] = [_model(found, versions)]
            records += _versions(server, found, versions)
        yield from records


def _model(found: dict[str, Any], versions: list[dict[str, Any]]) -> ModelRecord:
    created = to_int(found.get("creation_timestamp")) or 0
    return validated(
        ModelRecord(
            name=found["name"],
            description=found.get("description", ""),
            created_at=created,
            modified_at=to_int(found.get("last_updated_timestamp")) or created,
            next_version=1 + max((int(version["version"]) for version in versions), default=0),
            tags={tag["key"]: tag.get("value", "") for tag in found.get("tags", ())},
        )
    )


def _versions(server: PagedServer, model: dict[str, Any], found: list[dict[str, Any]]) -> Iterator[VersionRecord]:
    aliases = {a["alias"]: str(a["version"]) for a in model.get("aliases", ())}
    for version in sorted(found, key=lambda version: int(version["version"])):
        number = str(version["version"])
        where = server.get("model-versions/get-download-uri", name=model["name"], version=number)
        yield version_record(
            version | {"storage_location": where.get("artifact_uri", "")},
            created="creation_timestamp",
            updated="last_updated_timestamp",
            tags={tag["key"]: tag.get("value", "") for tag in version.get("tags", ())},
            aliases=[alias for alias, target in aliases.items() if target == number],
        )


def _search(server: PagedServer, path: str, field: str, **params: Any) -> Iterator[dict[str, Any]]:
    return server.all_pages(path, field, lambda token: server.get(path, **params, **token))
