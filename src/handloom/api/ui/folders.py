"""Folders of a workspace's list for the UI. Whoever may read the workspace sees them; contributors change them."""

import msgspec

from handloom.api.routing import Context, Route, read, write
from handloom.domain.folders import FolderContents, ItemFolder, ItemKey
from handloom.store.engine.database import Read, Write
from handloom.store.folders import rows as folder_store


class FoldersOf(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str


class Folders(msgspec.Struct, frozen=True, kw_only=True):
    folders: list[ItemFolder]


class CreateFolder(msgspec.Struct, frozen=True, kw_only=True):
    """Create a folder and move `items` and `folders` (by id) into it."""

    workspace: str
    name: str
    parent: str = ""
    items: list[ItemKey] = []
    folders: list[str] = []


class ChangeFolder(msgspec.Struct, frozen=True, kw_only=True):
    """Rename a folder, or move it into `parent`; "" is the top of the workspace."""

    workspace: str
    folder: str
    name: str | None = None
    parent: str | None = None


class FolderPath(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    folder: str


class MoveItems(msgspec.Struct, frozen=True, kw_only=True):
    """Move items into a folder; "" is the top of the workspace."""

    workspace: str
    folder: str
    items: list[ItemKey]


def list_folders(tx: Read, context: Context, request: FoldersOf) -> Folders:
    return Folders(folders=folder_store.of_workspace(tx, request.workspace))


def create(tx: Write, context: Context, request: CreateFolder) -> ItemFolder:
    return folder_store.create(tx, request.workspace, request.name, request.parent, request.items, request.folders)


def change(tx: Write, context: Context, request: ChangeFolder) -> ItemFolder:
    return folder_store.change(tx, request.workspace, request.folder, request.name, request.parent)


def remove(tx: Write, context: Context, request: FolderPath) -> FolderContents:
    return folder_store.remove(tx, request.workspace, request.folder)


def move(tx: Write, context: Context, request: MoveItems) -> None:
    folder_store.move(tx, request.workspace, request.items, request.folder)


_FOLDERS = "/api/v1/workspaces/{workspace}/folders"
_FOLDER = _FOLDERS + "/{folder}"

ROUTES: list[Route] = [
    read("GET", _FOLDERS, list_folders, summary="List a workspace's folders by name."),
    write("POST", _FOLDERS, create, audit="folder.create", summary="Create a folder, and move items into it."),
    write("PATCH", _FOLDER, change, audit="folder.change", summary="Rename or move a folder."),
    write("DELETE", _FOLDER, remove, audit="folder.delete", summary="Remove a folder; what is in it moves out of it."),
    write(
        "POST",
        "/api/v1/workspaces/{workspace}/items/move",
        move,
        audit="folder.move",
        summary="Move items into a folder, or to the top of the workspace.",
    ),
]
