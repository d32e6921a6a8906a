"""Experiments, which group runs. Ids count from 0 in each workspace; 0 is the experiment named Default."""

from urllib.parse import unquote

import msgspec

from handloom.domain.artifacts import check_host
from handloom.domain.errors import Invalid, NotFound
from handloom.domain.keys import MAX_EXPERIMENT_TAG, check_key, too_long

DEFAULT_NAME = "Default"
ACTIVE = "active"
DELETED = "deleted"
MAX_NAME = 500
DESCRIPTION_TAG = "mlflow.note.content"


class Experiment(msgspec.Struct, frozen=True, kw_only=True):
    """An experiment. `internal_id` is its key inside the store, `id` the one that users and clients see."""

    internal_id: int
    id: str
    workspace: str
    name: str
    artifact_location: str
    lifecycle_stage: str
    owner_id: str | None
    creation_time: int
    last_update_time: int
    tags: dict[str, str]


def check_name(name: str) -> None:
    if not name.strip():
        raise Invalid(f"Invalid experiment name: '{name}'", field="name")
    if len(name) > MAX_NAME:
        raise too_long("name", MAX_NAME)


def check_location(location: str) -> None:
    if location.startswith("runs:"):
        raise Invalid(f"Artifact location cannot be a runs:/ URI. Given: '{location}'")
    if "#" in location or ";" in location:
        raise Invalid("'artifact_location' URL can't include fragments or params.")
    check_host(location, "artifact_location")
    query = location.partition("?")[2]
    while (once := unquote(query)) != query:
        query = once
    if ".." in query:
        raise Invalid("Invalid query string", field="artifact_location")


def check_tag(key: str, value: str) -> None:
    check_key(key, path="key", what="key")
    if len(value) > MAX_EXPERIMENT_TAG:
        raise too_long("value", MAX_EXPERIMENT_TAG)


def number_of(experiment_id: str) -> int:
    """Parse an experiment id. Raises Invalid if it is not a number, NotFound if it is negative, which no id is."""
    if experiment_id[:1] == "-" and experiment_id[1:].isascii() and experiment_id[1:].isdigit():
        raise NotFound(f"No Experiment with id={experiment_id} exists").because("no_experiment", id=experiment_id)
    if not (experiment_id.isascii() and experiment_id.isdigit() and len(experiment_id) < 19):
        raise Invalid(f"Invalid experiment ID '{experiment_id}'. Experiment ID must be a valid integer.")
    return int(experiment_id)


def check_active(experiment: Experiment) -> None:
    if experiment.lifecycle_stage != ACTIVE:
        raise Invalid(
            f"The experiment {experiment.id} must be in the 'active' state. "
            f"Current state is {experiment.lifecycle_stage}."
        )
