"""MLflow's endpoints for a run's inputs and outputs: datasets and logged models."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from handloom.api.mlflow.codec import missing
from handloom.api.mlflow.encoding import Entry, Reply, pairs
from handloom.api.mlflow.runs import OfRun
from handloom.api.routing import Context, Route, read, write
from handloom.domain.datasets import Dataset, DatasetInput
from handloom.domain.errors import Invalid
from handloom.domain.experiments import number_of
from handloom.domain.runs import ModelLink
from handloom.store.datasets import rows as datasets
from handloom.store.engine.database import Read, Write
from handloom.store.runs import rows as runs

MAX_EXPERIMENTS = 20
LOGGED_MODELS_TAG = "mlflow.log-model.history"
NOTED = ("run_id", "utc_time_created", "artifact_path", "model_uuid")


class DatasetIn(msgspec.Struct):
    name: str | None = None
    digest: str | None = None
    source_type: str | None = None
    source: str | None = None
    schema: str | None = None
    profile: str | None = None


class DatasetInputIn(msgspec.Struct):
    tags: list[Entry] = []
    dataset: DatasetIn | None = None


class ModelIn(msgspec.Struct):
    model_id: str | None = None
    step: int | None = None


class Inputs(OfRun):
    datasets: list[DatasetInputIn] = []
    models: list[ModelIn] = []


class Outputs(OfRun):
    models: list[ModelIn] | None = None


class LogModel(OfRun):
    model_json: str | None = None


class SearchDatasets(msgspec.Struct):
    experiment_ids: list[str] = []


class UsedReply(Reply):
    experiment_id: str
    name: str
    digest: str
    context: str | UnsetType = UNSET


class UsedList(Reply):
    dataset_summaries: list[UsedReply] = []


def log_inputs(tx: Write, context: Context, request: Inputs) -> None:
    info = runs.active(tx, context.workspace, request.run)
    datasets.log_inputs(tx, info, [_dataset(given) for given in request.datasets], _links(request.models))


def log_outputs(tx: Write, context: Context, request: Outputs) -> None:
    datasets.log_outputs(tx, runs.active(tx, context.workspace, request.run), _links(request.models or []))


def log_model(tx: Write, context: Context, request: LogModel) -> None:
    """Record in a tag that a run has a model in its files. MLflow 2 clients call this after uploading the model."""
    info = runs.active(tx, context.workspace, request.run)
    try:
        described = msgspec.json.decode(request.model_json or "", type=dict[str, Any])
    except msgspec.MsgspecError as error:
        raise Invalid(
            f"Malformed model info. \n {request.model_json} \n is not a valid JSON.", field="model_json"
        ) from error
    if absent := sorted({"artifact_path", "flavors", "utc_time_created", "run_id"} - described.keys()):
        raise Invalid(f"Model json is missing mandatory fields: {absent}", field="model_json")
    note = {key: described[key] for key in NOTED if key in described}
    flavors = described["flavors"]
    if isinstance(flavors, dict):
        note["flavors"] = {name: _without_config(flavor) for name, flavor in flavors.items()}
    before = runs.tag(tx, info, LOGGED_MODELS_TAG)
    notes = msgspec.json.decode(before, type=list[Any]) if before else []
    runs.put_tags(tx, info, {LOGGED_MODELS_TAG: msgspec.json.encode([*notes, note]).decode()})


def search(tx: Read, context: Context, request: SearchDatasets) -> UsedList:
    ids = request.experiment_ids
    if not ids:
        raise Invalid("SearchDatasets request must specify at least one experiment_id.", field="experiment_ids")
    if len(ids) > MAX_EXPERIMENTS:
        raise Invalid(
            f"SearchDatasets request cannot specify more than {MAX_EXPERIMENTS} experiment_ids. Received {len(ids)} "
            "experiment_ids.",
            field="experiment_ids",
        )
    found = datasets.used_in(tx, context.workspace, [number_of(experiment_id) for experiment_id in ids])
    return UsedList(dataset_summaries=[UsedReply(u.experiment_id, u.name, u.digest, u.context or UNSET) for u in found])


def _dataset(given: DatasetInputIn) -> DatasetInput:
    d = given.dataset or DatasetIn()
    dataset = Dataset(
        name=d.name or "",
        digest=d.digest or "",
        source_type=d.source_type or "",
        source=d.source or "",
        schema=d.schema,
        profile=d.profile,
    )
    return DatasetInput(dataset=dataset, tags=pairs(given.tags))


def _without_config(flavor: Any) -> Any:
    return {key: value for key, value in flavor.items() if key != "config"} if isinstance(flavor, dict) else flavor


def _links(given: list[ModelIn]) -> list[ModelLink]:
    for at, link in enumerate(given):
        if not link.model_id:
            raise missing(f"models[{at}].model_id")
    return [ModelLink(model_id=link.model_id or "", step=link.step or 0) for link in given]


ROUTES: list[Route] = [
    write("POST", "mlflow/runs/log-inputs", log_inputs, required=("run_id",)),
    write("POST", "mlflow/runs/log-model", log_model, required=("run_id", "model_json")),
    write("POST", "mlflow/runs/outputs", log_outputs, required=("run_id", "models")),
    read("POST", "mlflow/experiments/search-datasets", search),
    read("POST", "/api/2.0mlflow/experiments/search-datasets", search),  # as MLflow spells it
]
