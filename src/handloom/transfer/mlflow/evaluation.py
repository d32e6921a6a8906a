"""Read the evaluation datasets and scorers of an MLflow store or server."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import islice
from typing import Any, Protocol

from sqlalchemy import JSON, select

from handloom.domain.records import EvaluationDatasetRecord, EvaluationRow, ExperimentRecord, ScorerRecord
from handloom.transfer.mlflow.mapping import to_int, validated
from handloom.transfer.mlflow.sql_models import Rows

PIECE = 100  # rows of a dataset in one record
_WRAPPED = "mlflow_wrapped"
"""Key under which MLflow's database has the outputs of a row."""
_DATASET = "evaluation_dataset"


class EvaluationServer(Protocol):
    """The methods of RestServer that this module uses."""

    def all_pages(
        self, path: str, field: str, ask: Callable[[dict[str, str]], dict[str, Any]]
    ) -> Iterator[dict[str, Any]]: ...

    def get(self, path: str, /, **params: Any) -> dict[str, Any]: ...

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]: ...

    def mapped(self, path: str) -> AbstractContextManager[None]: ...

    def has(self, method: str, path: str, **more: Any) -> bool: ...


def of_store(store: Rows) -> Iterator[EvaluationDatasetRecord | ScorerRecord]:
    own = {row["experiment_id"] for row in store.of("experiments")}
    for row in store.of("evaluation_datasets"):
        key = row["dataset_id"]
        tags = {
            tag["key"]: tag["value"] or "" for tag in store.grouped("evaluation_dataset_tags", "dataset_id", [key])[key]
        }
        links = [
            *(link["destination_id"] for link in _links(store, "source", key, "destination")),
            *(link["source_id"] for link in _links(store, "destination", key, "source")),
        ]
        head = _dataset(row | {"last_update_time": row.get("last_update_time")}, tags, links)
        yield from _in_pieces(head, _rows_of(store, key))
    versions = store.table("scorer_versions")
    for scorer in store.of("scorers"):
        if scorer["experiment_id"] not in own or versions is None:
            continue
        query = select(versions).where(versions.c.scorer_id == scorer["scorer_id"])
        for row in store.rows(query.order_by(versions.c.scorer_version)):
            yield validated(
                ScorerRecord(
                    experiment_id=str(scorer["experiment_id"]),
                    scorer_id=scorer["scorer_id"],
                    name=scorer["scorer_name"],
                    version=row["scorer_version"],
                    content=row["serialized_scorer"],
                    created_at=row.get("creation_time") or 0,
                )
            )


def _links(store: Rows, side: str, dataset_id: str, other: str) -> list[dict[str, Any]]:
    found = store.grouped("entity_associations", f"{side}_id", [dataset_id])[dataset_id]
    return [link for link in found if (link[f"{side}_type"], link[f"{other}_type"]) == (_DATASET, "experiment")]


def _rows_of(store: Rows, dataset_id: str) -> Iterator[EvaluationRow]:
    table = store.table("evaluation_dataset_records")
    if table is None:
        return

    def decoded(row: dict[str, Any], name: str) -> Any:
        value = row[name]
        return value if isinstance(table.c[name].type, JSON) or value is None else json.loads(value)

    query = select(table).where(table.c.dataset_id == dataset_id).order_by(table.c.dataset_record_id)
    for row in store.rows(query):
        outputs = decoded(row, "outputs")
        yield _row(
            row,
            inputs=decoded(row, "inputs"),
            outputs=outputs.get(_WRAPPED) if isinstance(outputs, dict) else outputs,
            expectations=decoded(row, "expectations"),
            tags=decoded(row, "tags"),
            source=decoded(row, "source"),
        )


def of_server(
    server: EvaluationServer, experiments: Sequence[ExperimentRecord]
) -> Iterator[EvaluationDatasetRecord | ScorerRecord]:
    """Yield what a server has; nothing of one whose release or store knows no datasets or no scorers."""
    path = "/api/3.0/mlflow/datasets/search"
    if server.has("POST", path, json={"max_results": 1}):
        for found in server.all_pages(path, "datasets", lambda token: server.post(path, {"max_results": 100} | token)):
            with server.mapped(path):
                yield from _dataset_of_server(server, found)
    for experiment in experiments:
        path = "/api/3.0/mlflow/scorers/list"
        if experiment.lifecycle_stage != "active":
            continue  # servers list the scorers of active experiments only
        if not server.has("GET", path, params={"experiment_id": experiment.id}):
            return
        for newest in server.get(path, experiment_id=experiment.id).get("scorers", []):
            with server.mapped(path):
                yield from _versions(server, experiment.id, newest["scorer_name"])


def _dataset_of_server(server: EvaluationServer, found: dict[str, Any]) -> Iterator[EvaluationDatasetRecord]:
    at = f"/api/3.0/mlflow/datasets/{found['dataset_id']}"
    links = server.get(f"{at}/experiment-ids").get("experiment_ids", [])
    tags = {key: str(value) for key, value in json.loads(found.get("tags") or "{}").items()}

    def ask(token: dict[str, str]) -> dict[str, Any]:
        answer = server.get(f"{at}/records", max_results=PIECE, **token)
        return answer | {"records": json.loads(answer.get("records") or "[]")}

    rows = (
        _row(
            row,
            inputs=row["inputs"],
            outputs=row.get("outputs"),
            expectations=row.get("expectations"),
            tags=row.get("tags"),
            source=row.get("source"),
        )
        for row in server.all_pages(f"{at}/records", "records", ask)
    )
    yield from _in_pieces(_dataset(found, tags, links), rows)


def _versions(server: EvaluationServer, experiment_id: str, name: str) -> Iterator[ScorerRecord]:
    path = "/api/3.0/mlflow/scorers/versions"
    for row in server.get(path, experiment_id=experiment_id, name=name).get("scorers", []):
        yield validated(
            ScorerRecord(
                experiment_id=experiment_id,
                scorer_id=row["scorer_id"],
                name=row["scorer_name"],
                version=int(row["scorer_version"]),
                content=row["serialized_scorer"],
                created_at=to_int(row.get("creation_time")) or 0,
            )
        )


def _dataset(row: dict[str, Any], tags: dict[str, str], links: Sequence[Any]) -> EvaluationDatasetRecord:
    created = to_int(row.get("created_time")) or 0
    return validated(
        EvaluationDatasetRecord(
            dataset_id=row["dataset_id"],
            name=row["name"],
            experiment_ids=[str(link) for link in dict.fromkeys(links)],
            digest=row.get("digest") or "",
            schema=row.get("schema") or None,
            created_at=created,
            modified_at=to_int(row.get("last_update_time")) or created,
            created_by=row.get("created_by") or None,
            modified_by=row.get("last_updated_by") or None,
            tags=tags,
        )
    )


def _row(row: dict[str, Any], *, inputs: Any, **others: Any) -> EvaluationRow:
    created = to_int(row.get("created_time")) or 0
    texts = {name: None if value is None else json.dumps(value) for name, value in others.items()}
    return EvaluationRow(
        record_id=row["dataset_record_id"],
        inputs=json.dumps(inputs),
        outputs=texts["outputs"],
        expectations=texts["expectations"],
        tags=texts["tags"],
        source=texts["source"],
        created_at=created,
        modified_at=to_int(row.get("last_update_time")) or created,
        created_by=row.get("created_by") or None,
        modified_by=row.get("last_updated_by") or None,
    )


def _in_pieces(head: EvaluationDatasetRecord, rows: Iterator[EvaluationRow]) -> Iterator[EvaluationDatasetRecord]:
    """Yield the dataset with its rows, at least once."""
    piece = list(islice(rows, PIECE))
    yield _with(head, piece)
    while len(piece) == PIECE and (piece := list(islice(rows, PIECE))):
        yield _with(head, piece)


def _with(head: EvaluationDatasetRecord, rows: list[EvaluationRow]) -> EvaluationDatasetRecord:
    return EvaluationDatasetRecord(**{name: getattr(head, name) for name in head.__struct_fields__} | {"rows": rows})
