"""Snapshots of runs over the API: what a session may keep, and what a run's page is told of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from running import Handloom

CELL: dict[str, Any] = {
    "cell_type": "code",
    "id": "train",
    "metadata": {},
    "source": "1 + 1",
    "outputs": [],
    "execution_count": None,
}
DOCUMENT: dict[str, Any] = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [CELL]}


@pytest.fixture(scope="module")
def client(server: Handloom) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client


@pytest.fixture(scope="module")
def workspace(client: httpx.Client) -> str:
    return str(client.post("/api/v1/workspaces", json={"name": f"snapshots {uuid4().hex}"}).json()["id"])


@pytest.fixture(scope="module")
def notebook(client: httpx.Client, workspace: str) -> str:
    return str(client.post(f"/api/v1/workspaces/{workspace}/notebooks", json={"name": "training"}).json()["id"])


def keep(client: httpx.Client, workspace: str, notebook: str, **given: Any) -> httpx.Response:
    return client.post(f"/api/v1/workspaces/{workspace}/notebooks/{notebook}/snapshots", json=given)


def made(client: httpx.Client, workspace: str, **tags: str) -> str:
    """The id of a new run with these tags, whose names have underscores for dots."""
    given = [{"key": name.replace("_", "."), "value": value} for name, value in tags.items()]
    body = {"experiment_id": "0", "tags": given}
    answer = client.post(f"/mlflow/{workspace}/api/2.0/mlflow/runs/create", json=body)
    return str(answer.json()["run"]["info"]["run_id"])


def told(client: httpx.Client, workspace: str, run: str) -> Any:
    answer = client.get(f"/api/v1/workspaces/{workspace}/runs/{run}/reproductions")
    assert answer.status_code == 200, answer.text
    return answer.json()["snapshot"]


def test_a_run_is_shown_with_what_was_kept_of_its_notebook(client: httpx.Client, workspace: str, notebook: str) -> None:
    given = {"document": DOCUMENT, "ran": ["train"], "python": "3.12.1", "packages": ["numpy==2.1"]}
    kept = keep(client, workspace, notebook, **given)
    assert kept.status_code == 200, kept.text
    digest = kept.json()["digest"]
    assert keep(client, workspace, notebook, **given).json()["digest"] == digest
    run = made(client, workspace, handloom_snapshot=digest, handloom_cell_id="train", handloom_notebook_id=notebook)
    shown = told(client, workspace, run)
    assert (shown["cell"], shown["cells"], shown["python"], shown["packages"]) == (1, 1, "3.12.1", ["numpy==2.1"])
    file = client.get(f"/api/v1/workspaces/{workspace}/runs/{run}/snapshot")
    assert file.json() == DOCUMENT


@pytest.mark.parametrize(
    "document", [{}, {"cells": 1}, {"cells": ["text"]}, {"cells": [{"metadata": 1}]}, {"cells": [None]}]
)
def test_what_is_no_notebook_is_not_kept(client: httpx.Client, workspace: str, notebook: str, document: Any) -> None:
    refused = keep(client, workspace, notebook, document=document)
    assert refused.status_code == 400
    assert "list of cells" in refused.json()["error"]["message"]


def test_a_tag_that_names_no_snapshot_is_as_none(client: httpx.Client, workspace: str, notebook: str) -> None:
    run = made(client, workspace, handloom_snapshot="f" * 64)
    assert told(client, workspace, run) is None
    assert client.get(f"/api/v1/workspaces/{workspace}/runs/{run}/snapshot").status_code == 404
    assert client.post(f"/api/v1/workspaces/{workspace}/runs/{run}/reproductions", json={}).status_code == 404
    without = made(client, workspace)
    assert client.post(f"/api/v1/workspaces/{workspace}/runs/{without}/reproductions", json={}).status_code == 409
