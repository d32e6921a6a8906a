"""MLflow's encodings: proto3 JSON's numbers, page tokens, tag lists. Reply Structs derive from `Reply`.

A Reply leaves out fields that hold their default: give a field no default where it is always sent, `UNSET` where it
may be missing, `[]` where an empty list is left out.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

import msgspec

from handloom.domain.errors import Invalid

T = TypeVar("T")


class Reply(msgspec.Struct, omit_defaults=True):
    """A reply, or a part of one."""


class Entry(msgspec.Struct):
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


def offset_of(token: str | None) -> int:
    """The offset in a page token that `page_of` made; raise Invalid for any other text."""
    if not token:
        return 0
    try:
        offset = msgspec.json.decode(base64.b64decode(token, validate=True), type=dict[str, int]).get("offset", -1)
    except (binascii.Error, msgspec.DecodeError, ValueError):
        offset = -1
    if offset < 0:
        raise Invalid("Invalid page token, could not base64-decode", field="page_token")
    return offset


def token_of(offset: int) -> str:
    return base64.b64encode(b'{"offset": %d}' % offset).decode()


def page_of(rows: Sequence[T], offset: int, limit: int) -> tuple[list[T], str]:
    """The page and the next page's token ("" at the end), from up to `limit + 1` rows read at `offset`."""
    return list(rows[:limit]), token_of(offset + limit) if len(rows) > limit else ""
