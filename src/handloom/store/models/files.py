"""What the files of a model version say: its MLmodel file read into a card with signature and flavors."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import msgspec
import yaml

from handloom.domain import artifacts as paths
from handloom.domain.errors import HandloomError, Invalid, NotFound
from handloom.domain.models import Column, Version, signature_columns
from handloom.store.artifacts import storage as artifacts
from handloom.store.artifacts.storage import Artifacts
from handloom.store.engine.database import Read
from handloom.store.models import versions as model_versions

_MAX_BYTES = 4 * 1024 * 1024
_MAX_VALUES = 200_000  # YAML's references can make a small file expand without end


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """`inputs` and `outputs` are the signature, None without one; `content` is the file as it stands."""

    inputs: list[Column] | None = None
    outputs: list[Column] | None = None
    flavors: list[str] = []
    mlflow_version: str | None = None
    content: dict[str, Any] = {}


def root(tx: Read, workspace: str, version: Version) -> str:
    """The artifact folder of a version. Raises Invalid where its files are kept outside of this server."""
    return paths.root_of(model_versions.files_uri(tx, workspace, version))


def card(store: Artifacts, workspace: str, root: str) -> Card:
    """The card of the version whose files are below `root`; an empty one where they are gone or no YAML."""
    try:
        text = artifacts.read(store, workspace, paths.join(root, paths.MODEL_FILE), _MAX_BYTES)
    except (NotFound, Invalid):
        return Card()
    try:
        content = _plain(yaml.load(text, Loader=_Loader), [_MAX_VALUES])
    except (yaml.YAMLError, HandloomError, ValueError, RecursionError):
        return Card()
    return _card(content) if isinstance(content, dict) else Card()


# The C reader is ten times faster; a build of PyYAML without it still works.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


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


def _side(text: Any) -> list[Column] | None:
    if not isinstance(text, str):
        return None
    try:
        return signature_columns(msgspec.json.decode(text))
    except msgspec.DecodeError:
        return None


def _plain(value: Any, left: list[int]) -> Any:
    """The value as JSON can say it; raise Invalid where it holds too much."""
    left[0] -= 1
    if left[0] < 0:
        raise Invalid("The MLmodel file holds too many values.")
    if isinstance(value, dict):
        return {str(key): _plain(item, left) for key, item in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_plain(item, left) for item in value]
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    return value
