"""Create the notebooks, schedules and snapshots of runs of an archive in a workspace."""

from __future__ import annotations

from typing import Any

import msgspec

from handloom.domain.capacities import THIS_MACHINE
from handloom.domain.engines import APACHE, QUICK
from handloom.domain.errors import AlreadyExists, HandloomError, Invalid
from handloom.domain.reproductions import NotebookSnapshot
from handloom.transfer.archive import Archive
from handloom.transfer.report import Report
from handloom.transfer.source import UnreadableError
from handloom.transfer.target import Target

_TOLD_APART = ("notebook", "cron", "every_seconds", "timezone", "parameters")


def import_notebooks(archive: Archive, target: Target, report: Report) -> dict[str, str]:
    """Create the notebooks, and report those whose name another notebook of the workspace has. Returns the ids here by
    the ids in the archive.
    """
    ids: dict[str, str] = {}
    for entry in archive.manifest.notebooks:
        report.read["notebooks"] += 1
        try:
            content = archive.read(entry)
        except UnreadableError as error:
            report.problem(error.message, f"notebook {entry.name}")
            continue
        try:
            document = msgspec.json.decode(content, type=dict[str, Any])
            body = {"name": entry.name, "description": entry.description, "content": document}
            ids[entry.id] = target.client.ask("POST", target.path("/notebooks"), body)["id"]
        except (AlreadyExists, Invalid, msgspec.MsgspecError) as error:
            found = with_same_cells(target, entry.name, content)
            if not found:
                report.problem(str(error), f"notebook {entry.name}")
                continue
            ids[entry.id] = found
        report.kept["notebooks"] += 1
    return {archived: here for archived, here in ids.items() if archived}


def import_schedules(archive: Archive, target: Target, report: Report, notebooks: dict[str, str]) -> None:
    """Create the schedules that are not here yet, paused: those of the source go on. They run as the caller."""
    names = {entry.id: entry.name for entry in archive.manifest.notebooks}
    known = target.client.ask("GET", target.path("/schedules"))["schedules"]
    created = []
    for entry in archive.manifest.schedules:
        report.read["schedules"] += 1
        name = names.get(entry.notebook, entry.notebook)
        if entry.notebook not in notebooks:
            report.problem("its notebook was not imported", f"schedule of {name}")
            continue
        body = msgspec.to_builtins(entry) | {"notebook": notebooks[entry.notebook]}
        if body["environment"] != "none":
            body["environment"] = ""  # ids of environments are another server's
        if body["engine"] not in (QUICK, APACHE):
            body["engine"] = ""
        if body["capacity"] != THIS_MACHINE:
            body["capacity"] = ""
        if not any(all(one[field] == body[field] for field in _TOLD_APART) for one in known):
            try:
                made = target.client.ask("POST", target.path("/schedules"), body)["id"]
                target.client.ask("PATCH", target.path(f"/schedules/{made}"), {"paused": True})
            except HandloomError as error:
                report.problem(error.message, f"schedule of {name}")
                continue
            created.append(name)
        report.kept["schedules"] += 1
    if created:
        report.notes.append(
            f"Paused, with the environments and capacities of their notebooks and without addresses for messages: "
            f"schedules of {', '.join(created)}. Resume them on their pages."
        )


def import_snapshots(archive: Archive, target: Target, report: Report) -> None:
    """Keep what runs need to be run again; snapshots that are here already stay."""
    try:
        for content in archive.snapshots():
            report.read["snapshots of runs"] += 1
            try:
                snapshot = msgspec.json.decode(content, type=NotebookSnapshot)
                target.client.ask("POST", target.path("/snapshots"), snapshot)
            except (HandloomError, msgspec.MsgspecError) as error:
                report.problem(str(error), "snapshot of runs")
                continue
            report.kept["snapshots of runs"] += 1
    except UnreadableError as error:
        report.problem(error.message, "snapshots of runs")


def with_same_cells(target: Target, name: str, content: bytes) -> str:
    """Return the id of the workspace's notebook of this name if it has the same cells, from an earlier import."""
    for item in target.client.ask("GET", target.path("/items"))["items"]:
        if item["kind"] == "notebook" and item["name"] == name:
            here = target.client.download(target.path(f"/notebooks/{item['id']}/file"))
            return str(item["id"]) if _cells(here) == _cells(content) else ""
    return ""


def _cells(content: bytes) -> list[tuple[str, str]]:
    """Return type and source of each cell, without ids, which the server may have added."""
    cells = msgspec.json.decode(content, type=dict[str, Any]).get("cells", [])
    return [(cell.get("cell_type", ""), "".join(cell.get("source", ""))) for cell in cells]
