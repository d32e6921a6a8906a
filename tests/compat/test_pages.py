"""The commands of the docs for MLflow users, run with MLflow's own clients."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from urllib.parse import quote

import pytest

from compat.conftest import python_of
from running import ROOT, Handloom, environment

INSTEAD = (ROOT / "docs" / "instead-of-mlflow-server.md").read_text(encoding="utf-8")


@pytest.mark.soak_on_postgresql
@pytest.mark.parametrize("release", ["2.22", "current"])
def test_the_programs_of_the_page_run_as_they_stand(
    release: str, server: Handloom, workspace: str, tmp_path: Path
) -> None:
    programs = re.findall(r"```python\n(.*?)```", INSTEAD, re.S)
    assert len(programs) >= 2
    script = tmp_path / "page.py"
    script.write_text("\n".join(programs), encoding="utf-8")
    uri = f"{server.url}/mlflow/{quote(workspace)}"
    settings = {"MLFLOW_TRACKING_URI": uri, "MLFLOW_TRACKING_TOKEN": server.token}
    done = subprocess.run(
        [python_of(release), script],
        env=environment(PYTHONPATH="", **settings),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-5_000:]
    with server.client() as client:
        items = client.get(f"/api/v1/workspaces/{workspace}/items").json()["items"]
    assert {(item["kind"], item["name"]) for item in items} >= {("experiment", "prices"), ("model", "prices")}


def test_each_line_for_a_framework_is_a_function_of_mlflow() -> None:
    lines = sorted(set(re.findall(r"`(mlflow\.[\w.]+)(?:\(\))?`", INSTEAD)))
    assert len(lines) >= 8
    # Read, not imported: a flavor imports its framework.
    check = (
        "import importlib.util, pathlib, sys\nfor line in sys.argv[1:]:\n    place, _, name = line.rpartition('.')\n"
    )
    check += "    text = pathlib.Path(importlib.util.find_spec(place).origin).read_text()\n"
    check += "    assert (f'def {name}(' in text) or (place == 'mlflow' and f'    {name},' in text), line\n"
    done = subprocess.run([python_of("project"), "-c", check, *lines], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3_000:]
