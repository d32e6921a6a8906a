"""The files of a model version: its MLmodel file, parsed into a card with signature and flavors."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec

from handloom.domain import artifacts as paths
from handloom.domain.errors import Invalid, NotFound
from handloom.domain.models import SchemaColumn, Version, signature_columns
from handloom.store.artifacts import storage as artifacts
from handloom.store.artifacts.storage import Artifacts
from handloom.store.engine import plain_yaml
from handloom.store.engine.database import Read
from handloom.store.models import versions as model_versions


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """`inputs` and `outputs` are the signature, None if it has none; `content` is the text of the file."""

    inputs: list[SchemaColumn] | None = None
    outputs: list[SchemaColumn] | None = None
    flavors: list[str] = []
    mlflow_version: str | None = None
    content: dict[str, Any] = {}
    problem: str | None = None
    """Why the file could not be read."""


def root(tx: Read, workspace: str, version: Version) -> str:
    """Return the artifact folder of a version. Raises Invalid if its files are not stored on this server."""
    return paths.root_of(model_versions.files_uri(tx, workspace, version))


def card(store: Artifacts, workspace: str, root: str) -> Card:
    """Return the card of the version whose files are below `root`; an empty one without an MLmodel file."""
    try:
        text = artifacts.read(store, workspace, paths.join(root, paths.MODEL_FILE), plain_yaml.MAX_BYTES + 1)
    except NotFound:
        return Card()
    except Invalid as error:
        return Card(problem=error.message)
    return _parsed(text)


@lru_cache(maxsize=64)
def _parsed(text: bytes) -> Card:
    """Parse a file; the cache serves all versions and requests that show the same file."""
    try:
        content = plain_yaml.load(text)
        return _card(content) if isinstance(content, dict) else Card(problem="The MLmodel file is no YAML mapping.")
    except Invalid as error:
        return Card(problem=error.message)


def _card(content: dict[str, Any]) -> Card:
    signature = content.get("signature")
    signature = signature if isinstance(signature, dict) else {}
    flavors = content.get("flavors")
    version = content.get("mlflow_version")
    return Card(
        inputs=_side(signature.get("inputs")),
        outputs=_side(signature.get("outputs")),
        flavors=sorted(flavors) if isinstance(flavors, dict) else [],
        mlflow_version=str(version) if version is not None else None,
        content=content,
    )


def _side(text: Any) -> list[SchemaColumn] | None:
    if not isinstance(text, str):
        return None
    try:
        return signature_columns(msgspec.json.decode(text))
    except (msgspec.DecodeError, RecursionError):
        return None
