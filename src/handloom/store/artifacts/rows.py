"""What is known of artifacts in the database: their content hashes, and which are to be deleted.

The files themselves are `store.artifacts`' affair; nothing here reads or writes one.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import ColumnElement, and_, delete, or_, select
from sqlalchemy.exc import IntegrityError

from handloom.domain.artifacts import Kept
from handloom.domain.errors import NotFound
from handloom.store.artifacts.tables import artifact_files, artifact_removals
from handloom.store.engine.database import Read, Write

_PAGE = 100


class Removal(msgspec.Struct, frozen=True, kw_only=True):
    """Files that no row names any more. `path` "" is all of the workspace."""

    internal_id: int
    workspace: str
    path: str


def keep(tx: Write, workspace: str, path: str, kept: Kept) -> str | None:
    """Remember what has come in at the clean `path`; return the hash of what it replaces, where it is another.

    Raises NotFound where the workspace is gone.
    """
    here = and_(artifact_files.c.workspace_id == workspace, artifact_files.c.path == path)
    old: str | None = tx.connection.execute(select(artifact_files.c.sha256).where(here)).scalar()
    tx.connection.execute(delete(artifact_files).where(here))
    row = {"workspace_id": workspace, "path": path, "size": kept.size, "sha256": kept.sha256, "stamp": kept.stamp}
    try:
        tx.connection.execute(artifact_files.insert().values(row))
    except IntegrityError:
        raise NotFound("There is no such workspace. It may have been removed.") from None
    return old if old != kept.sha256 else None


def sha256(tx: Read, workspace: str, path: str, stamp: str) -> str | None:
    """The hash of the file at the clean `path`, in hex; None where it is not known of this state of the file."""
    found: str | None = tx.connection.execute(
        select(artifact_files.c.sha256).where(
            artifact_files.c.workspace_id == workspace,
            artifact_files.c.path == path,
            artifact_files.c.stamp == stamp,
        )
    ).scalar()
    return found


def forget(tx: Write, workspace: str, path: str) -> list[str]:
    """Forget a file, or all in a folder; return their hashes. "" is the whole workspace."""
    below = _below(workspace, path)
    found = tx.connection.execute(select(artifact_files.c.sha256).where(below).distinct()).scalars()
    hashes = list(found)
    tx.connection.execute(delete(artifact_files).where(below))
    return hashes


def holds(tx: Read, workspace: str, path: str) -> bool:
    """Whether a file is known at `path` or below it."""
    return (
        tx.connection.execute(select(artifact_files.c.path).where(_below(workspace, path)).limit(1)).first() is not None
    )


def _below(workspace: str, path: str) -> ColumnElement[bool]:
    within = artifact_files.c.workspace_id == workspace
    if not path:
        return within
    after = chr(ord("/") + 1)  # texts are ordered by their bytes, so all that begins with the folder lies in between
    inside = and_(artifact_files.c.path >= f"{path}/", artifact_files.c.path < f"{path}{after}")
    return and_(within, or_(artifact_files.c.path == path, inside))


def remove_later(tx: Write, workspace: str, path: str) -> None:
    """Have the files at `path` deleted once this write is durable, however often the server stops. "" is all."""
    tx.connection.execute(artifact_removals.insert().values(workspace_id=workspace, path=path))
    tx.changed("artifacts", workspace)


def removals(tx: Read) -> list[Removal]:
    """The next ones, oldest first."""
    rows = tx.connection.execute(select(artifact_removals).order_by(artifact_removals.c.number).limit(_PAGE))
    return [Removal(internal_id=row.number, workspace=row.workspace_id, path=row.path) for row in rows]


def removed(tx: Write, removal: Removal) -> list[str]:
    """The files are gone: forget them; return their hashes."""
    tx.connection.execute(delete(artifact_removals).where(artifact_removals.c.number == removal.internal_id))
    return forget(tx, removal.workspace, removal.path)
