"""Copy runs to another experiment of the workspace: what was logged, and their files. Both then live apart."""

from __future__ import annotations

import asyncio
from functools import partial
from uuid import uuid4

import msgspec

from handloom.api.file_copies import copy_folder
from handloom.api.routing import Context, Route, live
from handloom.api.server import Server
from handloom.api.ui.experiments import active
from handloom.domain import artifacts as paths
from handloom.domain.errors import Conflict, Invalid
from handloom.domain.logged_models import PENDING, new_id
from handloom.domain.members import Role
from handloom.domain.records import LoggedModelRecord
from handloom.domain.runs import RunInfo
from handloom.store.engine.database import Read, Write
from handloom.store.models import logged as logged_models
from handloom.store.runs import list_rows as run_rows
from handloom.store.runs import rows as runs
from handloom.store.transfer import run_copies
from handloom.store.transfer.export_records import ExportedPoint

MAX_COPIED = 200


class CopyRuns(msgspec.Struct, frozen=True, kw_only=True):
    """Copy runs to another experiment of the workspace, with the runs below them at any depth.

    Params, tags, all points of metrics, datasets, files, and logged models with their files are copied. Traces and
    registered versions stay with the original.
    """

    workspace: str
    runs: list[str]
    experiment: str


class CopiedRuns(msgspec.Struct, frozen=True, kw_only=True):
    """The ids of the copies: of the given runs first, then of those below them; and of the copies of logged models."""

    runs: list[str]
    models: list[str]
    traces_left: int
    """How many traces of these runs are with the originals alone."""


class _Plan(msgspec.Struct, frozen=True, kw_only=True):
    runs: list[RunInfo]
    experiment: str
    ids: dict[str, str]
    """Ids of the copies by those of the runs and of their logged models."""
    models: dict[str, list[LoggedModelRecord]]
    """The logged models of each run."""
    traces: int


async def copy(server: Server, context: Context, request: CopyRuns) -> CopiedRuns:
    plan = await server.read(lambda tx: _plan(tx, request))
    finished = False
    try:
        for info in plan.runs:
            await _copy(server, request.workspace, info, plan)
        finished = True
    finally:
        if not finished:
            await asyncio.shield(server.write(lambda tx: _discard(tx, request.workspace, plan)))
    return CopiedRuns(runs=_runs_of(plan), models=_models_of(plan), traces_left=plan.traces)


def _runs_of(plan: _Plan) -> list[str]:
    return [plan.ids[info.run_id] for info in plan.runs]


def _models_of(plan: _Plan) -> list[str]:
    return [plan.ids[model.model_id] for models in plan.models.values() for model in models]


def _plan(tx: Read, request: CopyRuns) -> _Plan:
    named = list(dict.fromkeys(request.runs))
    below = run_rows.descendants(tx, request.workspace, named)
    if not named:
        raise Invalid("The list is empty. Select at least one run.", field="runs").because("no_runs")
    if (count := len(named) + len(below)) > MAX_COPIED:
        text = f"At most {MAX_COPIED} runs are copied at once; with those below them, these are {count:,}."
        raise Invalid(text, field="runs").because("many_runs", most=MAX_COPIED, count=count)
    found = [runs.active(tx, request.workspace, run_id) for run_id in (*named, *below)]
    for info in found:
        if info.status == "RUNNING":
            text = f"The run {info.name} is still running. Copy it once it has ended."
            raise Conflict(text).because("copy_running", name=info.name)
    target = active(tx, request.workspace, request.experiment)
    models = {info.run_id: run_copies.read_models(tx, request.workspace, info.run_id) for info in found}
    if any(model.status == PENDING for of_run in models.values() for model in of_run):
        text = "A logged model of these runs is still being uploaded. Copy them once it is ready."
        raise Conflict(text).because("copy_pending")
    ids = {info.run_id: uuid4().hex for info in found}
    ids |= {model.model_id: new_id() for of_run in models.values() for model in of_run}
    traces = run_copies.count_traces(tx, request.workspace, [info.run_id for info in found])
    return _Plan(runs=found, experiment=target.id, ids=ids, models=models, traces=traces)


async def _copy(server: Server, workspace: str, info: RunInfo, plan: _Plan) -> None:
    root = paths.path_of(info.artifact_uri)
    after: ExportedPoint | None = None
    while True:
        records, after = await server.read(partial(run_copies.read, info=info, after=after))
        given = run_copies.renamed(records, plan.ids, plan.experiment, info.artifact_uri if root is None else "")
        await server.write(partial(run_copies.keep, workspace=workspace, records=given))
        if after is None:
            break
    own = {info.run_id, *(model.model_id for model in plan.models[info.run_id])}

    def rewrite(_: str, card: bytes) -> bytes:
        for one in own:
            card = card.replace(one.encode(), plan.ids[one].encode())
        return card

    for model in plan.models[info.run_id]:
        record = run_copies.renamed_model(model, plan.ids, plan.experiment)
        uri = await server.write(partial(run_copies.keep_model, workspace=workspace, record=record))
        files = paths.path_of(model.artifact_uri)
        if files is not None:
            await copy_folder(server, workspace, files, workspace, paths.root_of(uri), rewrite)
    if root is None:
        return  # its files are in another store, which both name
    made = await server.read(lambda tx: runs.find(tx, workspace, plan.ids[info.run_id]))
    await copy_folder(server, workspace, root, workspace, paths.root_of(made.artifact_uri), rewrite)


def _discard(tx: Write, workspace: str, plan: _Plan) -> None:
    """Move to the bin what a copy left that failed."""
    for run_id in runs.find_many(tx, workspace, _runs_of(plan)):
        runs.delete(tx, workspace, run_id)
        for model in logged_models.of_run(tx, workspace, run_id):
            logged_models.remove(tx, workspace, model.model_id)


ROUTES: list[Route] = [
    live(
        "POST",
        "/api/v1/workspaces/{workspace}/runs/copy",
        copy,
        audit="run.copy",
        role=Role.CONTRIBUTOR,
        summary="Copy runs to another experiment of the workspace, with their files.",
    ),
]
