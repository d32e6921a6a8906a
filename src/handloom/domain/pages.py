"""Pages of long lists: the token that a client sends back to read on."""

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

import msgspec

from handloom.domain.errors import Invalid

T = TypeVar("T")


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
