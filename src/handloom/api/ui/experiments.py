"""Experiments for the UI: create, read, update, delete and restore; keys of their runs."""

import msgspec

from handloom.api.routing import Context, Route, live, write
from handloom.api.server import Server
from handloom.domain import experiments as rules
from handloom.domain.errors import AlreadyExists, NotFound
from handloom.domain.names import clean_description, clean_name
from handloom.domain.runs import PARENT_TAG
from handloom.store.engine.database import Read, Write
from handloom.store.experiments import directions
from handloom.store.experiments import pages as experiment_pages
from handloom.store.experiments import rows as experiments
from handloom.store.runs import search


class ExperimentPath(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    experiment: str


class CreateExperiment(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    name: str
    description: str = ""


class UpdateExperiment(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    experiment: str
    name: str | None = None
    description: str | None = None


class ExperimentView(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    workspace: str
    name: str
    description: str
    owner: str
    created_at: int
    modified_at: int
    tags: dict[str, str]
    run_count: int


class ExperimentColumns(msgspec.Struct, frozen=True, kw_only=True):
    """Sorted keys of all active runs of an experiment, which columns, axes and filters can use."""

    metrics: list[str]
    params: list[str]
    tags: list[str]
    suggested: list[str]
    """Columns in which the newest runs differ: first `metrics.x`, then each `params.y` with more than one value."""
    nested: bool
    """Whether any run has a parent."""
    directions: dict[str, directions.Direction]
    """Metrics of which somebody said whether less (`min`) or more (`max`) is better."""


class SetDirection(msgspec.Struct, frozen=True, kw_only=True):
    """Say for everybody whether less (`min`) or more (`max`) of a metric is better; null: guess it by the name."""

    workspace: str
    experiment: str
    metric: str
    direction: directions.Direction | None


class Directions(msgspec.Struct, frozen=True, kw_only=True):
    directions: dict[str, directions.Direction]


LOOKED_AT = 50
SUGGESTED_METRICS = 6
SUGGESTED_PARAMS = 4

HIDDEN_TAGS = ("mlflow.", "handloom.")
"""Prefixes of system tags, which MLflow and Handloom set; pages list them separately."""


def shown_tags(tags: dict[str, str]) -> dict[str, str]:
    """The tags without system tags."""
    return {key: value for key, value in tags.items() if not key.startswith(HIDDEN_TAGS)}


def _view(tx: Read, experiment: rules.Experiment, run_count: int | None = None) -> ExperimentView:
    return ExperimentView(
        id=experiment.id,
        workspace=experiment.workspace,
        name=experiment.name,
        description=experiment.tags.get(rules.DESCRIPTION_TAG, ""),
        owner=experiment_pages.owner(tx, experiment),
        created_at=experiment.creation_time,
        modified_at=experiment.last_update_time,
        tags=shown_tags(experiment.tags),
        run_count=experiments.count_runs(tx, experiment) if run_count is None else run_count,
    )


def active(tx: Read, workspace: str, experiment_id: str) -> rules.Experiment:
    """Return an active experiment. Raises NotFound for a missing or deleted one."""
    missing = f"There is no experiment {experiment_id} in this workspace. It may have been deleted."
    if not experiment_id.isdecimal():
        raise NotFound(missing).because("no_experiment", id=experiment_id)
    found = experiments.get(tx, workspace, experiment_id)
    if found.lifecycle_stage != rules.ACTIVE:
        raise NotFound(missing).because("no_experiment", id=experiment_id)
    return found


def create(tx: Write, context: Context, request: CreateExperiment) -> ExperimentView:
    name = _free_name(tx, request.workspace, request.name)
    description = clean_description(request.description)
    tags = {rules.DESCRIPTION_TAG: description} if description else {}
    return _view(tx, experiments.create(tx, request.workspace, name, owner=context.caller.user.id, tags=tags))


def _free_name(tx: Write, workspace: str, given: str) -> str:
    """Clean a name and check that it is free, renaming a deleted experiment that has it. Raises AlreadyExists if an
    active experiment has the name.
    """
    name = clean_name(given, what="experiment name")
    experiment_pages.make_way(tx, workspace, name)
    try:
        experiments.get_by_name(tx, workspace, name)
    except NotFound:
        return name
    text = f"An experiment named “{name}” exists already. Choose another name."
    raise AlreadyExists(text, field="name").because("experiment_exists", name=name)


async def view(server: Server, context: Context, request: ExperimentPath) -> ExperimentView:
    """Return an experiment. Its page asks again at every change, so the number of its runs is kept in memory."""
    marker = server.run_counts.marker()

    def work(tx: Read) -> ExperimentView:
        experiment = active(tx, request.workspace, request.experiment)
        return _view(tx, experiment, server.run_counts.count(tx, marker, experiment, exact=True).total)

    return await server.read(work)


def update(tx: Write, context: Context, request: UpdateExperiment) -> ExperimentView:
    workspace, experiment_id = request.workspace, request.experiment
    old = active(tx, workspace, experiment_id)
    if request.name is not None and clean_name(request.name, what="experiment name") != old.name:
        experiments.rename(tx, workspace, experiment_id, _free_name(tx, workspace, request.name))
    if request.description is not None:
        text = clean_description(request.description)
        experiments.set_tag(tx, workspace, experiment_id, rules.DESCRIPTION_TAG, text)
    return _view(tx, experiments.get(tx, workspace, experiment_id))


def remove(tx: Write, context: Context, request: ExperimentPath) -> None:
    active(tx, request.workspace, request.experiment)
    experiment_pages.remove(tx, request.workspace, request.experiment)


def restore(tx: Write, context: Context, request: ExperimentPath) -> ExperimentView:
    return _view(tx, experiment_pages.restore(tx, request.workspace, request.experiment))


async def columns(server: Server, context: Context, request: ExperimentPath) -> ExperimentColumns:
    """List the keys of an experiment's runs. Its page asks again at every change, so those of params are kept."""
    marker = server.param_keys.marker()

    def work(tx: Read) -> ExperimentColumns:
        experiment = active(tx, request.workspace, request.experiment)
        tags = experiment_pages.tag_keys(tx, experiment)
        return ExperimentColumns(
            metrics=experiment_pages.metric_keys(tx, experiment),
            params=server.param_keys.read(tx, marker, experiment),
            tags=[key for key in tags if not key.startswith(HIDDEN_TAGS)],
            suggested=_suggested(tx, experiment),
            nested=PARENT_TAG in tags,
            directions=directions.of(experiment),
        )

    return await server.read(work)


def set_direction(tx: Write, context: Context, request: SetDirection) -> Directions:
    experiment = active(tx, request.workspace, request.experiment)
    return Directions(directions=directions.put(tx, experiment, request.metric, request.direction))


def _suggested(tx: Read, experiment: rules.Experiment) -> list[str]:
    """The run list's default columns, chosen from the keys and values of the newest runs."""
    numbers, _ = search.runs(tx, experiment.workspace, [experiment.id], limit=LOOKED_AT)
    logged = [one for one in experiment_pages.metric_uses(tx, numbers) if not one.key.startswith("system/")]
    used = experiment_pages.param_uses(tx, numbers)
    differing = [one for one in used if one.different > 1] or used
    shown = sorted(one.key for one in _most_used(logged)[:SUGGESTED_METRICS])
    params = [one.key for one in _most_used(differing)[:SUGGESTED_PARAMS]]
    return [f"metrics.{key}" for key in shown] + [f"params.{key}" for key in params]


def _most_used(found: list[experiment_pages.KeyUse]) -> list[experiment_pages.KeyUse]:
    """The keys of the most runs first; times that a search logs for each of its fits only where there is room left."""
    return sorted(found, key=lambda one: (one.key.endswith("_time"), -one.runs, one.key))


_EXPERIMENTS = "/api/v1/workspaces/{workspace}/experiments"
_EXPERIMENT = _EXPERIMENTS + "/{experiment}"

ROUTES: list[Route] = [
    write("POST", _EXPERIMENTS, create, audit="experiment.create", summary="Create an experiment."),
    live("GET", _EXPERIMENT, view, summary="Get an experiment."),
    write(
        "PATCH", _EXPERIMENT, update, audit="experiment.change", summary="Change an experiment's name or description."
    ),
    write(
        "DELETE", _EXPERIMENT, remove, audit="experiment.delete", summary="Delete an experiment; it can be restored."
    ),
    write(
        "POST", _EXPERIMENT + "/restore", restore, audit="experiment.restore", summary="Restore a deleted experiment."
    ),
    live(
        "GET",
        _EXPERIMENT + "/columns",
        columns,
        summary="List the metric, parameter and tag keys of an experiment's runs.",
    ),
    write("PUT", _EXPERIMENT + "/directions", set_direction, summary="Set whether less or more of a metric is better."),
]
