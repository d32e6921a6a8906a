"""MLflow 3's logged-model endpoints: create, finalize, tag, delete and search."""

import base64
import binascii

import msgspec

from handloom.api.mlflow.encoding import Entry, Reply, entries, number, pairs
from handloom.api.routing import Context, Route, read, write
from handloom.domain import logged_models as rules
from handloom.domain.errors import Invalid
from handloom.store.engine.database import Read, Write
from handloom.store.models import logged as logged_models
from handloom.store.models import logged_search as logged_model_search

DEFAULT_PAGE = 100


class LoggedModelMetric(Reply):
    key: str
    value: float | str
    timestamp: int
    step: int
    model_id: str
    run_id: str
    dataset_name: str = ""
    dataset_digest: str = ""


class Info(Reply):
    model_id: str
    experiment_id: str
    name: str
    creation_timestamp_ms: int
    last_updated_timestamp_ms: int
    artifact_uri: str
    status: str
    model_type: str
    source_run_id: str
    status_message: str = ""
    tags: list[Entry] = []


class Data(Reply):
    params: list[Entry] = []
    metrics: list[LoggedModelMetric] = []


class LoggedModelBody(Reply):
    info: Info
    data: Data


class LoggedModelReply(Reply):
    model: LoggedModelBody


class LoggedModelsReply(Reply):
    models: list[LoggedModelBody] = []
    next_page_token: str = ""


class CreateLoggedModel(msgspec.Struct):
    experiment_id: str = ""
    name: str = ""
    model_type: str = ""
    source_run_id: str = ""
    params: list[Entry] = []
    tags: list[Entry] = []


class GetModel(msgspec.Struct):
    model_id: str = ""
    allow_deleted: bool = False


class FinalizeModel(msgspec.Struct):
    model_id: str = ""
    status: str | int = ""


class DeleteModel(msgspec.Struct):
    model_id: str = ""


class LogParams(msgspec.Struct):
    model_id: str = ""
    params: list[Entry] = []


class SetTags(msgspec.Struct):
    model_id: str = ""
    tags: list[Entry] = []


class DeleteLoggedModelTag(msgspec.Struct):
    model_id: str = ""
    tag_key: str = ""


class MetricDataset(msgspec.Struct, omit_defaults=True):
    dataset_name: str = ""
    dataset_digest: str = ""


class OrderBy(msgspec.Struct):
    field_name: str = ""
    ascending: bool = True
    dataset_name: str = ""
    dataset_digest: str = ""


class SearchLoggedModels(msgspec.Struct):
    experiment_ids: list[str] | None = None
    filter: str = ""
    datasets: list[MetricDataset] = []
    max_results: int = 0
    order_by: list[OrderBy] = []
    page_token: str = ""


class _Token(msgspec.Struct):
    """A page token: the query that it belongs to and the offset of the next page."""

    offset: int
    experiment_ids: list[str]
    filter: str
    order_by: list[OrderBy]


def model_reply(model: rules.LoggedModel) -> LoggedModelBody:
    info = Info(
        model_id=model.model_id,
        experiment_id=model.experiment_id,
        name=model.name,
        creation_timestamp_ms=model.created_at,
        last_updated_timestamp_ms=model.modified_at,
        artifact_uri=model.artifact_uri,
        status=model.status,
        model_type=model.model_type,
        source_run_id=model.source_run_id,
        status_message=model.status_message or "",
        tags=entries(model.tags),
    )
    metrics = [
        LoggedModelMetric(
            key=m.key,
            value=number(m.value),
            timestamp=m.timestamp,
            step=m.step,
            model_id=model.model_id,
            run_id=m.run_id,
            dataset_name=m.dataset_name,
            dataset_digest=m.dataset_digest,
        )
        for m in model.metrics
    ]
    return LoggedModelBody(info, Data(entries(model.params), metrics))


def create(tx: Write, context: Context, request: CreateLoggedModel) -> LoggedModelReply:
    made = logged_models.create(
        tx,
        context.workspace,
        request.experiment_id,
        name=request.name or None,
        model_type=request.model_type,
        source_run_id=request.source_run_id,
        params=pairs(request.params),
        tags=pairs(request.tags),
    )
    return LoggedModelReply(model_reply(made))


def get(tx: Read, context: Context, request: GetModel) -> LoggedModelReply:
    return LoggedModelReply(
        model_reply(logged_models.get(tx, context.workspace, request.model_id, deleted=request.allow_deleted))
    )


def finalize(tx: Write, context: Context, request: FinalizeModel) -> LoggedModelReply:
    status = rules.status_of(str(request.status))
    return LoggedModelReply(model_reply(logged_models.finalize(tx, context.workspace, request.model_id, status)))


def remove(tx: Write, context: Context, request: DeleteModel) -> None:
    logged_models.remove(tx, context.workspace, request.model_id)


def log_params(tx: Write, context: Context, request: LogParams) -> None:
    logged_models.log_params(tx, context.workspace, request.model_id, pairs(request.params))


def set_tags(tx: Write, context: Context, request: SetTags) -> None:
    logged_models.set_tags(tx, context.workspace, request.model_id, pairs(request.tags))


def delete_tag(tx: Write, context: Context, request: DeleteLoggedModelTag) -> None:
    logged_models.delete_tag(tx, context.workspace, request.model_id, request.tag_key)


def search(tx: Read, context: Context, request: SearchLoggedModels) -> LoggedModelsReply:
    limit = request.max_results or DEFAULT_PAGE
    offset = _offset(request)
    found = logged_model_search.search(
        tx,
        context.workspace,
        logged_model_search.LoggedModelQuery(
            experiment_ids=request.experiment_ids or [],
            filter=request.filter,
            datasets=[(d.dataset_name, d.dataset_digest) for d in request.datasets],
            order_by=[
                logged_model_search.ModelOrder(o.field_name, o.ascending, o.dataset_name, o.dataset_digest)
                for o in request.order_by
            ],
        ),
        limit=limit + 1,
        offset=offset,
    )
    token = _token(request, offset + limit) if len(found) > limit else ""
    return LoggedModelsReply([model_reply(m) for m in logged_models.hydrate(tx, found[:limit])], token)


def _token(request: SearchLoggedModels, offset: int) -> str:
    token = _Token(offset, request.experiment_ids or [], request.filter, request.order_by)
    return base64.b64encode(msgspec.json.encode(token)).decode()


def _offset(request: SearchLoggedModels) -> int:
    if not request.page_token:
        return 0
    try:
        token = msgspec.json.decode(base64.b64decode(request.page_token, validate=True), type=_Token)
    except (binascii.Error, msgspec.MsgspecError, ValueError) as error:
        raise Invalid(f"Invalid page token: {request.page_token!r}.", field="page_token") from error
    if (token.experiment_ids, token.filter, token.order_by) != (
        request.experiment_ids or [],
        request.filter,
        request.order_by,
    ):
        raise Invalid("The page token belongs to a different query; use it with the same query.", field="page_token")
    return max(token.offset, 0)


_MODELS = "mlflow/logged-models"

ROUTES: list[Route] = [
    write("POST", _MODELS, create, required=("experiment_id",)),
    read("POST", f"{_MODELS}/search", search, required=("experiment_ids",)),
    read("GET", f"{_MODELS}/{{model_id}}", get),
    write("PATCH", f"{_MODELS}/{{model_id}}", finalize, required=("status",)),
    write("DELETE", f"{_MODELS}/{{model_id}}", remove),
    write("POST", f"{_MODELS}/{{model_id}}/params", log_params),
    write("PATCH", f"{_MODELS}/{{model_id}}/tags", set_tags),
    write("DELETE", f"{_MODELS}/{{model_id}}/tags/{{tag_key:path}}", delete_tag),
]
