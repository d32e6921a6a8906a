"""The registry and the artifacts through the real mlflow package, against a running server."""

import subprocess
import sys
from pathlib import Path
from uuid import uuid4

from running import Handloom, environment

WALK = Path(__file__).with_name("registry_walk.py")


def walk(server: Handloom, workspace: str, folder: Path, python: str, *arguments: str) -> str:
    """The walk's last line, after it met no surprise."""
    done = subprocess.run(
        [python, str(WALK), *arguments],
        env=environment(
            MLFLOW_TRACKING_URI=f"{server.url}/mlflow/{workspace}",
            MLFLOW_TRACKING_TOKEN=server.token,
            MLFLOW_HTTP_REQUEST_MAX_RETRIES="1",
        ),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()[-1]


def new_workspace(server: Handloom) -> str:
    with server.client() as client:
        made: str = client.post("/api/v1/workspaces", json={"name": f"registry {uuid4().hex}"}).json()["id"]
        return made


def test_models_are_logged_registered_loaded_and_deleted(server: Handloom, tmp_path: Path) -> None:
    assert walk(server, new_workspace(server), tmp_path, sys.executable).startswith("walked 3.")
