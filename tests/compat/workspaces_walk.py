"""What a script does with MLflow's workspaces: make one, work in it, see only what is in it, and remove it again."""

import sys
from collections.abc import Callable
from uuid import uuid4

import mlflow
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

name = f"walk-{uuid4().hex[:8]}"
made = mlflow.create_workspace(name, description="made by a script")
assert (made.name, made.description) == (name, "made by a script")
assert name in {each.name for each in mlflow.list_workspaces()}
assert mlflow.get_workspace(name).description == "made by a script"
assert mlflow.update_workspace(name, description="walked").description == "walked"

mlflow.set_workspace(name)
assert mlflow.set_experiment("only here").workspace == name
with mlflow.start_run() as run:
    mlflow.log_metric("m", 1.5)
    mlflow.log_text("kept", "note.txt")
assert mlflow.artifacts.load_text(f"{run.info.artifact_uri}/note.txt") == "kept"
assert len(mlflow.search_runs(experiment_names=["only here"])) == 1
client = MlflowClient()
client.create_registered_model("model of it")
client.create_model_version("model of it", f"runs:/{run.info.run_id}/note.txt", run.info.run_id)
assert [v.version for v in client.search_model_versions("name = 'model of it'")] in (["1"], [1])


@mlflow.trace
def traced(x: int) -> int:
    return x + 1


traced(1)
mlflow.flush_trace_async_logging()
assert len(mlflow.search_traces()) == 1
assert mlflow.search_traces().iloc[0]["response"] in (2, "2")


def refusal(act: Callable[[], object]) -> str:
    try:
        act()
    except MlflowException as error:
        return f"{error.error_code}: {error}"
    sys.exit("nothing was refused")


mlflow.set_workspace("default")
assert client.get_experiment_by_name("only here") is None
assert client.search_registered_models("name = 'model of it'") == []
assert refusal(lambda: client.get_run(run.info.run_id)).startswith("RESOURCE_DOES_NOT_EXIST")

mlflow.set_workspace("nowhere-at-all")
assert "Workspace 'nowhere-at-all' not found" in refusal(client.search_experiments)
mlflow.set_workspace(None)

assert "still holds" in refusal(lambda: mlflow.delete_workspace(name))
mlflow.delete_workspace(name, mode="CASCADE")
assert name not in {each.name for each in mlflow.list_workspaces()}
print("walked workspaces")
