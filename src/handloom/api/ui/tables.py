"""Tables of a workspace's lakehouse: list, describe, preview and history of any version, restore and delete."""

from __future__ import annotations

from functools import partial

import msgspec

from handloom.api.routing import Context, Empty, Route, live, read
from handloom.api.server import Server
from handloom.domain.deleted import LakeKind
from handloom.domain.errors import Invalid
from handloom.domain.lakehouse import (
    MAX_ROWS,
    MAX_VERSIONS,
    LakeHistory,
    LakeRows,
    LakeTableDetail,
    LakeTables,
    TableRun,
    clean_part,
)
from handloom.domain.members import Role
from handloom.store.engine.database import Read
from handloom.store.lakehouse import files as table_files
from handloom.store.lakehouse import usage

MAX_NUMBER = 2**53 - 1


class WorkspaceTables(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str


class TablePath(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    schema: str
    table: str


class GetTable(msgspec.Struct, frozen=True, kw_only=True):
    """`version` is the newest where it is not given."""

    workspace: str
    schema: str
    table: str
    version: int | None = None


class ListTableRows(msgspec.Struct, frozen=True, kw_only=True):
    """`limit` rows from `start` on, at most 1,000; fewer of a table with very many columns."""

    workspace: str
    schema: str
    table: str
    version: int | None = None
    start: int = 0
    limit: int = 100


class ListTableHistory(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    schema: str
    table: str
    limit: int = 100


class RestoreTable(msgspec.Struct, frozen=True, kw_only=True):
    """Make the content of `version` the newest version of the table."""

    workspace: str
    schema: str
    table: str
    version: int


class BinnedTable(msgspec.Struct, frozen=True, kw_only=True):
    """The id of a deleted table or view in the bin."""

    table: str
    kind: LakeKind


class BinnedPath(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    table: str
    """The id of a deleted table in the bin."""


class TableRuns(msgspec.Struct, frozen=True, kw_only=True):
    """The runs that used a table, newest first; at most 200."""

    runs: list[TableRun]


async def list_tables(server: Server, context: Context, request: WorkspaceTables) -> LakeTables:
    return await server.tables.ask(request.workspace, "list", LakeTables)


async def get_table(server: Server, context: Context, request: GetTable) -> LakeTableDetail:
    return await server.tables.ask(
        request.workspace, "describe", LakeTableDetail, **_names(request), version=_version(request)
    )


async def list_rows(server: Server, context: Context, request: ListTableRows) -> LakeRows:
    if not 0 <= request.start <= MAX_NUMBER:
        raise Invalid("There is no such row.", field="start")
    return await server.tables.ask(
        request.workspace,
        "rows",
        LakeRows,
        **_names(request),
        version=_version(request),
        start=request.start,
        count=max(1, min(request.limit, MAX_ROWS)),
    )


async def list_history(server: Server, context: Context, request: ListTableHistory) -> LakeHistory:
    limit = max(1, min(request.limit, MAX_VERSIONS))
    return await server.tables.ask(request.workspace, "history", LakeHistory, **_names(request), limit=limit)


def list_runs(tx: Read, context: Context, request: TablePath) -> TableRuns:
    names = _names(request)
    return TableRuns(runs=usage.runs_of_table(tx, request.workspace, names["schema"], names["table"]))


async def restore_table(server: Server, context: Context, request: RestoreTable) -> LakeTableDetail:
    user = context.caller.user
    return await server.tables.ask(
        request.workspace,
        "restore",
        LakeTableDetail,
        **_names(request),
        version=_version(request),
        user=user.display_name or user.name,
    )


async def delete_table(server: Server, context: Context, request: TablePath) -> BinnedTable:
    """Move a table or view to the bin. Only its reader knows where it is: a schema `dbo` may be a folder or not."""
    names = _names(request)
    found = await server.tables.ask(request.workspace, "locate", TablePlace, **names)
    name = f"{names['schema']}.{names['table']}"
    move = partial(table_files.delete, server.settings.data, request.workspace, found.path, name, found.kind)
    return BinnedTable(table=await server.on_thread(move), kind=found.kind)


async def recover_table(server: Server, context: Context, request: BinnedPath) -> Empty:
    """Move a table out of the bin, to where it was."""
    restore = partial(table_files.restore, server.settings.data, request.workspace, request.table)
    await server.on_thread(restore)
    return Empty()


class TablePlace(msgspec.Struct, frozen=True, kw_only=True):
    """The folder of a table, or the file of a view, relative to its workspace."""

    path: str
    kind: LakeKind


def _version(request: GetTable | ListTableRows | RestoreTable) -> int | None:
    if request.version is not None and not 0 <= request.version <= MAX_NUMBER:
        raise Invalid("There is no such version.", field="version")
    return request.version


def _names(request: GetTable | ListTableRows | ListTableHistory | RestoreTable | TablePath) -> dict[str, str]:
    return {
        "schema": clean_part(request.schema, field="schema"),
        "table": clean_part(request.table, field="table"),
    }


ALL = "/api/v1/workspaces/{workspace}/tables"
ONE = f"{ALL}/{{schema}}/{{table}}"
WRITER = Role.CONTRIBUTOR
ROUTES: list[Route] = [
    live("GET", ALL, list_tables, summary="List the tables of a workspace by schema."),
    live("GET", ONE, get_table, summary="Get the columns, counts and properties of a table or of a version of it."),
    live("GET", f"{ONE}/rows", list_rows, summary="List rows of a table or of a version of it."),
    live("GET", f"{ONE}/history", list_history, summary="List the versions of a Delta table, newest first."),
    read("GET", f"{ONE}/runs", list_runs, summary="List the runs that logged a table as an input, newest first."),
    live(
        "POST",
        f"{ONE}/restore",
        restore_table,
        audit="table.restore",
        role=WRITER,
        summary="Restore a Delta table to a version, as a new version.",
    ),
    live("DELETE", ONE, delete_table, audit="table.delete", role=WRITER, summary="Move a table to the bin."),
    live(
        "POST",
        f"{ALL}/{{table}}/restore",
        recover_table,
        audit="table.recover",
        role=WRITER,
        summary="Restore a deleted table from the bin, by its id there.",
    ),
]
