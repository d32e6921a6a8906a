"""The tutorial's code cells, unchanged, in a session. tests/e2e walks through its page."""

from __future__ import annotations

import base64
import re
import textwrap
from pathlib import Path
from typing import Any

import pytest

from handloom.client.http import Client
from handloom.client.session import RemoteSession
from handloom.domain.cell_outputs import Ran

SEEDS = Path(__file__).parents[3] / "shared" / "seeds"
MIME = "application/vnd.handloom.dataframe+json"


def _cells() -> list[str]:
    text = "\n".join(path.read_text() for path in sorted(SEEDS.glob("*.txt")))
    blocks = re.findall(r"^ *```python\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(re.sub(r"^ +$", "", block, flags=re.MULTILINE)) for block in blocks]


@pytest.fixture(scope="module")
def ran(client: Client) -> list[Ran]:
    if not SEEDS.is_dir():
        pytest.skip("the tutorial's text is not beside this repository")
    workspace = client.ask("POST", "/workspaces", {"name": "tutorial"})["id"]
    notebook = client.ask("POST", f"/workspaces/{workspace}/notebooks", {"name": "모델 훈련"})
    with RemoteSession(client, workspace, notebook=notebook["id"]) as session:
        done = [session.run(cell, seconds=180) for cell in _cells()]
        done.append(session.run(_LOOK))
    return done


_LOOK = """
found = mlflow.search_runs(exp.experiment_id)
for tag in ("mlflow.source.name", "mlflow.source.type", "handloom.notebook.id", "mlflow.user"):
    print(tag, *found["tags." + tag].unique())
print(*sorted(found["params.estimator"]))
print(*(round(value, 2) for value in sorted(found["metrics.training_r2_score"])))
"""


def _data(ran: Ran, mime: str) -> Any:
    return next(output["data"][mime] for output in ran.outputs if mime in output.get("data", {}))


def test_every_cell_runs_and_nothing_warns(ran: list[Ran]) -> None:
    assert len(ran) == 13
    assert [run.error for run in ran] == [None] * 13
    said = "".join(o["text"] for run in ran for o in run.outputs if o.get("name") == "stderr")
    assert "Warning" not in said
    assert "WARNING" not in said
    assert "Traceback" not in said


def test_display_shows_all_442_rows_with_their_types(ran: list[Ran]) -> None:
    table = _data(ran[1], MIME)
    assert (table["total"], table["shown"], table["source"]) == (442, 442, "spark")
    kinds = {column["name"]: column["type"] for column in table["columns"]}
    assert [name for name, kind in kinds.items() if kind == "bigint"] == ["AGE", "SEX", "S1", "S6", "Y"]
    assert table["rows"][0] == [59, 2, 32.1, 101.0, 157, 93.2, 38.0, 4.0, 4.8598, 87, 151]


def test_the_chart_is_a_picture(ran: list[Ran]) -> None:
    assert base64.b64decode(_data(ran[11], "image/png")).startswith(b"\x89PNG")


def test_the_runs_know_their_notebook_and_their_user(ran: list[Ran]) -> None:
    said = dict(line.split(" ", 1) for line in ran[12].text.splitlines()[:4])
    assert said["mlflow.source.name"] == "모델 훈련"
    assert said["mlflow.source.type"] == "NOTEBOOK"
    assert len(said["handloom.notebook.id"]) == 32
    assert said["mlflow.user"]
    assert ran[12].text.splitlines()[4] == "DecisionTreeRegressor LinearRegression"
    assert ran[12].text.splitlines()[5] == "0.55 0.73"
