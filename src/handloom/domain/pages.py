"""Pagination: page tokens, which a client sends back to get the next page."""

import base64
import binascii
import zlib
from collections.abc import Sequence
from typing import TypeVar

import msgspec

from handloom.domain.errors import Invalid

T = TypeVar("T")


def offset_of(token: str | None) -> int:
    """Decode the offset in a page token of `page_of`. Raises Invalid for any other text."""
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
    """Where a page begins: after a row with these sort values (keyset pagination), or at an offset. `order` is a hash
    of the order_by that the token belongs to.
    """

    order: int = 0
    after: list[int | float | str | None] | None = None
    offset: int = 0


def position_of(token: str, order: Sequence[str], values: int) -> Position:
    """Decode the page token of a list in this order, which has `values` sort values. Raises Invalid."""
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
    """Encode the token of the page that begins after a row with these sort values."""
    return base64.b64encode(msgspec.json.encode(Position(order=_mark(order), after=list(values)))).decode()


def _mark(order: Sequence[str]) -> int:
    return zlib.crc32(repr(list(order)).encode())


def token_of(offset: int) -> str:
    return base64.b64encode(b'{"offset": %d}' % offset).decode()


def page_of(rows: Sequence[T], offset: int, limit: int) -> tuple[list[T], str]:
    """Return a page and the next page's token ("" at the end), given up to `limit + 1` rows that were read at
    `offset`.
    """
    return list(rows[:limit]), token_of(offset + limit) if len(rows) > limit else ""
