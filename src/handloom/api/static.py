"""Serve the built UI: its files, and index.html for every path that the UI's own route table handles."""

from __future__ import annotations

import mimetypes
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response

from handloom.api.html_pages import page
from handloom.api.origin_guard import POLICY_WITH_PICTURES

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
    if pictures:
        return _index_with_pictures(index, pictures)
    return _file(request, index, hashed=False, status=200 if known else 404)  # the UI shows its own "not found" page


def _index_with_pictures(index: Path, notebook: str) -> Response:
    """The page of a notebook that may load pictures from other addresses.

    Its policy holds for as long as the document lives, so a meta element names the notebook and the UI loads a new
    document before it shows anything else.
    """
    html = index.read_text(encoding="utf-8")
    html = html.replace("<head>", f'<head><meta name="handloom-pictures" content="{notebook}">', 1)
    return HTMLResponse(html, headers={"cache-control": "no-store", "content-security-policy": POLICY_WITH_PICTURES})


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
