"""Ids of imported runs and logged models. An id that another workspace uses is replaced by a deterministic one."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Table, select

from handloom.domain import records as rules
from handloom.store.engine.database import Read
from handloom.store.models import tables as model_tables
from handloom.store.runs import tables as run_tables

CHUNK = 500  # ids in one IN list


def run_id_of(tx: Read, workspace: str, run_id: str) -> str:
    """Return the id that an imported run has, or will have, in the workspace."""
    return _own(tx, workspace, run_id, run_tables.runs, "run_id", rules.may_keep_run_id, rules.other_run_id)


def run_ids_of(tx: Read, workspace: str, run_ids: Sequence[str]) -> dict[str, str]:
    """As `run_id_of`, for many: the ids that runs have here, by those of before."""
    seconds = {run_id: rules.other_run_id(workspace, run_id) for run_id in dict.fromkeys(run_ids) if run_id}
    asked = [*seconds, *seconds.values()]
    r = run_tables.runs.c
    holders: dict[str, str] = {}
    for at in range(0, len(asked), CHUNK):
        query = select(r.run_id, r.workspace_id).where(r.run_id.in_(asked[at : at + CHUNK]))
        holders.update((row.run_id, row.workspace_id) for row in tx.connection.execute(query))
    found = {"": ""}
    for run_id, second in seconds.items():
        taken = holders.get(run_id, workspace) != workspace or not rules.may_keep_run_id(run_id)
        found[run_id] = second if taken or holders.get(second) == workspace else run_id
    return found


def model_id_of(tx: Read, workspace: str, model_id: str) -> str:
    """As `run_id_of`, for a logged model."""
    return _own(
        tx, workspace, model_id, model_tables.logged_models, "model_id", rules.may_keep_model_id, rules.other_model_id
    )


def _own(
    tx: Read,
    workspace: str,
    given: str,
    table: Table,
    column: str,
    may_keep: Callable[[str], bool],
    other: Callable[[str, str], str],
) -> str:
    if not given:
        return given
    second = other(workspace, given)
    key: Any = table.c[column]
    used = select(key.label("id"), table.c.workspace_id).where(key.in_([given, second]))
    workspaces = {row.id: row.workspace_id for row in tx.connection.execute(used)}
    if workspaces.get(second) == workspace or not may_keep(given):
        return second
    return given if workspaces.get(given, workspace) == workspace else second
