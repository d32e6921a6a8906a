"""What a person does with experiments and runs through the mlflow package, 2.22 or 3.x. Run as a script by the tests.

Takes the server from MLFLOW_TRACKING_URI and MLFLOW_TRACKING_TOKEN; an assertion that fails is its exit code.
"""

import math
import tempfile
import time
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from mlflow.data.pandas_dataset import from_pandas
from mlflow.entities import Experiment, Metric, Param, RunTag, ViewType
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

CLIENT = MlflowClient()


def refused(code: str, message: str, work: Any) -> None:
    seen, said = "no error", ""
    try:
        work()
    except MlflowException as error:
        seen, said = error.error_code, str(error)
    assert (seen, message in said) == (code, True), (seen, said)


def named(name: str) -> Experiment:
    found = mlflow.get_experiment_by_name(name)
    assert found is not None
    return found


def experiments() -> str:
    made = mlflow.set_experiment("walk")
    assert mlflow.set_experiment("walk").experiment_id == made.experiment_id
    default = named("Default")
    assert (default.experiment_id, default.artifact_location) == ("0", "mlflow-artifacts:/0")
    assert mlflow.get_experiment_by_name("nowhere") is None
    refused("RESOURCE_ALREADY_EXISTS", "already exists", lambda: CLIENT.create_experiment("walk"))
    refused("RESOURCE_DOES_NOT_EXIST", "No Experiment with id=999", lambda: CLIENT.get_experiment("999"))
    other = CLIENT.create_experiment("other", tags={"team": "red"})
    CLIENT.set_experiment_tag(other, "stage", "draft")
    assert CLIENT.get_experiment(other).tags == {"team": "red", "stage": "draft"}
    assert [e.name for e in mlflow.search_experiments(order_by=["name ASC"])] == ["Default", "other", "walk"]
    assert [e.name for e in mlflow.search_experiments(filter_string="tags.team = 'red'")] == ["other"]
    assert [e.name for e in mlflow.search_experiments(filter_string="name LIKE 'w%'")] == ["walk"]
    CLIENT.rename_experiment(other, "renamed")
    CLIENT.delete_experiment(other)
    assert CLIENT.get_experiment(other).lifecycle_stage == "deleted"
    deleted = mlflow.search_experiments(view_type=ViewType.DELETED_ONLY)
    assert [e.name for e in deleted] == ["renamed"]
    CLIENT.restore_experiment(other)
    assert named("renamed").lifecycle_stage == "active"
    return str(made.experiment_id)


def logging() -> str:
    with mlflow.start_run(run_name="first", description="a note", tags={"color": "blue"}) as run:
        mlflow.log_param("depth", 5)
        mlflow.log_params({f"p{n}": n for n in range(250)})
        mlflow.log_metric("rmse", 0.5, step=3)
        mlflow.log_metric("rmse", 0.25, step=7)
        mlflow.log_metrics({"nan": float("nan"), "inf": float("inf"), "minus": float("-inf")})
        mlflow.set_tags({"한글": "값", "b": "2"})
        mlflow.delete_tag("b")
        mlflow.log_input(from_pandas(pd.DataFrame({"x": [1, 2]}), name="pairs"), context="training")
        for step in range(20):
            mlflow.log_metric("later", step * 2.0, step=step, synchronous=False)
        mlflow.flush_async_logging()
        with mlflow.start_run(nested=True) as child:
            mlflow.log_metric("rmse", 9)
    run_id = run.info.run_id
    seen = mlflow.get_run(run_id)
    assert (seen.info.status, seen.info.run_name, seen.data.params["p249"]) == ("FINISHED", "first", "249")
    assert len(seen.data.params) == 251
    assert seen.info.end_time >= seen.info.start_time > 1_600_000_000_000
    metrics = seen.data.metrics
    assert (metrics["rmse"], metrics["later"], metrics["inf"]) == (0.25, 38.0, 1.7976931348623157e308)
    assert math.isnan(metrics["nan"])
    assert (seen.data.tags["한글"], seen.data.tags["color"], "b" in seen.data.tags) == ("값", "blue", False)
    assert seen.data.tags["mlflow.note.content"] == "a note"
    assert seen.inputs is not None
    (dataset,) = seen.inputs.dataset_inputs
    assert (dataset.dataset.name, dataset.tags[0].value) == ("pairs", "training")
    assert [(m.step, m.value) for m in CLIENT.get_metric_history(run_id, "rmse")] == [(3, 0.5), (7, 0.25)]
    assert CLIENT.get_metric_history(run_id, "no such key") == []
    assert mlflow.get_run(child.info.run_id).data.tags["mlflow.parentRunId"] == run_id
    refused("INVALID_PARAMETER_VALUE", "Changing param values", lambda: CLIENT.log_param(run_id, "depth", 6))
    refused("RESOURCE_DOES_NOT_EXIST", "Run with id=", lambda: CLIENT.get_run("0" * 32))
    refused("INVALID_PARAMETER_VALUE", "a/b", lambda: CLIENT.log_metric(run_id, "a//b", 1.0))
    return str(run_id)


def life(experiment: str, run_id: str) -> None:
    with mlflow.start_run(run_id=run_id):
        mlflow.log_metric("resumed", 1)
    CLIENT.update_run(run_id, name="renamed")
    assert CLIENT.get_run(run_id).info.run_name == "renamed"
    assert CLIENT.get_run(run_id).data.tags["mlflow.runName"] == "renamed"
    CLIENT.delete_run(run_id)
    refused("INVALID_PARAMETER_VALUE", "'active' state", lambda: CLIENT.log_metric(run_id, "m", 1))
    assert CLIENT.get_run(run_id).info.lifecycle_stage == "deleted"
    CLIENT.restore_run(run_id)
    try:
        with mlflow.start_run() as broken:
            raise ZeroDivisionError
    except ZeroDivisionError:
        assert mlflow.get_run(broken.info.run_id).info.status == "FAILED"
    made = CLIENT.create_run(experiment, start_time=1_700_000_000_000)
    assert made.info.run_name.count("-") == 2
    CLIENT.set_terminated(made.info.run_id, "KILLED", 1_700_000_001_000)
    assert CLIENT.get_run(made.info.run_id).info.end_time == 1_700_000_001_000


def batches(experiment: str) -> None:
    run = CLIENT.create_run(experiment).info.run_id
    points = [Metric("loss", 1 / (n + 1), 1_000 + n, n) for n in range(2_500)]
    CLIENT.log_batch(run, metrics=points, params=[Param("a", "1")], tags=[RunTag("t", "v")])
    CLIENT.log_batch(run, metrics=points[:1_000])  # a retry adds nothing
    history = CLIENT.get_metric_history(run, "loss")
    assert [(m.step, m.value) for m in history] == [(m.step, m.value) for m in points]
    assert CLIENT.get_run(run).data.metrics == {"loss": 1 / 2_500}


def searches() -> None:
    mlflow.set_experiment("searched")
    for name, rmse, kind in [("a", 0.1, "linear"), ("b", 0.2, "tree"), ("c", float("nan"), "tree"), ("d", None, "x")]:
        with mlflow.start_run(run_name=name):
            mlflow.log_param("kind", kind)
            if rmse is not None:
                mlflow.log_metric("rmse", rmse)
        time.sleep(0.002)  # so that no two start in the same millisecond

    def names(**options: Any) -> list[str]:
        found = mlflow.search_runs(experiment_names=["searched"], **options)
        return [] if found.empty else list(found["tags.mlflow.runName"])

    assert names() == ["d", "c", "b", "a"]
    assert names(order_by=["metrics.rmse DESC"]) == ["b", "a", "c", "d"]
    assert names(order_by=["metrics.rmse ASC"], max_results=2) == ["a", "b"]
    assert names(filter_string="params.kind = 'tree' and metrics.rmse < 1") == ["b"]
    assert names(filter_string="run_name ILIKE 'A'") == ["a"]
    assert names(filter_string="attributes.status = 'FINISHED' AND metrics.rmse != 0.1") == ["c", "b"]
    assert names(filter_string="metrics.rmse > 5") == []
    assert names(filter_string="params.kind = 'linear' OR NOT (params.kind = 'tree')") == ["d", "a"]
    assert names(filter_string="max(metrics.rmse) >= 0.2", order_by=["min(metrics.rmse)"]) == ["b"]
    refused("INVALID_PARAMETER_VALUE", "XOR", lambda: names(filter_string="params.a = '1' XOR params.b = '2'"))
    experiment = named("searched").experiment_id
    first = CLIENT.search_runs([experiment], max_results=3)
    rest = CLIENT.search_runs([experiment], max_results=3, page_token=first.token)
    assert ([r.info.run_name for r in first], [r.info.run_name for r in rest]) == (["d", "c", "b"], ["a"])
    assert not rest.token


def artifacts() -> None:
    with mlflow.start_run() as run, tempfile.TemporaryDirectory() as folder:
        mlflow.log_text("안녕", "notes/한글 %20.txt")
        mlflow.log_dict({"a": [1, 2]}, "config.json")
        (Path(folder) / "big.bin").write_bytes(bytes(range(256)) * 20_000)
        mlflow.log_artifact(str(Path(folder) / "big.bin"))
    uri = run.info.artifact_uri
    assert mlflow.artifacts.load_text(f"{uri}/notes/한글 %20.txt") == "안녕"
    assert mlflow.artifacts.load_dict(f"{uri}/config.json") == {"a": [1, 2]}
    assert sorted(f.path for f in CLIENT.list_artifacts(run.info.run_id)) == ["big.bin", "config.json", "notes"]
    with tempfile.TemporaryDirectory() as folder:
        local = mlflow.artifacts.download_artifacts(f"runs:/{run.info.run_id}/big.bin", dst_path=folder)
        assert Path(local).read_bytes() == bytes(range(256)) * 20_000


if __name__ == "__main__":
    experiment = experiments()
    life(experiment, logging())
    batches(experiment)
    searches()
    artifacts()
    print(f"walked {mlflow.__version__}")
