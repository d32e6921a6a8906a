"""Folders of a workspace's list. An item in one keeps its name, id and address, so that clients see none of it."""

from collections.abc import Mapping

import msgspec

from handloom.domain.errors import Invalid
from handloom.domain.items import Kind

TOP = ""
"""Stands for a folder's id where something is in none."""
MAX_DEPTH = 10
MOST_FOLDERS = 2_000
MOST_MOVED = 5_000


class ItemFolder(msgspec.Struct, frozen=True, kw_only=True):
    """A folder. `parent` is the id of the folder around it, "" at the top of the workspace."""

    id: str
    parent: str
    name: str


class ItemKey(msgspec.Struct, frozen=True, kw_only=True):
    """An item by kind and id, as lists of items have them. A model's id is its name."""

    kind: Kind
    id: str

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class FolderContents(msgspec.Struct, frozen=True, kw_only=True):
    """What is directly in a folder: items, and ids of folders."""

    items: list[ItemKey]
    folders: list[str]


def path(folders: Mapping[str, ItemFolder], folder: str) -> list[str]:
    """Return the ids from the top down to this folder, which is the last one."""
    ids: list[str] = []
    while folder != TOP and folder in folders and folder not in ids:
        ids.append(folder)
        folder = folders[folder].parent
    return ids[::-1]


def check_parent(folders: Mapping[str, ItemFolder], folder: str, parent: str) -> None:
    """Raise Invalid if a folder cannot be in `parent`: it would be in itself, or too deep. A new one is ""."""
    above = path(folders, parent)
    if folder != TOP and folder in above:
        raise Invalid("A folder cannot be moved into itself or a folder in it. Choose another one.", field="parent")
    below = [path(folders, one) for one in folders] if folder != TOP else []
    height = max((len(ids) - ids.index(folder) for ids in below if folder in ids), default=1)
    if len(above) + height > MAX_DEPTH:
        raise Invalid(f"Folders can be at most {MAX_DEPTH} deep. Choose one nearer to the top.", field="parent")
