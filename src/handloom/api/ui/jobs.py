"""Runs of whole notebooks for the UI and programs: start one with parameters, follow it, stop it, get what it made."""

from __future__ import annotations

import zlib
from urllib.parse import quote

import msgspec
from starlette.responses import Response

from handloom.api.authenticator import require_unbound
from handloom.api.routing import Context, Route, live, read, write
from handloom.api.server import Server
from handloom.api.ui.notebooks import ONE as NOTEBOOK
from handloom.api.ui.notebooks import NotebookRun
from handloom.domain.members import Role
from handloom.domain.schedules import Job, Parameters, check_parameters
from handloom.store.engine.database import Read, Write
from handloom.store.notebooks import rows as notebook_store
from handloom.store.schedules import jobs as job_store


class JobPath(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    job: str


class ListJobs(msgspec.Struct, frozen=True, kw_only=True):
    """Of a schedule, of a notebook, or of the whole workspace."""

    workspace: str
    schedule: str = ""
    notebook: str = ""


class Jobs(msgspec.Struct, frozen=True, kw_only=True):
    """Runs of whole notebooks, newest first."""

    jobs: list[Job]


class StartJob(msgspec.Struct, frozen=True, kw_only=True):
    """Run a whole notebook once, as the caller. `parameters` are set after its parameter cell."""

    workspace: str
    notebook: str
    parameters: Parameters = {}


class JobDetails(msgspec.Struct, frozen=True, kw_only=True):
    """A run of a whole notebook with the MLflow runs that it made, newest first."""

    job: Job
    runs: list[NotebookRun]


def list_jobs(tx: Read, context: Context, request: ListJobs) -> Jobs:
    return Jobs(
        jobs=job_store.listing(
            tx, request.workspace, schedule=request.schedule or None, notebook=request.notebook or None
        )
    )


def start_job(tx: Write, context: Context, request: StartJob) -> Job:
    require_unbound(context.caller)
    check_parameters(request.parameters)
    notebook_store.get(tx, request.workspace, request.notebook)
    return job_store.add_single(tx, request.workspace, request.notebook, context.caller.user.id, request.parameters)


def get_job(tx: Read, context: Context, request: JobPath) -> JobDetails:
    job = job_store.get(tx, request.workspace, request.job)
    rows = job_store.runs_of(tx, job) if job.session else []
    return JobDetails(
        job=job,
        runs=[
            NotebookRun(
                run_id=row.run_id,
                name=row.name,
                status=row.status,
                start_time=row.start_time,
                experiment=str(row.experiment_id),
                experiment_name=row.experiment_name,
            )
            for row in rows
        ],
    )


def stop_job(tx: Write, context: Context, request: JobPath) -> Job:
    require_unbound(context.caller)
    return job_store.request_stop(tx, request.workspace, request.job)


async def download_document(server: Server, context: Context, request: JobPath) -> Response:
    """Download the executed notebook."""

    def find(tx: Read) -> tuple[str, bytes]:
        job = job_store.get(tx, request.workspace, request.job)
        return job.notebook_name, job_store.document(tx, request.workspace, request.job)

    name, content = await server.read(find)
    disposition = f"attachment; filename*=UTF-8''{quote(name, safe='')}.ipynb"
    return Response(
        await server.on_thread(lambda: zlib.decompress(content)),
        media_type="application/x-ipynb+json",
        headers={"content-disposition": disposition, "cache-control": "no-store"},
    )


ALL = "/api/v1/workspaces/{workspace}/jobs"
ONE = f"{ALL}/{{job}}"
ROUTES: list[Route] = [
    read("GET", ALL, list_jobs, summary="List runs of whole notebooks, newest first."),
    read("GET", ONE, get_job, summary="Get the state of a notebook's run and the MLflow runs that it made."),
    live("GET", f"{ONE}/document", download_document, summary="Download the executed notebook of a run."),
    write("POST", f"{ONE}/stop", stop_job, role=Role.CONTRIBUTOR, audit="notebook.stop", summary="Stop a run."),
    write(
        "POST",
        f"{NOTEBOOK}/jobs",
        start_job,
        audit="notebook.run",
        summary="Run a whole notebook in the background, with parameters.",
    ),
]
