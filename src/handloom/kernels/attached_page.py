"""What a kernel's channels need of a page that is attached to them, and of the headers of its messages."""

from __future__ import annotations

from typing import Protocol

import msgspec


class Header(msgspec.Struct):
    """The fields of a message's header or parent header that we use."""

    msg_id: str = ""
    msg_type: str = ""
    session: str = ""


decode_header = msgspec.json.Decoder(Header).decode


class AttachedPage(Protocol):
    """A page's connection. `revision` is the last change that the page was sent; `behind` tells that outputs are
    being left out because the page reads too slowly."""

    revision: int
    behind: bool

    @property
    def session_id(self) -> str: ...
    def send(self, channel: str, parts: list[bytes]) -> None: ...
    def backlog(self) -> int: ...
    def allowed_backlog(self) -> int: ...
