"""Traces and their spans, limits on them, and the grammar of their search."""

import re
import secrets
from collections.abc import Sequence

import msgspec

from handloom.domain.assessments import Assessment
from handloom.domain.errors import Invalid
from handloom.domain.grammar import LIST, NULL, NUMBER, REGEX, TEXT, Entity, Grammar
from handloom.domain.keys import MAX_KEY, check_key, too_long

STATES = ("STATE_UNSPECIFIED", "OK", "ERROR", "IN_PROGRESS")
"""MLflow's enum, in the order of its numbers."""
IN_PROGRESS = "IN_PROGRESS"

NAME_TAG = "mlflow.traceName"
LOCATION_TAG = "mlflow.artifactLocation"
SPANS_TAG = "mlflow.trace.spansLocation"
SPANS_HERE = "TRACKING_STORE"
"""Value of SPANS_TAG when the server stores the spans; without it, clients upload them as a file."""
FIXED_TAGS = frozenset({SPANS_TAG, "mlflow.trace.archiveLocation"})
RUN_KEY = "mlflow.sourceRun"
PROMPTS_TAG = "mlflow.linkedPrompts"
SIZE_KEY = "mlflow.trace.sizeStats"
TOKENS_KEY = "mlflow.trace.tokenUsage"
SESSION_KEY = "mlflow.trace.session"
USER_KEY = "mlflow.trace.user"

MAX_TAG = 8_000
MAX_PREVIEW = 1_000
MAX_ID = 250
MAX_LINKS = 100
_ID = re.compile(r"[\w.:\-]+").fullmatch


class Trace(msgspec.Struct, kw_only=True):
    """A trace without its spans. Times are ms; `duration` is None until it is known."""

    trace_id: str
    experiment_id: str
    request_time: int
    duration: int | None = None
    state: str = IN_PROGRESS
    client_request_id: str | None = None
    request_preview: str | None = None
    response_preview: str | None = None
    assessments: list[Assessment] = []
    tags: dict[str, str] = {}
    metadata: dict[str, str] = {}


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """A span as received. `content` is all of it as JSON; the other fields are for searches.

    Times are ns since 1970 UTC. Only a root span (no `parent_id`) has its trace's previews, tags and metadata.
    """

    trace_id: str
    span_id: str
    parent_id: str | None
    name: str
    type: str
    status: str
    started_at: int
    ended_at: int | None
    content: str
    texts: str = "{}"
    """JSON object of the searchable texts, from `spans.texts_of`."""
    request: str | None = None
    response: str | None = None
    tags: dict[str, str] = {}
    metadata: dict[str, str] = {}

    @property
    def state(self) -> str:
        """The state of the trace whose root span this is."""
        return "ERROR" if self.status == "ERROR" else "OK"


def new_id() -> str:
    return f"tr-{secrets.token_hex(16)}"


def check_id(trace_id: str) -> None:
    """Raise Invalid for an id that cannot be a path segment."""
    if len(trace_id) > MAX_ID or not _ID(trace_id) or trace_id.strip(".") == "":
        raise Invalid(
            f"Invalid trace ID {trace_id[:MAX_ID]!r}. It may hold letters, digits, '_', '-', '.' and ':', at most "
            f"{MAX_ID} of them.",
            field="trace_id",
        )


def state_of(given: str | int) -> str:
    """Convert a state, given by name or by MLflow's number. Raises Invalid."""
    text = "STATE_UNSPECIFIED" if given in ("", "TRACE_STATUS_UNSPECIFIED") else str(given)
    if text in STATES:
        return text
    if text.isascii() and text.isdigit() and int(text) < len(STATES):
        return STATES[int(text)]
    raise Invalid(f"Invalid trace state '{given}'. It must be one of {', '.join(STATES)}.", field="state")


def clean_tag(key: str, value: str) -> str:
    """Check a tag's key and return its value, truncated to MAX_TAG characters."""
    check_key(key, path="key", what="key")
    return value[:MAX_TAG]


def clean_pairs(pairs: dict[str, str]) -> dict[str, str]:
    """Check the tags or metadata of a trace and truncate their values. Raises Invalid for a key that is too long."""
    for key in pairs:
        if not 0 < len(key) <= MAX_KEY:
            raise too_long("key", MAX_KEY)
    return {key: value[:MAX_TAG] for key, value in pairs.items()}


def check_changeable(key: str, verb: str) -> None:
    if key in FIXED_TAGS:
        raise Invalid(f"Tag '{key}' is immutable and cannot be {verb} on a trace.", field="key")


def check_removal(until: int | None, at_most: int | None, trace_ids: Sequence[str]) -> None:
    """Raise Invalid unless a deletion selects traces in exactly one way."""
    if until is None and not trace_ids:
        raise Invalid("Either `max_timestamp_millis` or `trace_ids` must be specified.")
    if until is not None and trace_ids:
        raise Invalid("Only one of `max_timestamp_millis` and `trace_ids` can be specified.")
    if trace_ids and at_most is not None:
        raise Invalid("`max_traces` can't be specified if `trace_ids` is specified.")
    if at_most is not None and at_most <= 0:
        raise Invalid(f"`max_traces` must be a positive integer, received {at_most}.")


def preview(text: str | None) -> str | None:
    """Truncate a request or response for lists."""
    return text if text is None or len(text) <= MAX_PREVIEW else text[: MAX_PREVIEW - 3] + "..."


def expected_spans(metadata: dict[str, str]) -> int:
    """Return the number of spans that the client announced in the metadata; 0 if it announced none."""
    try:
        said = msgspec.json.decode(metadata.get(SIZE_KEY, "{}"), type=dict[str, float])
    except msgspec.MsgspecError:
        return 0
    return int(said.get("num_spans", 0))


def linked_prompts(tags: dict[str, str]) -> list[dict[str, str]]:
    """Parse the prompt versions in a trace's tag."""
    try:
        return msgspec.json.decode(tags.get(PROMPTS_TAG, "[]"), type=list[dict[str, str]])
    except msgspec.MsgspecError:
        return []


_NUMBERS = {
    **dict.fromkeys(("timestamp", "timestamp_ms"), "request_time"),
    **dict.fromkeys(("execution_time", "execution_time_ms"), "duration"),
    **dict.fromkeys(("end_time", "end_time_ms"), "end_time"),
}
_ATTRIBUTES = {
    **_NUMBERS,
    **dict.fromkeys(("request_id", "trace_id"), "trace_id"),
    **{name: name for name in ("status", "client_request_id", "name", "run_id")},
}
_ORDERS = _ATTRIBUTES | {"experiment_id": "experiment_id"}


_ASSESSMENT = NUMBER + TEXT[2:] + REGEX + NULL
_BY_ENTITY: dict[Entity, tuple[str, ...]] = {
    "attribute": TEXT + REGEX + LIST,
    "span": TEXT + REGEX + LIST,
    "feedback": _ASSESSMENT,
    "expectation": _ASSESSMENT,
}
_BY_KEY: dict[tuple[Entity, str], tuple[str, ...]] = {
    **{("attribute", key): NUMBER for key in _NUMBERS.values()},
    ("attribute", "name"): TEXT + REGEX + LIST + NULL,
    ("attribute", "text"): TEXT[2:],
    ("span", "content"): TEXT[2:],
    ("attribute", "prompt"): ("=",),
}


def _operators(entity: Entity, key: str) -> tuple[str, ...]:
    return _BY_KEY.get((entity, key)) or _BY_ENTITY.get(entity) or TEXT + REGEX + NULL


TRACES = Grammar(
    entities={
        **dict.fromkeys(("tag", "tags"), "tag"),
        **dict.fromkeys(("attribute", "attributes", "trace"), "attribute"),
        **dict.fromkeys(("metadata", "request_metadata"), "metadata"),
        "span": "span",
        "feedback": "feedback",
        "expectation": "expectation",
    },
    operators=_operators,
    attributes=_ATTRIBUTES | {"text": "text", "prompt": "prompt"},
    orders=_ORDERS,
    ordered=("attribute", "tag", "metadata"),
    numbers=frozenset(_NUMBERS.values()),
    any_case=True,
)
