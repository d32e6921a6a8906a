"""Hostile files of users: exponential YAML, huge numbers and deep nesting."""

from __future__ import annotations

import uuid

import httpx
import pytest

from handloom.domain.errors import Invalid
from handloom.store.engine import plain_yaml
from running import Handloom

DOUBLING = "a0: &a0 {x0: 1}\n" + "".join(
    f"a{n}: &a{n}\n  <<: [*a{n - 1}, *a{n - 1}]\n  x{n}: [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 30)
)
MODEL = """artifact_path: model
flavors:
  python_function: {loader_module: mlflow.sklearn, python_version: 3.11.2}
  sklearn: {pickled_model: model.pkl}
mlflow_version: 3.17.2
model_size_bytes: 1_234
signature:
  inputs: '[{"type": "double", "name": "x", "required": true}]'
  outputs: null
utc_time_created: '2026-01-01 00:00:00.000000'
"""


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (DOUBLING, "merge key|alias"),
        ("a: &a [1]\nb: *a\n", "alias"),
        ("b:\n  <<: {a: 1}\n", "merge key"),
        ("[" * 5_000, "nested|no YAML"),
        ("x: " + "y" * 300_000, "larger than 256 KB"),
        ("? [a]\n: b\n", "as a key"),
        ("a: [", "no YAML"),
        (b"\xff\xfe\xff", "no YAML"),
    ],
)
def test_dangerous_yaml_is_refused_with_a_reason(text: str | bytes, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        plain_yaml.load(text)


@pytest.mark.parametrize(
    "text", ["x: " + "1:" * 100_000 + "1", "x: " + "9" * 100_000, "x: !!python/object:os.system 1"]
)
def test_what_only_looks_like_a_value_stays_a_text(text: str) -> None:
    assert isinstance(plain_yaml.load(text)["x"], str)


def test_ordinary_yaml_is_read_as_the_usual_readers_read_it() -> None:
    text = "a: 1\nb: [1.5, true, no, ~, 'yes', .inf]\nc:\n  d: |\n    two\n    lines\ne: 2026-01-01\n1: x\n"
    assert plain_yaml.load(text) == {
        "a": 1,
        "b": [1.5, True, False, None, "yes", float("inf")],
        "c": {"d": "two\nlines\n"},
        "e": "2026-01-01",
        "1": "x",
    }
    assert plain_yaml.load("") is None


def version_of(client: httpx.Client, mlmodel: str) -> httpx.Response:
    """Return what a page gets for a registered version with this MLmodel file."""
    made = client.post("/api/v1/workspaces", json={"name": f"w {uuid.uuid4()}"}).json()
    mlflow = f"/mlflow/{made['id']}/api/2.0/mlflow"
    run = client.post(f"{mlflow}/runs/create", json={"experiment_id": "0"}).json()["run"]["info"]
    place = run["artifact_uri"].partition(":/")[2].lstrip("/") + "/model/MLmodel"
    path = f"/mlflow/{made['id']}/api/2.0/mlflow-artifacts/artifacts/{place}"
    assert client.put(path, content=mlmodel.encode()).status_code == 200
    client.post(f"{mlflow}/registered-models/create", json={"name": "m"})
    body = {"name": "m", "source": f"{run['artifact_uri']}/model", "run_id": run["run_id"]}
    assert client.post(f"{mlflow}/model-versions/create", json=body).status_code == 200
    return client.get(f"/api/v1/workspaces/{made['id']}/models/m/versions/1")


def test_a_version_whose_model_file_doubles_with_each_line_is_shown_without_it(server: Handloom) -> None:
    with server.client() as client:
        reply = version_of(client, DOUBLING)
        assert reply.status_code == 200
        assert reply.json()["model_card"] == {}
        assert "not read here" in reply.json()["card_problem"]


def test_a_version_with_an_ordinary_model_file_has_its_card(server: Handloom) -> None:
    with server.client() as client:
        reply = version_of(client, MODEL)
        told = reply.json()
        assert (told["flavors"], told["mlflow_version"]) == (["python_function", "sklearn"], "3.17.2")
        assert told["inputs"] == [{"name": "x", "type": "double", "required": True}]
        assert told["model_card"]["model_size_bytes"] == 1234
        assert told["card_problem"] is None
