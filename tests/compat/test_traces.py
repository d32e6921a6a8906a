"""Traces through the real mlflow packages, against a running server."""

from collections.abc import Callable

import pytest

Walk = Callable[..., str]


def test_a_traced_script_finds_its_traces_again(walk: Walk) -> None:
    assert walk("traces_walk.py").splitlines()[-1] == "walked traces"


@pytest.mark.parametrize("client", ["project", "current"])  # MLflow 2 has no assessments outside of Databricks
def test_assessments_and_every_score_of_an_evaluation_are_kept(walk_as: Walk, client: str) -> None:
    assert walk_as(client, "assessments_walk.py").splitlines()[-1] == "walked assessments"


@pytest.mark.parametrize("client", ["project", "current"])  # MLflow 2 has them on Databricks alone
def test_evaluation_datasets_and_scorers_are_kept(walk_as: Walk, client: str) -> None:
    assert walk_as(client, "evaluation_walk.py").splitlines()[-1] == "walked evaluation datasets and scorers"
