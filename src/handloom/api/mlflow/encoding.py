"""Encodings of MLflow's replies: numbers and tag lists of proto3 JSON, and `Reply`, the base of reply Structs.

A Reply omits fields that have their default value. Give a field no default if it is always sent, `UNSET` if it may be
missing, and `[]` if an empty list is omitted.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import msgspec


class Reply(msgspec.Struct, omit_defaults=True):
    """Base of replies and their nested Structs; omits fields with their default value."""


class Entry(msgspec.Struct, gc=False):
    """A key and value (tag or param) in requests and replies."""

    key: str = ""
    value: str = ""


def number(value: float) -> float | str:
    """Encode a double like proto3 JSON: NaN and infinities as strings, since JSON has no such numbers."""
    return "NaN" if math.isnan(value) else value


def entries(pairs: Mapping[str, str]) -> list[Entry]:
    return [Entry(key, value) for key, value in sorted(pairs.items())]


def pairs(given: Iterable[Entry]) -> dict[str, str]:
    """Convert the tags of a request to a dict; the last value of a repeated key wins."""
    return {entry.key: entry.value for entry in given}
