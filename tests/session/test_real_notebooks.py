"""Notebooks of other projects run from their first cell to their last in sessions, or stop where they must."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import pytest

import real_notebooks
from handloom.client.http import Client
from handloom.client.session import RemoteSession
from handloom.domain.parameters import may_fail, prepare, source
from running import Handloom

pytestmark = pytest.mark.on_sqlite
_numbers = itertools.count(1)
NOTEBOOKS = [*real_notebooks.QUICK, *(pytest.param(one, marks=pytest.mark.soak) for one in real_notebooks.OTHERS)]
STOPS = {
    "nbconvert/tests/files/notebook2.ipynb": "cannot import name 'set_matplotlib_formats'",
}
"""Notebooks that stop in a cell, with what it says: this one is older than the package that it uses.

Those that download data are not run, since tests reach no other machine: `color_palettes` of seaborn and
`ordinal_regression` of statsmodels stop in the cell that does, where there is no network.
"""


def run(server: Handloom, client: Client, workspace: str, path: str) -> str:
    """Upload a notebook, run its cells in a session, and return the error at which it stops, or ""."""
    document = real_notebooks.read(path)
    body = {"name": f"{Path(path).stem} {next(_numbers)}", "content": document}
    notebook = client.ask("POST", f"/workspaces/{workspace}/notebooks", body)["id"]
    for file in real_notebooks.beside(path):
        shutil.copy(file, server.data / "workspaces" / workspace)
    content = real_notebooks.upgraded(document)
    with RemoteSession(client, workspace, notebook=notebook) as session:
        for cell in prepare(content, {}):
            ran = session.run(source(cell), seconds=240)
            if ran.error is not None and not may_fail(cell):
                return f"{source(cell)[:60]}: {ran.error['ename']}: {ran.error['evalue']}"
    return ""


@pytest.mark.parametrize("path", NOTEBOOKS)
def test_a_notebook_of_a_package_runs_to_its_end(server: Handloom, client: Client, workspace: str, path: str) -> None:
    assert run(server, client, workspace, path) == ""


@pytest.mark.soak
@pytest.mark.parametrize("path", STOPS)
def test_a_notebook_of_a_package_stops_where_it_must(
    server: Handloom, client: Client, workspace: str, path: str
) -> None:
    assert STOPS[path] in run(server, client, workspace, path)
