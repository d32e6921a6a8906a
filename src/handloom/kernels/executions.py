"""The outputs of one executed cell, merged and capped, so that they can be sent to a page again or written to a file.

Pure data, without sockets or files of notebooks.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import msgspec

from handloom.domain import widget_states
from handloom.domain.cell_outputs import TRUNCATED
from handloom.kernels.spools import Spool

HEAD = 256 * 1024
"""Characters of text kept from the beginning of a cell's output, over all its streams together."""
TAIL = 64 * 1024
"""Characters of text kept from the end, once the beginning is full."""
LIVE_TAIL = 8 * 1024
"""Characters of the end that a page is sent while the cell runs."""
MAX_OUTPUTS = 1_000
LARGEST_OUTPUT = 64 * 1024 * 1024
SPOOL_BYTES = 512 * 1024 * 1024
"""The size up to which the full text is kept for download."""
TAIL_SECONDS = 0.5
CLEAR_SECONDS = 0.1
"""Outputs that are cleared again within this time are redrawn, not sent one by one."""

_ID = re.compile(r"[0-9a-f]{32}")
_CLEARED = {"text/plain": ""}
EXECUTION = "handloom_execution"
"""Our own message type: the state of an execution. Sent whenever it changes."""

State = Literal["queued", "running", "ok", "error", "cancelled", "lost"]
Message = tuple[str, dict[str, Any]]


def fold(text: str) -> str:
    """Apply carriage returns as a terminal does: what follows one overwrites the line from its start."""
    if "\r" not in text:
        return text
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join(_overwrite(line.split("\r")) if "\r" in line else line for line in lines)


def _overwrite(parts: list[str]) -> str:
    line = ""
    for part in parts:
        line = part + line[len(part) :]
    return line + "\r" if parts[-1] == "" else line  # the next text still overwrites the line


def fold_continuation(text: str) -> str:
    """Fold text that continues an unknown line, so that appending it gives the same result as the complete text."""
    if "\r" not in text:
        return text
    first, newline, rest = text.replace("\r\n", "\n").partition("\n")
    start, *overwriting = first.split("\r")
    if overwriting:
        start += "\r" + _overwrite(overwriting)
    return start + newline + fold(rest) if newline else start


class Stream:
    """Consecutive text of stdout or stderr between two other outputs."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._lines: list[str] = []  # text up to the last newline
        self._size = 0  # of these lines
        self._overwritten = ""  # the line being written, as it was before the last carriage return
        self._line: list[str] = []  # what has been written over it since

    @property
    def text(self) -> str:
        """The folded text; a trailing carriage return remains, so that the next text overwrites the line."""
        line = "".join(self._line)
        if self._overwritten:
            line = f"{self._overwritten}\r{line}"
        return "".join(self._lines) + line

    @property
    def size(self) -> int:
        return self._size + max(len(self._overwritten), sum(map(len, self._line)))

    def add(self, text: str) -> int:
        """Append text and return by how many characters the folded text grew."""
        before = self.size
        head, newline, rest = text.rpartition("\n")
        if newline:
            line = "".join(self._line)
            if "\r" in head or self._overwritten:
                complete = fold(f"{self._overwritten}\r{line}{head}\n" if self._overwritten else f"{line}{head}\n")
            else:
                complete = f"{line}{head}\n"
            self._lines.append(complete)
            self._size += len(complete)
            self._overwritten = ""
            self._line.clear()
        if rest:
            self._continue(rest)
        return self.size - before

    def _continue(self, text: str) -> None:
        *overwriting, last = text.split("\r")
        for part in overwriting:
            line = "".join(self._line) + part
            self._overwritten = line + self._overwritten[len(line) :]
            self._line.clear()
        if last:
            self._line.append(last)
            if len(self._line) > 1_000:
                self._line[:] = ["".join(self._line)]

    def output(self) -> dict[str, Any]:
        return {"output_type": "stream", "name": self.name, "text": fold(self.text)}


@dataclass(slots=True)
class Display:
    """An output that is not text of a stream, in the notebook format."""

    output: dict[str, Any]

    def shows_widget(self, model: str) -> bool:
        view = (self.output.get("data") or {}).get(widget_states.VIEW)
        return isinstance(view, dict) and view.get("model_id") == model


class Piece(msgspec.Struct):
    """A part of the whole text of a display that is too large to be shown."""

    id: str
    kind: str
    text: str


decode_piece = msgspec.json.Decoder(Piece).decode


class Printed(msgspec.Struct):
    """The content of a stream message."""

    name: str
    text: str


_decode_printed = msgspec.json.Decoder(Printed).decode


class Truncation:
    """Counts a cell's output beyond the limits and keeps the end of its text."""

    def __init__(self, spool: Path) -> None:
        self.spool = Spool(spool)
        self.dropped_outputs = 0
        self.head = 0
        """Characters of the whole text before the ones that are left out."""
        self.sent_at = 0.0
        self.changed = True
        self.sent = False
        self._end: list[str] = []
        self._end_size = 0

    def add(self, text: str, *, keep: bool = True) -> None:
        """Append text to the file and, if `keep`, to the end that is shown."""
        self.changed = True
        self.spool.write(text, room=SPOOL_BYTES - self.spool.size)
        if keep:
            self._end.append(text[-2 * TAIL :])
            self._end_size += len(self._end[-1])
            if self._end_size > 8 * TAIL:
                self._end = [self.tail()]
                self._end_size = len(self._end[0])

    def tail(self, size: int = TAIL) -> str:
        return fold("".join(self._end))[-size:]


@dataclass(kw_only=True)
class Execution:
    """One execution of a cell: its state and outputs. `header` is that of the request, `spool` a file for the full
    text. The times are in milliseconds since 1970."""

    cell: str
    header: dict[str, Any]
    spool: Path
    by: str = ""
    code: str | None = None
    """What was typed in the console, which is no cell; None for a cell. No file holds it."""
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    state: State = "queued"
    count: int | None = None
    queued_at: int = 0
    started_at: int | None = None
    ended_at: int | None = None
    revision: int = 0
    changed_at: float = 0.0
    settled: bool = False
    """Whether the notebook's file holds all of this."""
    input: dict[str, Any] | None = None
    """The content of an input request that has not been answered."""
    reply: list[bytes] | None = None
    result: State | None = None
    """The final state according to the reply; it applies once the last output has arrived."""
    idle: bool = False
    redrawn: bool = False
    """Whether pages are sent all outputs anew with the next messages, instead of each change."""
    outputs: list[Stream | Display] = field(default_factory=list)
    pager: list[dict[str, Any]] = field(default_factory=list)
    lines: int = 0
    characters: int = 0
    truncation: Truncation | None = None
    _large: dict[str, Spool] = field(default_factory=dict)
    _head: int = 0
    _clear_next: bool = False
    _cleared_at: float = 0.0
    _displays: dict[str, list[Display]] = field(default_factory=dict)
    _pending: list[tuple[str, list[str]]] = field(default_factory=list)

    @property
    def msg_id(self) -> str:
        return str(self.header["msg_id"])

    @property
    def ended(self) -> bool:
        return self.state not in ("queued", "running")

    def facts(self) -> dict[str, Any]:
        """Describe the execution to a page."""
        return {
            "cell": self.cell,
            "state": self.state,
            "count": self.count,
            "queued_at": self.queued_at,
            "started_at": self.started_at,
            "ended_at": self.ended_at,
            "by": self.by,
        } | ({} if self.code is None else {"code": self.code})

    def metadata(self, now: int) -> dict[str, Any]:
        """Describe the execution in the cell's metadata, as the page does. One that runs counts as lost until it has
        ended, so that a file written before everything stopped says so."""
        return {
            "state": self.state if self.ended else "lost",
            "queued_at": self.queued_at,
            "started_at": self.started_at,
            "ended_at": self.ended_at or now,
            "session_ready_in": None,
            "by": self.by,
        }

    def add_printed(self, content: bytes) -> None:
        """Append the text of a stream message."""
        try:
            printed = _decode_printed(content)
        except (msgspec.DecodeError, UnicodeDecodeError):  # half of a character, which is kept as it is
            printed = Printed(**json.loads(content))
        self.add_stream(printed.name, printed.text)

    def add_stream(self, name: str, text: str, *, send: bool = True) -> None:
        """Append text. Unless `send` is False, pages get it with the next `take_pending`."""
        self._clear_if_due()
        self.characters += len(text)
        self.lines += text.count("\n")
        if self.truncation is not None and self._head >= HEAD:
            self.truncation.add(text)
            return
        room = HEAD - self._head
        kept, rest = (text, "") if len(text) <= room else _split(text, room)
        if kept:
            last = self.outputs[-1] if self.outputs else None
            if not isinstance(last, Stream) or last.name != name:
                last = Stream(name)
                self.outputs.append(last)
            self._head += last.add(kept)
            if send:
                self._queue(name, kept)
        if rest:
            self._head = HEAD
            self._truncate(rest)

    def _truncate(self, text: str = "") -> None:
        if self.truncation is None:
            self.truncation = Truncation(self.spool / f"{self.id}.txt")
            head = "".join(one.text for one in self.outputs if isinstance(one, Stream))
            self.truncation.add(head, keep=False)
            self.truncation.head = len(head)
        if text:
            self.truncation.add(text)

    def _queue(self, name: str, text: str) -> None:
        if self._pending and self._pending[-1][0] == name:
            self._pending[-1][1].append(text)
        else:
            self._pending.append((name, [text]))

    def add_output(self, kind: str, content: dict[str, Any]) -> bool:
        """Add a display, result or error. Returns False beyond MAX_OUTPUTS: the output is counted and not kept."""
        self._clear_if_due()
        if not self.has_room():
            self.drop_output(content)
            return False
        transient = content.get("transient") or {}
        display = Display({"output_type": kind, **{k: v for k, v in content.items() if k != "transient"}})
        self.outputs.append(display)
        if display_id := transient.get("display_id"):
            self._displays.setdefault(str(display_id), []).append(display)
        return True

    def has_room(self) -> bool:
        return len(self.outputs) < MAX_OUTPUTS or self._clear_next

    def drop_output(self, content: dict[str, Any] | None = None) -> None:
        """Count an output that is not kept."""
        self._forget_spool(content or {})
        self._truncate()
        assert self.truncation is not None
        self.truncation.dropped_outputs += 1
        self.truncation.changed = True

    def add_piece(self, key: str, kind: str, text: str) -> None:
        """Append to the whole text of a display that is too large to be shown, of which `key` is the id."""
        self._clear_if_due()
        if key not in self._large:
            if len(self._large) >= MAX_OUTPUTS or not _ID.fullmatch(key):
                return
            self._large[key] = Spool(self.spool / f"{key}.txt", kind)
        self._large[key].write(text, room=SPOOL_BYTES - sum(one.size for one in self._large.values()))

    def note_incomplete(self, content: dict[str, Any]) -> bool:
        """Correct what a display says of its whole text, if not all of it could be kept. Returns whether it did."""
        facts = (content.get("data") or {}).get(TRUNCATED)
        if not isinstance(facts, dict):
            return False
        spool = self._large.get(str(facts.get("id")))
        said, facts["complete"] = facts.get("complete"), spool is not None and spool.complete
        return said is not facts["complete"]

    def find_spool(self, key: str) -> Spool | None:
        """Return the whole text of the display with this id, or of the streams for the id of the execution."""
        if key == self.id:
            return self.truncation.spool if self.truncation else None
        return self._large.get(key)

    def spools(self) -> list[Spool]:
        return [*self._large.values(), *([self.truncation.spool] if self.truncation else [])]

    def _forget_large(self) -> None:
        for spool in self._large.values():
            spool.close()
        self._large.clear()

    def _forget_spool(self, output: dict[str, Any]) -> None:
        facts = (output.get("data") or {}).get(TRUNCATED)
        if isinstance(facts, dict) and (spool := self._large.pop(str(facts.get("id")), None)) is not None:
            spool.close()

    def update_display(self, display_id: str, content: dict[str, Any]) -> bool:
        """Replace the data of the displays with this id. Returns whether there are any."""
        found = self._displays.get(display_id, [])
        for display in found:
            self._forget_spool(display.output)
            display.output["data"] = content.get("data", {})
            display.output["metadata"] = content.get("metadata", {})
        return bool(found)

    def clear_widget(self, model: str) -> bool:
        """Clear the displays of a widget that its code has closed. Returns whether there are any."""
        found = [one for one in self.outputs if isinstance(one, Display) and one.shows_widget(model)]
        for display in found:
            display.output["data"], display.output["metadata"] = dict(_CLEARED), {}
        return bool(found)

    def clear(self, wait: bool) -> None:
        if wait:
            self._clear_next = True
            return
        self._clear_next = False
        self.outputs.clear()
        self._displays.clear()
        self._pending.clear()
        self.pager.clear()
        self.lines = self.characters = self._head = 0
        if self.truncation is not None:
            self.truncation.spool.close()
            self.truncation = None
        self._forget_large()

    def note_clear(self, now: float) -> None:
        """Note that the outputs were cleared. Where that is done in a loop, pages are sent the newest ones only."""
        self.redrawn = self.redrawn or now - self._cleared_at < CLEAR_SECONDS
        self._cleared_at = now

    def _clear_if_due(self) -> None:
        if self._clear_next:
            self.clear(wait=False)

    @property
    def has_pending(self) -> bool:
        return self.redrawn or bool(self._pending) or (self.truncation is not None and self.truncation.changed)

    def take_pending(self, now: float, *, final: bool = False) -> list[Message]:
        """Take the merged messages that pages have not been sent yet. `now` is in seconds; the end of a truncated
        text is updated at most twice a second unless `final`."""
        if self.redrawn:
            return self._take_redraw(now)
        messages: list[Message] = [
            ("stream", {"name": name, "text": fold_continuation("".join(parts))}) for name, parts in self._pending
        ]
        self._pending.clear()
        cut = self.truncation
        if cut is not None and cut.changed and (final or now - cut.sent_at >= TAIL_SECONDS):
            kind = "update_display_data" if cut.sent else "display_data"
            content = self._truncated(TAIL if final else LIVE_TAIL)
            content["transient"] = {"display_id": f"truncated-{self.id}"}
            messages.append((kind, content))
            cut.changed, cut.sent, cut.sent_at = False, True, now
        return messages

    def _take_redraw(self, now: float) -> list[Message]:
        """Return the messages that put the present outputs in the place of those that pages show."""
        self.redrawn = False
        self._pending.clear()
        messages: list[Message] = [("clear_output", {"wait": bool(self.outputs)}), *self.snapshot()]
        if self.truncation is not None:
            self.truncation.changed, self.truncation.sent_at = False, now
        if self._clear_next:
            messages.append(("clear_output", {"wait": True}))
        return messages

    def _truncated(self, tail: int) -> dict[str, Any]:
        cut = self.truncation
        assert cut is not None
        facts = {
            "id": self.id,
            "lines": self.lines,
            "characters": self.characters,
            "dropped_outputs": cut.dropped_outputs,
            "complete": cut.spool.complete,
            "head": cut.head,
            "tail": cut.tail(tail),
        }
        plain = f"… {self.lines:,} lines in all; the middle is left out …\n{cut.tail(tail)}"
        if cut.dropped_outputs:
            plain += f"\n… {cut.dropped_outputs:,} more outputs are left out …"
        return {"data": {TRUNCATED: facts, "text/plain": plain}, "metadata": {}}

    def snapshot(self) -> list[Message]:
        """Return the messages that reproduce the current state in an empty output area."""
        messages: list[Message] = []
        ids = {id(display): key for key, displays in self._displays.items() for display in displays}
        for one in self.outputs:
            if isinstance(one, Stream):
                messages.append(("stream", {"name": one.name, "text": one.text}))
                continue
            output = one.output
            content = {key: value for key, value in output.items() if key != "output_type"}
            if (display_id := ids.get(id(one))) is not None:
                content["transient"] = {"display_id": display_id}
            messages.append((str(output["output_type"]), content))
        if self.truncation is not None:
            content = self._truncated(TAIL)
            content["transient"] = {"display_id": f"truncated-{self.id}"}
            messages.append(("display_data", content))
            self.truncation.sent = True
        return messages

    def replay(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Yield channel, type and content of the messages that show this from its beginning up to now."""
        yield "iopub", EXECUTION, self.facts() | {"state": "queued" if self.state == "queued" else "running"}
        if self.state == "queued":
            return
        yield "iopub", "status", {"execution_state": "busy"}
        yield "iopub", "execute_input", {"code": self.code or "", "execution_count": self.count}
        yield "iopub", "clear_output", {"wait": False}
        for kind, content in self.snapshot():
            yield "iopub", kind, content
        if self.input is not None:
            yield "stdin", "input_request", self.input

    def saved_outputs(self) -> list[dict[str, Any]]:
        """Return the outputs in the notebook format."""
        outputs = [
            one.output() if isinstance(one, Stream) else one.output for one in self.outputs if not _shows_nothing(one)
        ]
        if self.truncation is not None:
            outputs.append({"output_type": "display_data", **self._truncated(TAIL)})
        return [*outputs, *self.pager]

    def discard(self) -> None:
        """Remove the files of full texts."""
        for spool in self.spools():
            spool.close()


def display_of(content: dict[str, Any]) -> str:
    """Return the display id that the content of a message names."""
    return str((content.get("transient") or {}).get("display_id"))


def result_of(reply: dict[str, Any]) -> State:
    """Return the final state that an execute_reply tells."""
    if reply.get("status") == "ok":
        return "ok"
    return "cancelled" if reply.get("status") == "aborted" or reply.get("ename") == "KeyboardInterrupt" else "error"


def _shows_nothing(one: Stream | Display) -> bool:
    """Whether this is a status line that its code has cleared; the page leaves it out of files as well."""
    if isinstance(one, Stream):
        return False
    return one.output["output_type"] == "display_data" and one.output.get("data") == _CLEARED


def _split(text: str, room: int) -> tuple[str, str]:
    """Split text after at most `room` characters, at the end of a line if there is one close to it."""
    at = text.rfind("\n", max(0, room - 2_000), room) + 1 or room
    return text[:at], text[at:]
