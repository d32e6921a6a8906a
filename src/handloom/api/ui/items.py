"""Items of one workspace, or the newest of all."""

import msgspec

from handloom.domain.items import Item


class Items(msgspec.Struct, frozen=True, kw_only=True):
    items: list[Item]


class RecentItems(msgspec.Struct, frozen=True, kw_only=True):
    limit: int = 12


class SearchItems(msgspec.Struct, frozen=True, kw_only=True):
    """Items and runs whose name or id holds `query`, over all workspaces the caller may read."""

    query: str
    limit: int = 20


class FoundRun(msgspec.Struct, frozen=True, kw_only=True):
    run_id: str
    name: str
    workspace: str
    workspace_name: str
    experiment: str
    experiment_name: str


class Found(msgspec.Struct, frozen=True, kw_only=True):
    items: list[Item]
    runs: list[FoundRun]
