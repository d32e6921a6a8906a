"""Create the notebooks of an archive in a workspace. Reports those whose name another notebook of it has."""

from __future__ import annotations

from typing import Any

import msgspec

from handloom.domain.errors import AlreadyExists, Invalid
from handloom.transfer.archive import Archive
from handloom.transfer.report import Report
from handloom.transfer.source import UnreadableError
from handloom.transfer.target import Target


def import_notebooks(archive: Archive, target: Target, report: Report) -> None:
    for entry in archive.manifest.notebooks:
        report.read["notebooks"] += 1
        try:
            content = archive.notebook(entry)
        except UnreadableError as error:
            report.problem(error.message, f"notebook {entry.name}")
            continue
        try:
            document = msgspec.json.decode(content, type=dict[str, Any])
            body = {"name": entry.name, "description": entry.description, "content": document}
            target.client.ask("POST", target.path("/notebooks"), body)
        except (AlreadyExists, Invalid, msgspec.MsgspecError) as error:
            if not has_same_cells(target, entry.name, content):
                report.problem(str(error), f"notebook {entry.name}")
                continue
        report.kept["notebooks"] += 1


def has_same_cells(target: Target, name: str, content: bytes) -> bool:
    """Whether the workspace's notebook of this name has the same cells, from an earlier import."""
    for item in target.client.ask("GET", target.path("/items"))["items"]:
        if item["kind"] == "notebook" and item["name"] == name:
            here = target.client.download(target.path(f"/notebooks/{item['id']}/file"))
            return _cells(here) == _cells(content)
    return False


def _cells(content: bytes) -> list[tuple[str, str]]:
    """Return type and source of each cell, without ids, which the server may have added."""
    cells = msgspec.json.decode(content, type=dict[str, Any]).get("cells", [])
    return [(cell.get("cell_type", ""), "".join(cell.get("source", ""))) for cell in cells]
