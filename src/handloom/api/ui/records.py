"""Import and export a workspace's experiments, runs and models as records, for archives and other servers."""

import msgspec

from handloom.api.routing import Context, Route, live, read
from handloom.api.server import Server
from handloom.domain.members import Role
from handloom.domain.records import ExistingRun, ImportedTo, Record
from handloom.store.engine.database import Read, Write
from handloom.store.transfer import export_records as record_pages
from handloom.store.transfer import import_records as record_store
from handloom.store.transfer import run_import
from handloom.store.transfer.export_records import RecordPage


class SaveRecords(msgspec.Struct, frozen=True, kw_only=True):
    """`records` are stored in order, all or none. `experiment_id` of a run is an experiment of this workspace."""

    workspace: str
    records: list[Record]


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """`others_wait` says whether writes of others were queued behind this one: whoever sends many pauses then."""

    placed: list[ImportedTo]
    others_wait: bool


class FindExisting(msgspec.Struct, frozen=True, kw_only=True):
    """`runs` are ids on the server that the runs were imported from."""

    workspace: str
    runs: list[str]


class ExistingRuns(msgspec.Struct, frozen=True, kw_only=True):
    runs: list[ExistingRun]


class ReadRecords(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    after: str = ""


async def save(server: Server, context: Context, request: SaveRecords) -> Saved:
    def keep(tx: Write) -> list[ImportedTo]:
        return record_store.keep(tx, request.workspace, context.caller.user.id, request.records)

    placed = await server.write(keep)
    return Saved(placed=placed, others_wait=server.database.writes_wait)


def existing(tx: Read, context: Context, request: FindExisting) -> ExistingRuns:
    return ExistingRuns(runs=run_import.existing(tx, request.workspace, request.runs))


def pages(tx: Read, context: Context, request: ReadRecords) -> RecordPage:
    return record_pages.page(tx, request.workspace, request.after)


_RECORDS = "/api/v1/workspaces/{workspace}/records"

ROUTES: list[Route] = [
    read("GET", _RECORDS, pages, summary="Export a page of the workspace's experiments, runs and models."),
    live(
        "POST",
        _RECORDS,
        save,
        role=Role.CONTRIBUTOR,
        summary="Import records of another server, keeping their ids and times.",
    ),
    read(
        "POST",
        _RECORDS + "/existing",
        existing,
        role=Role.CONTRIBUTOR,
        summary="Count what exists of the given runs, to verify an import.",
    ),
]
