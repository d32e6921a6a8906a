"""Runs for the UI: pages of the run list, one run in detail, and changes."""

import msgspec
from msgspec.structs import replace

from handloom.api.routing import Context, Route, live, write
from handloom.api.server import Server
from handloom.api.ui.experiments import HIDDEN_TAGS, active, shown_tags
from handloom.api.ui.metrics import json_number
from handloom.api.ui.session_list import ListedSessions
from handloom.domain import dataset_shapes, datasets
from handloom.domain import runs as rules
from handloom.domain.errors import Forbidden, Invalid, NotFound
from handloom.domain.experiments import ACTIVE, DESCRIPTION_TAG
from handloom.domain.include import Include, parse_include
from handloom.domain.keys import MAX_RUN_TAG
from handloom.domain.members import Role
from handloom.domain.models import SchemaColumn
from handloom.domain.names import clean_description, clean_name
from handloom.domain.run_fields import RunFields
from handloom.domain.run_groups import condition_of
from handloom.domain.search import RUNS, parse_filter
from handloom.domain.sessions import Session
from handloom.store.engine.database import Read, Write
from handloom.store.metrics import rows as metrics
from handloom.store.metrics.best_steps import best_steps
from handloom.store.models import logged as logged_models
from handloom.store.runs import files as run_files
from handloom.store.runs import list_rows as run_rows
from handloom.store.runs import rows as runs
from handloom.store.runs import search, stops
from handloom.store.runs.counts import RunCount, RunCounts


class SearchRuns(msgspec.Struct, frozen=True, kw_only=True):
    """Search runs. `filter` and `order_by` use MLflow's grammar, extended by OR, NOT, parentheses, `max(metrics.m)` and
    `duration`.

    `include` lists what rows contain besides the run itself: `metrics`, `params`, `tags`, or a single one such as
    `metrics.rmse`. Empty includes everything. `group` selects one group of
    ReadRunGroups: `params.depth=5` for each of its fields, `params.depth` where the runs have no such param.
    """

    workspace: str
    experiment: str
    filter: str = ""
    order_by: list[str] = []
    limit: int = 100
    page_token: str = ""
    include: list[str] = []
    group: list[str] = []
    ancestors: bool = False
    """Whether the page includes the runs above its runs, for a tree that keeps its shape under a filter."""
    roots: bool = False
    """Whether to return only runs without a parent among the active runs of the experiment."""
    extremes: list[str] = []
    """Metrics whose least and greatest values rows contain; `*` stands for all."""
    best_steps: list[str] = []
    """Those of `extremes` of which rows also say at which step each value was reached first; `*` stands for all."""
    exact_total: bool = False
    """Whether to count all runs that match, also where that takes a while."""


class SourceNotebook(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str


class RegisteredVersion(msgspec.Struct, frozen=True, kw_only=True):
    model: str
    version: int


class MetricExtremes(msgspec.Struct, frozen=True, kw_only=True):
    """The least and greatest value that a run has ever logged of a metric, without NaN."""

    min: float | None
    max: float | None
    min_step: int | None = None
    """The first step with this value; null unless `best_steps` of the request names the metric."""
    max_step: int | None = None


class RunRow(RunFields, frozen=True, kw_only=True):
    """A run in a list. `metrics` has the latest values: NaN is null, an infinity is the largest float.

    `tags` omits system tags. `children` counts the active child runs, and only in replies to `SearchRuns`.
    """

    experiment: str
    notebook: SourceNotebook | None
    source: str
    """MLflow's `mlflow.source.name` (a script or notebook); empty if unknown."""
    parent_run_id: str | None
    metrics: dict[str, float | None]
    params: dict[str, str]
    tags: dict[str, str]
    versions: list[RegisteredVersion]
    starred: bool = False
    """Whether the run has a star: the tag `handloom.starred` is `true`. All who read the workspace see it."""
    note: str = ""
    """The beginning of the description, as plain text."""
    children: int = 0
    matches: bool = True
    """False for an ancestor that the filter does not match."""
    extremes: dict[str, MetricExtremes] = msgspec.field(default_factory=dict)
    """Of the metrics that the request names in `extremes`; a series of NaN alone has none."""


class RunPage(msgspec.Struct, frozen=True, kw_only=True):
    runs: list[RunRow]
    total: int
    """Number of runs that match the filter, on all pages; at least so many, if not `total_is_exact`."""
    total_is_exact: bool
    """False only where more than 10,000 runs would have to be checked, and `exact_total` was not asked for."""
    next_page_token: str
    ancestors: list[RunRow] = []
    """With `ancestors`: the active runs above those of this page, at any depth, which are not on it themselves."""


class RunPath(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    run: str


class MetricSummary(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    value: float | None
    step: int
    timestamp: int
    min: float | None
    max: float | None
    count: int


class RunDataset(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    digest: str
    source_type: str
    source: str = ""
    """Its address, path or name; empty if the client logged none."""
    context: str
    rows: int | None = None
    features: int | None = None
    columns: list[SchemaColumn] = []
    """The schema; empty if the dataset was logged without one."""


class RunLink(msgspec.Struct, frozen=True, kw_only=True):
    run_id: str
    name: str


class LoggedModelRow(msgspec.Struct, frozen=True, kw_only=True):
    model_id: str
    name: str
    status: str
    created_at: int


class RunDetail(msgspec.Struct, frozen=True, kw_only=True):
    row: RunRow
    experiment_name: str
    description: str
    lifecycle_stage: str
    artifact_uri: str
    git_commit: str | None
    system_tags: dict[str, str]
    metric_summaries: list[MetricSummary]
    datasets: list[RunDataset]
    models: list[LoggedModelRow]
    parent: RunLink | None
    """None for a run without a parent, or with a deleted one."""
    model_folders: list[str] = []
    """Folders of its files that contain a model, top-level ones first."""


class UpdateRun(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    run: str
    name: str | None = None
    description: str | None = None
    starred: bool | None = None


class DeleteRuns(msgspec.Struct, frozen=True, kw_only=True):
    """Delete runs, or restore them with `restore`. A missing run is an error; repeating a call is not.

    `children` includes their child runs at any depth, `models` the models that they logged; those are not restored.
    """

    workspace: str
    runs: list[str]
    restore: bool = False
    children: bool = False
    models: bool = False


class DeletedRuns(msgspec.Struct, frozen=True, kw_only=True):
    """Ids of the runs that were deleted or restored, including children."""

    runs: list[str]


class PutTag(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    run: str
    key: str
    value: str


class RemoveTag(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    run: str
    key: str


MAX_PAGE = 1_000
MAX_NOTE = 200  # characters of a note in a list
STARRED = "true"
SOURCE_TAG = "mlflow.source.name"
COMMIT_TAG = "mlflow.source.git.commit"


def row(found: run_rows.ListedRun) -> RunRow:
    """Convert a stored run to a row of the list."""
    run, info = found.run, found.run.info
    return RunRow(
        **{name: getattr(info, name) for name in RunFields.__struct_fields__},
        experiment=info.experiment_id,
        notebook=SourceNotebook(id=found.notebook[0], name=found.notebook[1]) if found.notebook else None,
        source=run.tags.get(SOURCE_TAG, ""),
        parent_run_id=run.tags.get(rules.PARENT_TAG),
        metrics={m.key: json_number(m.value) for m in run.metrics},
        params=run.params,
        tags=shown_tags(run.tags),
        versions=[RegisteredVersion(model=model, version=version) for model, version in found.versions],
        starred=run.tags.get(rules.STAR_TAG) == STARRED,
        note=" ".join(run.tags.get(DESCRIPTION_TAG, "")[: 2 * MAX_NOTE].split())[:MAX_NOTE],
    )


async def page(server: Server, context: Context, request: SearchRuns) -> RunPage:
    marker = server.run_counts.marker()
    return await server.read(lambda tx: _page(tx, request, server.run_counts, marker))


def _page(tx: Read, request: SearchRuns, counts: RunCounts, marker: int) -> RunPage:
    experiment = active(tx, request.workspace, request.experiment)
    if not 1 <= request.limit <= MAX_PAGE:
        raise Invalid(f"A page holds from 1 to {MAX_PAGE:,} runs.", field="limit")
    group = [condition_of(member) for member in request.group]
    numbers, token = search.runs(
        tx,
        request.workspace,
        [experiment.id],
        filter=request.filter,
        conditions=group,
        order_by=request.order_by,
        roots=request.roots,
        limit=request.limit,
        page_token=request.page_token,
    )
    above = run_rows.ancestors(tx, experiment.internal_id, numbers) if request.ancestors else []
    conditions = [*parse_filter(request.filter, RUNS), *group]
    matching = run_rows.matching(tx, above, conditions)
    found = _rows(tx, request.workspace, [*numbers, *above], parse_include(request.include))
    children = run_rows.children(tx, experiment.internal_id, [one.run_id for one in found])
    extremes = _extremes(tx, [*numbers, *above], request.extremes, request.best_steps)
    matches = [True] * len(numbers) + [number in matching for number in above]
    counted = [
        replace(one, children=children.get(one.run_id, 0), matches=match, extremes=least_and_greatest)
        for one, match, least_and_greatest in zip(found, matches, extremes, strict=True)
    ]
    if token or request.page_token:
        total = counts.count(
            tx,
            marker,
            experiment,
            filter=request.filter,
            group=request.group,
            conditions=conditions,
            roots=request.roots,
            exact=request.exact_total,
        )
    else:
        total = RunCount(total=len(numbers), is_exact=True)
    return RunPage(
        runs=counted[: len(numbers)],
        ancestors=counted[len(numbers) :],
        total=max(total.total, len(numbers)),
        total_is_exact=total.is_exact,
        next_page_token=token,
    )


def _extremes(tx: Read, numbers: list[int], keys: list[str], stepped: list[str]) -> list[dict[str, MetricExtremes]]:
    found = metrics.extremes(tx, numbers, _keys(keys))
    steps = best_steps(tx, numbers, _keys(stepped))

    def of(number: int, key: str, least: float, greatest: float) -> MetricExtremes:
        low, high = steps[number].get(key, (None, None))
        return MetricExtremes(min=json_number(least), max=json_number(greatest), min_step=low, max_step=high)

    return [{key: of(number, key, *values) for key, values in found[number].items()} for number in numbers]


def _keys(asked: list[str]) -> frozenset[str] | None:
    return None if "*" in asked else frozenset(asked)


def _rows(tx: Read, workspace: str, numbers: list[int], include: Include) -> list[RunRow]:
    """Read rows with the included metrics, params and tags, and without fields that only RunDetail has."""
    wanted = replace(include, inputs=False, outputs=False)
    if include.tags is None:
        return [row(found) for found in run_rows.by_internal_ids(tx, workspace, numbers, wanted)]
    asked = include.tags
    wanted = replace(wanted, tags=asked | {SOURCE_TAG, rules.PARENT_TAG, rules.STAR_TAG, DESCRIPTION_TAG})
    shown = [row(found) for found in run_rows.by_internal_ids(tx, workspace, numbers, wanted)]
    return [replace(one, tags={key: value for key, value in one.tags.items() if key in asked}) for one in shown]


def _detail(tx: Read, workspace: str, run_id: str) -> RunDetail:
    info = runs.find(tx, workspace, run_id)
    found = run_rows.by_internal_ids(tx, workspace, [info.internal_id])[0]
    tags = found.run.tags
    return RunDetail(
        row=row(found),
        experiment_name=found.experiment_name,
        description=tags.get(DESCRIPTION_TAG, ""),
        lifecycle_stage=info.lifecycle_stage,
        artifact_uri=info.artifact_uri,
        git_commit=tags.get(COMMIT_TAG),
        system_tags={key: value for key, value in tags.items() if key.startswith(HIDDEN_TAGS)},
        metric_summaries=_summaries(tx, workspace, run_id),
        datasets=[_dataset(given) for given in found.run.datasets],
        models=[
            LoggedModelRow(model_id=m.model_id, name=m.name, status=m.status, created_at=m.created_at)
            for m in logged_models.of_run(tx, workspace, run_id)
        ],
        parent=_parent(tx, workspace, tags.get(rules.PARENT_TAG)),
    )


def _parent(tx: Read, workspace: str, run_id: str | None) -> RunLink | None:
    for found in run_rows.of_ids(tx, workspace, [run_id] if run_id else []):
        if found.run.info.lifecycle_stage == ACTIVE:
            return RunLink(run_id=found.run.info.run_id, name=found.run.info.name)
    return None


def _summaries(tx: Read, workspace: str, run_id: str) -> list[MetricSummary]:
    return [
        MetricSummary(
            key=s.key,
            value=json_number(s.value),
            step=s.step,
            timestamp=s.timestamp,
            min=json_number(s.min),
            max=json_number(s.max),
            count=s.count,
        )
        for s in metrics.summaries(tx, workspace, [run_id])
    ]


def _dataset(given: datasets.DatasetInput) -> RunDataset:
    dataset = given.dataset
    rows, features = dataset_shapes.rows_and_features(dataset.profile, dataset.schema)
    return RunDataset(
        name=dataset.name,
        digest=dataset.digest,
        source_type=dataset.source_type,
        source=dataset_shapes.address_of(dataset.source),
        context=given.tags.get(datasets.CONTEXT_TAG, ""),
        rows=rows,
        features=features,
        columns=dataset_shapes.columns_of(dataset.schema),
    )


async def detail(server: Server, context: Context, request: RunPath) -> RunDetail:
    """Return a run in detail. Model folders are found by listing its files, outside of the transaction."""
    workspace, run_id = request.workspace, request.run
    found = await server.read(lambda tx: _detail(tx, workspace, run_id))
    try:
        run = await server.read(lambda tx: run_files.files_of(tx, workspace, run_id))
    except Invalid:  # its files are in an external store
        return found
    folders = await server.on_thread(lambda: run_files.models_in(server.artifacts, workspace, run))
    return replace(found, model_folders=folders)


async def stop(server: Server, context: Context, request: RunPath) -> RunDetail:
    """Stop a run: interrupt the cell of its session, if it has one, and set it to KILLED.

    A client elsewhere is refused when it logs more.
    """
    workspace, run_id = request.workspace, request.run
    session_id = await server.read(lambda tx: stops.session_of(tx, workspace, run_id))
    session = _session(server, context, session_id)
    elsewhere = None if session or not session_id else await _holder_of_busy(server, context, session_id)
    await server.write(lambda tx: stops.stop(tx, workspace, run_id, context.caller.user.name))
    if session is not None and session.state == "busy":
        await server.sessions.interrupt(session.id)
    elif elsewhere is not None:
        path = f"/api/v1/workspaces/{workspace}/sessions/{session_id}/interrupt"
        await server.peers.ask(elsewhere, context.caller, context.http, "POST", path, object)
    return await server.read(lambda tx: _detail(tx, workspace, run_id))


async def _holder_of_busy(server: Server, context: Context, session_id: str) -> str | None:
    """Return the other server that holds a run's session, if a cell runs there. Raises Forbidden as `_session` does."""
    holder = await server.peers.holder(session_id)
    if holder is None:
        return None
    path = f"/api/v1/workspaces/{context.workspace}/sessions"
    listed = await server.peers.ask(holder, context.caller, context.http, "GET", path, ListedSessions)
    found = next((one for one in listed.sessions if one.id == session_id), None)
    if found is None:
        return None
    if not found.may_stop:
        raise _not_theirs(found.user)
    return holder if found.state == "busy" else None


def _not_theirs(owner: str) -> Forbidden:
    return Forbidden(f"This run belongs to a session of {owner}. Only they or an admin of the workspace can stop it.")


def _session(server: Server, context: Context, session_id: str | None) -> Session | None:
    """Return a run's session if it still runs here. Raises Forbidden if it is another's and the caller is no admin."""
    if session_id is None:
        return None
    try:
        session = server.sessions.get(session_id)
    except NotFound:
        return None
    if session.workspace != context.workspace:
        return None
    owner = server.sessions.owner(session_id)
    if owner.id != context.caller.user.id and context.role is not Role.ADMIN:
        raise _not_theirs(owner.name)
    return session


def update(tx: Write, context: Context, request: UpdateRun) -> RunDetail:
    if request.name is not None:
        runs.update(tx, request.workspace, request.run, name=clean_name(request.name, what="run name"))
    if request.description is not None:
        info = runs.active(tx, request.workspace, request.run)
        runs.put_tags(tx, info, {DESCRIPTION_TAG: clean_description(request.description)})
    if request.starred is not None:
        info = runs.active(tx, request.workspace, request.run)
        if request.starred:
            runs.put_tags(tx, info, {rules.STAR_TAG: STARRED})
        elif runs.tag(tx, info, rules.STAR_TAG) is not None:
            runs.delete_tag(tx, info, rules.STAR_TAG)
    return _detail(tx, request.workspace, request.run)


def remove(tx: Write, context: Context, request: DeleteRuns) -> DeletedRuns:
    if not request.runs:
        raise Invalid("The list of runs is empty. Select at least one run.", field="runs").because("no_runs")
    named = list(dict.fromkeys(request.runs))
    below = run_rows.descendants(tx, request.workspace, named) if request.children else []
    for run_id in [*named, *below]:
        (runs.restore if request.restore else runs.delete)(tx, request.workspace, run_id)
        for model in logged_models.of_run(tx, request.workspace, run_id) if request.models else []:
            logged_models.remove(tx, request.workspace, model.model_id)
    return DeletedRuns(runs=[*named, *below])


def put_tag(tx: Write, context: Context, request: PutTag) -> RunDetail:
    key = request.key.strip()
    if key.startswith(HIDDEN_TAGS):
        text = f"Tags that begin with {' or '.join(HIDDEN_TAGS)} are reserved for the software."
        raise Invalid(text, field="key").because("tag_reserved")
    info = runs.active(tx, request.workspace, request.run)
    if len(request.value) > MAX_RUN_TAG:
        text = f"The value has {len(request.value):,} characters; the limit is {MAX_RUN_TAG:,}."
        raise Invalid(text, field="value").because("tag_long", length=len(request.value), most=MAX_RUN_TAG)
    runs.put_tags(tx, info, {key: rules.clean_tag(key, request.value)})
    return _detail(tx, request.workspace, request.run)


def remove_tag(tx: Write, context: Context, request: RemoveTag) -> RunDetail:
    runs.delete_tag(tx, runs.active(tx, request.workspace, request.run), request.key)
    return _detail(tx, request.workspace, request.run)


_RUNS = "/api/v1/workspaces/{workspace}/runs"
_RUN = _RUNS + "/{run}"

ROUTES: list[Route] = [
    live(
        "GET",
        "/api/v1/workspaces/{workspace}/experiments/{experiment}/runs",
        page,
        summary="Get a page of an experiment's runs, filtered and ordered in MLflow's grammar.",
    ),
    live("GET", _RUN, detail, summary="Get a run with everything that was logged to it."),
    write("PATCH", _RUN, update, summary="Change a run's name, description or star."),
    live(
        "POST", _RUN + "/stop", stop, role=Role.CONTRIBUTOR, audit="run.stop", summary="Stop a run that has not ended."
    ),
    write("POST", _RUNS + "/delete", remove, audit="run.delete", summary="Delete or restore runs."),
    write("PUT", _RUN + "/tags", put_tag, summary="Set a tag of a run."),
    write("DELETE", _RUN + "/tags", remove_tag, summary="Delete a tag of a run."),
]
