"""Logged models (MLflow 3): models that a run logged, with their own ids, params, tags and metrics."""

import random
import secrets
from typing import Literal

import msgspec

from handloom.domain.errors import Invalid
from handloom.domain.grammar import LIST, NUMBER, TEXT, Entity, Grammar

Status = Literal["LOGGED_MODEL_PENDING", "LOGGED_MODEL_READY", "LOGGED_MODEL_UPLOAD_FAILED"]
PENDING: Status = "LOGGED_MODEL_PENDING"
READY: Status = "LOGGED_MODEL_READY"
FAILED: Status = "LOGGED_MODEL_UPLOAD_FAILED"
STATUSES: dict[str, Status] = {
    "LOGGED_MODEL_PENDING": "LOGGED_MODEL_PENDING",
    "LOGGED_MODEL_READY": "LOGGED_MODEL_READY",
    "LOGGED_MODEL_UPLOAD_FAILED": "LOGGED_MODEL_UPLOAD_FAILED",
    "1": "LOGGED_MODEL_PENDING",
    "2": "LOGGED_MODEL_READY",
    "3": "LOGGED_MODEL_UPLOAD_FAILED",
}
"""MLflow's enum by name and by number."""

VERSIONS_TAG = "mlflow.modelVersions"
"""Tag with the versions that were registered from a logged model, as JSON."""

_NUMBERS = frozenset({"creation_timestamp_ms", "last_updated_timestamp_ms"})


def _operators(entity: Entity, key: str) -> tuple[str, ...]:
    return NUMBER if entity == "metric" or key in _NUMBERS else TEXT + LIST


_TEXTS = ("model_id", "name", "model_type", "status", "source_run_id", "artifact_location")
_ATTRIBUTES = {
    **{name: name for name in (*_TEXTS, *_NUMBERS)},
    **dict.fromkeys(("creation_time", "creation_timestamp"), "creation_timestamp_ms"),
    "last_updated_timestamp": "last_updated_timestamp_ms",
}
SEARCH = Grammar(
    entities={
        "attribute": "attribute",
        "attributes": "attribute",
        "tags": "tag",
        "params": "param",
        "metrics": "metric",
    },
    operators=_operators,
    attributes=_ATTRIBUTES,
    orders=_ATTRIBUTES,
    ordered=("attribute", "metric"),
    numbers=_NUMBERS,
    relaxed=True,
)
"""Grammar of the search of logged models."""

_FORBIDDEN = ("/", ":", ".", "%", '"', "'")
_WORDS = (
    ("amber", "brisk", "calm", "deft", "early", "fair", "gentle", "hardy", "keen", "lively", "mellow", "nimble"),
    ("ash", "birch", "cedar", "elm", "fern", "hazel", "ivy", "linden", "maple", "oak", "reed", "willow"),
)


class ModelMetric(msgspec.Struct, frozen=True, kw_only=True):
    """A metric that a run logged for a logged model. NaN is a float NaN."""

    key: str
    value: float
    timestamp: int
    step: int
    run_id: str
    dataset_name: str
    dataset_digest: str


class ModelUse(msgspec.Struct, frozen=True, kw_only=True):
    """A run that has the model as an input."""

    run_id: str
    name: str
    experiment: str


class LoggedModel(msgspec.Struct, frozen=True, kw_only=True):
    model_id: str
    experiment_id: str
    name: str
    artifact_uri: str
    created_at: int
    modified_at: int
    status: str
    status_message: str | None
    model_type: str
    source_run_id: str
    deleted: bool
    tags: dict[str, str]
    params: dict[str, str]
    metrics: list[ModelMetric]


def new_id() -> str:
    return "m-" + secrets.token_hex(16)


def new_name() -> str:
    """Generate a name for a model that was logged without one."""
    first, second = (random.choice(words) for words in _WORDS)
    return f"{first}-{second}-{random.randint(100, 999)}"


def check_name(name: str) -> None:
    if not name or any(c in name for c in _FORBIDDEN):
        raise Invalid(
            f"Invalid model name ({name!r}) provided. Model name must be a non-empty string and cannot contain the "
            f"following characters: {_FORBIDDEN}",
            field="name",
        )


def status_named(text: str) -> str:
    """Return the status that a filter means: MLflow 3.18 calls them READY, PENDING and UPLOAD_FAILED there."""
    return STATUSES.get(f"LOGGED_MODEL_{text}", text)


def status_of(given: str) -> Status:
    """Convert a status, given by name or by MLflow's number. Raises Invalid."""
    if status := STATUSES.get(given):
        return status
    raise Invalid(f"Invalid status '{given}' of a logged model; it must be one of {', '.join(list(STATUSES)[:3])}.")


def folders(models: list[tuple[str, str]], taken: set[str]) -> dict[str, str]:
    """Assign each logged model (by id) a folder name under which the run's files list it.

    `models` are (id, name), newest first; `taken` are names in the run's own folder. The newest model of a name gets
    the plain name, as MLflow's clients resolve it; the others get the beginning of their id appended.
    """
    names: dict[str, str] = {}
    used = set(taken)
    for model_id, name in models:
        shown = name if name not in used else f"{name} ({model_id[:10]})"
        if shown in used:
            shown = f"{name} ({model_id})"
        used.add(shown)
        names[model_id] = shown
    return names
