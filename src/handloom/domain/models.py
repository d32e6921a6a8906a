"""Registered models: names with numbered versions, tags, aliases and stages; checks of a version's source."""

import posixpath
import re
from typing import Any
from urllib.parse import SplitResult, unquote, unquote_plus, urlsplit

import msgspec

from handloom.domain.artifacts import check_host
from handloom.domain.errors import Invalid
from handloom.domain.grammar import LIST, NUMBER, TEXT, Entity, Grammar
from handloom.domain.keys import check_key, too_long
from handloom.domain.names import clean_name

NO_STAGE = "None"
STAGES = (NO_STAGE, "Staging", "Production", "Archived")
ACTIVE_STAGES = ("Staging", "Production")
READY = "READY"
IS_PROMPT = "mlflow.prompt.is_prompt"
"""Tag of models that are MLflow prompts. Searches exclude them unless the filter names the tag."""

COPIED_TAG = "handloom.copiedFrom"
"""Tag of a copied version, whose value is a CopySource as JSON, and of its run, whose value is a path of names."""

MAX_TAG_VALUE = 100_000
MAX_ALIAS = 255
MAX_ALIAS_NOTE = 2_000
_ALIAS = re.compile(r"^[\w\-]*$")
_VERSION_ALIAS = re.compile(r"^[vV]\d+$")


def _operators(entity: Entity, key: str) -> tuple[str, ...]:
    if entity == "attribute" and key == "version_number":
        return NUMBER
    return TEXT + LIST if entity == "attribute" and key != "source_path" else TEXT


_ENTITIES: dict[str, Entity] = {"attribute": "attribute", "tag": "tag", "tags": "tag"}

MODELS = Grammar(
    entities=_ENTITIES,
    operators=_operators,
    attributes={"name": "name"},
    orders={"name": "name", **dict.fromkeys(("last_updated_timestamp", "timestamp"), "last_updated_timestamp")},
    ordered=("attribute",),
    numbers=frozenset(),
    relaxed=True,
)
"""Grammar of the search of registered models."""

VERSIONS = Grammar(
    entities=_ENTITIES,
    operators=_operators,
    attributes={name: name for name in ("name", "version_number", "run_id", "source_path")},
    orders={name: name for name in ("name", "version_number", "creation_timestamp", "last_updated_timestamp")},
    ordered=("attribute",),
    numbers=frozenset({"version_number"}),
    relaxed=True,
)
"""Grammar of the search of model versions."""


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """A model version. `source` is the URI it was created from, `location` the URI of its files; unset ids are ""."""

    model: str
    version: int
    description: str
    user: str
    stage: str
    source: str
    location: str
    run_id: str
    run_link: str
    model_id: str
    status: str
    status_message: str
    created_at: int
    modified_at: int
    tags: dict[str, str]
    aliases: list[str]


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """A registered model. `latest` has the newest version of each stage that has one."""

    name: str
    description: str
    owner: str
    created_at: int
    modified_at: int
    tags: dict[str, str]
    aliases: dict[str, int]
    latest: list[Version]


class CopySource(msgspec.Struct, frozen=True, kw_only=True):
    """Where a copied version came from, and who copied it. `workspace` is an id."""

    workspace: str
    workspace_name: str
    model: str
    version: int
    by: str


class AliasChange(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody did to an alias: pointed it to `version`, or deleted it (None). `note` says why."""

    alias: str
    version: int | None
    user: str
    note: str
    at: int


class SchemaColumn(msgspec.Struct, frozen=True, kw_only=True):
    """An input or output of a model's signature, or a column of a dataset.

    `type` is MLflow's type name, or `tensor(float64, [-1, 10])`.
    """

    name: str | None
    type: str
    required: bool


def clean_model_name(name: str) -> str:
    """Check a model's name. Raises Invalid for a name that `models:/<name>/1` could not resolve."""
    if not name.strip():
        raise Invalid("The name is empty. Type at least one character.", field="name").because("name_empty")
    if "/" in name or ":" in name:
        raise Invalid(f"Invalid model name '{name}'. Names cannot contain '/' or ':'.", field="name").because(
            "name_characters", characters="/ :"
        )
    normal = posixpath.normpath(name)
    if normal != name or normal == "." or normal.startswith(".."):
        raise Invalid(
            f"Invalid value \"{name}\" for parameter 'name' supplied: Names may be treated as files in certain cases, "
            f"and must not resolve to other names when treated as such. This name would resolve to '{normal}'",
            field="name",
        ).because("name_path")
    return clean_name(name, what="model name")


def clean_stage(stage: str) -> str:
    """Return the canonical spelling of a stage. Raises Invalid."""
    for one in STAGES:
        if one.lower() == stage.lower():
            return one
    raise Invalid(f"Invalid Model Version stage: {stage}. Value must be one of {', '.join(STAGES)}.", field="stage")


def check_alias(alias: str) -> None:
    if not alias:
        raise Invalid("Registered model alias name cannot be empty.", field="alias").because("alias_empty")
    if not _ALIAS.match(alias):
        raise Invalid(
            f"Invalid alias name: '{alias}'. Names may only contain alphanumerics, underscores (_), and dashes (-).",
            field="alias",
        ).because("alias_characters", alias=alias)
    if len(alias) > MAX_ALIAS:
        raise Invalid(
            f"'Registered model alias name' exceeds the maximum length of {MAX_ALIAS} characters", field="alias"
        ).because("alias_long", most=MAX_ALIAS)


def check_new_alias(alias: str) -> None:
    """Check an alias like `check_alias`, and refuse words that have a meaning in `models:/` URIs."""
    check_alias(alias)
    if alias.lower() == "latest":
        raise Invalid("'latest' alias name (case insensitive) is reserved.", field="alias").because(
            "alias_reserved", alias=alias
        )
    if _VERSION_ALIAS.match(alias):
        raise Invalid(f"Version alias name '{alias}' is reserved.", field="alias").because(
            "alias_reserved", alias=alias
        )


def clean_alias_note(note: str) -> str:
    """Return the reason for moving an alias without blanks around it. Raises Invalid if it is too long."""
    if len(note) > MAX_ALIAS_NOTE:
        raise too_long("note", MAX_ALIAS_NOTE)
    return note.strip()


def check_tag(key: str, value: str) -> None:
    check_key(key, path="key", what="key")
    if len(value) > MAX_TAG_VALUE:
        raise too_long("value", MAX_TAG_VALUE)


def version_number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise Invalid(f"Parameter 'version' must be an integer, got '{text}'.", field="version") from None


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """The target of a `models:/` URI: a logged model by `model_id`, or a version of `name` by one of the other fields.

    A name alone means the latest version.
    """

    model_id: str | None = None
    name: str | None = None
    version: int | None = None
    stage: str | None = None
    alias: str | None = None


def reference(uri: str) -> Reference | None:
    """Parse a `models:/` URI; None if it is not one."""
    found = _parts(uri)
    path = found.path
    if found.scheme != "models" or found.netloc or not path.startswith("/"):
        return None
    parts = path.lstrip("/").split("/")
    if len(parts) > 2 or not all(p.strip() for p in parts):
        return None
    if len(parts) == 2:
        name, rest = parts
        if rest.isdigit():
            return Reference(name=name, version=int(rest))
        return Reference(name=name) if rest.lower() == "latest" else Reference(name=name, stage=rest)
    if "@" in parts[0]:
        name, _, alias = parts[0].rpartition("@")
        return Reference(name=name, alias=alias) if name and alias.strip() else None
    return Reference(model_id=parts[0])


def _parts(uri: str) -> SplitResult:
    try:
        return urlsplit(uri, allow_fragments=False)
    except ValueError:
        raise Invalid(f"Invalid model version source: '{uri}'.", field="source") from None


def bad_source(source: str, needed: str) -> Invalid:
    return Invalid(
        f"Invalid model version source: '{source}'. The {needed} request parameter must identify the resource that "
        "contains the source.",
        field="source",
    )


def check_source(source: str, run_id: str, model_id: str, run_uri: str | None, model_uri: str | None) -> None:
    """Raise Invalid for a source that is a local path or belongs to another run or model than the request names.

    `run_uri` and `model_uri` are the artifact URIs of the run and the logged model that the request names, None if they
    do not exist. Sources in an object store (s3:, ...) are not checked.
    """
    check_host(source, "source")
    found = _parts(source)
    needed = "model_id" if model_id else "run_id"
    if found.scheme in ("", "file"):
        raise Invalid(
            f"Invalid model version source: '{source}'. To use a local path as a model version source, the {needed} "
            "request parameter has to be specified and the local path has to be contained within the artifact "
            f"directory of the {'model' if model_id else 'run'} specified by the {needed}.",
            field="source",
        )
    _refuse_relative(source)
    if found.scheme == "runs":
        owner = found.path.lstrip("/").split("/", 1)[0]
        if model_id or found.netloc or not run_id or owner != run_id:
            raise bad_source(source, needed)
    elif found.scheme == "models":
        named = reference(source)
        if named is None or (named.model_id is not None and (not model_id or named.model_id != model_id)):
            raise bad_source(source, "model_id")
    elif _is_artifact(found):
        root = model_uri if model_id else run_uri
        if root is None or not _within(source, root):
            raise bad_source(source, needed)


def _refuse_relative(source: str) -> None:
    decoded = source
    while (once := unquote_plus(decoded)) != decoded:
        decoded = once
    path = re.sub(r"/+", "/", _parts(decoded).path.rstrip("/"))
    relative = bool(path) and posixpath.normpath(path) != path
    if "\x00" in path or ".." in decoded.split("/") or relative or not path.startswith("/"):
        raise Invalid(
            f"Invalid model version source: '{source}'. If supplying a source as an http, https, local file path, ftp, "
            "objectstore, or mlflow-artifacts uri, an absolute path must be provided without relative path references "
            "present. Please provide an absolute path.",
            field="source",
        )


def _is_artifact(found: SplitResult) -> bool:
    return found.scheme == "mlflow-artifacts"


def _within(source: str, root: str) -> bool:
    inner, outer = _parts(source), _parts(root)
    if (inner.scheme, inner.netloc.lower()) != (outer.scheme, outer.netloc.lower()):
        return False
    parts = [unquote(p) for p in inner.path.split("/") if p]
    roots = [unquote(p) for p in outer.path.split("/") if p]
    return bool(roots) and parts[: len(roots)] == roots


def signature_columns(schema: Any) -> list[SchemaColumn] | None:
    """Parse the inputs or outputs of a signature from an MLmodel file's JSON; None if it is not a schema."""
    if not isinstance(schema, list):
        return None
    return [_column(c) for c in schema if isinstance(c, dict)]


def _column(given: dict[str, Any]) -> SchemaColumn:
    name = given.get("name")
    return SchemaColumn(
        name=name if isinstance(name, str) else None,
        type=_type_name(given),
        required=given.get("required") is not False and given.get("optional") is not True,
    )


def _type_name(given: Any) -> str:
    if not isinstance(given, dict):
        return str(given)
    kind = given.get("type")
    if kind == "tensor":
        spec = given.get("tensor-spec")
        if isinstance(spec, dict):
            return f"tensor({spec.get('dtype')}, {spec.get('shape')})"
    if kind == "array":
        return f"array({_type_name(given.get('items'))})"
    if kind == "map":
        return f"map({_type_name(given.get('values'))})"
    if kind == "object" and isinstance(properties := given.get("properties"), dict):
        inside = ", ".join(f"{key}: {_type_name(value)}" for key, value in properties.items())
        return f"object({inside})"
    return str(kind)
