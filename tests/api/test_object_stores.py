"""A server with artifacts in an object store: pages, versions, removal, interruptions and an unreachable store."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest

import object_stores
from handloom.store.artifacts import storage as artifacts
from handloom.store.artifacts.object_store import BucketStore
from object_stores import ObjectStore
from running import Handloom

pytestmark = pytest.mark.on_sqlite  # what a database holds of artifacts is tested on both elsewhere

ART = "/api/2.0/mlflow-artifacts"
MB = 1024 * 1024


@pytest.fixture(scope="module", params=object_stores.KINDS)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    with object_stores.of(request.param, tmp_path_factory.mktemp("store")) as store:
        yield store


@pytest.fixture(scope="module")
def bucket_server(place: ObjectStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handloom]:
    with object_stores.serving(place, tmp_path_factory.mktemp("server") / "data") as server:
        yield server


@pytest.fixture
def bucket(place: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[BucketStore]:
    """The objects in the bucket, read directly."""
    for name, value in place.environ.items():
        monkeypatch.setenv(name, value)
    store = artifacts.connect(place.root, Path())
    assert isinstance(store, BucketStore)
    yield store
    store.close()


class Lab:
    """A workspace of its own, reached both as a page and as an MLflow client would."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        made = client.post("/api/v1/workspaces", json={"name": f"bucket {uuid4().hex}"}).json()
        self.id, self.name = made["id"], made["name"]
        self.ui = f"/api/v1/workspaces/{self.id}"
        self.mlflow = f"/mlflow/{self.id}"

    def run(self) -> tuple[str, str]:
        """The id and the artifact folder of a new run."""
        made = self.client.post(f"{self.mlflow}/api/2.0/mlflow/runs/create", json={"experiment_id": "0"})
        info: dict[str, Any] = made.json()["run"]["info"]
        return info["run_id"], info["artifact_uri"].removeprefix("mlflow-artifacts:/")

    def put(self, path: str, content: Any) -> None:
        self.client.put(f"{self.mlflow}{ART}/artifacts/{quote(path)}", content=content).raise_for_status()


@pytest.fixture
def lab(bucket_server: Handloom) -> Iterator[Lab]:
    with bucket_server.client() as client:
        yield Lab(client)


def until(holds: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_pages_show_a_runs_files(lab: Lab) -> None:
    run, root = lab.run()
    lab.put(f"{root}/deep/지표.html", b"<p>hi</p>")
    lab.put(f"{root}/a.json", b'{"a": 1}')
    lab.put(f"{root}/model/MLmodel", b"flavors: {}")
    files = lab.client.get(f"{lab.ui}/runs/{run}/files").json()["entries"]
    assert [(f["path"], f["is_dir"], f["size"], f["model"]) for f in files] == [
        ("deep", True, None, False),
        ("model", True, None, True),
        ("a.json", False, 8, False),
    ]
    shown = lab.client.get(f"{lab.ui}/runs/{run}/files/content", params={"path": "deep/지표.html"})
    assert (shown.content, shown.headers["content-type"]) == (b"<p>hi</p>", "text/html; charset=utf-8")
    assert shown.headers["content-security-policy"].startswith("sandbox; ")
    kept = {"If-None-Match": shown.headers["etag"]}
    again = lab.client.get(f"{lab.ui}/runs/{run}/files/content", params={"path": "deep/지표.html"}, headers=kept)
    assert again.status_code == 304
    part = lab.client.get(
        f"{lab.ui}/runs/{run}/files/content", params={"path": "a.json"}, headers={"Range": "bytes=-3"}
    )
    assert (part.status_code, part.content) == (206, b" 1}")
    assert lab.client.get(f"{lab.ui}/runs/{run}/files", params={"path": "nowhere"}).status_code == 404


def test_a_runs_model_becomes_a_version_with_its_card(lab: Lab) -> None:
    run, root = lab.run()
    lab.put(f"{root}/model/MLmodel", b"flavors: {sklearn: {}}\nmlflow_version: 3.17.2")
    lab.put(f"{root}/other/a.txt", b"x")
    ask = {"run": run, "path": "other", "model": "m", "new": True}
    refused = lab.client.post(f"{lab.ui}/models/m/versions", json=ask)
    assert (refused.status_code, "is not a model folder" in refused.text) == (400, True)
    lab.client.post(f"{lab.ui}/models/m/versions", json=ask | {"path": "model"}).raise_for_status()
    version = lab.client.get(f"{lab.ui}/models/m/versions/1").json()
    assert (version["flavors"], version["mlflow_version"]) == (["sklearn"], "3.17.2")
    files = lab.client.get(f"{lab.ui}/models/m/versions/1/files").json()["entries"]
    assert [f["path"] for f in files] == ["MLmodel"]


def test_what_is_asked_of_an_unknown_file_is_answered_as_from_a_folder(lab: Lab) -> None:
    lab.put("run/a.txt", b"x")
    api = f"{lab.mlflow}{ART}/artifacts"
    missing = lab.client.get(f"{api}/run/b.txt")
    assert (missing.status_code, missing.json()["message"]) == (404, "No such artifact: 'run/b.txt'")
    folder = lab.client.get(f"{api}/run")
    assert (folder.status_code, folder.json()["detail"].startswith("Artifact path refers to a dir")) == (400, True)
    listed = lab.client.get(api, params={"path": "run"}).json()
    assert listed == {"files": [{"path": "a.txt", "is_dir": False, "file_size": 1}]}
    assert [lab.client.delete(f"{api}/run/a.txt").status_code for _ in range(2)] == [200, 200]


def test_a_removed_workspace_leaves_nothing_in_the_store(lab: Lab, bucket: BucketStore) -> None:
    for n in range(5):
        lab.put(f"1/{n}.txt", b"12345")
    assert lab.client.get(f"{lab.ui}/removal").json()["files"] == 5
    gone = lab.client.delete(lab.ui, params={"name": lab.name})
    assert gone.status_code == 200, gone.text
    assert bucket.usage(lab.id, "").files == 5
    lab.client.delete(f"/api/v1/removed-workspaces/{lab.id}").raise_for_status()
    until(lambda: bucket.usage(lab.id, "").files == 0)


def test_an_upload_that_breaks_off_leaves_nothing(lab: Lab, place: ObjectStore, bucket: BucketStore) -> None:
    def broken() -> Iterator[bytes]:
        for _ in range(20):
            yield b"x" * MB
        raise InterruptedError

    with pytest.raises(InterruptedError):
        lab.put("1/half.bin", broken())
    until(lambda: place.kind != "s3" or place.uploads() == 0)
    assert bucket.usage(lab.id, "").files == 0


def test_signed_addresses_are_for_those_who_may(lab: Lab) -> None:
    run, root = lab.run()
    api = f"{lab.mlflow}/api/2.0/mlflow/artifacts"
    given = lab.client.post(f"{api}/presigned-upload-url", json={"run_id": run, "path": "d/a b.txt"}).json()
    httpx.put(given["presigned_url"], content=b"straight", headers=given["headers"]).raise_for_status()
    found = lab.client.post(f"{api}/presigned-download-url", json={"run_id": run, "path": "d/a b.txt"}).json()
    assert (httpx.get(found["presigned_url"]).content, found["file_size"]) == (b"straight", 8)
    one = lab.client.get(f"{lab.mlflow}{ART}/presigned/{root}/d/a%20b.txt").json()
    assert httpx.get(one["url"], headers={**one["headers"], "Range": "bytes=0-2"}).content == b"str"
    told = lab.client.get(f"{lab.mlflow}/api/2.0/mlflow/server-info").json()
    assert (told["multipart_uploads_enabled"], told["multipart_downloads_enabled"]) == (True, True)
    for body, said in (
        ({"path": "a"}, "Exactly one of run_id and model_id must be provided."),
        ({"run_id": run, "path": "../a"}, "Invalid path"),
        ({"run_id": run, "path": "a", "expiration": 604_801}, "expiration must be between 1 and 604800 seconds"),
    ):
        refused = lab.client.post(f"{api}/presigned-upload-url", json=body)
        assert (refused.status_code, said in refused.text) == (400, True)


def test_what_a_kill_interrupts_is_finished_by_the_next_start(
    place: ObjectStore, bucket: BucketStore, tmp_path: Path
) -> None:
    with object_stores.serving(place, tmp_path / "data", "--no-presigned") as server, server.client() as client:
        lab = Lab(client)
        for n in range(40):
            lab.put(f"1/{n}.txt", b"x")
        assert lab.client.get("/api/2.0/mlflow/server-info").json()["multipart_uploads_enabled"] is False
        assert lab.client.post(f"{ART}/mpu/create/1", json={"path": "a", "num_parts": 1}).status_code == 501
        client.delete(lab.ui, params={"name": lab.name}).raise_for_status()
        client.delete(f"/api/v1/removed-workspaces/{lab.id}").raise_for_status()
        server.kill()
        server.start()
        until(lambda: bucket.usage(lab.id, "").files == 0)


def test_a_store_that_is_away_is_said_plainly_and_harms_nothing_else(place: ObjectStore, tmp_path: Path) -> None:
    away = ObjectStore(
        place.kind,
        place.root,
        {n: "http://127.0.0.1:9/x" if "ENDPOINT" in n else v for n, v in place.environ.items()},
        "",
    )
    with object_stores.serving(away, tmp_path / "data") as server, server.client() as client:
        lab = Lab(client)
        run, root = lab.run()
        refused = lab.client.put(f"{lab.mlflow}{ART}/artifacts/{root}/a.txt", content=b"x")
        assert (refused.status_code, refused.json()["error_code"]) == (503, "TEMPORARILY_UNAVAILABLE")
        assert "The server's log says why" in refused.json()["message"]
        assert lab.client.get(f"{lab.ui}/runs/{run}/files").status_code == 503
        logged = {"run_id": run, "key": "loss", "value": 1, "timestamp": 1, "step": 0}
        lab.client.post(f"{lab.mlflow}/api/2.0/mlflow/runs/log-metric", json=logged).raise_for_status()
        assert "127.0.0.1:9" in server.log
        assert not [s for n, s in place.environ.items() if ("SECRET" in n or "ACCOUNT_KEY" in n) and s in server.log]
