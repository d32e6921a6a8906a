"""Runs, metrics, params, tags and models as pages of tables for programs: of one workspace, or of all of the caller.

A page is MessagePack by columns, which keeps NaN and infinities and which a session turns into Arrow.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
from starlette.responses import Response

from handloom.api.routing import Context, Route, read
from handloom.store.engine.database import Read
from handloom.store.runs import tracking_tables
from handloom.store.workspaces import members as member_store

LONGEST_PAGE = 50_000


class ReadTrackingTable(msgspec.Struct, frozen=True, kw_only=True):
    """`table` is runs, metrics, params, tags or models. `after` is `next` of the page before."""

    table: str
    after: str = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=LONGEST_PAGE)] = LONGEST_PAGE


class ReadTrackingTableOfWorkspace(ReadTrackingTable, frozen=True, kw_only=True):
    """The same of one workspace."""

    workspace: str


def of_all(tx: Read, context: Context, request: ReadTrackingTable) -> Response:
    return _page(tx, request, sorted(member_store.roles(tx, context.caller.user.id)))


def of_workspace(tx: Read, context: Context, request: ReadTrackingTableOfWorkspace) -> Response:
    return _page(tx, request, [request.workspace])


def _page(tx: Read, request: ReadTrackingTable, workspaces: Sequence[str]) -> Response:
    found = tracking_tables.page(tx, request.table, workspaces, after=request.after, limit=request.limit)
    content = msgspec.msgpack.encode(found)
    return Response(content, media_type="application/vnd.msgpack", headers={"cache-control": "no-store"})


ROUTES: list[Route] = [
    read(
        "GET",
        "/api/v1/tracking/{table}",
        of_all,
        role=None,
        summary="Read a page of runs, metrics, params, tags or models of all workspaces of the caller, as MessagePack.",
    ),
    read(
        "GET",
        "/api/v1/workspaces/{workspace}/tracking/{table}",
        of_workspace,
        summary="Read a page of a workspace's runs, metrics, params, tags or models, as MessagePack.",
    ),
]
