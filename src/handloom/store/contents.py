"""What a workspace holds, for whoever wants to remove it only if it holds nothing."""

import os

from sqlalchemy import Table, func, select

from handloom.domain.experiments import DEFAULT_NAME
from handloom.store import schema as t
from handloom.store.artifact_tables import artifact_files
from handloom.store.database import Read
from handloom.store.workspaces import notebooks_of

_COUNTED = {
    "notebooks": t.notebooks,
    "runs": t.runs,
    "logged models": t.logged_models,
    "registered models": t.models,
    "traces": t.traces,
    "artifacts": artifact_files,
}


def of_workspace(tx: Read, workspace: str) -> dict[str, int]:
    """How many of each noun there are; what there is none of is left out, and so is the experiment it came with."""
    found = {name: _count(tx, table, workspace) for name, table in _COUNTED.items()}
    e = t.experiments.c
    made = select(func.count()).where(e.workspace_id == workspace, e.name != DEFAULT_NAME)
    found["experiments"] = int(tx.connection.execute(made).scalar_one())
    found["files"] = sum(len(names) for _, _, names in os.walk(notebooks_of(tx.root, workspace)))
    return {name: count for name, count in found.items() if count}


def _count(tx: Read, table: Table, workspace: str) -> int:
    query = select(func.count()).select_from(table).where(table.c.workspace_id == workspace)
    return int(tx.connection.execute(query).scalar_one())
