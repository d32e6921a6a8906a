"""MLflow's run endpoints: create, update, delete, params, tags, batches and search."""

from __future__ import annotations

import zlib
from functools import partial
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from handloom.api.mlflow.encoding import Entry, Reply, entries, pairs
from handloom.api.mlflow.experiments import checked_limit, stages_of
from handloom.api.mlflow.points import MetricIn, MetricReply, points_of, points_of_batch
from handloom.api.routing import Context, Route, read, together, write
from handloom.domain import runs as rules
from handloom.domain.datasets import DatasetInput
from handloom.domain.include import ALL, NOTHING, Include, parse_include
from handloom.domain.run_fields import MAX_CLIENT
from handloom.domain.runs import ModelLink, Run, RunInfo
from handloom.store.engine.database import Read, Write
from handloom.store.runs import document_cache, search, stops
from handloom.store.runs import rows as runs
from handloom.store.runs.logging_together import LOG, Logged

DEFAULT_RESULTS = 1_000
DOCUMENTS_PER_WRITE = 20  # run documents per background write, so that other writes do not wait long


class OfRun(msgspec.Struct):
    """Base of requests about a run: `run_id`, or `run_uuid` from old clients, which send both."""

    run_id: str | None = None
    run_uuid: str | None = None

    def __post_init__(self) -> None:
        if not self.run_id:
            self.run_id = self.run_uuid

    @property
    def run(self) -> str:
        return self.run_id or ""


class CreateRun(msgspec.Struct):
    experiment_id: str | None = None
    user_id: str | None = None
    run_name: str | None = None
    start_time: int | None = None
    tags: list[Entry] = []


class MlflowUpdateRun(OfRun):
    status: str | int | None = None
    end_time: int | None = None
    run_name: str | None = None


class KeyValue(OfRun):
    key: str | None = None
    value: str | None = None


class Batch(OfRun):
    metrics: list[MetricIn] = []
    params: list[Entry] = []
    tags: list[Entry] = []


class MlflowSearchRuns(msgspec.Struct):
    """Search runs. `include` is an extension of Handloom, in the body or the query: the parts of each run to return."""

    experiment_ids: list[str] = []
    filter: str | None = None
    run_view_type: str | int | None = None
    max_results: int | None = None
    order_by: list[str] = []
    page_token: str | None = None
    include: str | list[str] | None = None


class RunInfoBody(Reply):
    run_uuid: str
    run_id: str
    experiment_id: str
    run_name: str
    user_id: str
    status: str
    start_time: int
    artifact_uri: str
    lifecycle_stage: str
    end_time: int | UnsetType = UNSET


class DataReply(Reply):
    metrics: list[MetricReply] = []
    params: list[Entry] = []
    tags: list[Entry] = []


class DatasetReply(Reply):
    name: str
    digest: str
    source_type: str
    source: str
    schema: str | UnsetType = UNSET
    profile: str | UnsetType = UNSET


class DatasetInputReply(Reply):
    dataset: DatasetReply
    tags: list[Entry] = []


class ModelInputReply(Reply):
    model_id: str


class ModelOutputReply(Reply):
    model_id: str
    step: int


class InputsReply(Reply):
    dataset_inputs: list[DatasetInputReply] = []
    model_inputs: list[ModelInputReply] = []


class OutputsReply(Reply):
    model_outputs: list[ModelOutputReply] = []


class RunReply(Reply):
    info: RunInfoBody
    data: DataReply
    inputs: InputsReply
    outputs: OutputsReply


FORMAT = zlib.crc32(msgspec.json.encode(msgspec.json.schema(RunReply)) + b"1")
"""Version of cached run documents. It changes with the Structs' schema; increment the 1 when their content changes."""


class OneRunReply(Reply):
    run: RunReply


class UpdatedReply(Reply):
    run_info: RunInfoBody


class NameReply(Reply):
    run_uuid: str
    run_id: str


class PartReply(Reply):
    """A run with only the requested parts. The id is always present."""

    info: RunInfoBody | NameReply
    data: DataReply | UnsetType = UNSET
    inputs: InputsReply | UnsetType = UNSET
    outputs: OutputsReply | UnsetType = UNSET


class RunsReply(Reply):
    runs: list[Any] = []
    """RunReply as encoded bytes, or PartReply."""
    next_page_token: str | UnsetType = UNSET


def create(tx: Write, context: Context, request: CreateRun) -> OneRunReply:
    made = runs.create(
        tx,
        context.workspace,
        request.experiment_id or "",
        user_id=request.user_id or "",
        name=request.run_name,
        start_time=request.start_time or 0,
        tags=pairs(request.tags),
        client=context.http.headers.get("user-agent", "")[:MAX_CLIENT],
    )
    return OneRunReply(run=shaped(made))


def get(tx: Read, context: Context, request: OfRun) -> OneRunReply:
    return OneRunReply(run=shaped(runs.get(tx, context.workspace, request.run)))


def update(tx: Write, context: Context, request: MlflowUpdateRun) -> UpdatedReply:
    status = None if request.status is None else str(request.status)
    status = stops.final_status(tx, context.workspace, request.run, status)
    info = runs.update(
        tx, context.workspace, request.run, status=status, end_time=request.end_time, name=request.run_name
    )
    if status is not None and document_cache.is_cacheable(info) and not tx.is_remote:
        _store_documents([info.internal_id], tx)  # the search after a training is then as fast as any later one
    return UpdatedReply(run_info=info_of(info))


def delete(tx: Write, context: Context, request: OfRun) -> None:
    runs.delete(tx, context.workspace, request.run)


def restore(tx: Write, context: Context, request: OfRun) -> None:
    runs.restore(tx, context.workspace, request.run)


def log_param(context: Context, request: KeyValue) -> Logged:
    key = request.key or ""
    params = {key: rules.clean_param(key, request.value or "")}
    return Logged(workspace=context.workspace, run_id=request.run, params=params, single=True)


def set_tag(context: Context, request: KeyValue) -> Logged:
    key = request.key or ""
    tags = {key: rules.clean_tag(key, request.value or "")}
    return Logged(workspace=context.workspace, run_id=request.run, tags=tags, may_be_stopped=True)


def delete_tag(tx: Write, context: Context, request: KeyValue) -> None:
    runs.delete_tag(tx, runs.active(tx, context.workspace, request.run), request.key or "")


def log_batch(context: Context, request: Batch) -> Logged:
    rules.check_id(request.run)
    rules.check_batch(len(request.metrics), len(request.params), len(request.tags))
    rules.check_params_differ([param.key for param in request.params])
    return Logged(
        workspace=context.workspace,
        run_id=request.run,
        metrics=points_of_batch(request.metrics),
        params={p.key: rules.clean_param(p.key, p.value, path=f"params[{at}]") for at, p in enumerate(request.params)},
        tags={t.key: rules.clean_tag(t.key, t.value, path=f"tags[{at}]") for at, t in enumerate(request.tags)},
    )


def search_runs(tx: Read, context: Context, request: MlflowSearchRuns) -> RunsReply:
    limit = checked_limit(DEFAULT_RESULTS if request.max_results is None else request.max_results)
    include = parse_include(request.include)
    numbers, token = search.runs(
        tx,
        context.workspace,
        request.experiment_ids,
        filter=request.filter or "",
        order_by=request.order_by,
        stages=stages_of(request.run_view_type),
        limit=limit,
        page_token=request.page_token or "",
    )
    if include == ALL:
        found: list[Any] = _complete_runs(tx, numbers)
    else:
        found = [_part(run, include) for run in runs.by_internal_ids(tx, numbers, include)]
    return RunsReply(runs=found, next_page_token=token or UNSET)


def _complete_runs(tx: Read, numbers: list[int]) -> list[msgspec.Raw]:
    """Return encoded runs: cached run documents where present, others encoded now. Finished ones of these are cached by
    a background write.
    """
    made = document_cache.read(tx, numbers, FORMAT)
    finished = []
    for run in runs.by_internal_ids(tx, [one for one in numbers if one not in made]):
        made[run.info.internal_id] = msgspec.json.encode(shaped(run))
        if document_cache.is_cacheable(run.info):
            finished.append(run.info.internal_id)
    for at in range(0, len(finished), DOCUMENTS_PER_WRITE):
        part = finished[at : at + DOCUMENTS_PER_WRITE]
        tx.write_in_background(("documents", part[0], part[-1], len(part)), partial(_store_documents, part))
    return [msgspec.Raw(made[one]) for one in numbers]


def _store_documents(numbers: list[int], tx: Write) -> None:
    found = [run for run in runs.by_internal_ids(tx, numbers) if document_cache.is_cacheable(run.info)]
    document_cache.store(tx, [(run.info.internal_id, msgspec.json.encode(shaped(run))) for run in found], FORMAT)


def shaped(run: Run) -> RunReply:
    return RunReply(info=info_of(run.info), data=_data(run), inputs=_inputs(run), outputs=_outputs(run))


def _part(run: Run, include: Include) -> PartReply:
    data = any(keys != NOTHING for keys in (include.metrics, include.params, include.tags))
    return PartReply(
        info=info_of(run.info) if include.info else NameReply(run_uuid=run.info.run_id, run_id=run.info.run_id),
        data=_data(run) if data else UNSET,
        inputs=_inputs(run) if include.inputs else UNSET,
        outputs=_outputs(run) if include.outputs else UNSET,
    )


def _data(run: Run) -> DataReply:
    return DataReply(metrics=points_of(run.metrics), params=entries(run.params), tags=entries(run.tags))


def _inputs(run: Run) -> InputsReply:
    return InputsReply(
        dataset_inputs=[_dataset(given) for given in run.datasets],
        model_inputs=[ModelInputReply(model_id=link.model_id) for link in run.model_inputs],
    )


def _outputs(run: Run) -> OutputsReply:
    return OutputsReply(model_outputs=[_output(link) for link in run.model_outputs])


def info_of(info: RunInfo) -> RunInfoBody:
    return RunInfoBody(
        run_uuid=info.run_id,
        run_id=info.run_id,
        experiment_id=info.experiment_id,
        run_name=info.name,
        user_id=info.user_id,
        status=info.status,
        start_time=info.start_time,
        artifact_uri=info.artifact_uri,
        lifecycle_stage=info.lifecycle_stage,
        end_time=UNSET if info.end_time is None else info.end_time,
    )


def _dataset(given: DatasetInput) -> DatasetInputReply:
    d = given.dataset
    reply = DatasetReply(
        name=d.name,
        digest=d.digest,
        source_type=d.source_type,
        source=d.source,
        schema=_or_unset(d.schema),
        profile=_or_unset(d.profile),
    )
    return DatasetInputReply(dataset=reply, tags=entries(given.tags))


def _output(link: ModelLink) -> ModelOutputReply:
    return ModelOutputReply(model_id=link.model_id, step=link.step)


def _or_unset(value: str | None) -> Any:
    return UNSET if value is None else value


ROUTES: list[Route] = [
    write("POST", "mlflow/runs/create", create, required=("experiment_id",)),
    read("GET", "mlflow/runs/get", get, required=("run_id",)),
    write("POST", "mlflow/runs/update", update, required=("run_id",)),
    write("POST", "mlflow/runs/delete", delete, audit="run.delete", required=("run_id",)),
    write("POST", "mlflow/runs/restore", restore, audit="run.restore", required=("run_id",)),
    together("POST", "mlflow/runs/log-parameter", log_param, LOG, required=("run_id", "key")),
    together("POST", "mlflow/runs/set-tag", set_tag, LOG, required=("run_id", "key")),
    write("POST", "mlflow/runs/delete-tag", delete_tag, required=("run_id", "key")),
    together("POST", "mlflow/runs/log-batch", log_batch, LOG, required=("run_id",)),
    read("POST", "mlflow/runs/search", search_runs, also_in_query=("include",)),
]
