"""Mounts of a workspace, including the built-in one."""

from __future__ import annotations

from sqlalchemy import delete, insert, select

from handloom.domain.errors import Conflict, NotFound
from handloom.domain.mounts import BUNDLED, SAMPLES, Mount, validate
from handloom.store.engine.database import Read, Write
from handloom.store.workspaces.tables import mounts

BUILT_IN = Mount(prefix=SAMPLES, target=BUNDLED, built_in=True)


def list_of(tx: Read, workspace: str) -> list[Mount]:
    """Return the mounts by prefix. A workspace's mount overrides a built-in one with the same prefix."""
    rows = tx.connection.execute(select(mounts).where(mounts.c.workspace_id == workspace))
    found = {BUILT_IN.prefix: BUILT_IN} | {row.prefix: Mount(prefix=row.prefix, target=row.target) for row in rows}
    return sorted(found.values(), key=lambda mount: mount.prefix)


def put(tx: Write, workspace: str, prefix: str, target: str) -> Mount:
    """Create the mount or change its target. Raises Invalid."""
    mount = validate(prefix, target)
    tx.connection.execute(delete(mounts).where(mounts.c.workspace_id == workspace, mounts.c.prefix == mount.prefix))
    tx.connection.execute(insert(mounts).values(workspace_id=workspace, prefix=mount.prefix, target=mount.target))
    tx.changed("mounts", workspace)
    return mount


def remove(tx: Write, workspace: str, prefix: str) -> None:
    """Remove a mount, which restores an overridden built-in one. Built-in mounts cannot be removed."""
    prefix = prefix.strip().rstrip("/")
    gone = tx.connection.execute(
        delete(mounts).where(mounts.c.workspace_id == workspace, mounts.c.prefix == prefix)
    ).rowcount
    if not gone and prefix == BUILT_IN.prefix:
        raise Conflict("This mount is built in. Give it another target instead.")
    if not gone:
        raise NotFound(f"There is no mount of {prefix} in this workspace.")
    tx.changed("mounts", workspace)
