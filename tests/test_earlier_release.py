"""An upgrade from the release before the newest change of the database, and the way back, as docs/systemd.md says."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from databases import Postgres
from handloom.store.engine.migrations import HEAD
from running import ROOT, Handloom, handloom


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources of the commit before the newest migration."""
    file = next((ROOT / "src/handloom/store/engine/migrations/versions").glob(f"{HEAD}_*.py"))
    words = ["log", "--diff-filter=A", "--format=%H", "-1", "--", str(file.relative_to(ROOT))]
    found = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    added = found.stdout.strip()
    archive = subprocess.run(["git", "archive", f"{added}^", "src"], cwd=ROOT, capture_output=True, check=False)
    if not added or archive.returncode != 0:
        pytest.skip("needs the commit before the newest migration")
    folder = tmp_path_factory.mktemp("earlier")
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive.stdout, check=True)
    return folder / "src"


def _run(client: httpx.Client, name: str) -> str:
    made = client.post("/api/2.0/mlflow/runs/create", json={"experiment_id": "0", "run_name": name})
    run = str(made.raise_for_status().json()["run"]["info"]["run_id"])
    point = {"run_id": run, "key": "loss", "value": 0.5, "timestamp": 1, "step": 1}
    client.post("/api/2.0/mlflow/runs/log-metric", json=point).raise_for_status()
    return run


def _seen(client: httpx.Client) -> tuple[list[str], list[str]]:
    """The names of all runs that have their metric, and of the notebooks."""
    found: Any = client.post(
        "/api/2.0/mlflow/runs/search", json={"experiment_ids": ["0"], "filter": "metrics.loss = 0.5"}
    )
    notebooks: list[str] = []
    for workspace in client.get("/api/v1/workspaces").json()["workspaces"]:
        items = client.get(f"/api/v1/workspaces/{workspace['id']}/items").json()["items"]
        notebooks += [item["name"] for item in items if item["kind"] == "notebook"]
    return sorted(run["info"]["run_name"] for run in found.json().get("runs", [])), notebooks


def _of_release(source: Path, data: Path, database: str, name: str) -> Handloom:
    server = Handloom(data, database=database, name=name)
    server.source = source
    return server


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_an_upgrade_keeps_everything_and_the_release_before_can_have_its_copy_back(
    kind: str, earlier: Path, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, url, empty = tmp_path / "data", "", ""
    if kind == "postgresql":
        postgres: Postgres = request.getfixturevalue("postgres")
        url, empty = postgres.fresh(), postgres.fresh()
        monkeypatch.setenv("PATH", f"{postgres.programs}{os.pathsep}{os.environ['PATH']}")  # for pg_dump
    before = _of_release(earlier, data, url, "before")
    with before, before.client() as client:
        workspace = client.post("/api/v1/workspaces", json={"name": "w"}).json()["id"]
        client.post(f"/api/v1/workspaces/{workspace}/notebooks", json={"name": "Train"}).raise_for_status()
        _run(client, "before")
        old = {"PYTHONPATH": str(earlier)}
        kept = handloom("backup", str(tmp_path / "kept"), *before.where, env=old)
        assert kept.returncode == 0, kept.stderr
    with Handloom(data, database=url, name="now") as server, server.client() as client:
        assert _seen(client) == (["before"], ["Train"])
        _run(client, "after")

    refused = handloom("up", *before.where, "--port", "0", "--no-browser", env=old)
    assert refused.returncode != 0
    assert "newer release" in refused.stderr + refused.stdout
    if kind == "sqlite":
        copy = max((data / "backups").glob("*.db"), key=lambda path: path.stat().st_mtime)
        copy.replace(data / "handloom.db")
        for rest in ("handloom.db-wal", "handloom.db-shm"):
            (data / rest).unlink(missing_ok=True)
    else:
        data, url = tmp_path / "data-before", empty
        words = ("--data", str(data), "--database", url)
        restored = handloom("restore", str(tmp_path / "kept"), *words, env=old)
        assert restored.returncode == 0, restored.stderr
    again = _of_release(earlier, data, url, "again")
    with again, again.client() as client:
        assert _seen(client) == (["before"], ["Train"])
        _run(client, "with the release before")
    with Handloom(data, database=url, name="at last") as server, server.client() as client:
        assert _seen(client) == (["before", "with the release before"], ["Train"])
