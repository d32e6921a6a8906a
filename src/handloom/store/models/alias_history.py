"""History of a model's aliases: who pointed one to which version, when and why; what an approval looks like later."""

from __future__ import annotations

from sqlalchemy import delete, insert, select

from handloom.domain.clock import now
from handloom.domain.models import AliasChange
from handloom.store.engine.database import Read, Write
from handloom.store.models import tables as model_tables

MOST_CHANGES = 500
"""Changes that are kept of each model, so that a program that moves an alias for ever fills no disk."""

_TABLE = model_tables.model_alias_changes
_C = _TABLE.c


def record(tx: Write, workspace: str, name: str, alias: str, version: int | None, user: str, note: str = "") -> None:
    """Record that `user` pointed an alias to a version, or deleted it (None). The oldest changes are dropped."""
    tx.connection.execute(
        insert(_TABLE).values(
            workspace_id=workspace,
            name=name,
            alias=alias,
            version=version,
            user_name=user,
            note=note,
            changed_at=now(),
        )
    )
    mine = (_C.workspace_id == workspace, _C.name == name)
    oldest = tx.connection.scalar(
        select(_C.internal_id).where(*mine).order_by(_C.internal_id.desc()).limit(1).offset(MOST_CHANGES)
    )
    if oldest is not None:
        tx.connection.execute(delete(_TABLE).where(*mine, _C.internal_id <= oldest))


def of_model(tx: Read, workspace: str, name: str) -> list[AliasChange]:
    """Return the changes of a model's aliases, newest first."""
    query = select(_TABLE).where(_C.workspace_id == workspace, _C.name == name).order_by(_C.internal_id.desc())
    return [
        AliasChange(alias=row.alias, version=row.version, user=row.user_name, note=row.note, at=row.changed_at)
        for row in tx.connection.execute(query)
    ]
