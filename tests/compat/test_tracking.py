"""Experiments, runs and the tutorial through the real mlflow packages, against a running server."""

from collections.abc import Callable
from urllib.parse import quote

import pytest

from running import Handloom, handloom

Walk = Callable[..., str]


def test_a_person_tracks_runs(walk: Walk) -> None:
    assert walk("tracking_walk.py").splitlines()[-1].startswith("walked ")


@pytest.mark.soak_on_postgresql
@pytest.mark.parametrize("client", ["project", *(pytest.param(c, marks=pytest.mark.soak) for c in ("2.22", "current"))])
def test_the_tutorial_runs_unchanged(walk_as: Walk, client: str) -> None:
    lines = walk_as(client, "tutorial_walk.py").splitlines()
    assert "['experiment-diabetes', 'Default']" in lines
    assert lines[-1].startswith("walked ")


@pytest.mark.soak_on_postgresql
def test_a_workspace_opens_by_its_percent_encoded_name_with_a_token_of_the_command_line(
    server: Handloom, workspace: str, walk_as: Walk
) -> None:
    made = handloom("token", "create", "compat", "--data", str(server.data))
    assert made.returncode == 0, made.stderr
    token = next(word for word in made.stdout.split() if word.startswith("hl_"))
    with server.client() as client:
        name = client.get(f"/api/v1/workspaces/{workspace}").json()["name"]
        assert "walked" in walk_as(
            "current", "tracking_walk.py", tracking_uri=f"{server.url}/mlflow/{quote(name)}", token=token
        )
        items = client.get(f"/api/v1/workspaces/{workspace}/items").json()["items"]
    assert {"walk", "searched", "renamed"} <= {item["name"] for item in items}
