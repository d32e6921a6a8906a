"""A kill at any moment of a notebook's rename leaves the row and its file together."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from handloom.store.engine.database import Database, Write
from handloom.store.notebooks import rows as notebooks
from handloom.store.upgrade import upgrade
from handloom.store.users import rows as users
from handloom.store.workspaces import rows as workspaces
from running import environment

_RENAME = """
import os, sys
from pathlib import Path
from handloom.store.engine.database import Database
from handloom.store.notebooks import rows as notebooks
root, workspace, notebook, moment = Path(sys.argv[1]), *sys.argv[2:]
database = Database(f"sqlite:///{root / 'handloom.db'}", root)
def rename(tx):
    if moment == "after the commit":
        tx.after_commit(lambda: os._exit(9))
    notebooks.change(tx, workspace, notebook, name="new")
    if moment == "before the commit":
        os._exit(9)
database.write_now(rename)
"""


@pytest.mark.parametrize(("moment", "name"), [("before the commit", "old"), ("after the commit", "new")])
def test_the_notebook_is_there_under_the_name_of_its_row(moment: str, name: str, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'handloom.db'}"
    upgrade(url, tmp_path)

    def make(tx: Write) -> tuple[str, str]:
        owner = users.create(tx, "kim").id
        workspace = workspaces.create(tx, owner, "lab").id
        (tmp_path / "workspaces" / workspace).mkdir(parents=True, exist_ok=True)
        return workspace, notebooks.create(tx, workspace, owner, "old", session_timeout=20).id

    database = Database(url, tmp_path)
    workspace, notebook = database.write_now(make)
    folder = tmp_path / "workspaces" / workspace
    content = (folder / "old.ipynb").read_bytes()
    database.close()
    arguments = (str(tmp_path), workspace, notebook, moment)
    ended = subprocess.run([sys.executable, "-c", _RENAME, *arguments], env=environment(), check=False)
    assert ended.returncode == 9
    database = Database(url, tmp_path)
    database.read_now(notebooks.sweep_second_names)
    found = database.read_now(lambda tx: notebooks.get(tx, workspace, notebook))
    assert found.name == name
    assert [path.name for path in folder.glob("*.ipynb")] == [f"{name}.ipynb"]
    assert (folder / f"{name}.ipynb").read_bytes() == content
    assert database.read_now(lambda tx: notebooks.problem_of(tx, found)) is None
    again = database.write_now(lambda tx: notebooks.change(tx, workspace, notebook, name="last"))
    assert (again.name, [path.name for path in folder.glob("*.ipynb")]) == ("last", ["last.ipynb"])
    database.close()
