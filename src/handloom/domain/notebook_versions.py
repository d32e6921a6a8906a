"""Versions of a notebook: what one holds, when the next is due, and which automatic ones are kept."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable
from typing import Any

import msgspec

from handloom.domain.errors import Invalid

INTERVAL_MS = 5 * 60 * 1000
"""Between two automatic versions."""
LARGEST = 32 * 1024 * 1024
"""Bytes of a notebook's file of which versions are made. Outputs count, though no version holds them."""
MAX_NAME = 200
_DAY = 86_400_000
_EACH_DAYS = 7
"""Days from which every automatic version is kept; of older days the last one is."""
_DAYS = 365
_MOST = 500
LEFT_OUT = ("execution", "handloom", "trusted", "collapsed", "scrolled")
"""Metadata that running a cell leaves behind."""


class NotebookVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a notebook, without outputs. `at` is when that state was saved, in ms."""

    id: str
    name: str
    """As a person named it; empty for an automatic version."""
    at: int
    user: str
    """Who saved that state; empty if it is not known."""
    cells: int
    size: int
    """Bytes of its text."""


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The text of a notebook, compressed."""

    content: bytes
    digest: str
    cells: int
    size: int
    at: int


def snapshot(content: bytes, at: int) -> Snapshot:
    """Return the notebook without outputs. Raises Invalid if it is none."""
    try:
        document = msgspec.json.decode(content, type=dict[str, Any])
        cells = [without_outputs(cell) for cell in document["cells"]]
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError, AttributeError) as error:
        raise Invalid("The file is not a notebook that can be kept as a version.") from error
    text = msgspec.json.encode(document | {"cells": cells}, order="deterministic")
    return Snapshot(
        content=zlib.compress(text),
        digest=hashlib.sha256(text).hexdigest(),
        cells=len(cells),
        size=len(text),
        at=at,
    )


def without_outputs(cell: dict[str, Any]) -> dict[str, Any]:
    """Return a cell without what running it leaves behind."""
    metadata = {key: value for key, value in (cell.get("metadata") or {}).items() if key not in LEFT_OUT}
    charts = metadata.get("handloom_charts")
    if isinstance(charts, list):  # their numbers are outputs
        metadata["handloom_charts"] = [one | {"numbers": None} for one in charts if isinstance(one, dict)]
    kept = cell | {"metadata": metadata}
    if cell.get("cell_type") == "code":
        kept |= {"outputs": [], "execution_count": None}
    return kept


def document_of(content: bytes) -> dict[str, Any]:
    return msgspec.json.decode(zlib.decompress(content), type=dict[str, Any])


def clean_version_name(name: str) -> str:
    name = " ".join(name.split())
    if len(name) > MAX_NAME:
        raise Invalid(f"The name of a version has at most {MAX_NAME} characters.", field="name")
    return name


def superfluous(automatic: Iterable[tuple[str, int]], now: int) -> list[str]:
    """Return the automatic versions that need not be kept, given each one's id and time: all of the last week are kept,
    of each older day the last one, nothing older than a year, and no more than 500.
    """
    newest_first = sorted(automatic, key=lambda one: -one[1])
    days: set[int] = set()
    kept = 0
    dropped = []
    for version, at in newest_first:
        day = at // _DAY
        age = now // _DAY - day
        keep = kept < _MOST and age <= _DAYS and (age <= _EACH_DAYS or day not in days)
        days.add(day)
        kept += keep
        if not keep:
            dropped.append(version)
    return dropped
