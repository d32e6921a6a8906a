"""Serve the built UI: its files, and index.html for every path that the UI's own route table handles."""

from __future__ import annotations

import mimetypes
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response

from handloom.api import preloads
from handloom.api.html_pages import page
from handloom.api.origin_guard import POLICY_WITH_PICTURES
from handloom.api.path_prefix import public_path

FOLDER = Path(__file__).parent.parent / "static"
PAGES = frozenset(
    {"", "audit", "capacities", "compare", "bin", "create", "people", "profile", "sessions", "workspaces"}
)
"""First segments of the paths that the UI's own route table handles."""

_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
_FOR_EVER = "public, max-age=31536000, immutable"
_TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".woff2": "font/woff2", ".wasm": "application/wasm"}


def answer(request: Request, folder: Path = FOLDER, *, pictures: str = "") -> Response:
    """The file or page at the request's address. `pictures` is a notebook whose reader lets it show pictures from other
    addresses."""
    if request.method not in ("GET", "HEAD"):
        return PlainTextResponse("Not found", status_code=404)
    path = request.url.path.lstrip("/")
    file = _inside(folder, path)
    if file is not None and file.is_file() and file.suffix not in (".br", ".gz"):
        return _file(request, file, hashed=path.startswith("assets/"))
    known = path.partition("/")[0] in PAGES
    if not known and "text/html" not in request.headers.get("accept", ""):
        return PlainTextResponse("Not found", status_code=404)
    index = folder / "index.html"
    if not index.is_file():
        return page(request, "no-ui", 503)
    status = 200 if known else 404  # the UI shows its own "not found" page
    return _index(request, index, pictures, status)


def _index(request: Request, index: Path, notebook: str, status: int) -> Response:
    """The page with elements that say what is particular to it: what it loads first, the path of the public URL, and
    the notebook that may load pictures from other addresses.

    The policy for pictures holds for as long as the document lives, so the UI loads a new document before it shows
    anything else.
    """
    html, head = index.read_text(encoding="utf-8"), "<head>"
    headers = {"cache-control": "no-cache"}
    prefix = public_path(request, "")
    if prefix:
        head += f'<meta name="handloom-path-prefix" content="{prefix}">'
        html = html.replace('="/assets/', f'="{prefix}/assets/')
    if notebook:
        head += f'<meta name="handloom-pictures" content="{notebook}">'
        headers = {"cache-control": "no-store", "content-security-policy": POLICY_WITH_PICTURES}
    if status == 200:
        head += preloads.links(index.parent, request.url.path.strip("/"), request.url.query, prefix)
    return HTMLResponse(html.replace("<head>", head, 1), status, headers)


def _inside(folder: Path, path: str) -> Path | None:
    """Resolve a path below the folder; None if it would be outside (path traversal)."""
    try:
        file = (folder / path).resolve()
    except (OSError, ValueError):
        return None
    return file if file.is_relative_to(folder.resolve()) else None


def _file(request: Request, file: Path, *, hashed: bool, status: int = 200) -> Response:
    kind = _TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    headers = {"cache-control": _FOR_EVER if hashed else "no-cache", "vary": "accept-encoding"}
    accepted = request.headers.get("accept-encoding", "")
    for name, suffix in _ENCODINGS:
        packed = file.with_name(file.name + suffix)
        if name in accepted and packed.is_file():
            return FileResponse(packed, status, media_type=kind, headers=headers | {"content-encoding": name})
    return FileResponse(file, status, media_type=kind, headers=headers)
