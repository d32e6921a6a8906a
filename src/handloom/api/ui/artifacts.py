"""Files of a run or a model version for the UI: list folders, preview and download files."""

import msgspec
from starlette.responses import Response

from handloom.api import artifact_streams
from handloom.api.errors import failure
from handloom.api.routing import Context, Route, live
from handloom.api.server import Server
from handloom.domain import artifacts as rules
from handloom.domain.errors import NotFound
from handloom.store.engine.database import Read
from handloom.store.models import files as model_files
from handloom.store.models import versions as model_versions
from handloom.store.runs import files as run_files

# A run's files are untrusted: a previewed document runs no scripts, loads nothing, and has an opaque origin.
POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; media-src data:; "
    "frame-ancestors 'self'"
)

# For reports that draw with scripts (Plotly, Bokeh, SHAP): scripts run in an opaque origin without cookies and storage,
# and cannot send requests.
SCRIPT_POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' blob: data:; "
    "style-src 'unsafe-inline' data:; img-src data: blob:; font-src data:; media-src data: blob:; worker-src blob:; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)

# A browser's viewer of PDFs does not start in a sandbox; what has this policy is sent as a PDF, whatever is in it.
PDF_POLICY = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'self'"


class FileEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A file or folder. `model` marks a folder with an MLmodel file, which can be registered as a model version."""

    path: str
    name: str
    is_dir: bool
    size: int | None
    model: bool = False


class Files(msgspec.Struct, frozen=True, kw_only=True):
    path: str
    entries: list[FileEntry]


class RunFiles(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    run: str
    path: str = ""


class ReadRunFile(msgspec.Struct, frozen=True, kw_only=True):
    """`download` sends the file as an attachment, otherwise to show in the page; `scripts` allows its scripts to
    run.
    """

    workspace: str
    run: str
    path: str
    download: bool = False
    scripts: bool = False


class VersionFiles(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    model: str
    version: int
    path: str = ""


class ReadVersionFile(msgspec.Struct, frozen=True, kw_only=True):
    """The same for a model version; see ReadRunFile."""

    workspace: str
    model: str
    version: int
    path: str
    download: bool = False
    scripts: bool = False


def _files(path: str, entries: list[run_files.RunFileEntry]) -> Files:
    shown = [FileEntry(path=e.path, name=e.name, is_dir=e.is_dir, size=e.size, model=e.model) for e in entries]
    return Files(path=path, entries=shown)


async def run_entries(server: Server, context: Context, request: RunFiles) -> Files:
    path = request.path.strip("/")
    run = await server.read(lambda tx: run_files.files_of(tx, request.workspace, request.run))
    found = await server.on_thread(lambda: run_files.entries(server.artifacts, request.workspace, run, path))
    return _files(path, found)


async def version_entries(server: Server, context: Context, request: VersionFiles) -> Files:
    path = rules.clean_path(request.path)
    root = await server.read(lambda tx: _version_root(tx, request.workspace, request.model, request.version))
    place = rules.join(root, path)

    def found() -> list[run_files.RunFileEntry]:
        if path and not server.artifacts.exists(request.workspace, place):
            raise NotFound(f"There is no folder “{path}” in the files of this version.")
        return run_files.listed(server.artifacts, request.workspace, place, path)

    return _files(path, await server.on_thread(found))


def _version_root(tx: Read, workspace: str, model: str, version: int) -> str:
    return model_files.root(tx, workspace, model_versions.get(tx, workspace, model, version))


async def run_file(server: Server, context: Context, request: ReadRunFile) -> Response:
    run = await server.read(lambda tx: run_files.files_of(tx, request.workspace, request.run))
    place = await server.on_thread(lambda: run_files.locate(server.artifacts, request.workspace, run, request.path))
    return await _sent(server, request.workspace, place.path, request)


async def version_file(server: Server, context: Context, request: ReadVersionFile) -> Response:
    root = await server.read(lambda tx: _version_root(tx, request.workspace, request.model, request.version))
    place = rules.join(root, rules.clean_path(request.path))
    return await _sent(server, request.workspace, place, request)


async def _sent(server: Server, workspace: str, path: str, request: ReadRunFile | ReadVersionFile) -> Response:
    headers = file_headers(path, download=request.download, scripts=request.scripts)
    return await artifact_streams.artifact_response(server, workspace, path, headers, failure)


def file_headers(path: str, *, download: bool, scripts: bool) -> dict[str, str]:
    """Headers of a file that the page shows in isolation, or downloads."""
    page = scripts and path.lower().endswith((".html", ".htm"))
    shown = rules.preview_type(path)
    policy = SCRIPT_POLICY if page else PDF_POLICY if shown == rules.PDF else POLICY
    return {
        "Content-Type": rules.download_type(path) if download else shown,
        "Content-Disposition": rules.disposition(path, "attachment" if download else "inline"),
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": POLICY if download else policy,
        "Cache-Control": "private, no-cache",  # revalidate each time, which the ETag makes cheap
    }


_RUN = "/api/v1/workspaces/{workspace}/runs/{run}/files"
_VERSION = "/api/v1/workspaces/{workspace}/models/{model}/versions/{version}/files"

ROUTES: list[Route] = [
    live("GET", _RUN, run_entries, summary="List a folder of a run's files."),
    live("GET", _RUN + "/content", run_file, summary="Get the content of a run's file."),
    live("GET", _VERSION, version_entries, summary="List a folder of a version's files."),
    live("GET", _VERSION + "/content", version_file, summary="Get the content of a version's file."),
]
