"""Reports for the UI: pages of prose with live charts and tables of runs.

A reply holds which runs a block shows, and nothing of the runs: pages read those as the person who looks.
"""

import msgspec

from handloom.api.routing import Context, Route, read, write
from handloom.domain.reports import ReportBlock, ReportPage
from handloom.store.engine.database import Read, Write
from handloom.store.reports import rows as report_store


class ReportPath(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    report: str


class CreateReport(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    name: str
    description: str = ""
    blocks: list[ReportBlock] = []


class UpdateReport(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    report: str
    name: str | None = None
    description: str | None = None


class SaveReport(msgspec.Struct, frozen=True, kw_only=True):
    """Replace the blocks. `version` is the one that was changed: after a change by somebody else the reply is 409."""

    workspace: str
    report: str
    version: int
    blocks: list[ReportBlock]


class AppendToReport(msgspec.Struct, frozen=True, kw_only=True):
    """Add blocks at the end, whatever the version."""

    workspace: str
    report: str
    blocks: list[ReportBlock]


class RestoreReport(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    report: str
    new_name: str | None = None
    """Another name, where its own is taken now."""


def create(tx: Write, context: Context, request: CreateReport) -> ReportPage:
    user = context.caller.user.id
    return report_store.create(tx, request.workspace, user, request.name, request.description, request.blocks)


def get(tx: Read, context: Context, request: ReportPath) -> ReportPage:
    return report_store.get(tx, request.workspace, request.report)


def update(tx: Write, context: Context, request: UpdateReport) -> ReportPage:
    return report_store.change(tx, request.workspace, request.report, request.name, request.description)


def save(tx: Write, context: Context, request: SaveReport) -> ReportPage:
    user = context.caller.user.id
    return report_store.save(tx, request.workspace, request.report, user, request.version, request.blocks)


def append(tx: Write, context: Context, request: AppendToReport) -> ReportPage:
    return report_store.append(tx, request.workspace, request.report, context.caller.user.id, request.blocks)


def remove(tx: Write, context: Context, request: ReportPath) -> None:
    report_store.remove(tx, request.workspace, request.report)


def restore(tx: Write, context: Context, request: RestoreReport) -> ReportPage:
    return report_store.restore(tx, request.workspace, request.report, request.new_name)


_REPORTS = "/api/v1/workspaces/{workspace}/reports"
_REPORT = _REPORTS + "/{report}"

ROUTES: list[Route] = [
    write("POST", _REPORTS, create, audit="report.create", summary="Create a report."),
    read("GET", _REPORT, get, summary="Get a report with its blocks."),
    write("PATCH", _REPORT, update, audit="report.change", summary="Change a report's name or description."),
    write("PUT", _REPORT + "/blocks", save, summary="Replace the blocks of a report, unless somebody else has."),
    write("POST", _REPORT + "/blocks", append, summary="Add blocks at the end of a report."),
    write("DELETE", _REPORT, remove, audit="report.delete", summary="Delete a report; it can be restored."),
    write(
        "POST",
        _REPORT + "/restore",
        restore,
        audit="report.restore",
        summary="Restore a deleted report, under another name if needed.",
    ),
]
