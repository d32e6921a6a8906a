"""Runs: their Structs, statuses and names, and limits on what clients log to them."""

import json
import random
import re
import secrets
from collections.abc import Sequence

import msgspec

from handloom.domain.datasets import DatasetInput
from handloom.domain.errors import Invalid
from handloom.domain.keys import MAX_PARAM, MAX_RUN_TAG, check_key
from handloom.domain.metrics import Metric
from handloom.domain.run_fields import RunFields, Status

STATUSES: dict[str, Status] = {
    "RUNNING": "RUNNING",
    "SCHEDULED": "SCHEDULED",
    "FINISHED": "FINISHED",
    "FAILED": "FAILED",
    "KILLED": "KILLED",
    "1": "RUNNING",
    "2": "SCHEDULED",
    "3": "FINISHED",
    "4": "FAILED",
    "5": "KILLED",
}
"""MLflow's enum by name and by number."""

FINISHED = frozenset({"FINISHED", "FAILED", "KILLED"})
"""Final statuses. Clients usually log nothing more to such a run."""

NAME_TAG = "mlflow.runName"
STAR_TAG = "handloom.starred"
"""`true` on a run with a star, which all who read the workspace see."""
PARENT_TAG = "mlflow.parentRunId"
NOTEBOOK_TAG = "handloom.notebook.id"
SESSION_TAG = "handloom.session.id"
CELL_TAG = "handloom.cell.id"
SNAPSHOT_TAG = "handloom.snapshot"
"""The digest of what the run needs to be run again; `session/snapshots.py` sets it."""
ABANDONED_TAG = "handloom.killed.reason"
ABANDONED_REASON = "The server stopped while the run's session was working on it."
"""Value of ABANDONED_TAG for a run that was still running in a session when the server stopped."""

STOPPED_TAG = "handloom.stopped.by"
"""Who stopped the run on its page, or through our API."""

_ID = re.compile(r"[a-zA-Z0-9][\w\-]{0,255}")

MAX_METRICS = 1_000
MAX_PARAMS_OR_TAGS = 100
MAX_ENTRIES = 1_000

_ADJECTIVES = (
    "able amber bold brave bright brisk calm clear clever crisp daring deft eager early fair fast fine fresh gentle "
    "glad golden grand hardy honest keen kind lively loyal lucky mellow merry neat nimble noble open patient polite "
    "proud quick quiet rare ready rustic serene sharp silent smooth steady sturdy swift tidy upbeat vivid warm wise"
)
_ANIMALS = (
    "ant badger bat bear bee bison carp cat colt crab crane crow deer dove duck eagle eel elk finch fish fowl fox "
    "frog goat goose grouse gull hare hawk hen heron horse ibis jay kite koala lamb lark lion lynx mare mole moose "
    "moth mouse mule newt otter owl ox pig pike pony quail ram rat seal shad shark sheep shrew skunk slug snail "
    "snake sow squid stag stork swan toad trout turtle vole wasp whale wolf worm wren yak zebra"
)


class RunInfo(RunFields, frozen=True):
    """A run without logged data, as the store reads it: its fields are the columns of that statement.

    `internal_id` and `experiment_internal_id` are keys inside the store.
    """

    internal_id: int
    experiment_internal_id: int
    workspace: str
    experiment_id: str
    artifact_uri: str
    lifecycle_stage: str
    notebook_id: str | None


class ModelLink(msgspec.Struct, frozen=True, kw_only=True):
    """A logged model that a run used (input) or created (output, at a step)."""

    model_id: str
    step: int = 0


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A run with its logged data. `metrics` has the latest points, sorted by key."""

    info: RunInfo
    metrics: list[Metric]
    params: dict[str, str]
    tags: dict[str, str]
    datasets: list[DatasetInput]
    model_inputs: list[ModelLink]
    model_outputs: list[ModelLink]


def new_id() -> str:
    return secrets.token_hex(16)


def new_name() -> str:
    """Generate a name for a run that was started without one: adjective-animal-number."""
    return f"{random.choice(_ADJECTIVES.split())}-{random.choice(_ANIMALS.split())}-{random.randint(0, 999)}"


def choose_name(given: str | None, tag: str | None) -> str:
    """Choose a new run's name from the request's name and its mlflow.runName tag. Raises Invalid if they differ."""
    if given and tag and given != tag:
        raise Invalid(
            "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values "
            f"(run_name='{given}', mlflow.runName='{tag}')."
        )
    return given or tag or new_name()


def check_status(status: str) -> Status:
    if (known := STATUSES.get(status)) is None:
        names = ", ".join(sorted(set(STATUSES.values())))
        raise Invalid(f"Invalid run status '{status}'. It must be one of {names}.", field="status")
    return known


def check_active(info: RunInfo) -> None:
    if info.lifecycle_stage != "active":
        text = f"The run {info.run_id} must be in the 'active' state. Current state is {info.lifecycle_stage}."
        raise Invalid(text).because("run_deleted")


def clean_tag(key: str, value: str, *, path: str = "") -> str:
    """Check a tag's key and return its value, truncated to MAX_RUN_TAG characters."""
    place = f"{path}.key" if path else "key"
    check_key(key, path=place, what=place)
    return value[:MAX_RUN_TAG]


def clean_param(key: str, value: str, *, path: str = "") -> str:
    """Check a param's key and return its value, truncated to MAX_PARAM characters."""
    check_key(key, path=f"{path}.key" if path else "key", what="Param key")
    return value[:MAX_PARAM]


def check_id(run_id: str) -> None:
    """Raise Invalid for a text that cannot be a run id."""
    if not _ID.fullmatch(run_id):
        raise Invalid(f"Invalid value {json.dumps(run_id, ensure_ascii=False)} for parameter 'run_id' supplied.")


def check_batch(metrics: int, params: int, tags: int) -> None:
    """Raise Invalid if one request logs more than the limits."""
    for what, count, limit in (
        ("metrics", metrics, MAX_METRICS),
        ("params", params, MAX_PARAMS_OR_TAGS),
        ("tags", tags, MAX_PARAMS_OR_TAGS),
        ("metrics, params, and tags", metrics + params + tags, MAX_ENTRIES),
    ):
        if count > limit:
            raise Invalid(
                f"A batch logging request can contain at most {limit} {what}. Got {count} {what}. "
                f"Please split up {what} across multiple requests and try again."
            )


def check_params_differ(keys: Sequence[str]) -> None:
    seen: set[str] = set()
    twice = [key for key in keys if key in seen or seen.add(key)]  # type: ignore[func-returns-value]
    if twice:
        raise Invalid(
            f"Duplicate parameter keys have been submitted: {twice}. Please ensure the request contains only one "
            "param value per param key."
        )
