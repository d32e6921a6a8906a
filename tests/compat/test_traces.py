"""Traces through the real mlflow packages, against a running server."""

from collections.abc import Callable

Walk = Callable[..., str]


def test_a_traced_script_finds_its_traces_again(walk: Walk) -> None:
    assert walk("traces_walk.py").splitlines()[-1] == "walked traces"
