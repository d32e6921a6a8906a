"""The names of what a request acts on, read before it acts: afterwards the row may be gone."""

from __future__ import annotations

from handloom.domain.experiments import number_of
from handloom.store.engine.database import Read

_NAMES = {
    "user": "SELECT name FROM users WHERE id = :id OR name = :id",
    "group": "SELECT name FROM user_groups WHERE id = :id OR name = :id",
    "token": "SELECT name FROM tokens WHERE id = :id",
    "notebook": "SELECT COALESCE(deleted_name, name) AS name FROM notebooks "
    "WHERE id = :id AND workspace_id = :workspace",
    "folder": "SELECT name FROM folders WHERE id = :id AND workspace_id = :workspace",
    "report": "SELECT name FROM reports WHERE id = :id AND workspace_id = :workspace",
    "schedule": "SELECT n.name FROM schedules s JOIN notebooks n ON n.id = s.notebook_id "
    "WHERE s.id = :id AND s.workspace_id = :workspace",
    "job": "SELECT n.name FROM notebook_jobs j JOIN notebooks n ON n.id = j.notebook_id "
    "WHERE j.id = :id AND j.workspace_id = :workspace",
    "experiment": "SELECT name FROM experiments WHERE experiment_id = :id AND workspace_id = :workspace",
    "run": "SELECT name FROM runs WHERE run_id = :id AND workspace_id = :workspace",
    "webhook": "SELECT name FROM webhooks WHERE webhook_id = :id AND workspace_id = :workspace",
    "retention": "SELECT COALESCE(e.name, '*') AS name FROM retention_rules r LEFT JOIN experiments e "
    "ON e.internal_id = r.experiment_internal_id WHERE r.internal_id = :id AND r.workspace_id = :workspace",
    "capacity": "SELECT name FROM capacities WHERE id = :id",
    "environment": "SELECT name FROM environments WHERE id = :id AND workspace_id = :workspace",
    "dataset": "SELECT name FROM evaluation_datasets WHERE dataset_id = :id AND workspace_id = :workspace",
    "workspace": "SELECT COALESCE(removed_name, name) AS name FROM workspaces WHERE id = :id OR name = :id",
}
"""By noun, the statement that reads the name of the one with an id."""


def name(tx: Read, noun: str, id: str, workspace: str) -> str:
    """Return the name of the `noun` with this id, or the id where there is none. An experiment's id must be one."""
    statement = _NAMES.get(noun)
    if statement is None:
        return id
    number = number_of(id) if noun == "experiment" else int(id) if noun == "retention" else id
    found = tx.fetch(statement, id=number, workspace=workspace)
    return str(found[0].name) if found else id
