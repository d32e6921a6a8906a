"""The WebSocket between one page and the channels of its kernel, inside the Jupyter child."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

from jupyter_server.services.kernels.connection.base import (
    BaseKernelWebsocketConnection,
    deserialize_binary_message,
    deserialize_msg_from_ws_v1,
    serialize_binary_message,
    serialize_msg_to_ws_v1,
)
from tornado.websocket import WebSocketClosedError

from handloom.kernels.channels import KernelChannels

BACKLOG = 8 * 1024 * 1024
"""Bytes that may wait for a slow browser before outputs are left out for it."""

log = logging.getLogger(__name__)


class PageConnection(BaseKernelWebsocketConnection):
    """Attaches a page to a kernel's channels. `channels_of` finds them by the kernel's id."""

    channels_of: Callable[[str], KernelChannels]
    revision = 0
    behind = False

    async def connect(self) -> None:
        self.channels = type(self).channels_of(self.kernel_id)
        self.multi_kernel_manager.notify_connect(self.kernel_id)
        self.channels.attach(self)

    def disconnect(self) -> None:  # type: ignore[override]
        self.multi_kernel_manager.notify_disconnect(self.kernel_id)
        if hasattr(self, "channels"):
            self.channels.detach(self)

    @property
    def _is_v1(self) -> bool:
        return bool(self.websocket_handler.selected_subprotocol == "v1.kernel.websocket.jupyter.org")

    def handle_incoming_message(self, incoming_msg: str | bytes) -> None:
        if self._is_v1 and isinstance(incoming_msg, bytes):
            channel, parts = deserialize_msg_from_ws_v1(incoming_msg)  # type: ignore[no-untyped-call]
        else:
            message = _legacy(incoming_msg)
            channel = message.pop("channel", "shell")
            buffers = message.pop("buffers", [])
            keys = ("header", "parent_header", "metadata", "content")
            parts = [*(self.session.pack(message.get(key) or {}) for key in keys), *buffers]
        self.channels.receive(self, channel, parts)

    def send(self, channel: str, parts: list[bytes]) -> None:
        if self._is_v1:
            self._write(serialize_msg_to_ws_v1(parts, channel), binary=True)  # type: ignore[no-untyped-call]
            return
        keys = ("header", "parent_header", "metadata", "content")
        message: dict[str, Any] = {key: json.loads(part) for key, part in zip(keys, parts[:4], strict=True)}
        message |= {"msg_id": message["header"]["msg_id"], "msg_type": message["header"]["msg_type"]}
        message |= {"channel": channel, "buffers": parts[4:]}
        if parts[4:]:
            self._write(serialize_binary_message(message), binary=True)  # type: ignore[no-untyped-call]
        else:
            self._write(json.dumps(message).encode(), binary=False)

    def _write(self, message: bytes, *, binary: bool) -> None:
        try:
            written = self.websocket_handler.write_message(message, binary=binary)
        except WebSocketClosedError:
            return  # the connection is closed; the handler detaches this page next
        written.add_done_callback(lambda one: one.exception())

    def backlog(self) -> int:
        connection: Any = self.websocket_handler.ws_connection
        return len(connection.stream._write_buffer or b"") if connection else 0

    def allowed_backlog(self) -> int:
        return BACKLOG


def _legacy(message: str | bytes) -> dict[str, Any]:
    """Decode a message of Jupyter's legacy protocol, for a page that requests no subprotocol."""
    if isinstance(message, bytes):
        decoded: dict[str, Any] = deserialize_binary_message(message)  # type: ignore[no-untyped-call]
        return decoded
    parsed: dict[str, Any] = json.loads(message)
    return parsed
