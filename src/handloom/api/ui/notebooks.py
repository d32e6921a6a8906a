"""Notebooks for the UI: create, settings, delete, download. Their content is read and saved through Jupyter."""

import asyncio
from functools import partial
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import msgspec
from starlette.responses import FileResponse, Response

from handloom.api import quotas
from handloom.api.authenticator import require_unbound
from handloom.api.routing import Context, Empty, Route, live, read, write
from handloom.api.server import Server
from handloom.domain.engines import is_known, session_entry
from handloom.domain.errors import NotFound, Unavailable
from handloom.domain.members import Role
from handloom.domain.names import clean_file_name
from handloom.domain.notebooks import Notebook
from handloom.store.capacities import rows as capacity_store
from handloom.store.engine.database import Read, Write
from handloom.store.environments import rows as environment_store
from handloom.store.notebooks import files, formatting, html, ipynb
from handloom.store.notebooks import pictures as picture_store
from handloom.store.notebooks import rows as notebook_store
from handloom.store.quotas import rows as quota_store
from handloom.store.workspaces import rows as workspace_store

TUTORIAL = Path(__file__).parent.parent.parent / "tutorial"


class NotebookPath(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    notebook: str


class ExportHtml(NotebookPath, frozen=True, kw_only=True):
    """`print` shows the page instead of downloading it, and opens the browser's print dialog. `language` is that of
    the page's own notes."""

    print: bool = False
    language: Literal["en", "ko"] = "en"


class Pictures(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the caller's page of a notebook may load pictures from other addresses."""

    allowed: bool


class AllowPictures(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    notebook: str
    allowed: bool


class CreateNotebook(msgspec.Struct, frozen=True, kw_only=True):
    """`content` is an uploaded .ipynb document. Without it, `template` selects one empty code cell or the tutorial."""

    workspace: str
    name: str
    description: str = ""
    template: Literal["empty", "tutorial-en", "tutorial-ko"] = "empty"
    content: dict[str, Any] | None = None


class UpdateNotebook(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    notebook: str
    name: str | None = None
    description: str | None = None
    session_timeout: int | None = None
    autolog: bool | None = None
    engine: str | None = None
    """The id of a Spark engine; empty for the workspace's default."""
    capacity: str | None = None
    """The id of a capacity, for sessions that start from now on; empty for the workspace's."""
    environment: str | None = None
    """The id of an environment, for sessions that start from now on; "none" for the server's packages only, and empty
    for the workspace's default."""


class FormatCells(msgspec.Struct, frozen=True, kw_only=True):
    """Python cells of a notebook to format, in its order. Nothing is saved."""

    workspace: str
    notebook: str
    cells: list[str]


class FormattedCells(msgspec.Struct, frozen=True, kw_only=True):
    cells: list[formatting.FormattedCell]


class NotebookRun(msgspec.Struct, frozen=True, kw_only=True):
    run_id: str
    name: str
    status: str
    start_time: int
    experiment: str
    experiment_name: str


async def create_notebook(server: Server, context: Context, request: CreateNotebook) -> Notebook:
    clean_file_name(request.name, what="notebook name")  # fail early, before the slow check of the uploaded content
    content = await asyncio.to_thread(_content, request)
    draft = await server.on_thread(partial(files.create_draft, server.settings.data, request.workspace, content))
    asked = ipynb.choices_of(request.content or {})

    def work(tx: Write) -> Notebook:
        made = notebook_store.create(
            tx,
            context.caller.user.id,
            request.name,
            draft,
            description=request.description,
            session_timeout=server.settings.session_timeout,
            environment=environment_store.named(tx, request.workspace, asked["environment"]),
            engine=asked["engine"] if is_known(asked["engine"], server.capacities) else "",
            capacity=capacity_store.named(tx, server.session_capacities, asked["capacity"]),
        )
        quota_store.require_notebook_room(tx, request.workspace, quotas.defaults(server.settings))
        return made

    return await server.write(work)


def _content(request: CreateNotebook) -> bytes | None:
    if request.content is not None:
        return ipynb.normalised(msgspec.json.encode(request.content))
    if request.template == "empty":
        return None
    try:
        return (TUTORIAL / f"{request.template.removeprefix('tutorial-')}.ipynb").read_bytes()
    except FileNotFoundError as error:
        raise Unavailable("The tutorial is not part of this installation. Install the package again.") from error


def get_notebook(tx: Read, context: Context, request: NotebookPath) -> Notebook:
    notebook = notebook_store.get(tx, request.workspace, request.notebook)
    return msgspec.structs.replace(notebook, problem=files.problem_of(tx.root, notebook))


def get_pictures(tx: Read, context: Context, request: NotebookPath) -> Pictures:
    notebook_store.get(tx, request.workspace, request.notebook)
    return Pictures(allowed=picture_store.allowed(tx, context.caller.user.id, request.notebook))


def allow_pictures(tx: Write, context: Context, request: AllowPictures) -> Pictures:
    """A person's own decision: the notebook's code, which holds a session's token, may not make it for them."""
    require_unbound(context.caller)
    user = context.caller.user.id
    picture_store.allow(tx, user, request.workspace, request.notebook, allowed=request.allowed)
    return Pictures(allowed=request.allowed)


async def update_notebook(server: Server, context: Context, request: UpdateNotebook) -> Notebook:
    """Change a notebook; apply a new name or timeout to its running session."""

    if request.engine:
        session_entry(request.engine, server.capacities)
    if chosen := request.capacity:
        await server.read(lambda tx: capacity_store.chosen(tx, server.session_capacities, chosen))
    if environment := request.environment:
        await server.read(lambda tx: environment_store.check_choice(tx, request.workspace, environment))

    before, new_name = await _add_name(server, request)
    names = ("name", "description", "session_timeout", "autolog", "engine", "capacity", "environment")
    changes = {name: getattr(request, name) for name in names}
    after = await server.write(
        lambda tx: notebook_store.change(tx, request.workspace, request.notebook, new_name=new_name, **changes)
    )
    if before.path != after.path:
        await server.sessions.renamed(after.id, before.path, after.path)
    if before.session_timeout != after.session_timeout:
        server.sessions.update(after.id, timeout=after.session_timeout)
    if before.capacity != after.capacity:
        capacity = await server.read(
            lambda tx: capacity_store.of_notebook(tx, server.session_capacities, request.workspace, after.name)
        )
        server.sessions.change_capacity(capacity, notebook=after.id)
    if before.engine != after.engine:
        workspace = await server.read(lambda tx: workspace_store.get(tx, request.workspace))
        server.sessions.choose_engine(after.id, session_entry(after.engine or workspace.engine, server.capacities))
    return after


async def _add_name(server: Server, request: UpdateNotebook) -> tuple[Notebook, files.NewName | None]:
    """Give the file its new name before the row, since a transaction must not wait for the disk."""
    workspace, notebook, name = request.workspace, request.notebook, request.name
    if name is None:
        return await server.read(lambda tx: notebook_store.get(tx, workspace, notebook)), None
    before = await server.read(lambda tx: notebook_store.check_rename(tx, workspace, notebook, name))
    return before, await server.on_thread(partial(files.add_name, server.settings.data, before, name))


async def delete_notebook(server: Server, context: Context, request: NotebookPath) -> Empty:
    await server.read(lambda tx: notebook_store.get(tx, request.workspace, request.notebook))
    await server.sessions.stop_notebook(request.notebook)
    await server.write(lambda tx: notebook_store.remove(tx, request.workspace, request.notebook))
    return Empty()


async def mend_notebook(server: Server, context: Context, request: NotebookPath) -> Notebook:
    notebook = await server.read(lambda tx: notebook_store.get(tx, request.workspace, request.notebook))
    await server.on_thread(partial(files.mend, server.settings.data, notebook))
    await server.write(lambda tx: notebook_store.saved(tx, request.workspace, request.notebook))
    return await server.read(lambda tx: notebook_store.get(tx, request.workspace, request.notebook))


def _named_file(tx: Read, request: NotebookPath) -> tuple[str, Path]:
    notebook = notebook_store.get(tx, request.workspace, request.notebook)
    return notebook.name, notebook_store.file_of(tx, notebook)


async def download_notebook(server: Server, context: Context, request: NotebookPath) -> Response:
    """Download the file with the names of the chosen environment, engine and capacity; otherwise unchanged, even if it
    is no notebook.
    """
    name, file = await server.read(partial(_named_file, request=request))
    if file.is_symlink() or not file.is_file():  # a link may lead to what only the server may read
        raise NotFound("The notebook's file no longer exists.")
    headers = {
        "content-disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}.ipynb",
        "cache-control": "no-store",
    }
    media_type = "application/x-ipynb+json"
    choices = await server.read(partial(_choices, server=server, request=request))
    if any(choices.values()):
        content = await server.on_thread(lambda: ipynb.with_choices(file.read_bytes(), choices))
        return Response(content, media_type=media_type, headers=headers)
    return FileResponse(file, media_type=media_type, headers=headers)


def _choices(tx: Read, server: Server, request: NotebookPath) -> dict[str, str]:
    notebook = notebook_store.get(tx, request.workspace, request.notebook)
    capacity = capacity_store.list_all(tx, server.session_capacities).get(notebook.capacity)
    return {
        "environment": environment_store.name_of(tx, request.workspace, notebook.environment),
        "engine": notebook.engine,
        "capacity": capacity_store.document_name(capacity) if capacity else "",
    }


async def export_html(server: Server, context: Context, request: ExportHtml) -> Response:
    """The notebook as it was saved last, with its outputs."""
    name, file = await server.read(partial(_named_file, request=request))
    write_page = partial(html.written, name, file, printed=request.print, language=request.language)
    content = await server.on_thread(write_page)
    headers = {"cache-control": "no-store"}
    if request.print:
        headers["content-security-policy"] = html.PRINT_POLICY
    else:
        headers["content-disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}.html"
        headers["content-security-policy"] = "sandbox"
    return Response(content, media_type="text/html; charset=utf-8", headers=headers)


async def format_cells(server: Server, context: Context, request: FormatCells) -> FormattedCells:
    return FormattedCells(cells=await server.on_thread(partial(formatting.formatted, request.cells)))


ALL = "/api/v1/workspaces/{workspace}/notebooks"
ONE = f"{ALL}/{{notebook}}"
WRITER = Role.CONTRIBUTOR
ROUTES: list[Route] = [
    live("POST", ALL, create_notebook, audit="notebook.create", role=WRITER, summary="Create or upload a notebook."),
    read("GET", ONE, get_notebook, summary="Get a notebook and whether its file can be opened."),
    read("GET", f"{ONE}/pictures", get_pictures, summary="Whether the caller allows a notebook's external pictures."),
    write("PUT", f"{ONE}/pictures", allow_pictures, role=Role.VIEWER, summary="Allow or block external pictures."),
    live(
        "PATCH",
        ONE,
        update_notebook,
        audit="notebook.change",
        role=WRITER,
        summary="Change a notebook's name, description or settings.",
    ),
    live(
        "DELETE",
        ONE,
        delete_notebook,
        audit="notebook.delete",
        role=WRITER,
        summary="Stop a notebook's sessions and delete it.",
    ),
    live(
        "POST",
        f"{ONE}/mend",
        mend_notebook,
        role=WRITER,
        audit="notebook.replace",
        summary="Replace a notebook's missing or broken file by an empty one.",
    ),
    live("POST", f"{ONE}/format", format_cells, role=WRITER, summary="Format Python cells with ruff."),
    live("GET", f"{ONE}/file", download_notebook, summary="Download a notebook's .ipynb file."),
    live("GET", f"{ONE}/html", export_html, summary="Download a notebook as an HTML file that needs nothing else."),
]

__all__ = ["CreateNotebook", "Notebook", "NotebookPath", "NotebookRun", "UpdateNotebook"]
