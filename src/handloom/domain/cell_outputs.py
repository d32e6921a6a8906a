"""Outputs of executed code, built from the kernel's messages like a notebook page builds them."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from handloom.domain.errors import Unavailable
from handloom.domain.sessions import EXCEEDED
from handloom.domain.widget_states import shown_in

Output = dict[str, Any]
Message = dict[str, Any]
EXIT_TYPE = "application/vnd.handloom.exit+json"
"""The MIME type of the display with which a notebook ends itself, see notebookutils.notebook.exit."""
EXIT_ERROR = "NotebookExit"
TRUNCATED = "application/vnd.handloom.truncated+json"
"""The MIME type of the placeholder for the middle of long outputs."""
ATTACHED = "handloom_attached"
"""Our own message type: marks the end of the replay for a page that attaches. `known` lists the received requests."""


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

    @property
    def exited(self) -> bool:
        """Whether the code ended its notebook early, which is no error."""
        return self.error is not None and self.error["ename"] == EXIT_ERROR

    @property
    def exit_value(self) -> str:
        values = [output["data"][EXIT_TYPE] for output in self.outputs if EXIT_TYPE in output.get("data", {})]
        return str(values[-1]) if values else ""


def request(client: str, kind: str, content: dict[str, Any], *, cell: str = "") -> Message:
    """Return a request for a kernel. With `cell`, the id of a notebook's cell, its outputs are merged and limited."""
    header = {"msg_id": uuid4().hex, "session": client, "username": "handloom", "version": "5.4"}
    return {
        "channel": "shell",
        "header": header | {"msg_type": kind, "date": ""},
        "parent_header": {},
        "metadata": {"cellId": cell} if cell else {},
        "content": content,
        "buffers": [],
    }


def execution(code: str) -> dict[str, Any]:
    """The content of a request to execute code that no person watches: it may not ask for input."""
    return {
        "code": code,
        "silent": False,
        "store_history": True,
        "user_expressions": {},
        "allow_stdin": False,
        "stop_on_error": True,
    }


def decoded(message: str | bytes) -> Message:
    """Decode a message of the kernel. One with buffers is binary: the number of parts, where each begins, the parts, of
    which the first is JSON.
    """
    if isinstance(message, bytes):
        (parts,) = struct.unpack_from("!I", message)
        begins = struct.unpack_from(f"!{parts}I", message, 4)
        message = message[begins[0] : begins[1] if parts > 1 else len(message)]
    found: Message = json.loads(message)
    return found


def died(message: Message) -> bool:
    """Whether the message says that the kernel has ended."""
    return message["msg_type"] == "status" and message["content"]["execution_state"] in ("dead", "restarting")


def why_it_died(ran: Ran) -> str:
    """Return what the server said about a limit of the session's capacity, or what may have happened."""
    for output in reversed(ran.outputs):
        if EXCEEDED in output.get("data", {}):
            return str(output["data"]["text/plain"])
    return "The kernel died. The machine may be short of memory."


def ends(message: Message) -> set[str]:
    """Return which of the two ends of an execution this message is: its reply, or that its outputs are complete."""
    if message["msg_type"] == "execute_reply":
        return {"reply"}
    idle = message["msg_type"] == "status" and message["content"]["execution_state"] == "idle"
    return {"idle"} if idle else set()


class Following:
    """Follows a request through the messages of its kernel, and adds its outputs to `into`."""

    def __init__(self, asked: Message, into: Ran, *, again: bool = False) -> None:
        """`again`: an earlier connection of this client may have sent the request. It gets all outputs anew."""
        if again:
            into.outputs.clear()
            into.execution_count = into.error = None
        self._id = asked["header"]["msg_id"]
        self._ran = into
        self._collector = OutputCollector(into)
        self._wanted = {"reply", "idle"}
        self._unknown = again

    @property
    def ended(self) -> bool:
        return not self._wanted

    def take(self, message: Message) -> bool:
        """Take a message. Returns whether the request is to be sent: the kernel has never got it. Raises Unavailable if
        the kernel has ended."""
        if died(message):
            raise Unavailable(why_it_died(self._ran))
        if self._unknown and message["msg_type"] == ATTACHED:
            self._unknown = False
            return self._id not in message["content"]["known"]
        if message["parent_header"].get("msg_id") == self._id:
            self._wanted -= ends(message)
            self._collector.take(message)
        return False


class OutputCollector:
    """Adds the messages of one execution to its `Ran`."""

    def __init__(self, ran: Ran) -> None:
        self._ran = ran
        self._clear_next = False
        self._displayed: dict[str, list[Output]] = {}

    def take(self, message: Message) -> None:
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
        elif kind == "comm_close":
            self._close_widget(content["comm_id"])
        elif kind in ("stream", "display_data", "execute_result", "error"):
            self._add(kind, content)

    def _add(self, kind: str, content: dict[str, Any]) -> None:
        if self._clear_next:
            self._clear()
        output = _output(kind, content)
        last = self._ran.outputs[-1] if self._ran.outputs else None
        if last is not None and kind == "stream" and last.get("name") == output["name"]:
            last["text"] += output["text"]
            return
        self._ran.outputs.append(output)
        if display_id := content.get("transient", {}).get("display_id"):
            self._displayed.setdefault(display_id, []).append(output)

    def _update(self, content: dict[str, Any]) -> None:
        for output in self._displayed.get(content["transient"]["display_id"], []):
            output["data"], output["metadata"] = content["data"], content["metadata"]

    def _close_widget(self, model: str) -> None:
        """Clear the outputs of a widget that its code has closed."""
        for shown, data in shown_in([{"outputs": self._ran.outputs}]):
            if shown == model:
                data.clear()
                data["text/plain"] = ""

    def _clear(self) -> None:
        self._ran.outputs.clear()
        self._clear_next = False


def _output(kind: str, content: dict[str, Any]) -> Output:
    """Return an output of the notebook format."""
    if kind == "stream":
        return {"output_type": kind, "name": content["name"], "text": content["text"]}
    if kind == "error":
        return {"output_type": kind} | {key: content[key] for key in ("ename", "evalue", "traceback")}
    output = {"output_type": kind, "data": content["data"], "metadata": content.get("metadata", {})}
    return output | {"execution_count": content.get("execution_count")} if kind == "execute_result" else output
