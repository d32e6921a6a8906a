"""How a run's files name its logged models."""

import pytest

from handloom.domain import logged_models
from handloom.domain.errors import Invalid


def test_the_newest_model_of_a_name_has_the_plain_folder() -> None:
    models = [("m-2222222222", "model"), ("m-1111111111", "model"), ("m-3333333333", "best")]
    assert logged_models.folders(models, set()) == {
        "m-2222222222": "model",
        "m-1111111111": "model (m-11111111)",
        "m-3333333333": "best",
    }


def test_a_folder_of_the_run_keeps_its_name() -> None:
    assert logged_models.folders([("m-1111111111", "model")], {"model"}) == {"m-1111111111": "model (m-11111111)"}


@pytest.mark.parametrize("name", ["", "a/b", "a:b", "a.b", "50%", 'a"b', "a'b"])
def test_a_name_that_mlflow_refuses_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        logged_models.check_name(name)


def test_a_status_is_a_name_or_a_number() -> None:
    assert logged_models.status_of("2") == logged_models.status_of("LOGGED_MODEL_READY") == "LOGGED_MODEL_READY"
    with pytest.raises(Invalid):
        logged_models.status_of("READY?")
