"""Permissions to load pictures from other addresses, per person and notebook."""

from __future__ import annotations

from sqlalchemy import delete, select

from handloom.store.engine.database import Read, Write
from handloom.store.notebooks.rows import get
from handloom.store.notebooks.tables import notebook_pictures, notebooks
from handloom.store.workspaces.tables import access


def allowed(tx: Read, user_id: str, notebook_id: str) -> bool:
    """Return whether this person allowed it and may still read the notebook."""
    c = notebook_pictures.c
    found = tx.connection.execute(
        select(c.notebook_id)
        .join(notebooks, notebooks.c.id == c.notebook_id)
        .join(access, (access.c.workspace_id == notebooks.c.workspace_id) & (access.c.user_id == c.user_id))
        .where(c.notebook_id == notebook_id, c.user_id == user_id)
    ).first()
    return found is not None


def allow(tx: Write, user_id: str, workspace: str, notebook_id: str, *, allowed: bool) -> None:
    """Grant or withdraw this person's permission. Raises NotFound if the workspace has no such notebook."""
    get(tx, workspace, notebook_id)
    c = notebook_pictures.c
    tx.connection.execute(delete(notebook_pictures).where(c.notebook_id == notebook_id, c.user_id == user_id))
    if allowed:
        tx.connection.execute(notebook_pictures.insert().values(notebook_id=notebook_id, user_id=user_id))
