"""What a workspace holds, counted in rows: for whoever wants to remove it only if it holds nothing."""

from sqlalchemy import Table, func, select

from handloom.domain.experiments import DEFAULT_NAME
from handloom.store import schema as t
from handloom.store.database import Read

_COUNTED = {"notebooks": t.notebooks, "runs": t.runs, "logged models": t.logged_models, "traces": t.traces}


def of_workspace(tx: Read, workspace: str) -> dict[str, int]:
    """How many of each noun there are; what there is none of is left out, and so is the experiment it came with."""
    found = {name: _count(tx, table, workspace) for name, table in _COUNTED.items()}
    found["registered models"] = _count(tx, t.models, workspace)
    e = t.experiments.c
    made = select(func.count()).where(e.workspace_id == workspace, e.name != DEFAULT_NAME)
    found["experiments"] = int(tx.connection.execute(made).scalar_one())
    return {name: count for name, count in found.items() if count}


def _count(tx: Read, table: Table, workspace: str) -> int:
    query = select(func.count()).select_from(table).where(table.c.workspace_id == workspace)
    return int(tx.connection.execute(query).scalar_one())
