"""A real database with two workspaces."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from handloom.store.engine.database import Database, Write
from handloom.store.experiments import rows as experiments
from handloom.store.notebooks import tables as notebook_tables
from handloom.store.users import tables as user_tables
from handloom.store.workspaces import tables as workspace_tables
from running import environment

os.environ["PYTHONPATH"] = environment()["PYTHONPATH"]  # processes that the store starts find the package as this one


@pytest.fixture
def tracked(database_url: str, tmp_path: Path) -> Iterator[Database]:
    """Workspaces w1 and w2, each with its Default experiment; the user u1; the notebook n1 in w1."""
    database = Database(database_url, tmp_path)
    database.write_now(fill)
    yield database
    database.close()


def fill(tx: Write) -> None:
    execute = tx.connection.execute
    execute(user_tables.users.insert().values(id="u1", name="kim", display_name="Kim", created_at=1))
    for workspace in ("w1", "w2"):
        described = {"description": "", "capacity": "this-machine", "created_at": 1, "modified_at": 1}
        execute(workspace_tables.workspaces.insert().values(id=workspace, name=workspace, **described))
        experiments.create_default(tx, workspace, "u1")
    described = {"description": "", "session_timeout": 0, "autolog": True, "created_at": 1, "modified_at": 1}
    execute(notebook_tables.notebooks.insert().values(id="n1", workspace_id="w1", name="n", owner_id="u1", **described))
