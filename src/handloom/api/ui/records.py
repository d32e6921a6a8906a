"""Records in and out: how a workspace's experiments, runs and models move in from elsewhere and out to an archive."""

import msgspec

from handloom.api.routing import Context, Route, read, write
from handloom.domain.members import Role
from handloom.domain.records import ExistingRun, ImportedTo, Record
from handloom.store.engine.database import Read, Write
from handloom.store.transfer import export_records as record_pages
from handloom.store.transfer import import_records as record_store
from handloom.store.transfer.export_records import RecordPage


class SaveRecords(msgspec.Struct, frozen=True, kw_only=True):
    """`records` are kept in their order, all or none; `experiment_id` of runs is one of this workspace."""

    workspace: str
    records: list[Record]


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    placed: list[ImportedTo]


class FindExisting(msgspec.Struct, frozen=True, kw_only=True):
    """`runs` are ids as they were where the runs came from."""

    workspace: str
    runs: list[str]


class ExistingRuns(msgspec.Struct, frozen=True, kw_only=True):
    runs: list[ExistingRun]


class ReadRecords(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    after: str = ""


def save(tx: Write, context: Context, request: SaveRecords) -> Saved:
    return Saved(placed=record_store.keep(tx, request.workspace, context.caller.user.id, request.records))


def held(tx: Read, context: Context, request: FindExisting) -> ExistingRuns:
    return ExistingRuns(runs=record_store.existing(tx, request.workspace, request.runs))


def pages(tx: Read, context: Context, request: ReadRecords) -> RecordPage:
    return record_pages.page(tx, request.workspace, request.after)


_RECORDS = "/api/v1/workspaces/{workspace}/records"

ROUTES: list[Route] = [
    read("GET", _RECORDS, pages, summary="All that was tracked here, a page at a time."),
    write("POST", _RECORDS, save, summary="Keep what comes from elsewhere, with its ids and times."),
    read(
        "POST",
        _RECORDS + "/held",
        held,
        role=Role.CONTRIBUTOR,
        summary="How much of given runs is here, to check a move by counts.",
    ),
]
