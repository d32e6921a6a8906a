"""Copies of runs in another experiment have the logged models too, under ids of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api.run_lab import RunLab
from running import Handloom


@pytest.fixture
def lab(server: Handloom) -> Iterator[RunLab]:
    with server.client() as client:
        yield RunLab(client)


def test_logged_models_are_copied_with_their_run_and_traces_are_counted(lab: RunLab) -> None:
    run = lab.run("trained", 1)
    made = {"experiment_id": lab.experiment, "name": "tree", "source_run_id": run}
    info = lab.mlflow("logged-models", made)["model"]["info"]
    model_id = info["model_id"]
    root = f"/mlflow/{lab.id}/api/2.0/mlflow-artifacts/artifacts/{lab.experiment}/models/{model_id}/artifacts"
    card = {"run_id": run, "model_id": model_id}
    lab.client.put(f"{root}/MLmodel", json=card).raise_for_status()
    lab.mlflow("runs/update", {"run_id": run, "status": "FINISHED"})
    other = lab.ask("POST", "/experiments", {"name": "copies of models"})["id"]
    refused = lab.ask("POST", "/runs/copy", {"runs": [run], "experiment": other}, status=409)
    assert "still being uploaded" in refused["error"]["message"]
    lab.mlflow(f"logged-models/{model_id}", {"model_id": model_id, "status": "LOGGED_MODEL_READY"}, "PATCH")
    lab.mlflow("runs/outputs", {"run_id": run, "models": [{"model_id": model_id, "step": 3}]})
    copied = lab.ask("POST", "/runs/copy", {"runs": [run], "experiment": other})
    (copy,), (copied_model,) = copied["runs"], copied["models"]
    assert (copied["traces_left"], copied_model != model_id) == (0, True)
    there = lab.mlflow(f"logged-models/{copied_model}", None, "GET")["model"]["info"]
    assert (there["experiment_id"], there["source_run_id"], there["name"]) == (other, copy, "tree")
    assert [one["model_id"] for one in lab.ask("GET", f"/runs/{copy}")["models"]] == [copied_model]
    outputs = lab.mlflow("runs/get?run_id=" + copy, None, "GET")["run"]["outputs"]["model_outputs"]
    assert outputs == [{"model_id": copied_model, "step": 3}]
    files = f"/mlflow/{lab.id}/api/2.0/mlflow-artifacts/artifacts/{other}/models/{copied_model}/artifacts/MLmodel"
    assert lab.client.get(files).json() == {"run_id": copy, "model_id": copied_model}
    lab.ask("POST", "/runs/delete", {"runs": [copy], "models": True})
    assert lab.mlflow(f"logged-models/{model_id}", None, "GET")["model"]["info"]["status"] == "LOGGED_MODEL_READY"
    gone = f"/mlflow/{lab.id}/api/2.0/mlflow/logged-models/{copied_model}"
    assert lab.client.get(gone).status_code == 404
