"""The registry and the artifacts through the real mlflow packages, against a running server."""

from collections.abc import Callable

import pytest

Walk = Callable[..., str]


def test_models_are_logged_registered_loaded_and_deleted(walk: Walk) -> None:
    assert walk("registry_walk.py").splitlines()[-1].startswith("walked ")


@pytest.mark.soak_on_postgresql
def test_a_model_of_one_release_loads_in_another(walk_as: Walk) -> None:
    old = walk_as("2.22", "registry_walk.py").split()[-1]
    new = walk_as("current", "registry_walk.py").split()[-1]
    assert (old.split(".")[0], new.split(".")[0]) == ("2", "3")
    for client, version in (("current", old), ("project", old), ("2.22", new)):
        assert "loaded with" in walk_as(client, "registry_walk.py", f"models:/kept {version}/1")
