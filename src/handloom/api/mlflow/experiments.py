"""MLflow's experiment endpoints: create, get, update, delete, restore, tag and search."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import msgspec
from msgspec import UNSET, UnsetType

from handloom.api.mlflow.codec import missing, wrong
from handloom.api.mlflow.encoding import Entry, Reply, entries, pairs
from handloom.api.mlflow.errors import InvalidState
from handloom.api.routing import Context, Route, read, write
from handloom.domain.errors import Conflict, Invalid
from handloom.domain.experiments import Experiment
from handloom.domain.search import VIEWS
from handloom.domain.workspaces import mlflow_name
from handloom.store.engine.database import Read, Write
from handloom.store.experiments import rows as experiments
from handloom.store.runs import search
from handloom.store.workspaces import rows as workspaces

MAX_RESULTS = 50_000


class ExperimentById(msgspec.Struct):
    experiment_id: str | None = None


class ExperimentByName(msgspec.Struct):
    experiment_name: str | None = None


class MlflowCreateExperiment(msgspec.Struct):
    name: str | None = None
    artifact_location: str | None = None
    tags: list[Entry] = []


class MlflowUpdateExperiment(msgspec.Struct):
    experiment_id: str | None = None
    new_name: str | None = None


class SetExperimentTag(msgspec.Struct):
    experiment_id: str | None = None
    key: str | None = None
    value: str | None = None


class SearchExperiments(msgspec.Struct):
    max_results: int | None = None
    page_token: str | None = None
    filter: str | None = None
    order_by: list[str] = []
    view_type: str | int | None = None


class ExperimentReply(Reply):
    experiment_id: str
    name: str
    artifact_location: str
    lifecycle_stage: str
    last_update_time: int
    creation_time: int
    workspace: str
    tags: list[Entry] = []


class OneExperimentReply(Reply):
    experiment: ExperimentReply


class CreatedReply(Reply):
    experiment_id: str


class SearchExperimentsReply(Reply):
    experiments: list[ExperimentReply] = []
    next_page_token: str | UnsetType = UNSET


def create(tx: Write, context: Context, request: MlflowCreateExperiment) -> CreatedReply:
    made = experiments.create(
        tx,
        context.workspace,
        request.name or "",
        owner=context.caller.user.id,
        artifact_location=_absolute(request.artifact_location or ""),
        tags=pairs(request.tags),
    )
    return CreatedReply(experiment_id=made.id)


def _absolute(location: str) -> str:
    """A relative path, or `file:` address of one, from the folder that the server runs in, as MLflow resolves it."""
    found = urlsplit(location)
    if not location or found.scheme not in ("", "file") or found.netloc or found.path.startswith("/"):
        return location
    path = Path.cwd().joinpath(found.path).as_posix()
    return urlunsplit(("file", "", path, found.query, "")) if found.scheme else path


def get(tx: Read, context: Context, request: ExperimentById) -> OneExperimentReply:
    found = experiments.get(tx, context.workspace, request.experiment_id or "")
    return OneExperimentReply(experiment=shaped(found, _mlflow_name(tx, context.workspace)))


def get_by_name(tx: Read, context: Context, request: ExperimentByName) -> OneExperimentReply:
    found = experiments.get_by_name(tx, context.workspace, request.experiment_name or "")
    return OneExperimentReply(experiment=shaped(found, _mlflow_name(tx, context.workspace)))


def update(tx: Write, context: Context, request: MlflowUpdateExperiment) -> None:
    try:
        experiments.rename(tx, context.workspace, request.experiment_id or "", request.new_name or "")
    except Conflict as error:
        raise InvalidState(error.message) from error


def delete(tx: Write, context: Context, request: ExperimentById) -> None:
    experiments.delete_experiment(tx, context.workspace, request.experiment_id or "")


def restore(tx: Write, context: Context, request: ExperimentById) -> None:
    experiments.restore(tx, context.workspace, request.experiment_id or "")


def set_tag(tx: Write, context: Context, request: SetExperimentTag) -> None:
    experiments.set_tag(tx, context.workspace, request.experiment_id or "", request.key or "", request.value or "")


def delete_tag(tx: Write, context: Context, request: SetExperimentTag) -> None:
    experiments.delete_tag(tx, context.workspace, request.experiment_id or "", request.key or "")


def search_experiments(tx: Read, context: Context, request: SearchExperiments) -> SearchExperimentsReply:
    limit = checked_limit(request.max_results or 0)
    found, token = search.experiments(
        tx,
        context.workspace,
        filter=request.filter or "",
        order_by=request.order_by,
        stages=stages_of(request.view_type),
        limit=limit,
        page_token=request.page_token or "",
    )
    name = _mlflow_name(tx, context.workspace)
    return SearchExperimentsReply(experiments=[shaped(e, name) for e in found], next_page_token=token or UNSET)


def _mlflow_name(tx: Read, workspace: str) -> str:
    """Return the workspace's name in MLflow's API."""
    return mlflow_name(workspaces.get(tx, workspace))


def shaped(experiment: Experiment, workspace: str) -> ExperimentReply:
    return ExperimentReply(
        experiment_id=experiment.id,
        name=experiment.name,
        artifact_location=experiment.artifact_location,
        lifecycle_stage=experiment.lifecycle_stage,
        last_update_time=experiment.last_update_time,
        creation_time=experiment.creation_time,
        workspace=workspace,
        tags=entries(experiment.tags),
    )


def checked_limit(limit: int) -> int:
    why = "It must be a positive integer" if limit < 1 else f"It must be at most {MAX_RESULTS}"
    if not 1 <= limit <= MAX_RESULTS:
        raise Invalid(f"Invalid value {limit} for parameter 'max_results' supplied. {why}", field="max_results")
    return limit


def stages_of(view_type: str | int | None) -> tuple[str, ...]:
    """Return the lifecycle stages that a ViewType, given by name or number, includes."""
    if view_type is None or view_type == "":
        return VIEWS["ACTIVE_ONLY"]
    found = VIEWS.get(str(view_type))
    if found is None:
        raise missing("view_type") if view_type == 0 else wrong("view_type", view_type, "It must be a ViewType.")
    return found


ROUTES: list[Route] = [
    write("POST", "mlflow/experiments/create", create, audit="experiment.create", required=("name",)),
    read("GET", "mlflow/experiments/get", get, required=("experiment_id",)),
    read("GET", "mlflow/experiments/get-by-name", get_by_name, required=("experiment_name",)),
    write(
        "POST", "mlflow/experiments/update", update, audit="experiment.change", required=("experiment_id", "new_name")
    ),
    write("POST", "mlflow/experiments/delete", delete, audit="experiment.delete", required=("experiment_id",)),
    write("POST", "mlflow/experiments/restore", restore, audit="experiment.restore", required=("experiment_id",)),
    write("POST", "mlflow/experiments/set-experiment-tag", set_tag, required=("experiment_id", "key")),
    write("POST", "mlflow/experiments/delete-experiment-tag", delete_tag, required=("experiment_id", "key")),
    read("POST", "mlflow/experiments/search", search_experiments),
    read("GET", "mlflow/experiments/search", search_experiments),
]
