"""Run code in a session of the server and collect its outputs, through our own API and the kernel's WebSocket."""

from __future__ import annotations

import contextlib
import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import msgspec
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from handloom.client.http import Client
from handloom.domain.cell_outputs import TRUNCATED, Following, Message, Ran, decoded, execution, request
from handloom.domain.errors import HandloomError, Unavailable
from handloom.domain.widget_states import keep_states, shown_in

WAIT_SECONDS = 1.0
AWAY_SECONDS = 30.0
"""How long a server that restarts may be away."""
REFUSED = (4401, 4404)
"""Codes with which the server ends the connection to a session that is not, or no longer, the caller's."""
LOST = "The connection to the server was lost while a cell ran."


class RemoteSession:
    """A session of the server, as a context manager that stops it at the end."""

    def __init__(
        self,
        client: Client,
        workspace: str,
        *,
        name: str = "",
        notebook: str | None = None,
        environment: str = "",
        on_wait: Callable[[dict[str, Any]], None] = lambda _: None,
    ) -> None:
        """Start the session, after waiting for a place of its capacity. `on_wait` gets the session while it waits,
        whenever its place in the queue has changed."""
        self._client = client
        self._path = f"/workspaces/{workspace}/sessions"
        body = {"name": name} if notebook is None else {"notebook": notebook}
        body |= {"environment": environment} if environment else {}
        self.facts: dict[str, Any] = client.ask("POST", self._path, body)
        self._wait(on_wait)
        self.kernel = self.facts["kernel"]
        self._socket: ClientConnection | None = None
        self._stack = contextlib.ExitStack()
        self._client_id = uuid.uuid4().hex

    def _wait(self, on_wait: Callable[[dict[str, Any]], None]) -> None:
        reported = None
        try:
            while self.facts["state"] in ("queued", "starting"):
                if self.facts["queue"] != reported and self.facts["state"] == "queued":
                    reported = self.facts["queue"]
                    on_wait(self.facts)
                time.sleep(WAIT_SECONDS)
                self.facts = self._client.ask("POST", f"{self._path}/{self.facts['id']}/keep-alive")
        except BaseException:  # such as Ctrl+C: the place in the queue is given up
            with contextlib.suppress(HandloomError):
                self._client.ask("DELETE", f"{self._path}/{self.facts['id']}")
            raise
        if self.facts["state"] == "dead":
            raise Unavailable(self.facts["problem"] or "The session could not start.")

    def run(self, code: str, *, into: Ran | None = None, seconds: float | None = None, cell: str = "") -> Ran:
        """Execute `code` and wait for its end, adding outputs to `into` as they arrive.

        With `cell`, an id of the code, a lost connection is made again, as when the server restarts: `into` then gets
        all outputs anew. The outputs are merged as those of a notebook's cell, which are at most 1,000, and long text
        comes at the end. Raises Unavailable if the kernel dies, or the connection is lost for good.
        """
        asked = request(self._client_id, "execute_request", execution(code), cell=cell)
        ran, again = into or Ran(), False
        socket = self._send(asked)
        while True:
            try:
                self._follow(socket, asked, Following(asked, ran, again=again), seconds)
            except ConnectionClosed as error:
                if not cell or (error.rcvd is not None and error.rcvd.code in REFUSED):
                    raise Unavailable(LOST) from error
                socket = self._socket = self._connect_again()
                again = True
            else:
                if cell:
                    self._fill_in(ran)
                return ran

    def _fill_in(self, ran: Ran) -> None:
        """Put the text that was left out of long outputs into its place, as far as the server has kept it."""
        for output in ran.outputs:
            cut = output.get("data", {}).get(TRUNCATED)
            if not cut or "head" not in cut or not cut["complete"]:
                continue
            found = self._client.request("GET", f"/jupyter/api/kernels/{self.kernel}/outputs/{cut['id']}")
            text = found.content.decode("utf-8", "surrogatepass")[cut["head"] :]
            if cut["dropped_outputs"]:
                text += f"\n… {cut['dropped_outputs']:,} more outputs are left out …\n"
            names = [one["name"] for one in ran.outputs if one["output_type"] == "stream"]
            output.clear()
            output |= {"output_type": "stream", "name": names[-1] if names else "stdout", "text": text}

    def _send(self, asked: Message) -> ClientConnection:
        """Send a request, over a new connection if there is none or the server has restarted since the last one."""
        if self._socket is not None:
            with contextlib.suppress(ConnectionClosed):
                self._socket.send(json.dumps(asked))
                return self._socket
        self._socket = self._stack.enter_context(self._connect())
        self._socket.send(json.dumps(asked))
        return self._socket

    def _connect_again(self) -> ClientConnection:
        end = time.monotonic() + AWAY_SECONDS
        while True:
            try:
                socket: ClientConnection = self._stack.enter_context(self._connect())
            except InvalidStatus as error:
                if error.response.status_code < 500 or time.monotonic() > end:
                    raise Unavailable(LOST) from error
            except (OSError, TimeoutError, InvalidHandshake) as error:
                if time.monotonic() > end:
                    raise Unavailable(LOST) from error
            else:
                return socket
            time.sleep(WAIT_SECONDS / 4)

    @staticmethod
    def _follow(socket: ClientConnection, asked: Message, following: Following, seconds: float | None) -> None:
        while not following.ended:
            if following.take(decoded(socket.recv(timeout=seconds))):
                socket.send(json.dumps(asked))

    def keep_widgets(self, document: dict[str, Any]) -> None:
        """Put the states of the widgets that the notebook's outputs show into it, if they can be had."""
        if any(shown_in(document["cells"])):
            with contextlib.suppress(HandloomError):
                found = self._client.request("GET", f"/jupyter/api/kernels/{self.kernel}/widgets")
                keep_states(document, msgspec.json.decode(found.content, type=dict[str, Any]))

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
