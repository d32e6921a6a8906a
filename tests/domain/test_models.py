"""Names, stages, aliases and sources of registered models, and how a signature reads."""

import json

import pytest

from handloom.domain import models
from handloom.domain.dataset_shapes import columns_of
from handloom.domain.errors import Invalid
from handloom.domain.models import Reference, SchemaColumn

RUN = "a" * 32
RUN_URI = f"mlflow-artifacts:/1/{RUN}/artifacts"
MODEL_URI = "mlflow-artifacts:/1/models/m-1/artifacts"


@pytest.mark.parametrize("name", ["", "  ", "a/b", "a:b", ".", "..", "x" * 257, "a\nb"])
def test_a_name_that_models_uris_cannot_carry_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        models.clean_model_name(name)


def test_a_name_may_be_in_any_language() -> None:
    assert models.clean_model_name(" 당뇨병 모델 ") == "당뇨병 모델"


def test_stages_are_known_in_any_case() -> None:
    assert models.clean_stage("PRODUCTION") == "Production"
    assert models.clean_stage("none") == "None"
    with pytest.raises(Invalid, match="Value must be one of None, Staging, Production, Archived"):
        models.clean_stage("Foo")


@pytest.mark.parametrize("alias", ["", "a b", "a.b", "latest", "Latest", "v1", "V12", "x" * 256])
def test_an_alias_that_would_be_read_as_something_else_is_refused(alias: str) -> None:
    with pytest.raises(Invalid):
        models.check_new_alias(alias)


def test_a_models_uri_names_a_logged_model_or_a_version() -> None:
    assert models.reference("models:/m-12") == Reference(model_id="m-12")
    assert models.reference("models:/diabetes/3") == Reference(name="diabetes", version=3)
    assert models.reference("models:/diabetes/Latest") == Reference(name="diabetes")
    assert models.reference("models:/diabetes/Production") == Reference(name="diabetes", stage="Production")
    assert models.reference("models:/a@b@champion") == Reference(name="a@b", alias="champion")
    for other in ("runs:/x/model", "models://host/x/1", "models:/", "models:/a/b/c", "models:/a/ "):
        assert models.reference(other) is None


@pytest.mark.parametrize(
    ("source", "run_id", "model_id"),
    [
        (f"runs:/{RUN}/model", RUN, ""),
        (f"{RUN_URI}/model", RUN, ""),
        ("models:/m-1", RUN, "m-1"),
        (MODEL_URI, "", "m-1"),
        ("s3://bucket/model", "", ""),
        ("s3://bucket/model", RUN, "m-1"),
    ],
)
def test_a_source_is_taken_where_the_request_names_its_owner(source: str, run_id: str, model_id: str) -> None:
    models.check_source(source, run_id, model_id, RUN_URI if run_id else None, MODEL_URI if model_id else None)


@pytest.mark.parametrize(
    ("source", "run_id", "model_id"),
    [
        (f"runs:/{RUN}/model", "", ""),
        (f"runs:/{RUN}/model", "b" * 32, ""),
        (f"runs:/{RUN}/model", RUN, "m-1"),
        (f"{RUN_URI}/model", "", ""),
        (f"mlflow-artifacts:/1/{'b' * 32}/artifacts/model", RUN, ""),
        (f"{RUN_URI}2/model", RUN, ""),
        ("models:/m-1", RUN, ""),
        ("models:/m-2", RUN, "m-1"),
        (RUN_URI, RUN, "m-1"),
        ("/etc", RUN, ""),
        ("file:///etc", RUN, ""),
        ("etc", RUN, "m-1"),
        (f"{RUN_URI}/../../2", RUN, ""),
        (f"{RUN_URI}/%2e%2e/x", RUN, ""),
        ("s3://bucket/a/../b", "", ""),
        ("http://127.0.0.1/api/2.0/mlflow-artifacts/artifacts/1/x", RUN, ""),
        ("http://[x", RUN, ""),
        ("https://example.org/model", "", ""),
        ("hdfs://host/model", "", ""),
        ("mlflow-artifacts://host/1/model", RUN, ""),
    ],
)
def test_a_source_that_the_request_may_not_claim_is_refused(source: str, run_id: str, model_id: str) -> None:
    with pytest.raises(Invalid):
        models.check_source(source, run_id, model_id, RUN_URI if run_id else None, MODEL_URI if model_id else None)


def test_a_signature_reads_as_columns() -> None:
    schema = [
        {"type": "long", "name": "AGE", "required": True},
        {"type": "double", "name": "BMI", "required": False},
        {"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 10]}},
        {"type": "array", "items": {"type": "string"}, "name": "words", "optional": True},
        {"type": "object", "name": "o", "properties": {"a": {"type": "long"}, "b": {"type": "map", "values": {}}}},
    ]
    assert models.signature_columns(schema) == [
        SchemaColumn(name="AGE", type="long", required=True),
        SchemaColumn(name="BMI", type="double", required=False),
        SchemaColumn(name=None, type="tensor(float64, [-1, 10])", required=True),
        SchemaColumn(name="words", type="array(string)", required=False),
        SchemaColumn(name="o", type="object(a: long, b: map(None))", required=True),
    ]
    assert models.signature_columns("[]") is None


def test_datasets_of_frames_and_arrays_have_columns() -> None:
    frame = '{"mlflow_colspec": [{"type": "long", "name": "age", "required": true}, {"type": "string", "name": "sex"}]}'
    assert [(column.name, column.type) for column in columns_of(frame)] == [("age", "long"), ("sex", "string")]
    tensor = '[{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 2]}}]'
    array = json.dumps({"mlflow_tensorspec": {"features": tensor, "targets": None}})
    assert [(column.name, column.type) for column in columns_of(array)] == [("features", "tensor(float64, [-1, 2])")]
    for unknown in (None, "", "{", "[]", '{"mlflow_tensorspec": {"features": "{"}}', '{"mlflow_colspec": 3}'):
        assert columns_of(unknown) == []
