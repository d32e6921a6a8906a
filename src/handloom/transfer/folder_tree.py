"""Create the folders of an archive in a workspace, and put the imported items into them."""

from __future__ import annotations

import msgspec

from handloom.domain.errors import HandloomError
from handloom.domain.folders import TOP, ItemFolder, ItemKey
from handloom.domain.items import Item
from handloom.transfer.archive import Archive, FolderEntry
from handloom.transfer.links import Renumbered
from handloom.transfer.report import Report
from handloom.transfer.target import Target


class _Folders(msgspec.Struct):
    folders: list[ItemFolder]


class _Items(msgspec.Struct):
    items: list[Item]


def import_folders(archive: Archive, target: Target, report: Report, ids: Renumbered) -> None:
    """Create the folders that are not here yet. Items that are in a folder here already stay in it."""
    entries = archive.manifest.folders
    if not entries:
        return
    known = {
        (one.parent, one.name): one.id
        for one in target.client.ask("GET", target.path("/folders"), reply=_Folders).folders
    }
    items = target.client.ask("GET", target.path("/items"), reply=_Items).items
    free = {(item.kind, item.id) for item in items if item.folder == TOP}
    here = {TOP: TOP}
    for entry in _outermost_first(entries):
        report.read["folders"] += 1
        parent = here.get(entry.parent, TOP)
        try:
            made = known.get((parent, entry.name)) or _create(target, entry.name, parent)
            here[entry.id] = made
            inside = [key for key in (_here(item, ids) for item in entry.items) if (key.kind, key.id) in free]
            if inside:
                body = {"folder": made, "items": msgspec.to_builtins(inside)}
                target.client.ask("POST", target.path("/items/move"), body)
        except HandloomError as error:
            report.problem(error.message, f"folder {entry.name}")
            continue
        report.kept["folders"] += 1


def _create(target: Target, name: str, parent: str) -> str:
    return str(target.client.ask("POST", target.path("/folders"), {"name": name, "parent": parent})["id"])


def _outermost_first(entries: list[FolderEntry]) -> list[FolderEntry]:
    """Order folders so that each comes after the one around it; one that is around itself is left out."""
    ordered: list[FolderEntry] = []
    done, waiting = {TOP}, list(entries)
    while ready := [entry for entry in waiting if entry.parent in done]:
        ordered += ready
        done.update(entry.id for entry in ready)
        waiting = [entry for entry in waiting if entry.id not in done]
    return ordered


def _here(item: ItemKey, ids: Renumbered) -> ItemKey:
    maps = {"notebook": ids.notebooks, "experiment": ids.experiments, "report": ids.reports}
    return ItemKey(kind=item.kind, id=maps.get(item.kind, {}).get(item.id, item.id))
