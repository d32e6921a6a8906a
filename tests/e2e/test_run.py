"""Whole notebooks without a browser: the published lab and our own tutorial, through `handloom run`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from e2e import lab
from running import Handloom, handloom

SCORES = {"LinearRegression": 0.554, "DecisionTreeRegressor": 0.732}


def document(code: list[str]) -> dict[str, Any]:
    cells: list[dict[str, Any]] = [
        {"cell_type": "code", "id": f"cell-{n}", "metadata": {}, "source": text, "outputs": [], "execution_count": None}
        for n, text in enumerate(code)
    ]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def ran(server: Handloom, folder: Path, code: list[str], workspace: str) -> list[dict[str, Any]]:
    """The outputs of all cells."""
    source, target = folder / "lab.ipynb", folder / "done.ipynb"
    source.write_text(json.dumps(document(code)), encoding="utf-8")
    said = handloom(
        "run", str(source), "--workspace", workspace, "--data", str(server.data), "--output", str(target), timeout=240
    )
    assert said.returncode == 0, said.stdout + said.stderr
    cells = json.loads(target.read_text(encoding="utf-8"))["cells"]
    assert len(cells) == len(code)
    return [output for cell in cells for output in cell["outputs"]]


def scores(server: Handloom, workspace: str) -> dict[str, float]:
    """The R2 of each run of experiment-diabetes, by estimator."""
    root = f"/mlflow/{workspace}/api/2.0/mlflow"
    with server.client() as client:
        found = client.get(f"{root}/experiments/get-by-name", params={"experiment_name": "experiment-diabetes"}).json()
        wanted = {"experiment_ids": [found["experiment"]["experiment_id"]]}
        runs = client.post(f"{root}/runs/search", json=wanted).json()["runs"]
    pairs = [({p["key"]: p["value"] for p in r["data"]["params"]}, r["data"]["metrics"]) for r in runs]
    return {p["estimator"]: next(m["value"] for m in ms if m["key"] == "training_r2_score") for p, ms in pairs}


@pytest.mark.timeout(300)
def test_the_published_lab_runs_unchanged_from_the_command_line(site: Handloom, tmp_path: Path) -> None:
    _, code = lab.published()
    outputs = ran(site, tmp_path, code, "lab-by-command")
    (table,) = [o["data"] for o in outputs if "application/vnd.handloom.dataframe+json" in o.get("data", {})]
    shown = table["application/vnd.handloom.dataframe+json"]
    assert (shown["total"], len(shown["columns"])) == (442, 11)
    assert shown["rows"][0] == [59, 2, 32.1, 101.0, 157, 93.2, 38.0, 4.0, 4.8598, 87, 151]
    assert [o for o in outputs if "image/png" in o.get("data", {})]
    assert scores(site, "lab-by-command") == pytest.approx(SCORES, abs=0.001)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("language", ["en", "ko"])
def test_our_own_tutorial_runs_from_the_command_line(site: Handloom, tmp_path: Path, language: str) -> None:
    outputs = ran(site, tmp_path, lab.own(language), f"tutorial-{language}-by-command")
    assert [o for o in outputs if "image/png" in o.get("data", {})]
    assert scores(site, f"tutorial-{language}-by-command") == pytest.approx(SCORES, abs=0.001)
