"""The audit log for admins: of the installation, or of one workspace for its own admins; as pages or as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from starlette.responses import StreamingResponse

from handloom.api.routing import Context, Route, live
from handloom.api.server import Server
from handloom.domain.audit import Area, AuditEntry
from handloom.domain.members import Role, require_person
from handloom.store.audit import rows as audit_store
from handloom.store.audit.rows import AuditFilter
from handloom.store.engine.database import Read

MAX_PAGE = 1_000
_CSV_PAGE = 2_000
_COLUMNS = ("time", "user", "via", "address", "action", "workspace", "target", "detail")


Number = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
"""A time or an id: what JavaScript and both databases hold exactly."""


class SearchAudit(msgspec.Struct, frozen=True, kw_only=True):
    """Filters of the log. `user` and `target` are parts of names; `since` and `until` are times in ms."""

    workspace: str = ""
    user: str = ""
    area: Area | None = None
    target: str = ""
    since: Number | None = None
    until: Number | None = None
    before: Number | None = None
    """The id of the last entry of the page before."""
    limit: Annotated[int, msgspec.Meta(ge=1, le=MAX_PAGE)] = 200


class WorkspaceAudit(SearchAudit, frozen=True, kw_only=True):
    """The same filters within the workspace of the path."""


class AuditPage(msgspec.Struct, frozen=True, kw_only=True):
    entries: list[AuditEntry]
    """Newest first."""
    more: bool
    kept_days: int
    """Days after which entries are deleted; 0 means never."""


async def search(server: Server, context: Context, request: SearchAudit) -> AuditPage:
    require_person(context.caller)
    found = await server.read(
        lambda tx: audit_store.search(tx, _filter(request), before=request.before, limit=request.limit + 1)
    )
    more = len(found) > request.limit
    return AuditPage(entries=found[: request.limit], more=more, kept_days=server.settings.audit_days)


async def search_workspace(server: Server, context: Context, request: WorkspaceAudit) -> AuditPage:
    return await search(server, context, request)


async def export(server: Server, context: Context, request: SearchAudit) -> StreamingResponse:
    """Stream every matching entry as CSV, newest first."""
    require_person(context.caller)
    first = await _csv_page(server, request, request.before)  # an error of the database is answered as one
    headers = {"content-disposition": 'attachment; filename="audit-log.csv"', "cache-control": "no-store"}
    return StreamingResponse(_csv(server, request, first), media_type="text/csv; charset=utf-8", headers=headers)


async def export_workspace(server: Server, context: Context, request: WorkspaceAudit) -> StreamingResponse:
    return await export(server, context, request)


def _filter(request: SearchAudit) -> AuditFilter:
    return AuditFilter(
        workspace=request.workspace,
        user=request.user.strip(),
        area=request.area or "",
        target=request.target.strip(),
        since=request.since,
        until=request.until,
    )


async def _csv(server: Server, request: SearchAudit, first: list[AuditEntry]) -> AsyncIterator[str]:
    yield "\ufeff" + _lines([_COLUMNS])  # the mark makes spreadsheets read it as UTF-8
    found = first
    while found:
        yield _lines([_row(entry) for entry in found])
        found = await _csv_page(server, request, found[-1].id)


async def _csv_page(server: Server, request: SearchAudit, before: int | None) -> list[AuditEntry]:
    def work(tx: Read) -> list[AuditEntry]:
        return audit_store.search(tx, _filter(request), before=before, limit=_CSV_PAGE)

    return await server.read(work)


def _row(entry: AuditEntry) -> tuple[str, ...]:
    detail = "; ".join(f"{name}={value}" for name, value in entry.detail.items())
    time = datetime.fromtimestamp(entry.at / 1000, UTC).isoformat(timespec="milliseconds")
    texts = (entry.user_name, entry.via, entry.address or "", entry.action, entry.workspace_name, entry.target, detail)
    return (time, *map(_plain, texts))


def _plain(text: str) -> str:
    """Keep a spreadsheet from taking a name that somebody chose for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _lines(rows: list[tuple[str, ...]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


_ALL = "/api/v1/audit"
_OF_ONE = "/api/v1/workspaces/{workspace}/audit"
ROUTES: list[Route] = [
    live("GET", _ALL, search, role=None, admin=True, summary="Search the audit log of the installation."),
    live("GET", _ALL + "/csv", export, role=None, admin=True, summary="Export the audit log as CSV."),
    live("GET", _OF_ONE, search_workspace, role=Role.ADMIN, summary="Search the audit log of a workspace."),
    live("GET", _OF_ONE + "/csv", export_workspace, role=Role.ADMIN, summary="Export a workspace's audit log as CSV."),
]
