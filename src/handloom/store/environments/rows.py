"""Environments: read them, begin a build, and store its result. The packages themselves are files on each server."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, insert, select, update

from handloom.domain import clock
from handloom.domain.environments import Environment
from handloom.domain.errors import Conflict
from handloom.store.engine.database import Read, Write
from handloom.store.environments.tables import environments

LONGEST_BUILD_MS = 20 * 60_000
"""A build that began longer ago has ended with its server."""
INTERRUPTED = "The build was interrupted because the server ended. Build again."


def get(tx: Read, workspace: str) -> Environment:
    """Return the workspace's environment; an empty one if none was ever requested."""
    row = tx.connection.execute(select(environments).where(environments.c.workspace_id == workspace)).first()
    if row is None:
        return Environment()
    interrupted = row.state == "building" and clock.now() - row.changed_at > LONGEST_BUILD_MS
    return Environment(
        requirements=row.requirements.splitlines(),
        state="failed" if interrupted else row.state,
        message=INTERRUPTED if interrupted else row.message,
        packages=row.packages.splitlines(),
        bytes=row.bytes,
        changed_at=row.changed_at,
        changed_by=row.changed_by,
        built_at=row.built_at,
    )


def packages_of_all(tx: Read) -> dict[str, list[str]]:
    """Return the packages that sessions get, by workspace."""
    rows = tx.connection.execute(select(environments.c.workspace_id, environments.c.packages))
    return {row.workspace_id: row.packages.splitlines() for row in rows}


def begin(tx: Write, workspace: str, requirements: list[str], by: str) -> Environment:
    """Record the requested packages before the build. Without requirements, remove the environment.

    Raises Conflict while a build runs.
    """
    before = get(tx, workspace)
    if before.state == "building":
        raise Conflict("The environment is being built. Wait until that has ended.")
    tx.changed("environments", workspace)
    tx.connection.execute(delete(environments).where(environments.c.workspace_id == workspace))
    if not requirements:
        return Environment()
    values = {
        "requirements": "\n".join(requirements),
        "state": "building",
        "message": "",
        "packages": "\n".join(before.packages),
        "bytes": before.bytes,
        "changed_at": clock.now(),
        "changed_by": by,
        "built_at": before.built_at,
    }
    tx.connection.execute(insert(environments).values(workspace_id=workspace, **values))
    return get(tx, workspace)


def succeed(tx: Write, workspace: str, begun: Environment, packages: list[str], size: int) -> None:
    """Store the result of a build: name==version of each package, and the size in bytes."""
    _end(tx, workspace, begun, state="ready", packages="\n".join(packages), bytes=size, built_at=clock.now())


def fail(tx: Write, workspace: str, begun: Environment, message: str) -> None:
    """Store why a build failed. Sessions keep using the previous build."""
    _end(tx, workspace, begun, state="failed", message=message)


def _end(tx: Write, workspace: str, begun: Environment, **values: Any) -> None:
    """Store the result, unless the environment was removed meanwhile."""
    mine = (environments.c.workspace_id == workspace) & (environments.c.changed_at == begun.changed_at)
    tx.connection.execute(update(environments).where(mine).values(values))
    tx.changed("environments", workspace)


def end_interrupted(tx: Write) -> None:
    """Mark running builds as failed, because the only server has just started."""
    building = environments.c.state == "building"
    tx.connection.execute(update(environments).where(building).values(state="failed", message=INTERRUPTED))
