"""MLflow's clients and a server with artifacts in an object store: through the server and directly."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest

import object_stores
from object_stores import ObjectStore
from running import Handloom

pytestmark = pytest.mark.on_sqlite  # what a database holds of artifacts is tested on both elsewhere


@pytest.fixture(scope="module", params=object_stores.KINDS)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    with object_stores.of(request.param, tmp_path_factory.mktemp("store")) as store:
        yield store


@pytest.fixture(scope="module")
def bucket_server(place: ObjectStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handloom]:
    with object_stores.serving(place, tmp_path_factory.mktemp("server") / "data") as server:
        yield server


@pytest.fixture
def on_bucket(bucket_server: Handloom, walk_as: Callable[..., str]) -> Callable[..., str]:
    """As `walk_as`, in the default workspace of the server with the object store."""
    server = bucket_server
    return lambda client, script: walk_as(client, script, tracking_uri=server.url, token=server.token)


def test_models_are_logged_registered_loaded_and_deleted(on_bucket: Callable[..., str]) -> None:
    assert on_bucket("current", "registry_walk.py").splitlines()[-1].startswith("walked ")


@pytest.mark.parametrize("client", [pytest.param("2.22", marks=pytest.mark.soak), "current"])
def test_a_large_file_goes_straight_to_the_store_and_back(
    bucket_server: Handloom, on_bucket: Callable[..., str], client: str
) -> None:
    run_id = on_bucket(client, "large_walk.py").split()[-1]
    with bucket_server.client() as http:
        large, small = (_of_run(http, run_id, name) for name in ("large file.bin", "small.bin"))
    assert "repr-digest" in small.headers
    assert "repr-digest" not in large.headers, "it passed through the server"


def _of_run(http: httpx.Client, run_id: str, name: str) -> httpx.Response:
    answer = http.get("/get-artifact", params={"run_uuid": run_id, "path": f"data/{name}"})
    assert answer.status_code == 200
    return answer
