"""Access rules for the Jupyter server: allow what a notebook page needs, on the caller's own kernels and workspaces.

This module only decides; `proxy` and `kernel_socket` forward what it allows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import unquote

import msgspec

from handloom.api.authenticator import Authenticator
from handloom.api.server import Server
from handloom.domain.errors import Conflict, Forbidden, Invalid, NotFound
from handloom.domain.members import Caller, Role, require
from handloom.domain.sessions import Session
from handloom.store.notebooks import rows as notebook_store

READS = frozenset({"GET", "HEAD"})
_KERNEL = re.compile(r"/api/kernels/([\w-]+)(?:/(interrupt|restart|channels|widgets|outputs/\w+))?")
_BOUND = re.compile(r"/api/sessions/([\w-]+)")
_FILES = re.compile(r"/(api/contents|files)/([^/]+)(/.*)?")
_OPEN = re.compile(r"/api/?|/api/(me|status|kernelspecs)|/api/kernelspecs/[\w-]+|/kernelspecs/[\w./-]+")

Action = Literal["forward", "restart", "filter", "saved"]


@dataclass(frozen=True, slots=True)
class Permission:
    """An allowed request and what to do with it. `workspace` is where it writes a file, if it does.

    `action`: forward it; restart `session` instead; filter the list in the reply; or forward it and notify pages that
    `notebook` was saved.
    """

    action: Action = "forward"
    session: Session | None = None
    workspace: str = ""
    notebook: str = ""


def own_kernels(server: Server, caller: Caller) -> frozenset[str]:
    return frozenset(session.kernel for session in server.sessions.list(caller.user))


class Rules:
    """Authorize requests to Jupyter. Methods raise where access is denied. Paths are Jupyter's own, beginning with
    /api.
    """

    def __init__(self, server: Server, authenticator: Authenticator) -> None:
        self._server = server
        self._authenticator = authenticator

    async def authorize(self, caller: Caller, method: str, path: str, body: bytes) -> Permission:
        """Authorize a request. Raises Forbidden, NotFound, Conflict or Invalid where it is not allowed."""
        path = unquote(path).rstrip("/") or "/"
        if caller.workspace is not None:
            raise Forbidden("This token gives access to MLflow's API of its workspace only.")
        _check_segments(path)
        if match := _FILES.fullmatch(path):
            workspace, rest = match[2], (match[3] or "").strip("/")
            permission = await self._file(caller, method, workspace, rest)
            if method in ("POST", "PATCH"):
                _check_body_paths(method, workspace, rest, body)
            return permission
        if match := _KERNEL.fullmatch(path):
            return await self._kernel(caller, method, match[1], match[2])
        if path in ("/api/kernels", "/api/sessions"):
            return await self._list(caller, method, path, body)
        if match := _BOUND.fullmatch(path):
            return await self._jupyter_session(caller, method, match[1], body)
        if method in READS and _OPEN.fullmatch(path):
            return Permission()
        raise NotFound(f"Nothing is served at /jupyter{path}.")

    async def _file(self, caller: Caller, method: str, workspace: str, rest: str) -> Permission:
        role = await self._authenticator.member(caller, workspace)
        if method in READS:
            return Permission()
        require(role, Role.CONTRIBUTOR)
        if rest.endswith("/checkpoints") or "/checkpoints/" in rest:
            return Permission()
        if "/" in rest or not rest.lower().endswith(".ipynb"):
            if not rest:
                raise Forbidden("The workspace's folder itself cannot be changed here.")
            return Permission(workspace=workspace)
        name = rest.removesuffix(".ipynb")
        if method != "PUT" or not rest.endswith(".ipynb"):  # file systems may ignore case
            raise Conflict("Create, rename and delete notebooks as items of the workspace.")
        notebook = await self._server.read(lambda tx: notebook_store.find(tx, workspace, name))
        if notebook is None:
            raise NotFound(f"There is no notebook “{name}” in this workspace any more; it was renamed or deleted.")
        return Permission("saved", workspace=workspace, notebook=notebook.id)

    async def _kernel(self, caller: Caller, method: str, kernel: str, action: str | None) -> Permission:
        session = self.session(caller, kernel)
        role = await self._authenticator.member(caller, session.workspace)
        if method in READS and (action in (None, "widgets") or action.startswith("outputs/")):
            return Permission()
        require(role, Role.CONTRIBUTOR)
        if method == "POST" and action == "interrupt":
            return Permission()
        if method == "POST" and action == "restart":
            return Permission("restart", session=session)
        raise Forbidden("Use Stop session to stop a session.")

    async def _list(self, caller: Caller, method: str, path: str, body: bytes) -> Permission:
        if method in READS:
            return Permission("filter")
        if path == "/api/kernels" or method != "POST":
            raise Forbidden("Start a session of a notebook to start a kernel.")
        await self._check_binding(caller, _parsed(body), new=True)
        return Permission()

    async def _jupyter_session(self, caller: Caller, method: str, session_id: str, body: bytes) -> Permission:
        """Authorize access to a Jupyter session, which binds a path to a kernel (not one of Handloom's sessions)."""
        if not self._server.sessions.jupyter.running:
            raise NotFound("There is no such session.")
        known = await self._server.sessions.jupyter.ask("GET", "/api/sessions")
        mine = own_kernels(self._server, caller)
        if not any(item["id"] == session_id and item["kernel"]["id"] in mine for item in known):
            raise NotFound("There is no such session.")
        if method == "PATCH":
            await self._check_binding(caller, _parsed(body), new=False)
        elif method not in READS:
            raise Forbidden("Use Stop session to stop a session.")
        return Permission()

    async def _check_binding(self, caller: Caller, wanted: dict[str, Any], *, new: bool) -> None:
        """Check that the kernel and path in the body of a Jupyter session belong to the caller."""
        kernel = wanted.get("kernel")
        if new or kernel is not None:
            if not isinstance(kernel, dict) or not isinstance(kernel.get("id"), str):
                raise Forbidden("Give the id of a kernel. Start a session with POST /api/v1/workspaces/…/sessions.")
            self.session(caller, kernel["id"])
        path = wanted.get("path")
        if new or path is not None:
            _check_segments(str(path))
            await self._authenticator.member(caller, str(path).strip("/").split("/", 1)[0])

    def session(self, caller: Caller, kernel: str) -> Session:
        """Return the caller's session with this kernel. Raises NotFound, also for a session of another user."""
        session = self._server.sessions.by_kernel(kernel)
        if session is None or self._server.sessions.owner(session.id).id != caller.user.id:
            raise NotFound("This session has ended. Start a new one.")
        return session


def _check_segments(path: str) -> None:
    """Raise Invalid for a path with `..`, `.` or NUL, which could lead elsewhere than its first segment says."""
    segments = path.replace("\\", "/").split("/")
    if "\0" in path or ".." in segments or "." in segments:
        raise Invalid("The path must not contain “.” or “..” as a folder, or NUL.")


def _check_body_paths(method: str, workspace: str, rest: str, body: bytes) -> None:
    """Check that paths in the body of a contents API request stay in the workspace of the URL.

    The caller has checked the URL's own path. Unknown fields are refused, so that the Jupyter server cannot act on a
    field that was not checked.
    """
    if rest.endswith(("/trust", "/checkpoints")) or "/checkpoints/" in rest:
        if body.strip() not in (b"", b"{}"):
            raise Invalid("This request takes no body.")
        return
    named = _parsed(body) if body.strip() else {}
    unknown = named.keys() - {"POST": {"copy_from", "type", "ext", "path"}, "PATCH": {"path"}}[method]
    if unknown:
        raise Invalid(f"This request does not accept {', '.join(sorted(unknown))}.")
    for field in ("copy_from", "path"):
        value = named.get(field)
        if value is None:
            continue
        if not isinstance(value, str):
            raise Invalid(f"{field} must be a path.", field=field)
        _check_segments(value)
        first, _, below = value.strip("/").partition("/")
        if first != workspace or not below.strip("/"):
            raise Forbidden(f"{field} must name a file of the workspace {workspace}.")
        if field == "path" and "/" not in below.strip("/") and below.lower().endswith(".ipynb"):
            raise Conflict("Create, rename and delete notebooks as items of the workspace.")
    extension = named.get("ext")
    if extension is not None and (not isinstance(extension, str) or "/" in extension or "\\" in extension):
        raise Invalid("ext must be a file name extension.", field="ext")


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise Invalid(f"The body is not a JSON object: {error}") from error
