"""When a run's notebook cannot be kept, the cell that logged the run says so and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from handloom.session.attached import Attached
from handloom.session.snapshots import Snapshots
from running import Handloom


def attached(server: Handloom, **more: str) -> Attached:
    """A session of a new notebook."""
    with server.client() as client:
        workspace = client.post("/api/v1/workspaces", json={"name": f"kept {uuid4().hex}"}).json()["id"]
        notebook = client.post(f"/api/v1/workspaces/{workspace}/notebooks", json={"name": "n"}).json()["id"]
    given = {"notebook": notebook, "tracking_uri": f"{server.url}/mlflow/{workspace}", **more}
    return Attached(
        session="s",
        workspace=workspace,
        workspace_name="kept",
        notebook=given["notebook"],
        job=None,
        name="n",
        user="u",
        tracking_uri=given["tracking_uri"],
        token=given.get("token", server.token),
        mounts=(),
        autolog=True,
        cwd=".",
        engine={},
    )


def notebook(folder: Path, source: str = "1") -> Path:
    cell: dict[str, Any] = {
        "cell_type": "code",
        "id": "a",
        "metadata": {},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }
    file = folder / "n.ipynb"
    file.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}))
    return file


def test_a_kept_notebook_says_nothing(server: Handloom, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(Snapshots().keep(attached(server), notebook(tmp_path), 1, {})) == 64
    assert capsys.readouterr().err == ""


def test_a_notebook_that_cannot_be_kept_is_named_once_per_reason(
    server: Handloom, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = Snapshots()
    nowhere = attached(server, tracking_uri="http://127.0.0.1:9/mlflow/w")
    file = notebook(tmp_path)
    assert kept.keep(nowhere, file, 1, {}) == ""
    said = capsys.readouterr().err
    assert "cannot be reproduced from its page: the server did not take it." in said
    assert kept.keep(nowhere, file, 2, {}) == ""
    assert capsys.readouterr().err == ""
    assert kept.keep(attached(server, token="wrong"), file, 3, {}) == ""
    assert "reproduced from its page: " in capsys.readouterr().err
    file.write_text("{")
    assert kept.keep(nowhere, file, 4, {}) == ""
    assert "the notebook's file cannot be read" in capsys.readouterr().err
