"""Owns the message channels of one kernel for the kernel's whole life, so that outputs do not depend on an open page.

Pages attach and detach. Whatever runs is recorded (`executions`), sent to every attached page, sent again to a page
that attaches later, and written to the notebook's file while no page is attached (`notebook_file`).
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import zmq
from jupyter_client.manager import KernelManager
from tornado.ioloop import IOLoop
from tornado.web import HTTPError
from zmq.eventloop.zmqstream import ZMQStream

from handloom.domain import clock
from handloom.domain.cell_outputs import ATTACHED
from handloom.domain.sessions import EXCEEDED, Ended, sentence_of
from handloom.domain.widget_states import WidgetStates
from handloom.kernels import cell_records
from handloom.kernels.attached_page import AttachedPage, Header, decode_header
from handloom.kernels.cell_records import CellRecords
from handloom.kernels.executions import EXECUTION, LARGEST_OUTPUT, Execution, State, decode_piece, display_of, result_of
from handloom.kernels.merged_updates import MergedUpdates
from handloom.kernels.output_widgets import OutputWidgets
from handloom.kernels.spools import Spool

FLUSH_SECONDS = 0.1
FILE_SECONDS = 5.0
SILENCE_SECONDS = 3.0
"""How long after the reply the last message of an execution may still come; a kernel drops messages under load."""
RECONNECT_SECONDS = 120.0
"""A broken connection is noticed this late at most; what was sent meanwhile may not have arrived."""
SETTLED_LIMIT = 500
"""How many ended executions that are in the file are kept for pages that come back."""
TYPED_LIMIT = 50
"""How many ended executions of the console are kept, which no file has."""

OUTPUTS = frozenset(
    {"stream", "display_data", "execute_result", "error", "update_display_data", "clear_output"}  # changes of an output
)
UNTRACKED = frozenset({"", "kernel_info_request", "comm_info_request", "interrupt_request", "debug_request"})
"""Requests during which the kernel does not count as busy."""
CHANNELS = ("shell", "control", "stdin", "iopub")
PIECE = "handloom_large_output"
"""Message type of `session/sending.py`."""


log = logging.getLogger(__name__)


class KernelChannels:
    """The channels of one kernel. `write` writes executions and widgets to the kernel's notebook file, `person` tells
    who uses the kernel, `on_state` is called with the kernel's state, `spool` is a folder for long texts.
    """

    def __init__(
        self,
        manager: KernelManager,
        *,
        spool: Path,
        person: Callable[[], str],
        write: Callable[[list[Execution], WidgetStates], Coroutine[Any, Any, None]],
        on_state: Callable[[str], None],
    ) -> None:
        self._manager = manager
        self._session = manager.session
        self._sender = manager.session.session
        self._spool = spool
        self._person = person
        self._write = write
        self._on_state = on_state
        self.state = "starting"
        self.widgets = WidgetStates()
        self._pages: dict[str, AttachedPage] = {}
        self._left: dict[str, float] = {}  # session id of a detached page -> when it left
        self._executions: dict[str, Execution] = {}  # by the id of the request, oldest first
        self._output_widgets = OutputWidgets()
        self._records = CellRecords()
        self._updates = MergedUpdates()
        self._info: tuple[list[bytes], str] | None = None  # the kernel's last kernel_info_reply
        self._revision = 0
        self._timer: Any = None
        self._write_at = 0.0
        self._writing: asyncio.Task[None] | None = None
        self._streams: dict[str, ZMQStream] = {}
        self._open()

    def _open(self) -> None:
        context: zmq.Context[Any] = self._manager.context
        context.setsockopt(zmq.RCVHWM, 0)  # never drop what the kernel sends
        context.setsockopt(zmq.LINGER, 0)
        identity = f"handloom-{self._manager.kernel_id}".encode()
        for name in CHANNELS:
            connect: Any = getattr(self._manager, f"connect_{name}")
            stream = connect(identity=identity)
            stream.on_recv(partial(self._on_message, name))
            self._streams[name] = stream

    def _close(self) -> None:
        for stream in self._streams.values():
            if not stream.closed():
                stream.close(linger=0)
        self._streams.clear()

    # pages

    @property
    def attached(self) -> bool:
        return bool(self._pages)

    def attach(self, page: AttachedPage) -> None:
        """Send the page the outputs that it has missed, and from now on every new one."""
        self._flush(final=True)
        left = self._left.pop(page.session_id, None)
        for execution in list(self._executions.values()):
            if left is None and execution.settled and execution.code is None:
                continue
            if left is not None and execution.changed_at < left - RECONNECT_SECONDS:
                continue
            self._replay(page, execution)
        self._pages[page.session_id] = page
        page.revision = self._revision
        page.send("iopub", self._message("status", {"execution_state": self.state}, {}))
        page.send("iopub", self._message(cell_records.MESSAGE, self._records.content(), {}))
        page.send("iopub", self._message(ATTACHED, {"known": list(self._executions)}, {}))

    def detach(self, page: AttachedPage) -> None:
        if self._pages.get(page.session_id) is page:
            del self._pages[page.session_id]
            self._left[page.session_id] = time.monotonic()
            while len(self._left) > 100:
                del self._left[next(iter(self._left))]
        if not self._pages:
            self._schedule()

    def _message(self, kind: str, content: dict[str, Any], parent: dict[str, Any]) -> list[bytes]:
        """Make a message of the kernel. A page cancels what it has not handled when the sender's session changes."""
        header = self._session.msg_header(kind) | {"session": self._sender}
        return [self._session.pack(header), _json(parent), b"{}", _json(content)]

    def _tell(self, execution: Execution) -> None:
        parts = self._message(EXECUTION, execution.facts(), execution.header)
        for page in self._pages.values():
            page.send("iopub", parts)

    def _replay(self, page: AttachedPage, execution: Execution) -> None:
        """Send the current state and outputs of an execution, in the original order and under its original header."""
        for channel, kind, content in execution.replay():
            page.send(channel, self._message(kind, content, execution.header))
        if execution.ended:
            if execution.reply is not None:
                page.send("shell", execution.reply)
            page.send("iopub", self._message("status", {"execution_state": "idle"}, execution.header))
            page.send("iopub", self._message(EXECUTION, execution.facts(), execution.header))

    # messages of pages

    def receive(self, page: AttachedPage, channel: str, parts: list[bytes]) -> None:
        """Pass a page's message on to the kernel."""
        stream = self._streams.get(channel)
        if stream is None or channel == "iopub" or len(parts) < 4 or self.state == "dead":
            return
        header = decode_header(parts[0])
        if header.msg_type == "kernel_info_request" and self._answer_info(page, parts):
            return
        if header.msg_type == "execute_request":
            self._requested(parts)
        if header.msg_type == "comm_msg":
            self.widgets.follow(header.msg_type, parts[3], parts[4:])
        if channel == "stdin" and not self._answered(page, json.loads(parts[3])):
            return
        self._session.send_raw(stream, parts)

    def _answer_info(self, page: AttachedPage, parts: list[bytes]) -> bool:
        """Answer a kernel_info request with the cached reply while the kernel is busy, so that a page can attach."""
        if self._info is None or self.state != "busy":
            return False
        reply, _ = self._info
        request = json.loads(parts[0])
        page.send("iopub", self._message("status", {"execution_state": "busy"}, request))
        page.send("shell", [reply[0], _json(request), *reply[2:]])
        page.send("iopub", self._message("status", {"execution_state": "idle"}, request))
        page.send("iopub", self._message("status", {"execution_state": self.state}, {}))
        return True

    def _requested(self, parts: list[bytes]) -> None:
        metadata = json.loads(parts[2])
        console = metadata.get("console")  # the kernel takes its code for that of no cell
        cell = console or metadata.get("cellId")
        if not isinstance(cell, str) or not cell:
            return
        for msg_id, before in list(self._executions.items()):
            if before.cell == cell and before.ended:
                self._drop(msg_id)
        execution = Execution(
            cell=cell, header=json.loads(parts[0]), spool=self._spool, by=self._person(), queued_at=clock.now()
        )
        if console:
            execution.code = str(json.loads(parts[3]).get("code", ""))
        self._executions[execution.msg_id] = execution
        self._change(execution)
        self._tell(execution)

    def _answered(self, page: AttachedPage, content: dict[str, Any]) -> bool:
        """Record the user's answer to `input()`. Returns False if another page has answered already."""
        waiting = [one for one in self._executions.values() if one.input is not None]
        if not waiting:
            return not any(not one.ended for one in self._executions.values())
        for execution in waiting:
            asked = execution.input or {}
            shown = "········" if asked.get("password") else str(content.get("value", ""))
            execution.input = None
            execution.add_stream("stdin", f"{asked.get('prompt', '')} {shown}\n", send=False)  # as JupyterLab shows it
            self._change(execution)
            for other in self._pages.values():
                if other is not page:
                    self._replay(other, execution)  # removes the input field
        return True

    # messages of the kernel

    def _on_message(self, channel: str, frames: list[bytes]) -> None:
        _, rest = self._session.feed_identities(frames)
        parts = [bytes(part) for part in rest[1:]]
        if len(parts) < 4:
            return
        header, parent = decode_header(parts[0]), decode_header(parts[1])
        self._sender = header.session or self._sender
        execution = self._executions.get(parent.msg_id)
        if channel == "iopub":
            self._on_iopub(parts, header.msg_type, parent, execution)
        else:
            self._on_reply(channel, parts, header.msg_type, parent, execution)

    def _on_reply(
        self, channel: str, parts: list[bytes], kind: str, parent: Header, execution: Execution | None
    ) -> None:
        if kind == "kernel_info_reply":
            self._info = (parts, parent.session)
        if execution is not None and kind == "execute_reply":
            self._flush(final=True)
            self._replied(execution, parts)
        if execution is not None and kind == "input_request":
            self._flush(final=True)
            execution.input = json.loads(parts[3])
            self._change(execution)
        asked = self._pages.get(parent.session)
        everybody = execution is not None or asked is None
        for page in list(self._pages.values()) if everybody else [asked]:
            if page is not None:
                page.send(channel, parts)

    def _replied(self, execution: Execution, parts: list[bytes]) -> None:
        content = json.loads(parts[3])
        execution.reply = parts
        execution.result = result_of(content)
        execution.count = content.get("execution_count") or execution.count
        execution.pager = [
            {"output_type": "display_data", "data": one.get("data", {}), "metadata": {}}
            for one in content.get("payload") or []
            if one.get("source") == "page"
        ]
        self._change(execution)
        if execution.idle or execution.state == "queued":
            self._end(execution, execution.result)
        else:
            IOLoop.current().call_later(SILENCE_SECONDS, self._overdue, execution)

    def _overdue(self, execution: Execution) -> None:
        """End an execution whose last message was lost."""
        if execution.ended or execution.result is None:
            return
        quiet = time.monotonic() - execution.changed_at
        if quiet < SILENCE_SECONDS:
            IOLoop.current().call_later(SILENCE_SECONDS - quiet, self._overdue, execution)
            return
        self._broadcast(self._message("status", {"execution_state": "idle"}, execution.header))
        self._end(execution, execution.result)

    def _on_iopub(self, parts: list[bytes], kind: str, parent: Header, execution: Execution | None) -> None:
        if kind == PIECE:
            self._add_piece(execution, parts[3])
            return
        if self._note(kind, parts):
            return
        taken = self._output_widgets.capture(parent.msg_id) and self.attached  # an Output widget shows it instead
        if execution is not None and not taken:
            execution.settled = execution.settled and kind not in OUTPUTS
            if kind == "stream":
                execution.add_printed(parts[3])
                self._change(execution)
                self._schedule()
                return
            if kind in OUTPUTS and not self._record(execution, kind, parts):
                return
        self._flush(final=kind == "status")
        if kind == "status":
            self._on_status(parts, parent, execution)
        elif execution is not None and kind == "execute_input":
            execution.count = json.loads(parts[3]).get("execution_count")
            execution.state, execution.started_at = "running", clock.now()
            self._change(execution)
            self._tell(execution)
        for page in self._pages.values():
            if not (page.behind and execution is not None and kind in OUTPUTS):
                page.send("iopub", parts)
        if kind == "status" and self.state == "busy" and execution is None:  # a widget's request beside a running cell
            self._broadcast(self._message("status", {"execution_state": "busy"}, {}))
        self._mark_sent()
        if execution is not None and kind == "status" and execution.idle and execution.result is not None:
            self._end(execution, execution.result)

    def _record(self, execution: Execution, kind: str, parts: list[bytes]) -> bool:
        """Record an output. Returns False if it must not be sent to pages."""
        if kind not in {"clear_output", "update_display_data"} and not execution.has_room():
            execution.drop_output(json.loads(parts[3]))
            self._change(execution)
            self._schedule()
            return False
        size = sum(map(len, parts[3:]))
        if size > LARGEST_OUTPUT:
            note = (
                f"An output of {size / 1e6:,.0f} MB was left out: it is larger than {LARGEST_OUTPUT / 1e6:,.0f} MB.\n"
            )
            execution.add_stream("stderr", note)
            self._change(execution)
            self._schedule()
            return False
        content = json.loads(parts[3])
        if execution.note_incomplete(content):
            parts[3] = _json(content)
        if kind == "clear_output":
            execution.clear(bool(content.get("wait")))
            execution.note_clear(time.monotonic())
        elif kind == "update_display_data":
            display_id = display_of(content)
            for other in self._executions.values():
                if other.update_display(display_id, content):
                    other.settled = False
                    self._change(other)
            self._schedule()
            return not self._updates.add_display(display_id, parts)
        else:
            execution.add_output(kind, content)
        self._change(execution)
        self._schedule()
        return not execution.redrawn

    def _note(self, kind: str, parts: list[bytes]) -> bool:
        """Follow widgets and cells' records. Returns whether pages get the message later, merged with others."""
        if kind.startswith("comm_"):
            self.widgets.follow(kind, parts[3], parts[4:])
            self._schedule()
        if kind == cell_records.MESSAGE:
            self._records.add(parts[3])
        elif kind == "comm_close":
            model = self._output_widgets.close(parts[3])
            for execution in self._executions.values():
                if execution.clear_widget(model):
                    execution.settled = False
                    self._change(execution)
        elif kind.startswith("comm_") and self._output_widgets.take(parts[3], opened=kind == "comm_open"):
            self._flush(final=True)
        elif kind == "comm_msg" and self._updates.add_widget(parts):
            self._schedule()
            return True
        return False

    def _add_piece(self, execution: Execution | None, content: bytes) -> None:
        """Keep a part of a display that is too large for pages; the kernel sends all of them before the display."""
        if execution is not None:
            piece = decode_piece(content)
            execution.add_piece(piece.id, piece.kind, piece.text)

    def _on_status(self, parts: list[bytes], parent: Header, execution: Execution | None) -> None:
        state = str(json.loads(parts[3])["execution_state"])
        tracked = parent.msg_type not in UNTRACKED
        if tracked or (self.state == "starting" and state != "starting"):
            self._become(state if tracked else "idle")
        if execution is not None and state == "idle":
            execution.idle = True
            execution.input = None
            self._change(execution)
            self._become("idle")
            if execution.result is None:  # the reply comes over another socket and may arrive later
                IOLoop.current().call_later(SILENCE_SECONDS, self._end_without_reply, execution)

    def _become(self, state: str) -> None:
        running = any(one.state == "running" and not one.idle for one in self._executions.values())
        self.state = "busy" if state == "idle" and running else state
        self._on_state(self.state)

    def _end_without_reply(self, execution: Execution) -> None:
        """End an execution whose reply was lost, with one that pages wait for."""
        if not execution.ended:
            content = {"status": "aborted", "execution_count": execution.count}
            reply = self._message("execute_reply", content, execution.header)
            self._on_reply("shell", reply, "execute_reply", Header(), execution)

    def _end(self, execution: Execution, state: State) -> None:
        self._flush(final=True)
        execution.state, execution.ended_at, execution.input = state, clock.now(), None
        self._change(execution)
        self._tell(execution)
        self._forget_old()
        self._write_at = 0.0
        self._schedule(now=True)

    # time

    def _change(self, execution: Execution) -> None:
        self._revision += 1
        execution.revision, execution.changed_at = self._revision, time.monotonic()

    def _mark_sent(self) -> None:
        for page in self._pages.values():
            if not page.behind:
                page.revision = self._revision

    def _broadcast(self, parts: list[bytes]) -> None:
        for page in self._pages.values():
            page.send("iopub", parts)

    def _schedule(self, *, now: bool = False) -> None:
        """Flush after FLUSH_SECONDS, which merges outputs that arrive meanwhile."""
        if self._timer is None:
            self._timer = IOLoop.current().call_later(0 if now else FLUSH_SECONDS, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self._flush()
        waiting = bool(self._updates) or any(one.has_pending for one in self._executions.values())
        if waiting or any(page.behind for page in self._pages.values()) or self._save_if_unattended():
            self._schedule()

    def _flush(self, *, final: bool = False) -> None:
        """Send merged text. `final` also sends the newest end of a truncated text."""
        now = time.monotonic()
        caught_up = self._watch_backlogs()
        displays, widgets = self._updates.take()
        for page in self._pages.values():  # one that is behind is sent the displays again, but no widget
            for parts in widgets if page.behind else [*displays, *widgets]:
                page.send("iopub", parts)
        for execution in self._executions.values():
            if not execution.has_pending:
                continue
            for kind, content in execution.take_pending(now, final=final or bool(caught_up)):
                parts = self._message(kind, content, execution.header)
                for page in self._pages.values():
                    if not page.behind:
                        page.send("iopub", parts)
        for page in caught_up:
            page.behind = False
            for execution in list(self._executions.values()):
                if execution.revision > page.revision:
                    self._replay(page, execution)
        self._mark_sent()

    def _watch_backlogs(self) -> list[AttachedPage]:
        """Mark the pages that read too slowly, for which outputs are skipped. Returns those that have caught up and
        must be sent what changed meanwhile.
        """
        caught_up = []
        for page in self._pages.values():
            if not page.behind:
                page.behind = page.backlog() > page.allowed_backlog()
            elif page.backlog() < page.allowed_backlog() / 8:
                caught_up.append(page)
        return caught_up

    # the file

    def _unsaved(self) -> list[Execution]:
        unsaved = [one for one in self._executions.values() if not one.settled and one.state != "queued"]
        return [one for one in unsaved if one.code is None]

    def _save_if_unattended(self) -> bool:
        """Write the file while no page is attached that would. Returns whether something is left to write."""
        if self._pages or not (self._unsaved() or self.widgets.changed):
            return False
        if time.monotonic() >= self._write_at and (self._writing is None or self._writing.done()):
            self._writing = asyncio.ensure_future(self.save())
        return True

    async def save(self) -> None:
        """Write the outputs and widgets that are not in the file yet. Queued cells keep their previous outputs."""
        self._write_at = time.monotonic() + FILE_SECONDS
        unsaved = self._unsaved()
        if not (unsaved or self.widgets.changed):
            return
        revisions = {one.msg_id: one.revision for one in unsaved}
        self.widgets.changed = False
        try:
            await self._write(unsaved, self.widgets)
        except HTTPError as error:
            self.widgets.changed = True
            log.warning("Outputs could not be written to the notebook: %s. Trying again.", error)
            return
        for one in unsaved:
            one.settled = one.ended and one.revision == revisions[one.msg_id]

    def on_saved(self, counts: dict[str, int | None]) -> None:
        """Note that a page wrote the notebook, with these execution counts by cell. The outputs of a page that is
        attached are complete, so what has ended is in the file."""
        for execution in self._executions.values():
            written = self.attached or counts.get(execution.cell) == execution.count
            if execution.ended and (written or execution.cell not in counts):
                execution.settled = True

    def find_spool(self, key: str) -> Spool | None:
        """Return the whole text of an output that is shown in part, see `Execution.find_spool`."""
        return next((found for one in self._executions.values() if (found := one.find_spool(key)) is not None), None)

    # the kernel's life

    def end_all(self, state: State) -> None:
        """End running and queued executions, because their kernel is gone."""
        for execution in list(self._executions.values()):
            if not execution.ended:
                self._broadcast(self._message("status", {"execution_state": "idle"}, execution.header))
                self._end(execution, state)
        self._output_widgets.clear()
        self._records.clear()
        self._broadcast(self._message(cell_records.MESSAGE, self._records.content(), {}))
        self._info = None

    def exceeded(self, ended: Ended) -> None:
        """Say in the outputs of running cells why the kernel is about to be ended."""
        content = {"data": {EXCEEDED: msgspec.to_builtins(ended), "text/plain": sentence_of(ended)}, "metadata": {}}
        self._flush(final=True)
        unfinished = [one for one in self._executions.values() if not one.ended]
        running = [one for one in unfinished if one.state == "running"]
        for execution in running or unfinished[:1]:  # code that lets no other thread run keeps its start from us
            execution.add_output("display_data", content)
            self._change(execution)
            self._broadcast(self._message("display_data", content, execution.header))

    def died(self) -> None:
        self.state = "dead"
        self.end_all("lost")
        self._broadcast(self._message("status", {"execution_state": "dead"}, {}))

    def restarting(self) -> None:
        """Close the sockets, so that no request for the old process waits for the new one."""
        self.end_all("cancelled")
        self.state = "starting"
        self._close()

    def restarted(self) -> None:
        self._open()

    async def finish(self) -> None:
        """Write the outputs that no page has and close the channels, because the kernel is being stopped."""
        self.end_all("cancelled")
        if not self._pages:
            await self.save()
        if self._timer is not None:
            IOLoop.current().remove_timeout(self._timer)
        self._close()
        for execution in self._executions.values():
            execution.discard()

    def _drop(self, msg_id: str) -> None:
        self._executions.pop(msg_id).discard()

    def _forget_old(self) -> None:
        settled = [msg_id for msg_id, one in self._executions.items() if one.settled and one.code is None]
        typed = [msg_id for msg_id, one in self._executions.items() if one.ended and one.code is not None]
        for msg_id in (*settled[: max(0, len(settled) - SETTLED_LIMIT)], *typed[: max(0, len(typed) - TYPED_LIMIT)]):
            self._drop(msg_id)


def _json(content: dict[str, Any]) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode("utf-8", "surrogatepass")
