"""MLflow finds the plug-ins by the package's entry points; outside a session they have no effect."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

from handloom.client.http import Client
from handloom.client.session import RemoteSession
from running import ROOT, environment

LOOK = """
from mlflow.tracking.context import registry as contexts
from mlflow.tracking.default_experiment import registry as experiments
print([type(p).__name__ for p in contexts._run_context_provider_registry if "handloom" in type(p).__module__])
print([type(p).__name__ for p in experiments._default_experiment_provider_registry if "handloom" in type(p).__module__])
print(contexts.resolve_tags({}).get("handloom.session.id"))
"""


def test_an_installed_package_is_found_without_a_warning(tmp_path: Path) -> None:
    points = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]
    info = tmp_path / "handloom_plugins-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: handloom-plugins\nVersion: 1\n")
    lines = [
        line for group, found in points.items() for line in (f"[{group}]", *(f"{k} = {v}" for k, v in found.items()))
    ]
    (info / "entry_points.txt").write_text("\n".join(lines))
    env = environment(MLFLOW_DISABLE_TELEMETRY="true")
    env["PYTHONPATH"] += f":{tmp_path}"
    look = tmp_path / "look.py"
    look.write_text(LOOK)
    done = subprocess.run([sys.executable, str(look)], env=env, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[0].count("Source") >= 1
    assert done.stdout.splitlines()[1].count("Home") >= 1
    assert done.stdout.splitlines()[2] == "None"
    assert "Failure attempting to register" not in done.stderr


def test_a_run_without_an_experiment_goes_to_one_named_after_the_notebook(client: Client, workspace: str) -> None:
    with RemoteSession(client, workspace, name="보고서") as session:
        assert session.run("print([e.name for e in mlflow.search_experiments()])").text.strip() == "['Default']"
        code = """
with mlflow.start_run() as run:
    mlflow.log_metric("m", 1)
print(mlflow.get_experiment(run.info.experiment_id).name)
"""
        assert session.run(code).text.splitlines()[-1] == "보고서"


def test_autologging_is_on_from_the_first_use_of_mlflow_where_the_notebook_says_so(
    client: Client, workspace: str
) -> None:
    path = f"/workspaces/{workspace}/notebooks"
    fit = """
import mlflow
from sklearn.linear_model import LinearRegression
LinearRegression().fit([[1.0], [2.0], [3.0]], [1.0, 2.0, 3.0])
print(len(mlflow.search_runs(search_all_experiments=True, filter_string="tags.`handloom.notebook.id` = '%s'")))
"""
    for name, autolog, runs in (("with", True, "1"), ("without", False, "0")):
        notebook = client.ask("POST", path, {"name": f"autolog {name}"})["id"]
        client.ask("PATCH", f"{path}/{notebook}", {"autolog": autolog})
        with RemoteSession(client, workspace, notebook=notebook) as session:
            ran = session.run(fit % notebook, seconds=120)
            assert ran.error is None, ran.error
            assert ran.text.strip().splitlines()[-1] == runs
