"""MLflow's workspaces through the newest client, with a server URL without a prefix."""

from collections.abc import Callable

import pytest

from running import Handloom

Walk = Callable[..., str]


@pytest.mark.parametrize("client", ["project", "current"])
def test_a_script_works_in_a_workspace_it_made(server: Handloom, walk_as: Walk, client: str) -> None:
    said = walk_as(client, "workspaces_walk.py", tracking_uri=server.url)
    assert said.splitlines()[-1] == "walked workspaces"
