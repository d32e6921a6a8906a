"""Who may do what in which workspace."""

from __future__ import annotations

from sqlalchemy import insert, select

from handloom.domain.members import Role
from handloom.store.engine.database import Read, Write
from handloom.store.workspaces.tables import members


def role(tx: Read, workspace: str, user_id: str) -> Role | None:
    """The user's role there; None where they are no member or the workspace does not exist."""
    found = tx.connection.execute(
        select(members.c.role).where(members.c.workspace_id == workspace, members.c.user_id == user_id)
    ).scalar()
    return None if found is None else Role(found)


def roles(tx: Read, user_id: str) -> dict[str, Role]:
    """The user's role in each workspace they are a member of, by workspace id."""
    rows = tx.connection.execute(select(members.c.workspace_id, members.c.role).where(members.c.user_id == user_id))
    return {row.workspace_id: Role(row.role) for row in rows}


def add(tx: Write, workspace: str, user_id: str, role: Role) -> None:
    tx.connection.execute(insert(members).values(workspace_id=workspace, user_id=user_id, role=role.value))
    tx.changed("members", workspace, user_id)
