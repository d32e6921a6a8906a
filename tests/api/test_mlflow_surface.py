"""Every endpoint of MLflow that machine learning clients use exists, below each of its path prefixes."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from running import Handloom

ROOTS = ("/api/2.0/", "/api/3.0/", "/ajax-api/2.0/", "/ajax-api/3.0/")

BELOW_ROOTS = """
GET mlflow/server-info
GET mlflow/experiments/get-by-name
POST mlflow/experiments/create
POST mlflow/experiments/search
GET mlflow/experiments/search
GET mlflow/experiments/get
POST mlflow/experiments/delete
POST mlflow/experiments/restore
POST mlflow/experiments/update
POST mlflow/experiments/set-experiment-tag
POST mlflow/experiments/delete-experiment-tag
POST mlflow/experiments/search-datasets
POST mlflow/runs/create
POST mlflow/runs/update
POST mlflow/runs/delete
POST mlflow/runs/restore
POST mlflow/runs/log-metric
POST mlflow/runs/log-parameter
POST mlflow/runs/set-tag
POST mlflow/runs/delete-tag
GET mlflow/runs/get
POST mlflow/runs/search
POST mlflow/runs/log-batch
POST mlflow/runs/log-model
POST mlflow/runs/log-inputs
POST mlflow/runs/outputs
GET mlflow/metrics/get-history
GET mlflow/metrics/get-history-bulk-interval
GET mlflow/metrics/get-history-bulk
GET mlflow/artifacts/list
POST mlflow/artifacts/presigned-upload-url
POST mlflow/artifacts/presigned-download-url
GET mlflow-artifacts/artifacts/a/file
PUT mlflow-artifacts/artifacts/a/file
GET mlflow-artifacts/artifacts
DELETE mlflow-artifacts/artifacts/a/file
POST mlflow-artifacts/mpu/create/a/file
POST mlflow-artifacts/mpu/complete/a/file
POST mlflow-artifacts/mpu/abort/a/file
GET mlflow-artifacts/presigned/a/file
POST mlflow/upload-artifact
POST mlflow/logged-models
PATCH mlflow/logged-models/m-1
GET mlflow/logged-models/m-1
DELETE mlflow/logged-models/m-1
POST mlflow/logged-models/search
PATCH mlflow/logged-models/m-1/tags
DELETE mlflow/logged-models/m-1/tags/key
GET mlflow/logged-models/m-1/artifacts/directories
POST mlflow/logged-models/m-1/params
GET mlflow/logged-models/m-1/artifacts/files
POST mlflow/registered-models/create
POST mlflow/registered-models/rename
PATCH mlflow/registered-models/update
DELETE mlflow/registered-models/delete
GET mlflow/registered-models/get
GET mlflow/registered-models/search
POST mlflow/registered-models/get-latest-versions
GET mlflow/registered-models/get-latest-versions
POST mlflow/model-versions/create
PATCH mlflow/model-versions/update
POST mlflow/model-versions/transition-stage
DELETE mlflow/model-versions/delete
GET mlflow/model-versions/get
GET mlflow/model-versions/search
GET mlflow/model-versions/get-download-uri
POST mlflow/registered-models/set-tag
POST mlflow/model-versions/set-tag
DELETE mlflow/registered-models/delete-tag
DELETE mlflow/model-versions/delete-tag
POST mlflow/registered-models/alias
DELETE mlflow/registered-models/alias
GET mlflow/registered-models/alias
POST mlflow/webhooks
GET mlflow/webhooks
GET mlflow/webhooks/1
PATCH mlflow/webhooks/1
DELETE mlflow/webhooks/1
POST mlflow/webhooks/1/test
GET mlflow/workspaces
POST mlflow/workspaces
GET mlflow/workspaces/nowhere
PATCH mlflow/workspaces/nowhere
DELETE mlflow/workspaces/nowhere
POST mlflow/traces
GET mlflow/traces
PATCH mlflow/traces/tr-1
GET mlflow/traces/tr-1
GET mlflow/traces/tr-1/info
PATCH mlflow/traces/tr-1/tags
DELETE mlflow/traces/tr-1/tags
GET mlflow/traces/get
GET mlflow/traces/batchGet
POST mlflow/traces/batchGetInfos
POST mlflow/traces/search
POST mlflow/traces/delete-traces
POST mlflow/traces/link-to-run
POST mlflow/traces/link-prompts
"""
AS_THEY_ARE = """
POST /api/2.0mlflow/experiments/search-datasets
GET /get-artifact
GET /model-versions/get-artifact
POST /v1/traces
GET /health
GET /version
"""
NEEDS_AN_OBJECT_STORE = ("/mpu/", "/presigned")


@pytest.fixture(scope="module")
def client(server: Handloom) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client


def rows(table: str) -> list[tuple[str, str]]:
    return [(method, path) for method, _, path in (line.partition(" ") for line in table.split("\n") if line)]


def asked(client: httpx.Client, method: str, url: str) -> httpx.Response:
    """Send an empty body: a missing value is named, and nothing is created."""
    return client.request(method, url, json={} if method in ("POST", "PATCH") else None)


def is_there(answer: httpx.Response, path: str) -> bool:
    if answer.status_code in (200, 201, 204):
        return True
    code = answer.json()["error_code"]
    if any(part in path for part in NEEDS_AN_OBJECT_STORE):
        return code in ("NOT_IMPLEMENTED", "INVALID_PARAMETER_VALUE")
    return code in ("INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST")


@pytest.mark.parametrize("root", ROOTS)
def test_every_endpoint_is_there_below_every_root(client: httpx.Client, root: str) -> None:
    missing = []
    for method, path in rows(BELOW_ROOTS):
        answer = asked(client, method, root + path)
        if not is_there(answer, path):
            missing.append((method, path, answer.status_code, answer.text[:200]))
    assert not missing


@pytest.mark.parametrize("prefix", ["", "/mlflow/default"])
def test_endpoints_outside_of_the_roots_are_there_with_and_without_a_prefix(client: httpx.Client, prefix: str) -> None:
    for method, path in rows(AS_THEY_ARE):
        answer = asked(client, method, prefix + path)
        assert is_there(answer, path), (method, prefix + path, answer.status_code, answer.text[:200])
