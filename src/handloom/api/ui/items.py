"""Items (notebooks, experiments, models, reports): list a workspace's, list the newest of all, and search."""

import msgspec

from handloom.api.routing import Context, Route, read
from handloom.domain.errors import Invalid
from handloom.domain.items import Item
from handloom.store.engine.database import Read
from handloom.store.items import listing as item_store
from handloom.store.items.listing import FoundRun

MAX_LIMIT = 200


class WorkspaceItems(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str


class Items(msgspec.Struct, frozen=True, kw_only=True):
    items: list[Item]


class RecentItems(msgspec.Struct, frozen=True, kw_only=True):
    limit: int = 12


class SearchItems(msgspec.Struct, frozen=True, kw_only=True):
    """Find items and runs whose name or id contains `query`, in all workspaces that the caller may read."""

    query: str
    limit: int = 20


class Found(msgspec.Struct, frozen=True, kw_only=True):
    items: list[Item]
    runs: list[FoundRun]


def list_items(tx: Read, context: Context, request: WorkspaceItems) -> Items:
    return Items(items=item_store.of_workspace(tx, request.workspace))


def list_recent(tx: Read, context: Context, request: RecentItems) -> Items:
    return Items(items=item_store.of_user(tx, context.caller.user.id)[: _limit(request.limit)])


def search(tx: Read, context: Context, request: SearchItems) -> Found:
    items, runs = item_store.search(tx, context.caller.user.id, request.query, _limit(request.limit))
    return Found(items=items, runs=runs)


def _limit(limit: int) -> int:
    if not 1 <= limit <= MAX_LIMIT:
        raise Invalid(f"limit must be from 1 to {MAX_LIMIT}.", field="limit")
    return limit


ROUTES: list[Route] = [
    read("GET", "/api/v1/workspaces/{workspace}/items", list_items, summary="List a workspace's items, newest first."),
    read(
        "GET",
        "/api/v1/recent",
        list_recent,
        role=None,
        summary="List the newest items of all workspaces of the caller.",
    ),
    read(
        "GET",
        "/api/v1/search",
        search,
        role=None,
        summary="Search items and runs by name or id, over all workspaces of the caller.",
    ),
]
