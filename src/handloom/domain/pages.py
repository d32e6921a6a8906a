"""Pages of long lists: the token that a client sends back to read on."""

import base64
import binascii
import zlib
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
    if not 0 <= offset < 1 << 63:
        raise Invalid("Invalid page token, could not base64-decode", field="page_token")
    return offset


class Position(msgspec.Struct, omit_defaults=True):
    """Where a page begins: after a row with these sort values, or at an offset. `order` tells orders apart."""

    order: int = 0
    after: list[int | float | str | None] | None = None
    offset: int = 0


def position_of(token: str, order: Sequence[str], values: int) -> Position:
    """Read a page token of a list in this order, which sorts by so many values; raise Invalid for any other token."""
    if not token:
        return Position()
    try:
        position = msgspec.json.decode(base64.b64decode(token, validate=True), type=Position)
    except (binascii.Error, msgspec.MsgspecError, ValueError) as error:
        raise Invalid("Invalid page token, could not base64-decode", field="page_token") from error
    if position.after is None:
        return Position(offset=offset_of(token))
    if position.order != _mark(order) or len(position.after) != values:
        raise Invalid("The page token belongs to a search with another order_by.", field="page_token")
    return position


def token_after(order: Sequence[str], values: Sequence[int | float | str | None]) -> str:
    """The token of the page that begins after a row with these sort values."""
    return base64.b64encode(msgspec.json.encode(Position(order=_mark(order), after=list(values)))).decode()


def _mark(order: Sequence[str]) -> int:
    return zlib.crc32(repr(list(order)).encode())


def token_of(offset: int) -> str:
    return base64.b64encode(b'{"offset": %d}' % offset).decode()


def page_of(rows: Sequence[T], offset: int, limit: int) -> tuple[list[T], str]:
    """The page and the next page's token ("" at the end), from up to `limit + 1` rows read at `offset`."""
    return list(rows[:limit]), token_of(offset + limit) if len(rows) > limit else ""
