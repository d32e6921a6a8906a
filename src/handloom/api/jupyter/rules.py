"""What a browser may ask of the Jupyter child: only what a notebook page needs, and only of its own.

Decides and refuses; the passing on itself is in `api.jupyter`.
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
_KERNEL = re.compile(r"/api/kernels/([\w-]+)(?:/(interrupt|restart|channels|outputs/\w+))?")
_BOUND = re.compile(r"/api/sessions/([\w-]+)")
_FILES = re.compile(r"/(api/contents|files)/([^/]+)(/.*)?")
_OPEN = re.compile(r"/api/?|/api/(me|status|kernelspecs)|/api/kernelspecs/[\w-]+|/kernelspecs/[\w./-]+")

Then = Literal["pass", "restart", "filter", "saved"]


@dataclass(frozen=True, slots=True)
class Leave:
    """The request may go on. `then`: pass it on; restart the session instead; filter the list that comes back;
    or note that a notebook was saved. `kernels` are the ids that the caller's lists may show."""

    then: Then = "pass"
    session: Session | None = None
    workspace: str = ""
    notebook: str = ""


def own_kernels(server: Server, caller: Caller) -> frozenset[str]:
    return frozenset(session.kernel for session in server.sessions.list(caller.user))


class Rules:
    """The rules of one server. Every method raises where the answer is no; the path is Jupyter's, from /api on."""

    def __init__(self, server: Server, authenticator: Authenticator) -> None:
        self._server = server
        self._authenticator = authenticator

    async def judge(self, caller: Caller, method: str, path: str, body: bytes) -> Leave:
        """Whether this request may pass, and what else is to be done."""
        path = unquote(path).rstrip("/") or "/"
        if caller.workspace is not None:
            raise Forbidden("This token is for MLflow's API of its workspace only.")
        _check_segments(path)
        if match := _FILES.fullmatch(path):
            workspace, rest = match[2], (match[3] or "").strip("/")
            leave = await self._file(caller, method, workspace, rest)
            if method in ("POST", "PATCH"):
                _check_named(method, workspace, rest, body)
            return leave
        if match := _KERNEL.fullmatch(path):
            return await self._kernel(caller, method, match[1], match[2])
        if path in ("/api/kernels", "/api/sessions"):
            return await self._list(caller, method, path, body)
        if match := _BOUND.fullmatch(path):
            return await self._bound(caller, method, match[1], body)
        if method in READS and _OPEN.fullmatch(path):
            return Leave()
        raise NotFound(f"There is nothing at /jupyter{path}.")

    async def _file(self, caller: Caller, method: str, workspace: str, rest: str) -> Leave:
        role = await self._authenticator.member(caller, workspace)
        if method in READS:
            return Leave()
        require(role, Role.CONTRIBUTOR)
        if rest.endswith("/checkpoints") or "/checkpoints/" in rest:
            return Leave()
        if "/" in rest or not rest.endswith(".ipynb"):
            if not rest:
                raise Forbidden("The workspace's folder itself cannot be changed here.")
            return Leave()
        name = rest.removesuffix(".ipynb")
        if method != "PUT":
            raise Conflict("Notebooks are made, renamed and deleted as items of the workspace.")
        notebook = await self._server.read(lambda tx: notebook_store.find(tx, workspace, name))
        if notebook is None:
            raise NotFound(f"There is no notebook “{name}” in this workspace any more; it was renamed or deleted.")
        return Leave("saved", workspace=workspace, notebook=notebook.id)

    async def _kernel(self, caller: Caller, method: str, kernel: str, action: str | None) -> Leave:
        session = self.session(caller, kernel)
        role = await self._authenticator.member(caller, session.workspace)
        if method in READS and (action is None or action.startswith("outputs/")):
            return Leave()
        require(role, Role.CONTRIBUTOR)
        if method == "POST" and action == "interrupt":
            return Leave()
        if method == "POST" and action == "restart":
            return Leave("restart", session=session)
        raise Forbidden("Sessions are stopped with Stop session.")

    async def _list(self, caller: Caller, method: str, path: str, body: bytes) -> Leave:
        if method in READS:
            return Leave("filter")
        if path == "/api/kernels" or method != "POST":
            raise Forbidden("Kernels are started with a session of a notebook.")
        await self._check_binding(caller, _parsed(body), new=True)
        return Leave()

    async def _bound(self, caller: Caller, method: str, bound: str, body: bytes) -> Leave:
        """A Jupyter session: the tie between a path and a kernel."""
        if not self._server.sessions.jupyter.running:
            raise NotFound("There is no such session.")
        known = await self._server.sessions.jupyter.ask("GET", "/api/sessions")
        mine = own_kernels(self._server, caller)
        if not any(item["id"] == bound and item["kernel"]["id"] in mine for item in known):
            raise NotFound("There is no such session.")
        if method == "PATCH":
            await self._check_binding(caller, _parsed(body), new=False)
        elif method not in READS:
            raise Forbidden("Sessions are stopped with Stop session.")
        return Leave()

    async def _check_binding(self, caller: Caller, wanted: dict[str, Any], *, new: bool) -> None:
        kernel = wanted.get("kernel")
        if new or kernel is not None:
            if not isinstance(kernel, dict) or not isinstance(kernel.get("id"), str):
                raise Forbidden("Name the id of a kernel: sessions are started at /api/v1/workspaces/…/sessions.")
            self.session(caller, kernel["id"])
        path = wanted.get("path")
        if new or path is not None:
            _check_segments(str(path))
            await self._authenticator.member(caller, str(path).strip("/").split("/", 1)[0])

    def session(self, caller: Caller, kernel: str) -> Session:
        """The caller's session with this kernel; raise NotFound, also where it is somebody else's."""
        session = self._server.sessions.by_kernel(kernel)
        if session is None or self._server.sessions.owner(session.id).id != caller.user.id:
            raise NotFound("This session has ended. Start a new one.")
        return session


def _check_segments(path: str) -> None:
    """Raise Invalid where a path could lead elsewhere than its first part says."""
    if "\0" in path or ".." in path.replace("\\", "/").split("/"):
        raise Invalid("The path must not contain “..”.")


def _check_named(method: str, workspace: str, rest: str, body: bytes) -> None:
    """Judge the paths in the body of a request to the contents API: they stay in the workspace that the URL names.

    The URL's own path was judged before. A body may only hold what is judged here, so that the Jupyter server reads
    nothing else into it.
    """
    if rest.endswith(("/trust", "/checkpoints")) or "/checkpoints/" in rest:
        if body.strip() not in (b"", b"{}"):
            raise Invalid("This takes no body.")
        return
    named = _parsed(body) if body.strip() else {}
    unknown = named.keys() - {"POST": {"copy_from", "type", "ext", "path"}, "PATCH": {"path"}}[method]
    if unknown:
        raise Invalid(f"{', '.join(sorted(unknown))} cannot be given here.")
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
            raise Conflict("Notebooks are made, renamed and deleted as items of the workspace.")
    extension = named.get("ext")
    if extension is not None and (not isinstance(extension, str) or "/" in extension or "\\" in extension):
        raise Invalid("ext must be the end of a file's name.", field="ext")


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise Invalid(f"The body is not a JSON object: {error}") from error
