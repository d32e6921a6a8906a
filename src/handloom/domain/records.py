"""Records: experiments, runs, models, traces, evaluation datasets and scorers, moving between servers and archives.

One line of an archive is one record. Records refer to each other by their ids on the exporting server.
"""

import hashlib
import math
import re
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import msgspec

from handloom.domain.assessments import Assessment
from handloom.domain.datasets import DatasetInput
from handloom.domain.errors import Invalid
from handloom.domain.logged_models import Status as ModelStatus
from handloom.domain.run_fields import RunFields
from handloom.domain.run_fields import Status as RunStatus
from handloom.domain.runs import ModelLink

MAX_POINTS = 1_000
"""Points per record and recommended points per request, which keep the writer busy for about 10 ms."""

MAX_SPANS, MAX_SPAN_BYTES = 500, 4 * 1024 * 1024
"""Spans of one record, and their bytes if its single spans allow it."""

MAX_WEIGHT = 50_000
"""Maximum of the approximate number of rows that one request writes."""

MAX_ASKED = 1_000
"""Maximum number of runs in one request that counts existing ones."""

LARGEST_KEPT_EXPERIMENT_ID = (1 << 31) - 1
"""Experiments with larger ids (MLflow's file store has ids of 18 digits) get a new id."""

Stage = Literal["active", "deleted"]
_RUN_ID = re.compile(r"[0-9A-Za-z_-]{1,32}")
_MODEL_ID = re.compile(r"m-[0-9a-f]{32}")


class _Record(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", omit_defaults=True):
    """Base of records: a JSON object whose `kind` identifies the class."""


class ExperimentRecord(_Record, frozen=True, kw_only=True, tag="experiment"):
    """An experiment. `artifact_location` is only set if its files are outside of the server."""

    id: str
    name: str
    artifact_location: str = ""
    lifecycle_stage: Stage = "active"
    creation_time: int = 0
    last_update_time: int = 0
    tags: dict[str, str] = {}


class RunRecord(RunFields, _Record, frozen=True, kw_only=True, tag="run"):
    """A run without its metric histories. `artifact_uri` is only set if its files are outside of the server.

    Fields of `RunFields` have defaults here for archives that lack them.
    """

    experiment_id: str
    name: str = ""
    user_id: str = ""
    status: RunStatus = "RUNNING"
    start_time: int = 0
    end_time: int | None = None
    client: str = ""
    lifecycle_stage: Stage = "active"
    deleted_time: int | None = None
    artifact_uri: str = ""
    params: dict[str, str] = {}
    tags: dict[str, str] = {}
    datasets: list[DatasetInput] = []
    model_inputs: list[ModelLink] = []
    model_outputs: list[ModelLink] = []


class PointsRecord(_Record, frozen=True, kw_only=True, tag="points"):
    """Part of a metric history, as columns; a null value is NaN."""

    run_id: str
    key: str
    steps: list[int]
    timestamps: list[int]
    values: list[float | None]


class MetricRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A metric of a logged model; a null value is NaN."""

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
    """A registered model without its versions. `next_version` prevents reuse of deleted version numbers."""

    name: str
    description: str = ""
    created_at: int = 0
    modified_at: int = 0
    next_version: int = 1
    tags: dict[str, str] = {}


class VersionRecord(_Record, frozen=True, kw_only=True, tag="version"):
    """A model version. `source` is the URI from the client, `location` the URI of its files."""

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


class TraceRecord(_Record, frozen=True, kw_only=True, tag="trace"):
    """A trace, or more spans and assessments of one. Each span is JSON, like `domain.traces.Span.content`."""

    trace_id: str
    experiment_id: str
    request_time: int
    duration: int | None = None
    state: str = "OK"
    client_request_id: str | None = None
    request_preview: str | None = None
    response_preview: str | None = None
    tags: dict[str, str] = {}
    metadata: dict[str, str] = {}
    run_ids: list[str] = []
    """Runs that the trace was linked to after it was logged."""
    assessments: list[Assessment] = []
    spans: list[str] = []


class EvaluationRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A record of an evaluation dataset. Inputs, outputs, expectations, tags and source are JSON."""

    record_id: str
    inputs: str
    outputs: str | None = None
    expectations: str | None = None
    tags: str | None = None
    source: str | None = None
    created_at: int = 0
    modified_at: int = 0
    created_by: str | None = None
    modified_by: str | None = None


class EvaluationDatasetRecord(_Record, frozen=True, kw_only=True, tag="evaluation_dataset"):
    """An evaluation dataset with some of its rows; more records of the same dataset have more rows."""

    dataset_id: str
    name: str
    experiment_ids: list[str] = []
    digest: str = ""
    schema: str | None = None
    created_at: int = 0
    modified_at: int = 0
    created_by: str | None = None
    modified_by: str | None = None
    tags: dict[str, str] = {}
    rows: list[EvaluationRow] = []


class ScorerRecord(_Record, frozen=True, kw_only=True, tag="scorer"):
    """One version of a scorer. `content` is JSON that clients make scorers of."""

    experiment_id: str
    scorer_id: str
    name: str
    version: int
    content: str
    created_at: int = 0


Record = (
    ExperimentRecord
    | RunRecord
    | PointsRecord
    | LoggedModelRecord
    | ModelRecord
    | VersionRecord
    | TraceRecord
    | EvaluationDatasetRecord
    | ScorerRecord
)

Kind = Literal["experiment", "run", "logged_model", "trace", "evaluation_dataset", "scorer"]


class ImportedTo(msgspec.Struct, frozen=True, kw_only=True):
    """Result of importing a record. `id` is its id on the exporting server, `target` its id here, `uri` its files.

    `counts` is what a trace has afterwards, by "spans" and "assessments", or a dataset by "evaluation rows".
    """

    kind: Kind
    id: str
    target: str
    uri: str
    existed: bool = False
    counts: dict[str, int] = {}


class ExistingRun(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of an existing run; `points` is the total of all its metric histories."""

    id: str
    target: str
    uri: str
    params: int
    tags: int
    points: int
    datasets: int


def weight(record: Record) -> int:
    """Estimate the number of rows that importing a record writes."""
    if isinstance(record, PointsRecord):
        return len(record.steps)
    named = ("params", "tags", "metadata", "metrics", "run_ids", "assessments", "spans", "experiment_ids", "rows")
    return 2 + sum(len(getattr(record, name, ())) for name in named) + 2 * len(getattr(record, "datasets", ()))


def split(trace: TraceRecord, most: int, most_bytes: int) -> Iterator[TraceRecord]:
    """Split a trace into records of at most `most` spans and, if its single spans allow it, `most_bytes` of spans."""
    piece: list[str] = []
    size = 0
    rest = trace
    for span in trace.spans:
        if piece and (len(piece) == most or size + len(span) > most_bytes):
            yield msgspec.structs.replace(rest, spans=piece)
            rest, piece, size = msgspec.structs.replace(rest, assessments=[]), [], 0
        piece.append(span)
        size += len(span)
    yield msgspec.structs.replace(rest, spans=piece)


def check_weight(records: Sequence[Record]) -> None:
    """Raise Invalid for records that write too many rows at once, which would delay other requests."""
    total = sum(map(weight, records))
    if total > MAX_WEIGHT:
        raise Invalid(f"The records have about {total:,} rows; send at most {MAX_WEIGHT:,} at once.", field="records")


def other_run_id(workspace: str, run_id: str) -> str:
    """Derive the id of a run in `workspace` if another workspace uses its original id. Always gives the same one."""
    return hashlib.blake2b(f"{workspace}/{run_id}".encode(), digest_size=16).hexdigest()


def other_model_id(workspace: str, model_id: str) -> str:
    """Derive the id of a logged model like `other_run_id`."""
    return "m-" + other_run_id(workspace, model_id)


def may_keep_run_id(run_id: str) -> bool:
    return _RUN_ID.fullmatch(run_id) is not None


def may_keep_model_id(model_id: str) -> bool:
    return _MODEL_ID.fullmatch(model_id) is not None


def check_points(record: PointsRecord) -> None:
    """Raise Invalid unless the columns have the same length."""
    if not len(record.steps) == len(record.timestamps) == len(record.values):
        raise Invalid(
            f"The points of {record.key} have {len(record.steps)} steps, {len(record.timestamps)} timestamps and "
            f"{len(record.values)} values; give one of each for each point.",
            field="records",
        )


def shown(value: float) -> float | None:
    """Convert a metric's value for a record: NaN becomes None."""
    return None if math.isnan(value) else value


def encode_lines(records: list[Record]) -> bytes:
    """Encode records as JSON lines."""
    return b"".join(msgspec.json.encode(record) + b"\n" for record in records)


def decode_line(line: bytes | str) -> Record:
    """Decode a JSON line. Raises Invalid if it is not a record."""
    try:
        record: Record = _LINE.decode(line)
    except msgspec.MsgspecError as error:
        raise Invalid(f"This is not a record: {error}.") from error
    return record


_LINE: Any = msgspec.json.Decoder(Record)
