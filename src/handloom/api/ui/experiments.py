"""Experiments as pages see them."""

import msgspec


class ExperimentPath(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    experiment: str


class CreateExperiment(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    name: str
    description: str = ""


class UpdateExperiment(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    experiment: str
    name: str | None = None
    description: str | None = None


class ExperimentView(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    workspace: str
    name: str
    description: str
    owner: str
    created_at: int
    modified_at: int
    tags: dict[str, str]
    run_count: int


class ExperimentColumns(msgspec.Struct, frozen=True, kw_only=True):
    """Every key that any active run of the experiment has, sorted: what columns, axes and filters may name."""

    metrics: list[str]
    params: list[str]
    tags: list[str]
