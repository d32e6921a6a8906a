"""Sends outputs of any size in pieces, so that neither the kernel nor the server holds copies of all of it.

A printed text becomes several stream messages. A display that is too large for a page is replaced by its first and its
last part; the whole goes before it in messages of their own, which the server keeps for the download.
"""

from __future__ import annotations

import json
import sys
import threading
import uuid
from collections.abc import Iterator
from typing import Any

from ipykernel.iostream import OutStream
from jupyter_client.session import Session

PIECE = 1024 * 1024
"""Characters of a message at most, where an output is sent in pieces."""
LONGEST_TEXT = 256 * 1024
"""Characters of a display that is text alone, up to which a page gets all of it: as much as of printed text."""
LARGEST = 64 * 1024 * 1024
"""Characters of any other display, such as HTML, up to which a page gets it."""
HEAD, TAIL = 64 * 1024, 16 * 1024
"""Characters of the beginning and the end that stand for a display that is too large."""
MESSAGE = "handloom_large_output"
"""Message type of the pieces, which `kernels/channels.py` takes."""
TRUNCATED = "application/vnd.handloom.truncated+json"
PLAIN = "text/plain"
_DISPLAYS = frozenset({"display_data", "execute_result", "update_display_data"})
_FAILURES = frozenset({"error", "execute_reply"})
_OUTPUTS = _DISPLAYS | _FAILURES | {"stream"}
_WAIT_SECONDS = 1.0


class PiecewiseSession(Session):
    """Jupyter's session of message signing and packing, for a kernel."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._dropping = threading.Event()

    def drop_backlog(self, stream: OutStream) -> None:
        """Send only the end of what was printed and is not sent yet."""
        self._dropping.set()
        thread = stream.pub_thread
        thread.schedule(stream._flush)
        thread.schedule(self._dropping.clear)

    def send(
        self,
        stream: Any,
        msg_or_type: Any,
        content: Any = None,
        parent: Any = None,
        ident: Any = None,
        *more: Any,
        **options: Any,
    ) -> Any:
        """Send a message, a large output in pieces. Takes and returns what Jupyter's own method does."""
        message = msg_or_type if isinstance(msg_or_type, dict) else None
        kind = message["header"]["msg_type"] if message else msg_or_type
        if kind not in _OUTPUTS:
            return super().send(stream, msg_or_type, content, parent, ident, *more, **options)
        message = message or self.msg(kind, content, parent, options.pop("header", None), options.pop("metadata", None))
        if kind == "stream":
            for text in self._pieces_to_send(message["content"]["text"]):
                said = {**message, "content": message["content"] | {"text": text}}
                super().send(stream, said, ident=ident)
            return message
        if kind in _FAILURES:
            message = {**message, "content": _shortened_error(message["content"])}
        else:
            message = self._shortened(stream, message)
        return super().send(stream, message, None, None, ident, *more, **options)

    def _pieces_to_send(self, text: str) -> Iterator[str]:
        for at in range(0, len(text), PIECE):
            left = len(text) - at - PIECE
            if left > 0 and self._dropping.is_set():
                yield f"\n… {left:,} characters are left out, because the cell was stopped …\n"
                yield text[-PIECE:]
                return
            yield text[at : at + PIECE]

    def _shortened(self, stream: Any, message: dict[str, Any]) -> dict[str, Any]:
        """Return the message of a display, without what is too large in it, which is sent first."""
        content = message["content"]
        data = content.get("data")
        if not isinstance(data, dict) or not data:
            return message
        if data.keys() == {PLAIN} and isinstance(data[PLAIN], str) and len(data[PLAIN]) <= LONGEST_TEXT:
            return message
        limit = LONGEST_TEXT if data.keys() == {PLAIN} else LARGEST
        large = [kind for kind, value in data.items() if isinstance(value, str) and len(value) > limit]
        if not large:
            if all(isinstance(value, str) for value in data.values()):
                return message
            packed = self.pack(content)
            if len(packed) <= limit:
                return {**message, "content": packed}
            large = [max(data, key=lambda kind: len(json.dumps(data[kind])))]
        kind = next((one for one in large if one != PLAIN), large[0])
        value = data[kind]
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        facts = self._send_whole(stream, message, kind, text)
        plain = f"{facts['head']}\n… {len(text):,} characters in all; the middle is left out …\n{facts['tail']}"
        return {**message, "content": content | {"data": {TRUNCATED: facts, PLAIN: plain}, "metadata": {}}}

    def _send_whole(self, stream: Any, message: dict[str, Any], kind: str, text: str) -> dict[str, Any]:
        key = uuid.uuid4().hex
        for piece in _pieces(text):
            said = {"id": key, "kind": kind, "text": piece}
            super().send(stream, MESSAGE, said, message["parent_header"], ident=MESSAGE.encode())
        shown = not kind.startswith(("image/", "video/", "audio/")) or kind == "image/svg+xml"
        return {
            "id": key,
            "kind": kind,
            "lines": text.count("\n") + 1,
            "characters": len(text),
            "dropped_outputs": 0,
            "complete": True,
            "head": text[:HEAD] if shown else "",
            "tail": text[-TAIL:] if shown else "",
        }


def _shortened_error(content: dict[str, Any]) -> dict[str, Any]:
    """Return the content of an error or a reply, with long texts of an error shortened; the error itself has them."""
    if "traceback" not in content:
        return content
    return content | {
        "evalue": _shortened_text(content["evalue"]),
        "traceback": [_shortened_text(line) for line in content["traceback"]],
    }


def _shortened_text(text: str) -> str:
    left = len(text) - HEAD - TAIL
    return text if left <= 0 else f"{text[:HEAD]}\n… {left:,} characters are left out here …\n{text[-TAIL:]}"


def _pieces(text: str) -> Iterator[str]:
    return (text[at : at + PIECE] for at in range(0, len(text), PIECE))


class PatientStream(OutStream):
    """Standard output and error of the kernel. Flushing waits for the thread that sends, however long that takes: a
    message about the wait would stand among the outputs of the cell."""

    def flush(self) -> None:
        thread = self.pub_thread.thread if self.pub_thread else None
        if thread is None or not thread.is_alive() or thread.ident == threading.get_ident():
            self._flush()  # type: ignore[no-untyped-call]
            return
        sent = threading.Event()
        self.pub_thread.schedule(self._flush)
        self.pub_thread.schedule(sent.set)
        while not sent.wait(_WAIT_SECONDS) and thread.is_alive() and not sys.is_finalizing():
            pass
