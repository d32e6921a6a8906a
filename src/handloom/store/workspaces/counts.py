"""Numbers of things in a workspace, to refuse removing one that is not empty."""

import os

from sqlalchemy import Table, func, select

from handloom.domain.experiments import DEFAULT_NAME
from handloom.domain.notebooks import BIN
from handloom.store.artifacts.tables import artifact_files
from handloom.store.engine.database import Read
from handloom.store.experiments import tables as experiment_tables
from handloom.store.models import tables as model_tables
from handloom.store.notebooks import tables as notebook_tables
from handloom.store.reports import tables as report_tables
from handloom.store.runs import tables as run_tables
from handloom.store.traces import tables as trace_tables
from handloom.store.workspaces.rows import notebooks_of

_COUNTED = {
    "notebooks": notebook_tables.notebooks,
    "runs": run_tables.runs,
    "logged models": model_tables.logged_models,
    "registered models": model_tables.models,
    "reports": report_tables.reports,
    "traces": trace_tables.traces,
    "artifacts": artifact_files,
}


def of_workspace(tx: Read, workspace: str) -> dict[str, int]:
    """Count each noun; those with none are left out, and so is the experiment that every workspace has."""
    found = {name: _count(tx, table, workspace) for name, table in _COUNTED.items()}
    e = experiment_tables.experiments.c
    made = select(func.count()).where(e.workspace_id == workspace, e.name != DEFAULT_NAME)
    found["experiments"] = int(tx.connection.execute(made).scalar_one())
    walked = os.walk(notebooks_of(tx.root, workspace))
    found["files"] = sum(len(names) for folder, _, names in walked if not folder.endswith(f"{os.sep}{BIN}"))
    return {name: count for name, count in found.items() if count}


def _count(tx: Read, table: Table, workspace: str) -> int:
    query = select(func.count()).select_from(table).where(table.c.workspace_id == workspace)
    if table in (
        notebook_tables.notebooks,
        report_tables.reports,
    ):  # those in the bin do not keep a workspace from being removed
        query = query.where(table.c.deleted_at.is_(None))
    return int(tx.connection.execute(query).scalar_one())
