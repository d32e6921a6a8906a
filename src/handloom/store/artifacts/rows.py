"""Rows about artifacts: content hashes, and files still to be deleted.

The functions read and write rows only; `artifacts.storage` reads and writes the files.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from handloom.domain.artifacts import StoredFile
from handloom.domain.errors import NotFound
from handloom.store.artifacts.tables import artifact_files, artifact_removals
from handloom.store.engine.database import Read, Write
from handloom.store.workspaces.tables import workspaces

_PAGE = 100


class FileRemoval(msgspec.Struct, frozen=True, kw_only=True):
    """Files to delete, which no row refers to any more. An empty `path` means the whole workspace."""

    internal_id: int
    workspace: str
    path: str


def record(tx: Write, workspace: str, path: str, file: StoredFile) -> str | None:
    """Record an uploaded file at the clean `path`. Return the hash of the content that it replaces, None if it is the
    same.

    Raises NotFound if the workspace was removed.
    """
    here = and_(artifact_files.c.workspace_id == workspace, artifact_files.c.path == path)
    old = tx.connection.execute(select(artifact_files.c.sha256, artifact_files.c.size).where(here)).first()
    tx.connection.execute(delete(artifact_files).where(here))
    row = {"workspace_id": workspace, "path": path, "size": file.size, "sha256": file.sha256, "stamp": file.stamp}
    try:
        tx.connection.execute(artifact_files.insert().values(row))
    except IntegrityError:
        raise NotFound("There is no such workspace. It may have been removed.") from None
    _count_bytes(tx, workspace, file.size - (old.size if old is not None else 0))
    return old.sha256 or None if old is not None and old.sha256 != file.sha256 else None


def _count_bytes(tx: Write, workspace: str, more: int) -> None:
    """Add to the bytes of the workspace's artifacts, which quotas limit."""
    counted = workspaces.c.artifact_bytes + more
    tx.connection.execute(update(workspaces).where(workspaces.c.id == workspace).values(artifact_bytes=counted))


def sha256(tx: Read, workspace: str, path: str, stamp: str) -> str | None:
    """Return the hash of the file at the clean `path`, in hex; None if it is unknown for this version of the file."""
    found: str | None = tx.connection.execute(
        select(artifact_files.c.sha256).where(
            artifact_files.c.workspace_id == workspace,
            artifact_files.c.path == path,
            artifact_files.c.stamp == stamp,
        )
    ).scalar()
    return found or None


def delete_records(tx: Write, workspace: str, path: str) -> list[str]:
    """Delete the rows of a file or a folder, of the whole workspace for an empty path; return their hashes."""
    below = _below(workspace, path)
    found = tx.connection.execute(select(artifact_files.c.sha256).where(below).distinct()).scalars()
    hashes = [one for one in found if one]
    size = tx.connection.execute(select(func.coalesce(func.sum(artifact_files.c.size), 0)).where(below)).scalar_one()
    if tx.connection.execute(delete(artifact_files).where(below)).rowcount:
        _count_bytes(tx, workspace, -int(size))
    return hashes


def contains(tx: Read, workspace: str, path: str) -> bool:
    """Return whether there are files at `path` or below it."""
    return (
        tx.connection.execute(select(artifact_files.c.path).where(_below(workspace, path)).limit(1)).first() is not None
    )


def _below(workspace: str, path: str) -> ColumnElement[bool]:
    within = artifact_files.c.workspace_id == workspace
    if not path:
        return within
    after = chr(ord("/") + 1)  # paths are ordered by their bytes, so those in the folder are a range
    inside = and_(artifact_files.c.path >= f"{path}/", artifact_files.c.path < f"{path}{after}")
    return and_(within, or_(artifact_files.c.path == path, inside))


def remove_later(tx: Write, workspace: str, path: str) -> None:
    """Schedule the deletion of the files at `path`, durably. An empty path means the whole workspace."""
    tx.connection.execute(artifact_removals.insert().values(workspace_id=workspace, path=path))
    tx.changed("artifacts", workspace)


def removals(tx: Read) -> list[FileRemoval]:
    """Return the next removals, oldest first."""
    rows = tx.connection.execute(select(artifact_removals).order_by(artifact_removals.c.internal_id).limit(_PAGE))
    return [FileRemoval(internal_id=row.internal_id, workspace=row.workspace_id, path=row.path) for row in rows]


def removed(tx: Write, removal: FileRemoval) -> list[str]:
    """Delete the rows of a removal whose files are deleted; return their hashes."""
    tx.connection.execute(delete(artifact_removals).where(artifact_removals.c.internal_id == removal.internal_id))
    return delete_records(tx, removal.workspace, removal.path)
