"""A page's side of a kernel's WebSocket, as bare as it can be, and a loop in a thread that tests share."""

from __future__ import annotations

import asyncio
import json
import threading
import time
import uuid
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import websockets
from jupyter_server.services.kernels.connection.base import deserialize_msg_from_ws_v1, serialize_msg_to_ws_v1

from handloom.domain.cell_outputs import TRUNCATED
from handloom.kernels.box import Box, NoBoxError, find
from handloom.kernels.sessions import SessionRegistry

PROTOCOL = "v1.kernel.websocket.jupyter.org"
T = TypeVar("T")


def box_here(data: Path) -> Box | None:
    """The box that a server on this folder would use; None where none can be made."""
    try:
        return find(data)
    except NoBoxError:
        return None


OUTPUTS = ("stream", "display_data", "execute_result", "error")


class Loop:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T], seconds: float = 120) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(seconds)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


class Page:
    """One connection. Keeps the messages, and the outputs of each cell as JupyterLab would show them."""

    def __init__(self, sessions: SessionRegistry, kernel: str, session_id: str | None = None) -> None:
        self.session_id = session_id or uuid.uuid4().hex
        self.messages: list[dict[str, Any]] = []
        self.bytes = 0
        self._path = f"/jupyter/api/kernels/{kernel}/channels?session_id={self.session_id}"
        self._sessions = sessions
        self._socket: Any = None
        self._context: Any = None
        self._reader: Any = None
        self.reading = asyncio.Event()
        self.reading.set()

    async def open(self) -> Page:
        self._context = self._sessions.jupyter.connect(self._path, [PROTOCOL])
        self._socket = await self._context.__aenter__()
        self._reader = asyncio.create_task(self._read())
        await self.until(lambda: any(m["type"] == "handloom_attached" for m in self.messages))
        return self

    async def _read(self) -> None:
        try:
            while True:
                await self.reading.wait()
                raw = await self._socket.recv()
                self.bytes += len(raw)
                channel, parts = deserialize_msg_from_ws_v1(raw)  # type: ignore[no-untyped-call]
                header, parent, _, content = (json.loads(part) for part in parts[:4])
                message = {"type": header["msg_type"], "channel": channel, "parent": parent, "content": content}
                self.messages.append(message | {"session": header["session"]})
        except websockets.ConnectionClosed:
            return

    async def close(self) -> None:
        await self._context.__aexit__(None, None, None)
        await self._reader

    async def cut(self) -> None:
        """Abort the connection."""
        self._reader.cancel()
        self._socket.transport.abort()

    async def run(self, cell: str, code: str, **options: Any) -> str:
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "stop_on_error": True}
        return await self.ask("execute_request", content | {"allow_stdin": True} | options, {"cellId": cell})

    async def ask(
        self, kind: str, content: dict[str, Any], metadata: dict[str, Any] | None = None, channel: str = "shell"
    ) -> str:
        header = {"msg_id": uuid.uuid4().hex, "msg_type": kind, "session": self.session_id, "username": ""}
        parts = [header | {"date": "2026-01-01T00:00:00Z", "version": "5.3"}, {}, metadata or {}, content]
        message = serialize_msg_to_ws_v1([json.dumps(part).encode() for part in parts], channel)  # type: ignore[no-untyped-call]
        await self._socket.send(message)
        return str(header["msg_id"])

    def state(self, cell: str) -> str:
        told = [m["content"] for m in self.messages if m["type"] == "handloom_execution"]
        return next((one["state"] for one in reversed(told) if one["cell"] == cell), "")

    def outputs(self, cell: str) -> list[dict[str, Any]]:
        """The outputs of the cell's last execution, streams joined."""
        told = [m for m in self.messages if m["type"] == "handloom_execution" and m["content"]["cell"] == cell]
        request = told[-1]["parent"]["msg_id"] if told else ""
        shown: list[dict[str, Any]] = []
        for message in self.messages:
            kind, content = message["type"], message["content"]
            if message["parent"].get("msg_id") != request:
                continue
            if kind == "clear_output":
                shown.clear()
            elif kind == "stream" and shown and shown[-1].get("name") == content["name"]:
                shown[-1]["text"] += content["text"]
            elif kind in OUTPUTS:
                shown.append({"type": kind, **content})
            elif kind == "update_display_data":
                for one in shown:
                    if one.get("transient", {}).get("display_id") == content["transient"]["display_id"]:
                        one["data"] = content["data"]
        return shown

    def text(self, cell: str) -> str:
        return "".join(one["text"] for one in self.outputs(cell) if one["type"] == "stream")

    def truncated(self, cell: str) -> dict[str, Any]:
        """What the page is told about output that was cut; empty while nothing was."""
        return next((one["data"][TRUNCATED] for one in self.outputs(cell) if TRUNCATED in one.get("data", {})), {})

    async def until(self, true: Callable[[], object], seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, [(m["type"], str(m["content"])[:80]) for m in self.messages[-20:]]
            await asyncio.sleep(0.02)
