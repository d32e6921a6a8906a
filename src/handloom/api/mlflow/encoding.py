"""MLflow's encodings: proto3 JSON's numbers and tag lists. Reply Structs derive from `Reply`.

A Reply leaves out fields that hold their default: give a field no default where it is always sent, `UNSET` where it
may be missing, `[]` where an empty list is left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import msgspec


class Reply(msgspec.Struct, omit_defaults=True):
    """A reply, or a part of one."""


class Entry(msgspec.Struct, gc=False):
    """A key and its value: a tag or a param, in requests and replies."""

    key: str = ""
    value: str = ""


def number(value: float) -> float | str:
    """A double as proto3 JSON writes it; JSON has no NaN of its own."""
    return "NaN" if math.isnan(value) else value


def entries(pairs: Mapping[str, str]) -> list[Entry]:
    return [Entry(key, value) for key, value in sorted(pairs.items())]


def pairs(given: Iterable[Entry]) -> dict[str, str]:
    """Tags of a request; of two with one key the last wins."""
    return {entry.key: entry.value for entry in given}
