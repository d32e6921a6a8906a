"""What workspaces use of their quotas: read it, check it, and set the limits.

The bytes of artifacts are a column that each upload and removal changes, so that reading them counts nothing.
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Row, Select, func, select, update

from handloom.domain import quotas as rules
from handloom.domain.errors import NotFound
from handloom.domain.quotas import Quota, Room, Storage, Stored
from handloom.store.engine.database import Read, Write
from handloom.store.notebooks.tables import notebooks
from handloom.store.quotas.folder_sizes import FolderSize
from handloom.store.users.tables import users
from handloom.store.workspaces.tables import workspaces

_W = workspaces.c


def _select() -> Select[Any]:
    own = (notebooks.c.workspace_id == _W.id) & notebooks.c.deleted_at.is_(None)
    counted = select(func.count()).select_from(notebooks).where(own).scalar_subquery()
    columns = (_W.id, _W.name, _W.artifact_bytes, _W.quota_artifacts_mb, _W.quota_files_mb, _W.quota_notebooks)
    return select(*columns, counted.label("notebooks")).where(_W.removed_at.is_(None))


def _row(tx: Read, workspace: str) -> Row[Any]:
    row = tx.connection.execute(_select().where(_W.id == workspace)).first()
    if row is None:
        raise NotFound("There is no such workspace. It may have been removed.")
    return row


def _storage(row: Row[Any], defaults: Quota, files: FolderSize) -> Storage:
    own = Quota(artifacts_mb=row.quota_artifacts_mb, files_mb=row.quota_files_mb, notebooks=row.quota_notebooks)
    applied = {name: rules.limit(getattr(own, name), getattr(defaults, name) or 0) for name in own.__struct_fields__}
    return Storage(
        workspace=row.id,
        name=row.name,
        artifacts=Room(used=row.artifact_bytes, limit=rules.in_bytes(applied["artifacts_mb"])),
        files=Room(used=files.bytes, limit=rules.in_bytes(applied["files_mb"])),
        files_at=files.at,
        notebooks=Room(used=row.notebooks, limit=applied["notebooks"]),
        quota=own,
    )


def storage(tx: Read, workspace: str, defaults: Quota, files: FolderSize) -> Storage:
    """Return what a workspace keeps and may keep; `files` was measured by the caller. Raises NotFound."""
    return _storage(_row(tx, workspace), defaults, files)


def list_all(tx: Read, defaults: Quota, files: dict[str, FolderSize]) -> list[Storage]:
    """Return the same of every workspace that is in `files`, by name."""
    found = [_storage(row, defaults, files[row.id]) for row in tx.connection.execute(_select()) if row.id in files]
    return sorted(found, key=lambda one: (one.name.casefold(), one.name))


def file_limit(tx: Read, workspace: str, defaults: Quota) -> int:
    """Return the limit of the workspace's tables and files in bytes; 0 means none."""
    own = tx.connection.execute(select(_W.quota_files_mb).where(_W.id == workspace)).scalar()
    return rules.in_bytes(rules.limit(own, defaults.files_mb or 0))


def check(tx: Read, workspace: str, defaults: Quota, kept: Stored, more: int, files: FolderSize | None = None) -> None:
    """Raise Conflict if `more` bytes have no room in the workspace. `files` is needed for files."""
    found = storage(tx, workspace, defaults, files or FolderSize(bytes=0, at=0))
    room: Room = getattr(found, kept)
    if room.limit:
        rules.check_room(kept, room, more, found.name, admins(tx))


def require_notebook_room(tx: Write, workspace: str, defaults: Quota) -> None:
    """Raise Conflict if the notebook that this write added, and that is then rolled back, is one too many."""
    found = storage(tx, workspace, defaults, FolderSize(bytes=0, at=0))
    before = Room(used=found.notebooks.used - 1, limit=found.notebooks.limit)
    rules.check_room("notebooks", before, 1, found.name, admins(tx))


def has_limit(tx: Read, workspace: str, defaults: Quota) -> bool:
    """Whether the files of runs of a workspace are limited, so that they must be counted before they are stored."""
    own = tx.connection.execute(select(_W.quota_artifacts_mb).where(_W.id == workspace)).scalar()
    return rules.limit(own, defaults.artifacts_mb or 0) > 0


def change(tx: Write, workspace: str, quota: Quota) -> None:
    """Set the workspace's own limits. Raises NotFound."""
    _row(tx, workspace)
    values = {f"quota_{name}": value for name, value in msgspec.structs.asdict(quota).items()}
    tx.connection.execute(update(workspaces).where(_W.id == workspace).values(values))
    tx.changed("workspaces", workspace, workspace)


def admins(tx: Read) -> list[str]:
    """Return whom to ask for more room: the display names of the installation's admins who can sign in."""
    u = users.c
    query = (
        select(u.display_name).where(u.admin, u.removed_at.is_(None), u.disabled_at.is_(None)).order_by(u.created_at)
    )
    return list(tx.connection.execute(query).scalars())
