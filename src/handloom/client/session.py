"""Run code in a session of the server and collect its outputs, through our own API and the kernel's WebSocket."""

from __future__ import annotations

import contextlib
import json
import uuid
from dataclasses import dataclass, field
from typing import Any

from nbformat import v4
from websockets.sync.client import ClientConnection, connect

from handloom.client.http import Client
from handloom.domain.errors import HandloomError, Unavailable
from handloom.domain.sessions import EXCEEDED

Output = dict[str, Any]
_output: Any = v4.output_from_msg


@dataclass(slots=True)
class Ran:
    """The result of executed code. `error` is the kernel's error with ename, evalue and traceback."""

    execution_count: int | None = None
    outputs: list[Output] = field(default_factory=list)
    error: dict[str, Any] | None = None

    @property
    def text(self) -> str:
        """All printed text, including errors and progress bars."""
        return "".join(output["text"] for output in self.outputs if output["output_type"] == "stream")

    @property
    def stdout(self) -> str:
        """The text printed to standard output."""
        return "".join(output["text"] for output in self.outputs if output.get("name") == "stdout")


class RemoteSession:
    """A session of the server, as a context manager that stops it at the end."""

    def __init__(self, client: Client, workspace: str, *, name: str = "", notebook: str | None = None) -> None:
        self._client = client
        self._path = f"/workspaces/{workspace}/sessions"
        body = {"name": name} if notebook is None else {"notebook": notebook}
        self.facts: dict[str, Any] = client.ask("POST", self._path, body)
        self.kernel = self.facts["kernel"]
        self._socket: ClientConnection | None = None
        self._stack = contextlib.ExitStack()
        self._client_id = uuid.uuid4().hex

    def run(self, code: str, *, into: Ran | None = None, seconds: float | None = None) -> Ran:
        """Execute `code` and wait for its end, adding outputs to `into` as they arrive. Raises Unavailable if the
        kernel dies.
        """
        if self._socket is None:
            self._socket = self._stack.enter_context(self._connect())
        request = self._request("execute_request", _execution(code))
        self._socket.send(json.dumps(request))
        ran = into or Ran()
        collector = _Collector(ran)
        wanted = {"reply", "idle"}
        while wanted:
            message = json.loads(self._socket.recv(timeout=seconds))
            if message["msg_type"] == "status" and message["content"]["execution_state"] in ("dead", "restarting"):
                raise Unavailable(_why_it_died(ran))
            if message["parent_header"].get("msg_id") != request["header"]["msg_id"]:
                continue
            wanted -= _ended(message)
            collector.take(message)
        return ran

    def interrupt(self) -> None:
        self._client.ask("POST", f"{self._path}/{self.facts['id']}/interrupt")

    def stop(self) -> None:
        self._socket = None
        self._stack.close()
        self._client.ask("DELETE", f"{self._path}/{self.facts['id']}")

    def __enter__(self) -> RemoteSession:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(HandloomError):  # the session or the server has ended already
            self.stop()

    def _connect(self) -> Any:
        url = self._client.url.replace("http", "ws", 1)
        return connect(
            f"{url}/jupyter/api/kernels/{self.kernel}/channels?session_id={self._client_id}",
            additional_headers={"Authorization": f"Bearer {self._client.token}"},
            max_size=None,
            compression=None,
            ping_interval=None,
            open_timeout=60,
        )

    def _request(self, kind: str, content: dict[str, Any]) -> dict[str, Any]:
        header = {"msg_id": uuid.uuid4().hex, "session": self._client_id, "username": "handloom", "version": "5.4"}
        return {
            "channel": "shell",
            "header": header | {"msg_type": kind, "date": ""},
            "parent_header": {},
            "metadata": {},
            "content": content,
            "buffers": [],
        }


def _why_it_died(ran: Ran) -> str:
    """Return what the server said about a limit of the session's capacity, or what may have happened."""
    for output in reversed(ran.outputs):
        if EXCEEDED in output.get("data", {}):
            return str(output["data"]["text/plain"])
    return "The kernel died. The machine may be short of memory."


def _execution(code: str) -> dict[str, Any]:
    return {
        "code": code,
        "silent": False,
        "store_history": True,
        "user_expressions": {},
        "allow_stdin": False,
        "stop_on_error": True,
    }


def _ended(message: dict[str, Any]) -> set[str]:
    if message["msg_type"] == "execute_reply":
        return {"reply"}
    idle = message["msg_type"] == "status" and message["content"]["execution_state"] == "idle"
    return {"idle"} if idle else set()


class _Collector:
    """Build a cell's outputs from messages, like a notebook page does."""

    def __init__(self, ran: Ran) -> None:
        self._ran = ran
        self._clear_next = False
        self._displayed: dict[str, list[Output]] = {}

    def take(self, message: dict[str, Any]) -> None:
        kind, content = message["msg_type"], message["content"]
        if kind == "execute_reply":
            self._ran.execution_count = content.get("execution_count")
            if content["status"] == "error":
                self._ran.error = {key: content[key] for key in ("ename", "evalue", "traceback")}
            elif content["status"] == "aborted":
                self._ran.error = {"ename": "Aborted", "evalue": "The cell was not run.", "traceback": []}
        elif kind == "clear_output":
            self._clear_next = True
            if not content["wait"]:
                self._clear()
        elif kind == "update_display_data":
            self._update(content)
        elif kind in ("stream", "display_data", "execute_result", "error"):
            self._add(message)

    def _add(self, message: dict[str, Any]) -> None:
        if self._clear_next:
            self._clear()
        output: Output = _output(message)
        last = self._ran.outputs[-1] if self._ran.outputs else None
        if last is not None and output["output_type"] == "stream" and last.get("name") == output["name"]:
            last["text"] += output["text"]
            return
        self._ran.outputs.append(output)
        if display_id := message["content"].get("transient", {}).get("display_id"):
            self._displayed.setdefault(display_id, []).append(output)

    def _update(self, content: dict[str, Any]) -> None:
        for output in self._displayed.get(content["transient"]["display_id"], []):
            output["data"], output["metadata"] = content["data"], content["metadata"]

    def _clear(self) -> None:
        self._ran.outputs.clear()
        self._clear_next = False
