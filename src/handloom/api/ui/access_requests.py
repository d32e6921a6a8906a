"""Asking for a role in a workspace, for people who were sent a link, and answering them."""

import msgspec

from handloom.api.routing import Context, Empty, Route, read, write
from handloom.domain.members import AccessRequest, AskedAccess, Role, require_person
from handloom.store.engine.database import Read, Write
from handloom.store.workspaces import access_requests as request_store


class AskForAccess(msgspec.Struct, frozen=True, kw_only=True):
    place: str
    """The workspace. A request with `workspace` needs a role there."""
    note: str = ""


class PlacePath(msgspec.Struct, frozen=True, kw_only=True):
    place: str


class WaitingQuery(msgspec.Struct, frozen=True, kw_only=True):
    since: int = 0
    """Milliseconds since 1970 UTC."""


class RequestsPath(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str


class RequestPath(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    user: str


class AccessRequests(msgspec.Struct, frozen=True, kw_only=True):
    """Requests that wait for an answer, oldest first."""

    requests: list[AccessRequest]


def ask(tx: Write, context: Context, request: AskForAccess) -> AskedAccess:
    require_person(context.caller)
    return request_store.ask(tx, request.place, context.caller.user.id, request.note)


def asked(tx: Read, context: Context, request: PlacePath) -> AskedAccess:
    return request_store.state(tx, request.place, context.caller.user.id)


def waiting(tx: Read, context: Context, request: WaitingQuery) -> AccessRequests:
    return AccessRequests(requests=request_store.of_manager(tx, context.caller.user.id, request.since))


def of_workspace(tx: Read, context: Context, request: RequestsPath) -> AccessRequests:
    return AccessRequests(requests=request_store.of_workspace(tx, request.workspace))


def decline(tx: Write, context: Context, request: RequestPath) -> Empty:
    request_store.decline(tx, request.workspace, request.user)
    return Empty()


_MINE = "/api/v1/access-requests"
_ALL = "/api/v1/workspaces/{workspace}/access-requests"
ROUTES: list[Route] = [
    read("GET", _MINE, waiting, role=None, summary="List the requests in workspaces where the caller may add people."),
    write("POST", _MINE, ask, audit="member.ask", role=None, summary="Ask for a role in a workspace."),
    read("GET", _MINE + "/{place}", asked, role=None, summary="Get what became of the caller's request."),
    read("GET", _ALL, of_workspace, role=Role.MEMBER, summary="List the people who ask for a role in a workspace."),
    write(
        "DELETE",
        _ALL + "/{user}",
        decline,
        audit="member.decline",
        role=Role.MEMBER,
        summary="Decline a person's request. Adding them as a member grants it.",
    ),
]
