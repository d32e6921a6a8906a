"""Records: experiments, runs, models whole, as they move between workspaces, servers and archives.

One line of an archive is one record. References between them name the ids of where they came from.
"""

import hashlib
import math
import re
from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from handloom.domain.datasets import DatasetInput
from handloom.domain.errors import Invalid
from handloom.domain.logged_models import Status as ModelStatus
from handloom.domain.runs import ModelLink
from handloom.domain.runs import Status as RunStatus

MAX_POINTS = 1_000
"""Points of one record, and what one request should carry: the writer is kept busy for some 10 ms."""

MAX_WEIGHT = 50_000
"""Rows, roughly, that one request may ever carry."""

MAX_ASKED = 1_000
"""Runs that one request may ask after."""

LARGEST_KEPT_EXPERIMENT_ID = (1 << 31) - 1
"""Ids beyond this (folders of MLflow have 18 digits) are given anew."""

Stage = Literal["active", "deleted"]
_RUN_ID = re.compile(r"[0-9A-Za-z_-]{1,32}")
_MODEL_ID = re.compile(r"m-[0-9a-f]{32}")


class _Record(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", omit_defaults=True):
    """What every record is: one JSON object whose `kind` names it."""


class ExperimentRecord(_Record, frozen=True, kw_only=True, tag="experiment"):
    """`artifact_location` is kept only where the files stay outside; empty means the workspace's own place."""

    id: str
    name: str
    artifact_location: str = ""
    lifecycle_stage: Stage = "active"
    creation_time: int = 0
    last_update_time: int = 0
    tags: dict[str, str] = {}


class RunRecord(_Record, frozen=True, kw_only=True, tag="run"):
    """A run without its histories. `artifact_uri` as for an experiment's location."""

    run_id: str
    experiment_id: str
    name: str = ""
    user_id: str = ""
    status: RunStatus = "RUNNING"
    start_time: int = 0
    end_time: int | None = None
    lifecycle_stage: Stage = "active"
    deleted_time: int | None = None
    artifact_uri: str = ""
    params: dict[str, str] = {}
    tags: dict[str, str] = {}
    datasets: list[DatasetInput] = []
    model_inputs: list[ModelLink] = []
    model_outputs: list[ModelLink] = []


class PointsRecord(_Record, frozen=True, kw_only=True, tag="points"):
    """A piece of one series, column by column; a value of null is NaN."""

    run_id: str
    key: str
    steps: list[int]
    timestamps: list[int]
    values: list[float | None]


class MetricRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A metric of a logged model; a value of null is NaN."""

    key: str
    value: float | None
    timestamp: int
    step: int = 0
    run_id: str = ""
    dataset_name: str = ""
    dataset_digest: str = ""


class LoggedModelRecord(_Record, frozen=True, kw_only=True, tag="logged_model"):
    model_id: str
    experiment_id: str
    name: str
    artifact_uri: str = ""
    status: ModelStatus = "LOGGED_MODEL_READY"
    status_message: str | None = None
    model_type: str = ""
    source_run_id: str = ""
    created_at: int = 0
    modified_at: int = 0
    lifecycle_stage: Stage = "active"
    params: dict[str, str] = {}
    tags: dict[str, str] = {}
    metrics: list[MetricRecord] = []


class ModelRecord(_Record, frozen=True, kw_only=True, tag="model"):
    """A registered model without its versions; `next_version` keeps deleted numbers from coming back."""

    name: str
    description: str = ""
    created_at: int = 0
    modified_at: int = 0
    next_version: int = 1
    tags: dict[str, str] = {}


class VersionRecord(_Record, frozen=True, kw_only=True, tag="version"):
    """`source` is what the client named, `location` where the files are; `aliases` point to this version."""

    name: str
    version: int
    description: str = ""
    user: str = ""
    stage: str = "None"
    source: str = ""
    location: str = ""
    run_id: str = ""
    run_link: str = ""
    model_id: str = ""
    status: str = "READY"
    status_message: str = ""
    created_at: int = 0
    modified_at: int = 0
    tags: dict[str, str] = {}
    aliases: list[str] = []


Record = ExperimentRecord | RunRecord | PointsRecord | LoggedModelRecord | ModelRecord | VersionRecord

Kind = Literal["experiment", "run", "logged_model"]


class ImportedTo(msgspec.Struct, frozen=True, kw_only=True):
    """Where something landed. `id` is its id before, `target` its id now, `uri` the root of its files."""

    kind: Kind
    id: str
    target: str
    uri: str
    existed: bool = False


class ExistingRun(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a run a workspace holds; `points` are all points of all its series."""

    id: str
    target: str
    uri: str
    params: int
    tags: int
    points: int
    datasets: int


def weight(record: Record) -> int:
    """Rows that keeping a record writes, roughly: what a request's size is measured in."""
    match record:
        case PointsRecord():
            return len(record.steps)
        case RunRecord():
            return 2 + len(record.params) + len(record.tags) + 2 * len(record.datasets)
        case LoggedModelRecord():
            return 2 + len(record.params) + len(record.tags) + len(record.metrics)
        case _:
            return 2 + len(record.tags)


def check_weight(records: Sequence[Record]) -> None:
    """Raise Invalid where one request would keep the others waiting for too long."""
    total = sum(map(weight, records))
    if total > MAX_WEIGHT:
        raise Invalid(f"The records make some {total:,} rows; send at most {MAX_WEIGHT:,} at once.", field="records")


def other_run_id(workspace: str, run_id: str) -> str:
    """The id that a run gets in `workspace` where its own is in use elsewhere: always the same one."""
    return hashlib.blake2b(f"{workspace}/{run_id}".encode(), digest_size=16).hexdigest()


def other_model_id(workspace: str, model_id: str) -> str:
    """As `other_run_id`, for a logged model."""
    return "m-" + other_run_id(workspace, model_id)


def may_keep_run_id(run_id: str) -> bool:
    return _RUN_ID.fullmatch(run_id) is not None


def may_keep_model_id(model_id: str) -> bool:
    return _MODEL_ID.fullmatch(model_id) is not None


def check_points(record: PointsRecord) -> None:
    """Raise Invalid unless the columns have one length."""
    if not len(record.steps) == len(record.timestamps) == len(record.values):
        raise Invalid(
            f"The points of {record.key} have {len(record.steps)} steps, {len(record.timestamps)} timestamps and "
            f"{len(record.values)} values; give one of each for each point.",
            field="records",
        )


def shown(value: float) -> float | None:
    """A value as records hold it."""
    return None if math.isnan(value) else value


def lines(records: list[Record]) -> bytes:
    """Records as lines of JSON, each with its end."""
    return b"".join(msgspec.json.encode(record) + b"\n" for record in records)


def of_line(line: bytes | str) -> Record:
    """The record of a line; raise Invalid where it is none."""
    try:
        record: Record = _LINE.decode(line)
    except msgspec.MsgspecError as error:
        raise Invalid(f"This is no record: {error}.") from error
    return record


_LINE: Any = msgspec.json.Decoder(Record)
