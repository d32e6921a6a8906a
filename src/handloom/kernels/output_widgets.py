"""Which requests' outputs the Output widgets of a kernel capture."""

from __future__ import annotations

from typing import Any

import msgspec


class _CommData(msgspec.Struct):
    state: dict[str, Any] = {}


class _Comm(msgspec.Struct):
    comm_id: str = ""
    data: _CommData = msgspec.field(default_factory=_CommData)


_comm = msgspec.json.Decoder(_Comm)


class OutputWidgets:
    """The Output widgets of one kernel."""

    def __init__(self) -> None:
        self._requests: dict[str, str] = {}  # comm id -> id of the request whose outputs the widget takes

    def capture(self, request: str) -> bool:
        return request in self._requests.values()

    def take(self, content: bytes, *, opened: bool) -> bool:
        """Read a message of a comm. Returns whether a widget captures another request from now on."""
        try:
            comm = _comm.decode(content)
        except msgspec.DecodeError:
            return False
        state = comm.data.state
        if opened and state.get("_model_name") == "OutputModel":
            self._requests[comm.comm_id] = str(state.get("msg_id") or "")
        elif comm.comm_id in self._requests and "msg_id" in state:
            self._requests[comm.comm_id] = str(state["msg_id"] or "")
            return True
        return False

    def close(self, content: bytes) -> str:
        """Read that a comm was closed. Returns its id, which is that of its widget."""
        try:
            comm = _comm.decode(content)
        except msgspec.DecodeError:
            return ""
        self._requests.pop(comm.comm_id, None)
        return comm.comm_id

    def clear(self) -> None:
        self._requests.clear()
