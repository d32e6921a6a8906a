"""What a person does with models and artifacts through the mlflow package, 2.22 or 3.x. Run as a script by the tests.

With arguments it only loads the models of these URIs and predicts with them. Takes the server from
MLFLOW_TRACKING_URI and MLFLOW_TRACKING_TOKEN; an assertion that fails is its exit code.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
from mlflow.exceptions import MlflowException
from mlflow.models import infer_signature
from mlflow.tracking import MlflowClient
from sklearn.linear_model import LinearRegression

NEW = int(mlflow.__version__.split(".")[0]) >= 3
X = np.arange(12.0).reshape(6, 2)
Y = X[:, 0] * 2 + 1
FITTED = LinearRegression().fit(X, Y)
# Named requirements: guessing them takes the client ten seconds a model.
REQUIREMENTS = ["scikit-learn"]


def log_model(**options: Any) -> Any:
    place = {"name": "model"} if NEW else {"artifact_path": "model"}
    return mlflow.sklearn.log_model(
        FITTED, signature=infer_signature(X, Y), pip_requirements=REQUIREMENTS, **place, **options
    )


def predicts(uri: str) -> None:
    assert np.allclose(mlflow.pyfunc.load_model(uri).predict(X), Y), uri


def refused(code: str, work: Any) -> None:
    seen = "no error"
    try:
        work()
    except MlflowException as error:
        seen = error.error_code
    assert seen == code, (seen, code)


def artifacts(client: MlflowClient, run_id: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name in ("a.txt", "b/c.txt"):
            (Path(folder) / name).parent.mkdir(exist_ok=True)
            (Path(folder) / name).write_text(name)
        client.log_artifacts(run_id, folder, "files")
        client.log_artifact(run_id, str(Path(folder) / "a.txt"))
    client.log_text(run_id, "안녕", "메모.txt")
    client.log_dict(run_id, {"a": 1}, "deep/d.json")
    found = {f.path: (f.is_dir, f.file_size) for f in client.list_artifacts(run_id)}
    assert found["a.txt"] == (False, 5), found
    assert found["files"][0], found
    assert "MLmodel" in {Path(f.path).name for f in client.list_artifacts(run_id, "model")}
    assert [f.path for f in client.list_artifacts(run_id, "files")] == ["files/a.txt", "files/b"]
    assert mlflow.artifacts.load_text(f"runs:/{run_id}/메모.txt") == "안녕"
    assert mlflow.artifacts.load_dict(f"runs:/{run_id}/deep/d.json") == {"a": 1}
    local = Path(mlflow.artifacts.download_artifacts(f"runs:/{run_id}/files"))
    assert (local / "b" / "c.txt").read_text() == "b/c.txt"
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.download_artifacts("f" * 32, "x"))


def versions(client: MlflowClient, run_id: str, name: str) -> None:
    first = mlflow.register_model(f"runs:/{run_id}/model", name, tags={"k": "v"})
    assert (str(first.version), first.run_id, first.status) == ("1", run_id, "READY")
    second = mlflow.register_model(f"runs:/{run_id}/model", name)
    assert str(second.version) == "2"
    client.set_registered_model_alias(name, "champion", "1")
    for uri in (f"runs:/{run_id}/model", f"models:/{name}/1", f"models:/{name}@champion", f"models:/{name}/latest"):
        predicts(uri)
    assert client.get_model_version(name, "1").aliases == ["champion"]
    assert client.get_model_version(name, "1").tags == {"k": "v"}
    assert str(client.get_model_version_by_alias(name, "champion").version) == "1"
    client.delete_registered_model_alias(name, "champion")
    refused("INVALID_PARAMETER_VALUE", lambda: client.get_model_version_by_alias(name, "champion"))
    assert client.get_model_version_download_uri(name, "1").startswith("mlflow-artifacts:/")
    refused("RESOURCE_ALREADY_EXISTS", lambda: client.create_registered_model(name))
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_model_version(name, "99"))


def details(client: MlflowClient, run_id: str, name: str) -> None:
    client.set_registered_model_tag(name, "team", "a")
    client.set_model_version_tag(name, "1", "ok", "yes")
    client.update_registered_model(name, "what it is")
    client.update_model_version(name, "1", "the first")
    client.transition_model_version_stage(name, "2", "Production", archive_existing_versions=True)
    model = client.get_registered_model(name)
    assert (model.tags, model.description) == ({"team": "a"}, "what it is")
    assert {str(v.version): v.current_stage for v in model.latest_versions} == {"1": "None", "2": "Production"}
    assert [str(v.version) for v in client.get_latest_versions(name, ["Production"])] == ["2"]
    predicts(f"models:/{name}/Production")
    version = client.get_model_version(name, "1")
    assert (version.tags["ok"], version.description) == ("yes", "the first")
    client.delete_registered_model_tag(name, "team")
    client.delete_model_version_tag(name, "1", "ok")
    assert [m.name for m in client.search_registered_models(f"name = '{name}'")] == [name]
    assert [
        str(v.version) for v in client.search_model_versions(f"name = '{name}'", order_by=["version_number ASC"])
    ] == [
        "1",
        "2",
    ]
    assert len(client.search_model_versions(f"run_id = '{run_id}'")) == 2
    page = client.search_model_versions(f"name = '{name}'", max_results=1)
    assert len(client.search_model_versions(f"name = '{name}'", max_results=1, page_token=page.token)) == 1


def endings(client: MlflowClient, name: str) -> None:
    client.delete_model_version(name, "1")
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_model_version(name, "1"))
    client.rename_registered_model(name, f"{name} renamed")
    predicts(f"models:/{name} renamed/2")
    client.delete_registered_model(f"{name} renamed")
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_registered_model(f"{name} renamed"))


def older(client: MlflowClient, experiment_id: str, name: str) -> None:
    """A version as MLflow 2 makes it: files below the run, no logged model."""
    run = client.create_run(experiment_id)
    with tempfile.TemporaryDirectory() as folder:
        mlflow.sklearn.save_model(FITTED, f"{folder}/model", pip_requirements=REQUIREMENTS)
        client.log_artifacts(run.info.run_id, f"{folder}/model", "model")
    client.create_registered_model(name)
    made = client.create_model_version(name, f"{run.info.artifact_uri}/model", run.info.run_id)
    assert str(made.version) == "1"
    predicts(f"models:/{name}/1")


def newer(client: MlflowClient, run_id: str, experiment_id: str) -> None:
    """Logged models, which only MLflow 3 has."""
    found = mlflow.search_logged_models(experiment_ids=[experiment_id], output_format="list")
    model = next(m for m in found if m.source_run_id == run_id)
    assert (model.name, str(model.status).rsplit(".", 1)[-1]) == ("model", "READY")
    predicts(f"models:/{model.model_id}")
    client.set_logged_model_tags(model.model_id, {"a": "b"})
    assert mlflow.get_logged_model(model.model_id).tags["a"] == "b"
    client.delete_logged_model_tag(model.model_id, "a")
    with mlflow.start_run(run_id=run_id):
        mlflow.log_metric("r2", 0.75, model_id=model.model_id)
    assert [(m.key, m.value) for m in mlflow.get_logged_model(model.model_id).metrics or []] == [("r2", 0.75)]
    best = mlflow.search_logged_models(
        experiment_ids=[experiment_id],
        filter_string="metrics.r2 > 0.5 AND name = 'model'",
        order_by=[{"field_name": "metrics.r2", "ascending": False}],
        output_format="list",
    )
    assert [m.model_id for m in best] == [model.model_id]


def main() -> None:
    name = f"모델 {mlflow.__version__}"
    client = MlflowClient()
    experiment = mlflow.set_experiment(f"compat {mlflow.__version__}")
    with mlflow.start_run() as run:
        log_model()
    run_id = run.info.run_id
    artifacts(client, run_id)
    versions(client, run_id, name)
    details(client, run_id, name)
    if NEW:
        newer(client, run_id, experiment.experiment_id)
    endings(client, name)
    older(client, experiment.experiment_id, f"older {mlflow.__version__}")
    with mlflow.start_run():
        # MLflow 3 writes a format that 2.22 cannot read, unless told otherwise.
        log_model(registered_model_name=f"kept {mlflow.__version__}", serialization_format="cloudpickle")
    predicts(f"models:/kept {mlflow.__version__}/1")
    print("walked", mlflow.__version__)


if __name__ == "__main__":
    if uris := sys.argv[1:]:  # models that another release left
        for uri in uris:
            predicts(uri)
        print("loaded with", mlflow.__version__)
    else:
        main()
