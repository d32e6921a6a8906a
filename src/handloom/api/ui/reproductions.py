"""Snapshots of runs for the UI: keep one for a run, run it again in a fresh session, and compare the results."""

from __future__ import annotations

import zlib
from typing import Any
from urllib.parse import quote

import msgspec
from starlette.responses import Response

from handloom.api.authenticator import require_unbound
from handloom.api.routing import Context, Route, live, read, write
from handloom.api.server import Server
from handloom.api.ui.metrics import json_number
from handloom.api.ui.notebooks import ONE as NOTEBOOK
from handloom.api.ui.runs import RunPath
from handloom.domain import reproductions as rules
from handloom.domain.errors import Conflict, Invalid, NotFound
from handloom.domain.members import Role
from handloom.domain.reproductions import NotebookSnapshot, PackageChange, ReproducedMetric, RunTraits
from handloom.domain.runs import CELL_TAG, NOTEBOOK_TAG, SESSION_TAG, SNAPSHOT_TAG, Run
from handloom.domain.schedules import Job, Parameters
from handloom.store.engine.database import Read, Write
from handloom.store.notebooks import rows as notebook_store
from handloom.store.notebooks import snapshots
from handloom.store.runs import list_rows as run_rows
from handloom.store.runs import rows as run_store
from handloom.store.schedules import jobs as job_store


class KeepSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A session sends this before it creates a run. Without `document`, the notebook is that of the session's job."""

    workspace: str
    notebook: str
    document: dict[str, Any] | None = None
    job: str = ""
    ran: list[str] = []
    python: str = ""
    packages: list[str] = []


class KeptSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    digest: str


class AddSnapshot(NotebookSnapshot, frozen=True, kw_only=True):
    """A snapshot of another server, for its runs that are imported."""

    workspace: str


class SnapshotsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Digests after this one, in their order; all of them are read page by page."""

    workspace: str
    after: str = ""


class SnapshotPath(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    digest: str


class SnapshotDigests(msgspec.Struct, frozen=True, kw_only=True):
    """At most 1,000; none are left if there are none."""

    digests: list[str]


class RunSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept to run it again. `cell` is the number of the run's cell in the notebook; 0 if it is unknown."""

    notebook: str
    notebook_name: str
    """Empty if the notebook was deleted; then it cannot be run again."""
    cell: int
    cells: int
    python: str
    packages: list[str]


class Reproduction(msgspec.Struct, frozen=True, kw_only=True):
    """One time that the run was run again. `run` is the new run, once there is one."""

    job: Job
    run: str
    run_name: str
    experiment: str
    metrics: list[ReproducedMetric]
    packages: list[PackageChange]
    data: list[str]
    """Names of datasets whose digest differs, or that the new run does not have."""


class Reproductions(msgspec.Struct, frozen=True, kw_only=True):
    """`snapshot` is None for a run without one; otherwise `reproductions` are the newest first."""

    snapshot: RunSnapshot | None
    reproductions: list[Reproduction]


async def keep_snapshot(server: Server, context: Context, request: KeepSnapshot) -> KeptSnapshot:
    workspace = request.workspace
    document = request.document
    if document is None:
        kept = await server.read(lambda tx: job_store.document(tx, workspace, request.job))
        document = await server.on_thread(lambda: _without_outputs(msgspec.json.decode(zlib.decompress(kept))))
    elif not _has_cells(document):
        raise Invalid("A snapshot's document is a notebook with a list of cells.", field="document")
    snapshot = NotebookSnapshot(notebook=document, ran=request.ran, python=request.python, packages=request.packages)
    digest, content = await server.on_thread(lambda: snapshots.encoded(snapshot))
    await server.write(lambda tx: snapshots.put(tx, workspace, digest, content))
    return KeptSnapshot(digest=digest)


async def add_snapshot(server: Server, context: Context, request: AddSnapshot) -> KeptSnapshot:
    if not _has_cells(request.notebook):
        raise Invalid("A snapshot's notebook has a list of cells.", field="notebook")
    fields = msgspec.structs.asdict(request)
    del fields["workspace"]
    digest, content = await server.on_thread(lambda: snapshots.encoded(NotebookSnapshot(**fields)))
    await server.write(lambda tx: snapshots.put(tx, request.workspace, digest, content))
    return KeptSnapshot(digest=digest)


def list_snapshots(tx: Read, context: Context, request: SnapshotsQuery) -> SnapshotDigests:
    return SnapshotDigests(digests=snapshots.digests(tx, request.workspace, request.after, SNAPSHOTS_PER_PAGE))


def get_snapshot(tx: Read, context: Context, request: SnapshotPath) -> NotebookSnapshot:
    return snapshots.get(tx, request.workspace, request.digest)


def _has_cells(document: dict[str, Any]) -> bool:
    cells = document.get("cells")
    return isinstance(cells, list) and all(
        isinstance(cell, dict) and isinstance(cell.get("metadata", {}), dict) for cell in cells
    )


def _without_outputs(document: dict[str, Any]) -> dict[str, Any]:
    cells = [
        cell | {"outputs": [], "execution_count": None} if cell.get("cell_type") == "code" else cell
        for cell in document.get("cells", [])
    ]
    return document | {"cells": cells}


def reproduce(tx: Write, context: Context, request: RunPath) -> Job:
    """Queue the snapshot's notebook, up to the run's cell, as the caller."""
    require_unbound(context.caller)
    run = run_store.get(tx, request.workspace, request.run)
    digest = run.tags.get(SNAPSHOT_TAG)
    if digest is None:
        raise Conflict("No snapshot was kept of this run: only runs that a notebook's session logs have one.")
    snapshot = snapshots.get(tx, request.workspace, digest)
    notebook = notebook_store.get(tx, request.workspace, run.tags.get(NOTEBOOK_TAG, ""))
    document = rules.notebook_until(snapshot, run.tags.get(CELL_TAG, ""))
    return job_store.add_reproduction(
        tx,
        request.workspace,
        notebook.id,
        context.caller.user.id,
        _parameters(tx, request.workspace, run),
        run=run.info.run_id,
        document=document,
    )


def _parameters(tx: Read, workspace: str, run: Run) -> Parameters:
    """The parameters of the run's own job, if it had one."""
    job = job_store.of_session(tx, workspace, run.tags.get(SESSION_TAG, ""))
    return job.parameters if job is not None else {}


def list_reproductions(tx: Read, context: Context, request: RunPath) -> Reproductions:
    run = run_store.get(tx, request.workspace, request.run)
    digest = run.tags.get(SNAPSHOT_TAG)
    if digest is None or not snapshots.has(tx, request.workspace, digest):
        return Reproductions(snapshot=None, reproductions=[])
    snapshot = snapshots.get(tx, request.workspace, digest)
    cells = [cell.get("id") for cell in snapshot.notebook.get("cells", [])]
    cell = run.tags.get(CELL_TAG, "")
    notebook = run.tags.get(NOTEBOOK_TAG, "")
    found = job_store.reproductions_of(tx, request.workspace, run.info.run_id)
    return Reproductions(
        snapshot=RunSnapshot(
            notebook=notebook,
            notebook_name=_name(tx, request.workspace, notebook),
            cell=cells.index(cell) + 1 if cell in cells else 0,
            cells=len(cells),
            python=snapshot.python,
            packages=snapshot.packages,
        ),
        reproductions=[_compared(tx, run, snapshot, job) for job in found],
    )


def _name(tx: Read, workspace: str, notebook: str) -> str:
    try:
        return notebook_store.get(tx, workspace, notebook).name
    except NotFound:
        return ""


def _traits(run: Run) -> RunTraits:
    return RunTraits(
        run_id=run.info.run_id,
        cell=run.tags.get(CELL_TAG, ""),
        name=run.info.name,
        params=run.params,
        start_time=run.info.start_time,
    )


def _compared(tx: Read, run: Run, snapshot: NotebookSnapshot, job: Job) -> Reproduction:
    made = [one.run_id for one in job_store.runs_of(tx, job)] if job.session else []
    again = {found.run.info.run_id: found.run for found in run_rows.of_ids(tx, job.workspace, made)}
    answer = again.get(rules.answering(_traits(run), [_traits(one) for one in again.values()]) or "")
    if answer is None:
        return Reproduction(job=job, run="", run_name="", experiment="", metrics=[], packages=[], data=[])
    return Reproduction(
        job=job,
        run=answer.info.run_id,
        run_name=answer.info.name,
        experiment=answer.info.experiment_id,
        metrics=_metrics(run, answer),
        packages=_packages(tx, job.workspace, snapshot, answer),
        data=_data(run, answer),
    )


def _metrics(run: Run, answer: Run) -> list[ReproducedMetric]:
    new = {metric.key: metric.value for metric in answer.metrics}
    return [
        ReproducedMetric(
            key=metric.key,
            before=json_number(metric.value),
            after=None if (value := new.get(metric.key)) is None else json_number(value),
            verdict=rules.verdict(metric.value, value),
        )
        for metric in run.metrics
    ]


def _packages(tx: Read, workspace: str, snapshot: NotebookSnapshot, answer: Run) -> list[PackageChange]:
    digest = answer.tags.get(SNAPSHOT_TAG, "")
    if not snapshots.has(tx, workspace, digest):
        return []
    return rules.package_changes(snapshot.packages, snapshots.get(tx, workspace, digest).packages)


def _data(run: Run, answer: Run) -> list[str]:
    new = {(given.dataset.name, given.dataset.digest) for given in answer.datasets}
    return [given.dataset.name for given in run.datasets if (given.dataset.name, given.dataset.digest) not in new]


async def download_snapshot(server: Server, context: Context, request: RunPath) -> Response:
    """Download the notebook of a run's snapshot, without outputs."""

    def find(tx: Read) -> tuple[str, NotebookSnapshot]:
        run = run_store.get(tx, request.workspace, request.run)
        return run.info.name, snapshots.get(tx, request.workspace, run.tags.get(SNAPSHOT_TAG, ""))

    name, snapshot = await server.read(find)
    disposition = f"attachment; filename*=UTF-8''{quote(name, safe='')}.ipynb"
    return Response(
        msgspec.json.format(msgspec.json.encode(snapshot.notebook), indent=1),
        media_type="application/x-ipynb+json",
        headers={"content-disposition": disposition, "cache-control": "no-store"},
    )


RUN = "/api/v1/workspaces/{workspace}/runs/{run}"
SNAPSHOTS = "/api/v1/workspaces/{workspace}/snapshots"
SNAPSHOTS_PER_PAGE = 1000
ROUTES: list[Route] = [
    live("POST", f"{NOTEBOOK}/snapshots", keep_snapshot, role=Role.CONTRIBUTOR, summary="Keep a snapshot for runs."),
    read("GET", SNAPSHOTS, list_snapshots, summary="List the digests of the snapshots of runs."),
    read("GET", f"{SNAPSHOTS}/{{digest}}", get_snapshot, summary="Return a snapshot of runs."),
    live("POST", SNAPSHOTS, add_snapshot, role=Role.CONTRIBUTOR, summary="Add a snapshot of imported runs."),
    read("GET", f"{RUN}/reproductions", list_reproductions, summary="Compare a run with its reproductions."),
    live("GET", f"{RUN}/snapshot", download_snapshot, summary="Download the notebook of a run's snapshot."),
    write(
        "POST",
        f"{RUN}/reproductions",
        reproduce,
        role=Role.CONTRIBUTOR,
        audit="notebook.run",
        summary="Run a run's snapshot again in a fresh session.",
    ),
]
