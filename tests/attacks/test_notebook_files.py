"""A kill at any moment of creating or renaming a notebook, or of creating a workspace, leaves row and file together."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from handloom.app import open_database
from handloom.domain.notebooks import Notebook, empty
from handloom.settings import Settings
from handloom.store.engine.database import Database
from handloom.store.notebooks import files
from handloom.store.notebooks import rows as notebooks
from handloom.store.upgrade import upgrade
from handloom.store.users import rows as users
from handloom.store.workspaces import rows as workspaces
from running import environment

_HEAD = """
import os, sys
from pathlib import Path
from handloom.store.engine.database import Database
from handloom.store.notebooks import files, rows as notebooks
from handloom.store.users import rows as users
from handloom.store.workspaces import rows as workspaces
root, workspace, notebook, moment = Path(sys.argv[1]), *sys.argv[2:]
database = Database(f"sqlite:///{root / 'handloom.db'}", root)
def killed(write):
    def work(tx):
        if moment == "after the commit":
            tx.after_commit(lambda: os._exit(9))
        write(tx)
        if moment == "before the commit":
            os._exit(9)
    database.write_now(work)
owner = database.read_now(users.owner)
"""
_RENAME = """
old = database.read_now(lambda tx: notebooks.get(tx, workspace, notebook))
new_name = files.add_name(root, old, "new")
killed(lambda tx: notebooks.change(tx, workspace, notebook, name="new", new_name=new_name))
"""
_CREATE = """
draft = files.create_draft(root, workspace, b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
killed(lambda tx: notebooks.create(tx, owner.id, "second", draft, session_timeout=20))
"""
_WORKSPACE = """
killed(lambda tx: workspaces.create(tx, owner.id, "second"))
"""
MOMENTS = ("before the commit", "after the commit")


class Installation:
    """A data folder with a workspace and a notebook; `kill` runs a script in a process that kills itself."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.url = f"sqlite:///{root / 'handloom.db'}"
        upgrade(self.url, root)
        database = Database(self.url, root)
        owner = database.write_now(lambda tx: users.create(tx, "kim", admin=True)).id
        self.workspace = database.write_now(lambda tx: workspaces.create(tx, owner, "lab").id)
        draft = files.create_draft(root, self.workspace)
        created = database.write_now(lambda tx: notebooks.create(tx, owner, "old", draft, session_timeout=20))
        self.notebook = created.id
        self.folder = root / "workspaces" / self.workspace
        database.close()

    def kill(self, script: str, moment: str) -> None:
        arguments = (str(self.root), self.workspace, self.notebook, moment)
        ended = subprocess.run([sys.executable, "-c", _HEAD + script, *arguments], env=environment(), check=False)
        assert ended.returncode == 9

    def start(self) -> Database:
        return open_database(Settings(data=self.root), "kim")[0]

    def names(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir() if path.is_file())


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(tmp_path)


@pytest.mark.parametrize(("moment", "name"), [*zip(MOMENTS, ("old", "new"), strict=True)])
def test_a_renamed_notebook_is_there_under_the_name_of_its_row(
    moment: str, name: str, installation: Installation
) -> None:
    installation.kill(_RENAME, moment)
    database = installation.start()
    found: Notebook = database.read_now(lambda tx: notebooks.get(tx, installation.workspace, installation.notebook))
    assert (found.name, installation.names()) == (name, [f"{name}.ipynb"])
    assert (installation.folder / f"{name}.ipynb").read_bytes() == empty()
    last = files.add_name(installation.root, found, "last")
    database.write_now(lambda tx: notebooks.change(tx, installation.workspace, found.id, name="last", new_name=last))
    assert installation.names() == ["last.ipynb"]
    database.close()


@pytest.mark.parametrize(("moment", "exists"), [*zip(MOMENTS, (False, True), strict=True)])
def test_a_created_notebook_is_there_with_its_content_or_not_at_all(
    moment: str, exists: bool, installation: Installation
) -> None:
    installation.kill(_CREATE, moment)
    assert "second.ipynb" not in installation.names()
    database = installation.start()
    found = database.read_now(lambda tx: notebooks.find(tx, installation.workspace, "second"))
    assert (found is not None) is exists
    assert installation.names() == ["old.ipynb", *(["second.ipynb"] if exists else [])]
    if found is not None:
        assert files.problem_of(installation.root, found) is None
        assert b'"cells": []' in (installation.folder / "second.ipynb").read_bytes()
    database.close()


@pytest.mark.parametrize(("moment", "exists"), [*zip(MOMENTS, (False, True), strict=True)])
def test_a_created_workspace_has_its_folders(moment: str, exists: bool, installation: Installation) -> None:
    installation.kill(_WORKSPACE, moment)
    database = installation.start()
    found = database.read_now(lambda tx: workspaces.find(tx, "second"))
    assert (found is not None) is exists
    if found is not None:
        folder = installation.root / "workspaces" / found
        assert sorted(path.name for path in folder.iterdir()) == ["Files", "Tables"]
    database.close()
