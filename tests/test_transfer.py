"""`handloom import`, `export` and `gc`, run as commands."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from handloom.domain.records import ExperimentRecord, PointsRecord, Record, RunRecord, encode_lines
from handloom.transfer.importer import BATCH
from handloom.transfer.mlflow.sql import SqlStore
from handloom.transfer.source import SourceWebhook
from running import Handloom, environment, handloom

RUNS, POINTS = 500, 200


def workspace_of(client: httpx.Client, name: str) -> str:
    known = {w["name"]: w["id"] for w in client.get("/api/v1/workspaces").json()["workspaces"]}
    return str(known.get(name) or client.post("/api/v1/workspaces", json={"name": name}).json()["id"])


def records_of(client: httpx.Client, workspace: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after: str | None = ""
    while after is not None:
        page = client.get(f"/api/v1/workspaces/{workspace}/records", params={"after": after}).json()
        found, after = found + page["records"], page["next"]
    return found


def archive_of(path: Path, *records: Record) -> Path:
    manifest = {"format": 1, "id": path.name, "written_by": "a test", "written_at": 1, "workspace": "w"}
    manifest["runs"] = sum(isinstance(record, RunRecord) for record in records)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("records.jsonl", encode_lines(list(records)))
        archive.writestr("handloom.json", msgspec.json.encode(manifest))
    return path


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of many runs, each with a history and a file."""
    records: list[Record] = [ExperimentRecord(id="5", name="large", creation_time=1)]
    steps = list(range(POINTS))
    for number in range(RUNS):
        run_id = f"{number:032x}"
        uri = f"mlflow-artifacts:/5/{run_id}/artifacts"
        records.append(RunRecord(run_id=run_id, experiment_id="5", status="FINISHED", artifact_uri=uri))
        records.append(PointsRecord(run_id=run_id, key="loss", steps=steps, timestamps=steps, values=[0.5] * POINTS))
    path = archive_of(tmp_path_factory.mktemp("large") / "large.zip", *records)
    with zipfile.ZipFile(path, "a") as archive:
        for number in range(RUNS):
            archive.writestr(f"artifacts/5/{number:032x}/artifacts/note.txt", f"note {number}")
    return path


def begin_import(server: Handloom, archive: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "handloom.cli", "import", str(archive), "--workspace", "large"]
    return subprocess.Popen(
        [*command, "--data", str(server.data)], env=environment(), stderr=subprocess.DEVNULL, start_new_session=True
    )


def held_points(client: httpx.Client, workspace: str) -> int:
    body = {"runs": [f"{number:032x}" for number in range(RUNS)]}
    held = client.post(f"/api/v1/workspaces/{workspace}/records/existing", json=body).json()["runs"]
    return sum(run["points"] for run in held)


def test_a_killed_import_goes_on_and_doubles_nothing(own_server: Handloom, large: Path) -> None:
    with own_server.client() as client:
        workspace = workspace_of(client, "large")
        first = begin_import(own_server, large)
        while held_points(client, workspace) <= (BATCH + 10) * POINTS:  # the first batch is in the journal then
            assert first.poll() is None, "it ended before it could be killed"
            time.sleep(0.01)
        os.killpg(first.pid, signal.SIGKILL)
        first.wait()
        assert 0 < held_points(client, workspace) < RUNS * POINTS
        own_server.kill()
        own_server.start()
    done = handloom("import", str(large), "--workspace", "large", "--data", str(own_server.data), timeout=200)
    assert done.returncode == 0, done.stderr
    assert "of the runs had been imported before" in done.stderr
    with own_server.client() as client:
        assert held_points(client, workspace) == RUNS * POINTS
        records = records_of(client, workspace)
        assert sum(record["kind"] == "run" for record in records) == RUNS
        last = f"/mlflow/{workspace}/get-artifact?run_id={RUNS - 1:032x}&path=note.txt"
        assert client.get(last).text == f"note {RUNS - 1}"


def test_a_training_run_logs_on_while_an_import_runs(own_server: Handloom, large: Path) -> None:
    with own_server.client() as client:
        made = client.post("/api/2.0/mlflow/runs/create", json={"experiment_id": "0"}).json()
        run_id = made["run"]["info"]["run_id"]
        moving = begin_import(own_server, large)
        workspace = workspace_of(client, "large")
        while not held_points(client, workspace):
            assert moving.poll() is None
        for step in range(30):
            point = {"run_id": run_id, "key": "m", "value": 1.0, "timestamp": 1, "step": step}
            assert client.post("/api/2.0/mlflow/runs/log-metric", json=point).status_code == 200
        assert held_points(client, workspace) < RUNS * POINTS, "the training run had to wait for the import"
        assert moving.wait(200) == 0


def test_a_workspace_comes_back_from_its_archive_with_notebooks_and_without_secrets(
    own_server: Handloom, tmp_path: Path
) -> None:
    path = tmp_path / "lab.zip"
    with own_server.client() as client:
        lab = workspace_of(client, "lab")
        client.post(f"/api/v1/workspaces/{lab}/notebooks", json={"name": "분석", "description": "what I did"})
        run = client.post(f"/mlflow/{lab}/api/2.0/mlflow/runs/create", json={"experiment_id": "0"}).json()["run"][
            "info"
        ]
        root = run["artifact_uri"].removeprefix("mlflow-artifacts:/")
        url = f"/mlflow/{lab}/api/2.0/mlflow-artifacts/artifacts/{root}/a/b.bin"
        assert client.put(url, content=b"12345" * 1_000).status_code == 200
        told = handloom("export", "lab", str(path), "--data", str(own_server.data))
        assert told.returncode == 0, told.stderr
        assert "runs 1" in told.stderr
        back = handloom("import", str(path), "--workspace", "again", "--data", str(own_server.data))
        assert back.returncode == 0, back.stderr
        again = workspace_of(client, "again")
        items = client.get(f"/api/v1/workspaces/{again}/items").json()["items"]
        assert [(i["name"], i["description"]) for i in items if i["kind"] == "notebook"] == [("분석", "what I did")]
        (copy,) = [record for record in records_of(client, again) if record["kind"] == "run"]
        assert copy["run_id"] != run["run_id"]  # the other workspace has that id
        url = f"/mlflow/{again}/get-artifact?run_id={copy['run_id']}&path=a/b.bin"
        assert client.get(url).content == b"12345" * 1_000
        twice = handloom("import", str(path), "--workspace", "again", "--data", str(own_server.data))
        assert twice.returncode == 0, twice.stderr
        assert len(client.get(f"/api/v1/workspaces/{again}/items").json()["items"]) == len(items)
    with zipfile.ZipFile(path) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert own_server.token.encode() not in everything
    assert b"hl_" not in everything


def test_what_cannot_be_carried_is_named_with_its_reason(own_server: Handloom, tmp_path: Path) -> None:
    bad = PointsRecord(run_id="a" * 32, key="a//b", steps=[1], timestamps=[1], values=[1.0])
    path = archive_of(
        tmp_path / "bad.zip",
        ExperimentRecord(id="1", name="lab", creation_time=1),
        RunRecord(run_id="a" * 32, experiment_id="1", status="FINISHED"),
        bad,
        RunRecord(run_id="b" * 32, experiment_id="1", status="FINISHED", artifact_uri="s3://bucket/x"),
        RunRecord(run_id="c" * 32, experiment_id="9", status="FINISHED"),
    )
    done = handloom("import", str(path), "--workspace", "bad", "--data", str(own_server.data))
    assert done.returncode == 1
    assert f"Not imported: metric a//b of run {'a' * 32}: " in done.stderr
    assert f"Not imported: files of run {'b' * 32}: they are at s3://bucket/x" in done.stderr
    assert f"Not imported: run {'c' * 32}: its experiment was not imported" in done.stderr
    assert "0 of 1 metric points are here" in done.stderr
    assert "Not everything was imported" in done.stderr


def test_one_workspace_of_a_server_moves_through_its_mlflow_api_with_a_token(own_server: Handloom) -> None:
    data = str(own_server.data)
    with own_server.client() as client:
        lab = workspace_of(client, "lab")
        made = client.post(f"/mlflow/{lab}/api/2.0/mlflow/runs/create", json={"experiment_id": "0"}).json()["run"]
        run_id = made["info"]["run_id"]
        point = {"run_id": run_id, "key": "m", "value": "NaN", "timestamp": 1, "step": 2}
        assert client.post(f"/mlflow/{lab}/api/2.0/mlflow/runs/log-metric", json=point).status_code == 200
        hook: dict[str, Any] = {"name": "hook", "url": "https://1.1.1.1/x", "description": "d", "secret": "hush"}
        hook |= {"events": [{"entity": "REGISTERED_MODEL", "action": "CREATED"}], "status": "DISABLED"}
        assert client.post(f"/mlflow/{lab}/api/2.0/mlflow/webhooks", json=hook).status_code == 200
        for number, words in enumerate(
            ([f"{own_server.url}/mlflow/lab"], [own_server.url, "--source-workspace", "lab"])
        ):
            name = f"copy {number}"
            command = ("import", "mlflow", *words, "--workspace", name, "--data", data)
            refused = handloom(*command, env={"MLFLOW_TRACKING_TOKEN": "hl_wrong"})
            assert (refused.returncode, "refused (401)" in refused.stderr) == (1, True), refused.stderr
            done = handloom(*command, env={"MLFLOW_TRACKING_TOKEN": own_server.token})
            assert done.returncode == 0, done.stderr
            records = records_of(client, workspace_of(client, name))
            (points,) = [record for record in records if record["kind"] == "points"]
            assert (points["steps"], points["values"]) == ([2], [None])
            assert "without a secret, which the source does not tell: webhook hook" in done.stderr
            again = handloom(*command, env={"MLFLOW_TRACKING_TOKEN": own_server.token})
            assert "webhook hook" not in again.stderr  # it is there already
            copied = f"/mlflow/{workspace_of(client, name)}/api/2.0/mlflow/webhooks"
            (arrived,) = client.get(copied).json()["webhooks"]
            assert {key: arrived[key] for key in hook if key != "secret"} == {k: hook[k] for k in hook if k != "secret"}


def test_webhooks_of_a_database_are_those_that_were_not_deleted(tmp_path: Path) -> None:
    file = tmp_path / "mlflow.db"
    with contextlib.closing(sqlite3.connect(file)) as db, db:
        for table in ("experiments (experiment_id)", "runs (run_uuid)", "metrics (key)"):
            db.execute(f"CREATE TABLE {table}")
        db.execute("CREATE TABLE webhooks (webhook_id, workspace, name, url, description, secret, deleted_timestamp)")
        db.execute("CREATE TABLE webhook_events (webhook_id, entity, action)")
        db.executemany(
            "INSERT INTO webhooks VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                ("a", "default", "kept", "https://example.com/a", None, "gAAAA", None),
                ("b", "default", "gone", "https://example.com/b", "d", None, 5),
                ("c", "other", "elsewhere", "https://example.com/c", "d", None, None),
            ],
        )
        db.executemany(
            "INSERT INTO webhook_events VALUES (?, ?, ?)",
            [("a", "model_version", "created"), ("a", "prompt", "created"), ("b", "prompt", "created")],
        )
    store = SqlStore(f"sqlite:///{file}", None)
    events = ("MODEL_VERSION.CREATED", "PROMPT.CREATED")
    assert list(store.webhooks()) == [SourceWebhook("kept", "https://example.com/a", events)]
    assert store.unsupported() == []
    store.close()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["mlflow"], "Use `handloom import mlflow SOURCE`"),
        (["mlflow", "sqlite:///nowhere.db"], "There is no file nowhere.db"),
        (["mlflow", "mysql://host/db"], "A store of mysql cannot be read"),
        (["mlflow", "nowhere"], "There is no folder nowhere"),
        (["mlflow", "."], "is not an mlruns folder"),
        (["mlflow", "http://127.0.0.1:9"], "does not answer"),
        (["nowhere.zip"], "is not an archive"),
    ],
)
def test_a_source_that_is_none_is_refused_before_anything_is_made(words: list[str], said: str, tmp_path: Path) -> None:
    place = tmp_path / "here"
    place.mkdir()
    done = handloom("import", *words, "--workspace", "x", "--data", str(tmp_path / "data"), cwd=place)
    assert done.returncode in (1, 2)
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "data").exists()


def test_deleting_for_good_says_first_what_it_frees_and_then_frees_it(own_server: Handloom) -> None:
    data = str(own_server.data)
    with own_server.client() as client:
        ids = []
        for size in (100_000, 7):
            made = client.post("/api/2.0/mlflow/runs/create", json={"experiment_id": "0"}).json()["run"]["info"]
            root = made["artifact_uri"].removeprefix("mlflow-artifacts:/")
            url = f"/api/2.0/mlflow-artifacts/artifacts/{root}/file.bin"
            assert client.put(url, content=os.urandom(size)).status_code == 200
            ids.append(made["run_id"])
        gone, kept = ids
        assert client.post("/api/2.0/mlflow/runs/delete", json={"run_id": gone}).status_code == 200
        young = handloom("gc", "--data", data)
        assert "nothing to delete permanently" in young.stderr
        dry = handloom("gc", "--older-than", "0", "--dry-run", "--data", data)
        assert (dry.returncode, "1 run," in dry.stderr, "100.0 KB of files" in dry.stderr) == (0, True, True), (
            dry.stderr
        )
        assert client.get(f"/get-artifact?run_id={gone}&path=file.bin").status_code == 200
        done = handloom("gc", "--older-than", "0", "--workspace", "default", "--data", data)
        assert done.returncode == 0, done.stderr
        assert "Deleted 0 notebooks, 1 run," in done.stderr
        assert client.get(f"/api/2.0/mlflow/runs/get?run_id={gone}").status_code == 404
        assert client.post("/api/2.0/mlflow/runs/restore", json={"run_id": gone}).status_code == 404
        assert client.get(f"/get-artifact?run_id={kept}&path=file.bin").status_code == 200
    left = [p.stat().st_size for p in (own_server.data / "artifacts").rglob("*") if p.is_file()]
    assert max(left) == 7


def test_an_age_that_says_no_unit_is_refused(tmp_path: Path) -> None:
    done = handloom("gc", "--older-than", "30", "--data", str(tmp_path))
    assert (done.returncode, "30d, 12h, 5m, or 0" in done.stderr) == (2, True)
