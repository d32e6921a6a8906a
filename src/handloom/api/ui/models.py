"""Registered models and their versions as pages see them. A model's id is its name, percent-encoded in paths."""

from typing import Any

import msgspec

from handloom.api.ui.runs import SourceNotebook


class ModelPath(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    model: str


class VersionPath(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    model: str
    version: int


class CreateModel(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    name: str
    description: str = ""


class UpdateModel(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    model: str
    name: str | None = None
    description: str | None = None


class VersionRow(msgspec.Struct, frozen=True, kw_only=True):
    version: int
    status: str
    stage: str
    description: str
    user: str
    created_at: int
    aliases: list[str]
    tags: dict[str, str]
    run_id: str | None
    run_name: str | None
    experiment: str | None
    experiment_name: str | None
    notebook: SourceNotebook | None
    metrics: dict[str, float | None]
    params: dict[str, str]
    source: str


class ModelView(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    workspace: str
    description: str
    owner: str
    created_at: int
    modified_at: int
    tags: dict[str, str]
    versions: list[VersionRow]
    """Newest first."""


class SchemaColumn(msgspec.Struct, frozen=True, kw_only=True):
    name: str | None
    type: str
    """MLflow's type name, or `tensor(float64, [-1, 10])`."""
    required: bool


class VersionDetail(msgspec.Struct, frozen=True, kw_only=True):
    """`inputs` and `outputs` are the signature; None where the model was saved without one."""

    row: VersionRow
    inputs: list[SchemaColumn] | None
    outputs: list[SchemaColumn] | None
    flavors: list[str]
    mlflow_version: str | None
    model_uri: str
    """What `mlflow.pyfunc.load_model` takes: `models:/<name>/<version>`."""
    model_card: dict[str, Any] = {}
    """The MLmodel file as it stands."""


class SaveRunAsModel(msgspec.Struct, frozen=True, kw_only=True):
    """Make a version of `model` from the model folder `path` of a run. With `new` the model must not exist yet."""

    workspace: str
    model: str
    run: str
    path: str
    new: bool
    description: str = ""


class UpdateVersion(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    model: str
    version: int
    description: str


class PutAlias(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    model: str
    alias: str
    version: int


class RemoveAlias(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    model: str
    alias: str


class PutModelTag(msgspec.Struct, frozen=True, kw_only=True):
    """Of one version where `version` is given, else of the model."""

    workspace: str
    model: str
    key: str
    value: str
    version: int | None = None


class RemoveModelTag(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    model: str
    key: str
    version: int | None = None
