"""MLflow's endpoints of evaluation datasets: make, fill, read, search, tag, link to experiments, delete."""

from __future__ import annotations

import json

import msgspec

from handloom.api.mlflow.codec import wrong
from handloom.api.mlflow.encoding import Reply
from handloom.api.routing import Context, Route, read, write
from handloom.domain import evaluation as rules
from handloom.domain.errors import Invalid
from handloom.domain.evaluation import EvaluationDataset
from handloom.store.engine.database import Read, Write
from handloom.store.evaluation import datasets

DEFAULT_RESULTS = 1_000
MAX_RESULTS = 50_000


class CreateDataset(msgspec.Struct):
    name: str = ""
    experiment_ids: list[str] = []
    tags: str = ""


class DatasetById(msgspec.Struct):
    dataset_id: str = ""


class SearchEvaluationDatasets(msgspec.Struct):
    experiment_ids: list[str] = []
    filter_string: str = ""
    max_results: int = DEFAULT_RESULTS
    order_by: list[str] = []
    page_token: str = ""


class Tags(msgspec.Struct):
    dataset_id: str = ""
    tags: str = ""


class DatasetTag(msgspec.Struct):
    dataset_id: str = ""
    key: str = ""


class Records(msgspec.Struct):
    dataset_id: str = ""
    records: str = ""


class RecordsPage(msgspec.Struct):
    dataset_id: str = ""
    max_results: int = DEFAULT_RESULTS
    page_token: str = ""


class RecordIds(msgspec.Struct):
    dataset_id: str = ""
    dataset_record_ids: list[str] = []


class Experiments(msgspec.Struct):
    dataset_id: str = ""
    experiment_ids: list[str] = []


class EvaluationDatasetBody(Reply):
    """A dataset in MLflow's shape: tags, schema and profile are texts of JSON."""

    dataset_id: str
    name: str
    tags: str
    digest: str
    created_time: int
    last_update_time: int
    schema: str = ""
    profile: str = ""
    created_by: str = ""
    last_updated_by: str = ""
    experiment_ids: list[str] = []


class OneDatasetReply(Reply):
    dataset: EvaluationDatasetBody


class EvaluationDatasetsReply(Reply):
    datasets: list[EvaluationDatasetBody] = []
    next_page_token: str = ""


class KeptReply(Reply):
    inserted_count: int
    updated_count: int


class DeletedRecordsReply(Reply):
    deleted_count: int


class RecordsReply(Reply):
    records: str
    next_page_token: str = ""


class ExperimentsReply(Reply):
    experiment_ids: list[str] = []


def create(tx: Write, context: Context, request: CreateDataset) -> OneDatasetReply:
    tags = rules.read_tags(request.tags) if request.tags else {}
    made = datasets.create(tx, context.workspace, request.name, request.experiment_ids, tags)
    shown = _shown(made)
    shown.experiment_ids = list(dict.fromkeys(request.experiment_ids))
    return OneDatasetReply(shown)


def get(tx: Read, context: Context, request: DatasetById) -> OneDatasetReply:
    return OneDatasetReply(_shown(datasets.get(tx, context.workspace, request.dataset_id)))


def delete(tx: Write, context: Context, request: DatasetById) -> None:
    datasets.remove(tx, context.workspace, request.dataset_id)


def search(tx: Read, context: Context, request: SearchEvaluationDatasets) -> EvaluationDatasetsReply:
    found, token = datasets.search(
        tx,
        context.workspace,
        experiment_ids=request.experiment_ids,
        filter=request.filter_string,
        order_by=request.order_by,
        limit=_limit(request.max_results),
        page_token=request.page_token,
    )
    return EvaluationDatasetsReply([_shown(each) for each in found], token)


def set_tags(tx: Write, context: Context, request: Tags) -> None:
    datasets.set_tags(tx, context.workspace, request.dataset_id, rules.read_tags(request.tags))


def delete_tag(tx: Write, context: Context, request: DatasetTag) -> None:
    datasets.delete_tag(tx, context.workspace, request.dataset_id, request.key)


def put_records(tx: Write, context: Context, request: Records) -> KeptReply:
    given = rules.read_records(request.records)
    return KeptReply(*datasets.put_records(tx, context.workspace, request.dataset_id, given))


def get_records(tx: Read, context: Context, request: RecordsPage) -> RecordsReply:
    limit = _limit(request.max_results)
    return RecordsReply(
        *datasets.records(tx, context.workspace, request.dataset_id, limit=limit, page_token=request.page_token)
    )


def delete_records(tx: Write, context: Context, request: RecordIds) -> DeletedRecordsReply:
    ids = request.dataset_record_ids
    return DeletedRecordsReply(datasets.delete_records(tx, context.workspace, request.dataset_id, ids))


def experiment_ids(tx: Read, context: Context, request: DatasetById) -> ExperimentsReply:
    return ExperimentsReply(datasets.experiment_ids(tx, context.workspace, request.dataset_id))


def link(tx: Write, context: Context, request: Experiments) -> OneDatasetReply:
    return OneDatasetReply(_shown(datasets.link(tx, context.workspace, request.dataset_id, request.experiment_ids)))


def unlink(tx: Write, context: Context, request: Experiments) -> OneDatasetReply:
    return OneDatasetReply(_shown(datasets.unlink(tx, context.workspace, request.dataset_id, request.experiment_ids)))


def _limit(given: int) -> int:
    """How many of a page; 0 stands for the usual number."""
    if given < 0:
        raise Invalid(
            f"Invalid value {given} for parameter 'max_results' supplied. It must be a positive integer",
            field="max_results",
        )
    if given > MAX_RESULTS:
        raise wrong("max_results", given, f"It must be at most {MAX_RESULTS}.")
    return given or DEFAULT_RESULTS


def _shown(of: EvaluationDataset) -> EvaluationDatasetBody:
    return EvaluationDatasetBody(
        dataset_id=of.dataset_id,
        name=of.name,
        tags=json.dumps(of.tags),
        digest=of.digest,
        created_time=of.created_at,
        last_update_time=of.modified_at,
        schema=of.schema or "",
        profile=json.dumps({"num_records": of.records}) if of.records else "",
        created_by=of.created_by or "",
        last_updated_by=of.modified_by or "",
    )


_ALL = "mlflow/datasets"
_ONE = f"{_ALL}/{{dataset_id}}"

ROUTES: list[Route] = [
    write("POST", f"{_ALL}/create", create, required=("name",)),
    read("POST", f"{_ALL}/search", search),
    read("GET", f"{_ALL}/search", search),
    read("GET", _ONE, get),
    write("DELETE", _ONE, delete, audit="dataset.delete"),
    write("PATCH", f"{_ONE}/tags", set_tags, required=("tags",)),
    write("DELETE", f"{_ONE}/tags/{{key}}", delete_tag),
    write("POST", f"{_ONE}/records", put_records, required=("records",)),
    read("GET", f"{_ONE}/records", get_records),
    write("DELETE", f"{_ONE}/records", delete_records, audit="dataset.change"),
    read("GET", f"{_ONE}/experiment-ids", experiment_ids),
    write("POST", f"{_ONE}/add-experiments", link),
    write("POST", f"{_ONE}/remove-experiments", unlink),
]
