"""Evaluation datasets, their records, and scorers: what they may be, and the words that searches of them may use."""

import hashlib
import json
import secrets
import uuid
from collections.abc import Sequence
from typing import Any

import msgspec

from handloom.domain.errors import Invalid
from handloom.domain.grammar import LIST, NUMBER, TEXT, Entity, Grammar
from handloom.domain.keys import MAX_KEY, check_key, too_long

USER_TAG = "mlflow.user"
MAX_NAME = 255
MAX_TAG = 5_000
SOURCES = ("UNSPECIFIED", "TRACE", "HUMAN", "DOCUMENT", "CODE")
_DATASET_ATTRIBUTES = ("name", "created_time", "last_update_time", "created_by", "last_updated_by")


class EvaluationDataset(msgspec.Struct, frozen=True, kw_only=True):
    """A dataset without its records. `schema` is JSON, None until there are records."""

    internal_id: int
    dataset_id: str
    name: str
    digest: str
    created_at: int
    modified_at: int
    schema: str | None = None
    created_by: str | None = None
    modified_by: str | None = None
    records: int = 0
    tags: dict[str, str] = {}


class RecordIn(msgspec.Struct):
    """A record as clients send it; fields that are missing leave what is known of the same inputs."""

    inputs: dict[str, Any]
    outputs: Any = msgspec.UNSET
    expectations: dict[str, Any] | None = None
    tags: dict[str, Any] | None = None
    source: dict[str, Any] | None = None


class Scorer(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a scorer. `content` is JSON that clients make scorers of; the server runs none."""

    experiment_id: str
    scorer_id: str
    name: str
    version: int
    content: str
    created_at: int


def new_dataset_id() -> str:
    return f"d-{secrets.token_hex(16)}"


def new_record_id() -> str:
    return f"dr-{secrets.token_hex(16)}"


def new_scorer_id() -> str:
    return str(uuid.uuid4())


def digest(name: str, modified_at: int) -> str:
    """Eight letters that change with every change of a dataset."""
    return hashlib.sha256(f"{name}:{modified_at}".encode()).hexdigest()[:8]


def check_dataset_name(name: str) -> None:
    if not name.strip():
        raise Invalid("A dataset needs a name.", field="name")
    if len(name) > MAX_NAME:
        raise too_long("name", MAX_NAME)


def read_tags(text: str, field: str = "tags") -> dict[str, str | None]:
    """Tags in a text of JSON; raise Invalid where it is no object of them. A value of null leaves the tag alone."""
    try:
        given = msgspec.json.decode(text, type=dict[str, str | int | float | bool | None])
    except (msgspec.MsgspecError, UnicodeEncodeError) as error:
        raise Invalid(f"'{field}' must be a JSON object of texts: {error}.", field=field) from error
    tags = {key: value if value is None else str(value) for key, value in given.items()}
    for key, value in tags.items():
        check_key(key, path=field, what="key")
        if value is not None and len(value) > MAX_TAG:
            raise too_long("value", MAX_TAG)
    return tags


def read_records(text: str) -> list[RecordIn]:
    """Records in a text of JSON; raise Invalid, naming the place, where they are none."""
    try:
        given = msgspec.convert(json.loads(text), list[RecordIn])
    except (ValueError, msgspec.ValidationError) as error:
        raise Invalid(
            f"'records' must be a JSON list of records, each with inputs: {error}.", field="records"
        ) from error
    for record in given:
        source_of(record)
    return given


def source_of(record: RecordIn) -> dict[str, Any] | None:
    """Where a record comes from, in MLflow's shape; raise Invalid for a kind of source that there is not."""
    if not record.source:
        return None
    kind = str(record.source.get("source_type", SOURCES[0])).upper()
    if kind not in SOURCES:
        raise Invalid(
            f"Invalid dataset record source type: {kind}. It must be one of {', '.join(SOURCES)}.", field="records"
        )
    data = record.source.get("source_data")
    return {"source_type": kind, "source_data": data if isinstance(data, dict) else {}}


def input_hash(inputs: dict[str, Any]) -> str:
    """The same for the same inputs, in whatever order their names stand."""
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def user_of(tags: dict[str, Any] | None) -> str | None:
    found = (tags or {}).get(USER_TAG)
    return None if found is None else str(found)


def widened(schema: str | None, records: Sequence[RecordIn]) -> str | None:
    """The schema of a dataset after these records: a field keeps the kind of value that it had first."""
    if not records and schema is None:
        return None
    found: dict[str, Any] = (
        json.loads(schema) if schema else {"inputs": {}, "outputs": {}, "expectations": {}, "version": "1.0"}
    )
    for record in records:
        parts = {"inputs": record.inputs, "expectations": record.expectations or {}}
        if isinstance(record.outputs, dict):
            parts["outputs"] = record.outputs
        elif record.outputs not in (msgspec.UNSET, None) and not found["outputs"]:
            found["outputs"] = _kind(record.outputs)
        for part, values in parts.items():
            if isinstance(found[part], dict):
                for key, value in values.items():
                    found[part].setdefault(key, _kind(value))
    return json.dumps(found)


_KINDS = ((bool, "boolean"), (int, "integer"), (float, "float"), (str, "string"), (list, "array"), (dict, "object"))


def _kind(value: Any) -> str:
    return next((name for kind, name in _KINDS if isinstance(value, kind)), "null")


def check_scorer(name: str, content: str) -> None:
    """Raise Invalid where a scorer has no name, or what is registered is no JSON object."""
    if not name.strip():
        raise Invalid("Scorer name cannot be empty or contain only whitespace.", field="name")
    if len(name) > MAX_KEY:
        raise too_long("name", MAX_KEY)
    try:
        given = json.loads(content)
    except ValueError as error:
        raise Invalid("serialized_scorer must be valid JSON", field="serialized_scorer") from error
    if not isinstance(given, dict):
        raise Invalid("serialized_scorer must be a JSON object", field="serialized_scorer")


def _operators(entity: Entity, key: str) -> tuple[str, ...]:
    if entity == "tag":
        return TEXT
    if key in ("created_time", "last_update_time"):
        return NUMBER
    return TEXT + LIST[:1] if key == "name" else TEXT


EVALUATION_DATASETS = Grammar(
    entities={"attribute": "attribute", "tag": "tag", "tags": "tag"},
    operators=_operators,
    attributes={name: name for name in _DATASET_ATTRIBUTES},
    orders={name: name for name in _DATASET_ATTRIBUTES[:3]},
    ordered=("attribute",),
    numbers=frozenset({"created_time", "last_update_time"}),
)
