"""Completion and errors of code before a session runs: what the analyser finds, what it must not do, and its limits."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from handloom.domain.errors import Invalid, Unavailable
from handloom.kernels.box import NoBoxError
from handloom.kernels.box import find as find_box
from handloom.kernels.language.servers import Analysis, LanguageServers
from running import Handloom

pytestmark = pytest.mark.on_sqlite


class Written:
    """A notebook whose code is asked about."""

    def __init__(self, server: Handloom, client: httpx.Client) -> None:
        self.client = client
        self.workspace = client.post("/api/v1/workspaces", json={"name": f"code {uuid.uuid4()}"}).json()["id"]
        self.folder = server.data / "workspaces" / self.workspace
        notebook = client.post(f"/api/v1/workspaces/{self.workspace}/notebooks", json={"name": "n"}).json()["id"]
        self.path = f"/api/v1/workspaces/{self.workspace}/notebooks/{notebook}"

    def ask(self, what: str, *cells: str, status: int = 200, **more: Any) -> Any:
        reply = self.client.post(f"{self.path}/{what}", json={"cells": cells, **more})
        assert reply.status_code == status, reply.text
        return reply.json()

    def labels(self, *cells: str) -> list[str]:
        """The completions at the end of the last cell."""
        lines = cells[-1].split("\n")
        place = {"cell": len(cells) - 1, "line": len(lines) - 1, "column": len(lines[-1])}
        return [one["label"] for one in self.ask("completions", *cells, **place)["items"]]

    def problems(self, *cells: str) -> list[tuple[int, int, int, str]]:
        found = self.ask("problems", *cells)["problems"]
        return [(one["cell"], one["line"], one["column"], one["message"]) for one in found]


@pytest.fixture(scope="module")
def client(server: Handloom) -> Iterator[httpx.Client]:
    with server.client() as opened:
        yield opened


@pytest.fixture(scope="module")
def written(server: Handloom, client: httpx.Client) -> Written:
    return Written(server, client)


def test_code_is_completed_over_the_cells_of_the_notebook_without_a_session(written: Written) -> None:
    cells = ["import pandas as pd\ntotal_price = 3", "df = pd.DataFrame({'a': [1]})", "df.grou"]
    assert "groupby" in written.labels(*cells)
    assert "total_price" in written.labels(*cells[:2], "total_")
    assert "parquet" in written.labels("spark.read.")
    assert "sort" in written.labels("%time numbers = [2, 1]", "%time numbers.")


def test_code_is_explained_with_the_signature_of_the_call(written: Written) -> None:
    cell = 'def area(width: int, height: int = 2) -> int:\n    """The area of a rectangle."""\n    return width\narea('
    at_name = written.ask("explanation", cell, cell=0, line=3, column=2)
    assert "The area of a rectangle." in at_name["text"]
    at_call = written.ask("explanation", cell, cell=0, line=3, column=5)
    assert "width: int, height: int" in at_call["signature"]
    assert "The area of a rectangle." in at_call["text"]


def test_problems_are_what_fails_when_the_cell_runs(written: Written) -> None:
    assert written.problems(
        "import nothing_here\nfrom math import nothing_there",
        "print(never_defined)",
        "if True\n    pass\n print(1",
        "def one(a): return a\none()\none(1, b=2)",
        "import math\nmath.nothing",
    ) == [
        (0, 0, 7, "Cannot resolve imported module `nothing_here`"),
        (0, 1, 17, "Module `math` has no member `nothing_there`"),
        (1, 0, 6, "Name `never_defined` used when not defined"),
        (2, 0, 7, "Expected `:`, found newline"),
        (3, 1, 0, "No argument provided for required parameter `a` of function `one`"),
        (3, 2, 7, "Argument `b` does not match any known parameter of function `one`"),
        (4, 1, 0, "Module `math` has no member `nothing`"),
    ]


def test_magics_and_names_of_the_session_are_no_problems(written: Written) -> None:
    assert written.problems(
        "%matplotlib inline\n!ls\nfiles = !ls\nhome = %env HOME\nfiles?\n?home",
        "%time model = 3\nif files:\n    %time other = model\n    !ls",
        "%%time\nprint(model, other)",
        "%%sql\nselect 1 from nothing",
        "%%html\n<b>not Python</b>",
        "display(spark.sql('select 1'), summary=True)\ndisplayHTML('x')",
        "print(sc, notebookutils, mssparkutils, sqlContext)",
        "mlflow.autolog()\nprint(get_ipython(), In, Out, _, __)",
        "await other\nimport synapse.ml.predict",
        "x = (7\n%time)",
        "",
    ) == [(9, 1, 1, "Name `time` used when not defined")]


def test_what_the_analyser_cannot_see_is_not_called_an_error(written: Written) -> None:
    assert written.problems("%run other", "print(from_other)") == []
    assert written.problems("exec('y = 1')", "print(y)") == []
    assert written.problems("%pip install nothing_here", "import nothing_here\nprint(undefined)") == [
        (1, 1, 6, "Name `undefined` used when not defined")
    ]


def test_columns_are_those_of_the_cell_behind_a_magic_and_in_other_scripts(written: Written) -> None:
    assert written.problems("%time print('한글 🎉', missing)") == [(0, 0, 21, "Name `missing` used when not defined")]


def test_modules_of_the_workspace_are_read_as_they_are_now(written: Written) -> None:
    module = written.folder / "own_module.py"
    module.write_text("def first(): pass\n")
    assert "first" in written.labels("import own_module", "own_module.")
    module.write_text("def second(): pass\n")
    assert "second" in written.labels("import own_module", "own_module.")


def test_nothing_of_the_workspace_runs(written: Written, tmp_path: Path) -> None:
    proof = tmp_path / "ran"
    script = written.folder / "python"
    script.write_text(f"#!/bin/sh\ntouch {proof}\n")
    script.chmod(0o755)
    named = f'"{script}"'
    (written.folder / "ty.toml").write_text(f"[environment]\npython = {named}\n")
    (written.folder / "pyproject.toml").write_text(f"[tool.ty.environment]\npython = {named}\n")
    (written.folder / "sitecustomize.py").write_text(f"open({str(proof)!r}, 'w')\n")
    (written.folder / "harmful.py").write_text(f"open({str(proof)!r}, 'w')\nname = 1\n")
    assert "name" in written.labels(f"open({str(proof)!r}, 'w')\nimport harmful", "harmful.")
    assert not proof.exists()


def test_positions_and_cells_are_checked(written: Written) -> None:
    for place in ({"cell": 1, "line": 0, "column": 0}, {"cell": -1, "line": 0, "column": 0}):
        written.ask("completions", "a = 1", status=400, **place)
    assert written.ask("completions", "a = 1", cell=0, line=10**9, column=10**9)["items"] is not None
    assert "too much code" in written.ask("problems", "a" * 2_000_001, status=400)["error"]["message"]


def test_a_reader_of_the_workspace_starts_no_process(server: Handloom, written: Written, join: Any) -> None:
    reader = join()
    with server.client() as admin:
        member = {"user": reader.id, "role": "viewer"}
        assert admin.post(f"/api/v1/workspaces/{written.workspace}/members", json=member).status_code == 200
    reply = reader.browser.post(f"{written.path}/problems", json={"cells": ["a"]})
    assert reply.status_code == 403, reply.text


def analysers(data: Path, **more: Any) -> LanguageServers:
    try:
        box = find_box(data)
    except NoBoxError:
        box = None
    return LanguageServers(data, box, **more)


def children() -> set[int]:
    return {one.pid for one in psutil.Process().children()}


def test_processes_are_few_and_a_broken_one_is_replaced(tmp_path: Path) -> None:
    async def story() -> None:
        asked = analysers(tmp_path)
        before = children()
        for number in range(5):
            (tmp_path / "workspaces" / f"w{number}").mkdir(parents=True)
            found = await asked.check(Analysis(f"w{number}", "n", None, ["print(missing)"]))
            assert [one.code for one in found] == ["unresolved-reference"]
        assert len(children() - before) <= 3
        for pid in children() - before:
            psutil.Process(pid).kill()
        with pytest.raises(Unavailable):
            await asked.check(Analysis("w4", "n", None, ["print(missing)", "1"]))
        assert len(await asked.check(Analysis("w4", "n", None, ["print(missing)"]))) == 1
        await asked.close()
        assert not children() - before

    asyncio.run(story())


def test_an_answer_that_takes_too_long_ends_the_process(tmp_path: Path) -> None:
    async def story() -> None:
        (tmp_path / "workspaces" / "w").mkdir(parents=True)
        asked = analysers(tmp_path)
        await asked.check(Analysis("w", "n", None, ["1"]))
        asked._seconds = 0.001
        with pytest.raises(Unavailable, match="took too long"):
            await asked.complete(Analysis("w", "n", None, ["import pandas as pd\npd."]), 0, 1, 3)
        with pytest.raises(Invalid):
            await asked.check(Analysis("w", "n", None, ["a"] * 2_001))
        await asked.close()

    asyncio.run(story())
