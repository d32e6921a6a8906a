"""`handloom import tensorboard`: event files that TensorBoard's own writer made become runs with metrics and params."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.plugins.hparams import plugin_data_pb2
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from handloom.domain.errors import Invalid
from handloom.domain.records import PointsRecord, RunRecord
from handloom.transfer.tensorboard_events import TensorBoardFolder
from running import Handloom, handloom

Value = summary_pb2.Summary.Value
START = 1_700_000_000


def write(folder: Path, *values: tuple[int, summary_pb2.Summary.Value]) -> None:
    writer = EventFileWriter(str(folder))
    for step, value in values:
        summary = summary_pb2.Summary(value=[value])
        writer.add_event(event_pb2.Event(step=step, wall_time=START + step, summary=summary))
    writer.close()


def hparams(**given: float | str | bool) -> summary_pb2.Summary.Value:
    session = plugin_data_pb2.HParamsPluginData()
    for name, value in given.items():
        kind = "bool" if isinstance(value, bool) else "string" if isinstance(value, str) else "number"
        setattr(session.session_start_info.hparams[name], f"{kind}_value", value)
    plugin = summary_pb2.SummaryMetadata.PluginData(plugin_name="hparams", content=session.SerializeToString())
    return Value(tag="_hparams_/session_start_info", metadata=summary_pb2.SummaryMetadata(plugin_data=plugin))


def everything(root: Path) -> tuple[dict[str, RunRecord], dict[tuple[str, str], PointsRecord], TensorBoardFolder]:
    source = TensorBoardFolder(root)
    runs: dict[str, RunRecord] = {}
    points: dict[tuple[str, str], PointsRecord] = {}
    for run in source.runs():
        runs[run.name] = run
        points |= {(run.name, piece.key): piece for piece in source.points(run)}
    return runs, points, source


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    root = tmp_path / "logs"
    write(
        root / "a" / "train",
        (0, hparams(lr=0.5, layers=3, name="x", big=True)),
        *((step, Value(tag="loss", simple_value=1 / 2**step)) for step in range(5)),
        (5, Value(tag="loss", simple_value=math.nan)),
        (6, Value(tag="loss", simple_value=math.inf)),
        (1, Value(tag="acc@top 5%", simple_value=0.25)),
        (1, Value(tag="a picture", image=summary_pb2.Summary.Image(height=1, width=1))),
    )
    write(root / "a" / "train", (7, Value(tag="loss", simple_value=2.0)))  # a run goes on in another file
    write(root / "b", (0, Value(tag="loss", simple_value=4.0)))
    return root


def test_every_folder_is_a_run_with_its_scalars_and_hyperparameters(logs: Path) -> None:
    runs, points, source = everything(logs)
    assert list(runs) == ["a/train", "b"]
    assert runs["a/train"].params == {"lr": "0.5", "layers": "3", "name": "x", "big": "True"}
    assert runs["b"].start_time >= START * 1_000
    loss = points["a/train", "loss"]
    assert loss.steps == list(range(8))
    assert loss.values == [1, 0.5, 0.25, 0.125, 0.0625, None, 1.7976931348623157e308, 2]
    assert loss.timestamps == [(START + step) * 1_000 for step in range(8)]
    assert points["a/train", "acc_top 5_"].values == [0.25]
    assert [name for _, name in source.skipped()] == [f"metric acc@top 5% of {logs / 'a' / 'train'}"]
    assert source.unsupported() == ["1 of the values: images"]


def test_a_file_that_ends_in_the_middle_keeps_what_is_before(logs: Path) -> None:
    (file,) = (logs / "b").iterdir()
    file.write_bytes(file.read_bytes()[:-5])
    runs, points, source = everything(logs)
    assert "b" in runs
    assert ("a/train", "loss") in points
    assert [name for reason, name in source.skipped() if "in the middle" in reason] == [f"file {file}"]


def test_a_damaged_file_is_reported(logs: Path) -> None:
    (file,) = (logs / "b").iterdir()
    content = bytearray(file.read_bytes())
    content[20] ^= 0xFF
    file.write_bytes(bytes(content))
    _, _, source = everything(logs)
    assert [name for reason, name in source.skipped() if "damaged" in reason] == [f"file {file}"]


def test_a_folder_without_event_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="no event files"):
        TensorBoardFolder(tmp_path)


def test_the_command_imports_and_imports_nothing_twice(own_server: Handloom, logs: Path) -> None:
    for turn in range(2):
        done = handloom("import", "tensorboard", str(logs), "--workspace", "boards", "--data", str(own_server.data))
        assert "Not imported: metric acc@top 5%" in done.stderr
        assert done.returncode == 1
        if turn == 0:
            assert "metric points      10    10" in done.stderr, done.stderr
    with own_server.client() as client:
        (boards,) = [w for w in client.get("/api/v1/workspaces").json()["workspaces"] if w["name"] == "boards"]
        api = f"/mlflow/{boards['id']}/api/2.0/mlflow"
        by_name = client.get(f"{api}/experiments/get-by-name", params={"experiment_name": "logs"}).json()
        body = {"experiment_ids": [by_name["experiment"]["experiment_id"]], "order_by": ["metrics.loss DESC"]}
        found = client.post(f"{api}/runs/search", json=body).json()["runs"]
        assert [(run["info"]["run_name"], run["info"]["status"]) for run in found] == [
            ("b", "FINISHED"),
            ("a/train", "FINISHED"),
        ]
