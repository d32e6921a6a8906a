"""`handloom import wandb` and `aim`: runs that the products themselves wrote, offline, become runs here."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from handloom.domain.errors import Invalid
from handloom.domain.records import PointsRecord, RunRecord
from handloom.transfer.source import ImportSource
from handloom.transfer.wandb_runs import WandbFolder
from running import Handloom, handloom

OFFLINE = {
    "WANDB_MODE": "offline",
    "WANDB_SILENT": "true",
    "WANDB_ERROR_REPORTING": "false",
    "WANDB__DISABLE_STATS": "true",
    "AIM_UI_TELEMETRY_ENABLED": "0",
}

WANDB = """
import math, sys, wandb
for number, code in enumerate((0, 1)):
    run = wandb.init(project="flowers", name=f"try {number}", dir=sys.argv[1], group="g", job_type="train",
                     tags=["a", "b"], notes="words", config={"rate": 0.5, "net": {"layers": [1, 2], "act": "relu"}})
    for step in range(300):
        run.log({"loss": 1 / (step + 1), "val/accuracy": step / 300})
    run.log({"loss": math.nan, "f1 @ 5%": 0.25, "note": "text", "nested": {"deep": 3}})
    run.summary["best"] = 0.75
    run.summary["verdict"] = "good"
    run.finish(exit_code=code)
"""

AIM = """
import math, sys
from aim import Run, Text
for number in range(2):
    run = Run(repo=sys.argv[1], experiment="flowers", system_tracking_interval=None, log_system_params=False)
    run.name, run.description = f"try {number}", "words"
    run.add_tag("a")
    run["hparams"] = {"rate": 0.5, "net": {"layers": [1, 2]}}
    for step in range(300):
        run.track(1 / (step + 1), name="loss", step=step, context={"subset": "train"})
        run.track(float(step), name="loss", step=step, context={"subset": "val"})
    run.track(math.nan, name="plain", step=7)
    run.track(Text("word"), name="a text", step=0)
    run.close()
"""


def written(script: str, folder: Path) -> Path:
    """Run a training with the product itself, in a process of its own."""
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder)],
        check=False,
        cwd=folder,
        env={**os.environ, **OFFLINE, "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def offline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(WANDB, tmp_path_factory.mktemp("wandb") / "source") / "wandb"


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("aim", reason="Aim's package has no wheel for this Python")
    return written(AIM, tmp_path_factory.mktemp("aim") / "source")


Points = dict[tuple[str, str], list[PointsRecord]]


def everything(source: ImportSource) -> tuple[dict[str, RunRecord], Points]:
    assert [record.name for record in source.experiments()] == ["flowers"]
    runs: dict[str, RunRecord] = {}
    points: Points = {}
    for run in source.runs():
        runs[run.name] = run
        for piece in source.points(run):
            points.setdefault((run.name, piece.key), []).append(piece)
    assert source.count_runs() == len(runs)
    return runs, points


def test_a_run_of_wandb_keeps_its_config_history_summary_and_end(offline: Path) -> None:
    source = WandbFolder(offline)
    runs, points = everything(source)
    assert {name: run.status for name, run in runs.items()} == {"try 0": "FINISHED", "try 1": "FAILED"}
    run = runs["try 0"]
    assert run.params == {"rate": "0.5", "net.layers": "[1, 2]", "net.act": "relu"}
    wanted = {"wandb.group": "g", "wandb.job_type": "train", "wandb.tags": "a, b", "mlflow.note.content": "words"}
    assert run.tags.items() >= wanted.items()
    assert run.tags["wandb.summary.verdict"] == "good"
    (loss,) = points["try 0", "loss"]
    assert loss.steps == list(range(301))
    assert loss.values == [*(1 / (step + 1) for step in range(300)), None]
    assert run.end_time is not None
    assert run.start_time - 1000 <= loss.timestamps[0] <= loss.timestamps[-1] <= run.end_time
    assert points["try 0", "nested.deep"][0].values == [3]
    assert points["try 0", "f1 _ 5_"][0].values == [0.25]
    assert points["try 0", "best"][0].values == [0.75]
    assert "2 of the values: text" in source.unsupported()
    assert {file.path for file in source.files_of_run(run).walk()} >= {"requirements.txt"}
    assert len({run.run_id for run in runs.values()}) == 2


def test_a_damaged_or_cut_file_of_wandb_is_reported_and_its_beginning_kept(offline: Path, tmp_path: Path) -> None:
    (file, *_) = sorted(offline.rglob("*.wandb"))
    content = file.read_bytes()
    for name, damaged in (("cut", content[:-9]), ("flipped", content[:-60] + b"\xff" + content[-59:])):
        folder = tmp_path / name
        folder.mkdir()
        (folder / file.name).write_bytes(damaged)
        source = WandbFolder(folder)
        _, points = everything(source)
        assert len(points) > 2
        assert any("damaged or ends in the middle" in reason for reason, _ in source.skipped())
    (folder / file.name).write_bytes(b"nothing of the kind")
    source = WandbFolder(folder)
    assert list(source.runs()) == []
    assert any("not a file of runs" in reason for reason, _ in source.skipped())
    with pytest.raises(Invalid, match="no runs of Weights & Biases"):
        WandbFolder(offline.parent.parent / "source" / "wandb" / file.parent.name / "files")


def test_a_repository_of_aim_keeps_contexts_params_and_times_and_is_not_changed(repository: Path) -> None:
    from handloom.transfer.aim_repository import AimRepository  # noqa: PLC0415 - its package may be missing

    before = {path: path.read_bytes() for path in repository.rglob("*") if path.is_file()}
    source = AimRepository(repository)
    runs, points = everything(source)
    source.close()
    run = runs["try 0"]
    assert (run.status, run.params) == ("FINISHED", {"hparams.rate": "0.5", "hparams.net.layers": "[1, 2]"})
    assert run.tags == {"aim.tags": "a", "mlflow.note.content": "words"}
    (loss,) = points["try 0", "loss/subset:train"]
    assert loss.steps == list(range(300))
    assert loss.values == [1 / (step + 1) for step in range(300)]
    assert run.end_time is not None
    assert run.start_time <= loss.timestamps[0] <= loss.timestamps[-1] <= run.end_time
    assert points["try 0", "loss/subset:val"][0].values == [float(step) for step in range(300)]
    assert points["try 0", "plain"][0].values == [None]
    assert source.unsupported() == ["2 series of texts"]
    assert before == {path: path.read_bytes() for path in repository.rglob("*") if path.is_file()}
    with pytest.raises(Invalid, match="not a repository of Aim"):
        AimRepository(repository.parent)


@pytest.mark.parametrize("kind", ["wandb", "aim"])
def test_the_command_counts_first_and_imports_everything_once(
    own_server: Handloom, kind: str, request: pytest.FixtureRequest
) -> None:
    folder: Path = request.getfixturevalue({"wandb": "offline", "aim": "repository"}[kind])
    counted = handloom("import", kind, str(folder), "--dry-run")
    assert "Nothing was imported (--dry-run)." in counted.stderr
    assert re.search(r"^runs +2$", counted.stderr, re.M), counted.stderr
    points = {"wandb": 2 * (301 + 300 + 3), "aim": 2 * (300 + 300 + 1)}[kind]
    for _ in range(2):
        done = handloom("import", kind, str(folder), "--workspace", kind, "--data", str(own_server.data))
        assert "Traceback" not in done.stderr
    assert "2 of the runs had been imported before" in done.stderr
    with own_server.client() as client:
        (workspace,) = [w for w in client.get("/api/v1/workspaces").json()["workspaces"] if w["name"] == kind]
        api = f"/mlflow/{workspace['id']}/api/2.0/mlflow"
        found = client.get(f"{api}/experiments/get-by-name", params={"experiment_name": "flowers"}).json()
        body = {"experiment_ids": [found["experiment"]["experiment_id"]]}
        runs = client.post(f"{api}/runs/search", json=body).json()["runs"]
        assert sorted(run["info"]["run_name"] for run in runs) == ["try 0", "try 1"]
        total = 0
        for run in runs:
            for metric in run["data"]["metrics"]:
                asked = {"run_id": run["info"]["run_id"], "metric_key": metric["key"]}
                total += len(client.get(f"{api}/metrics/get-history", params=asked).json()["metrics"])
        assert total == points
