"""Files with the whole text of outputs that a page is shown in part, for their download."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import IO

BLOCK = 1 << 20


class Spool:
    """A text that grows, in a file of its own. `kind` is its MIME type."""

    def __init__(self, path: Path, kind: str = "text/plain") -> None:
        self.path = path
        self.kind = kind
        self.size = 0
        """Characters in the file."""
        self.complete = True
        self._file: IO[bytes] | None = None

    def write(self, text: str, *, room: int) -> None:
        """Append text, of which the file has room for `room` characters. Beyond them it takes nothing any more."""
        if not self.complete:
            return
        if len(text) > room:
            self.complete = False
            text = text[: max(0, room)]
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("wb")
        self._file.write(text.encode("utf-8", "surrogatepass"))
        self.size += len(text)

    def flush(self) -> None:
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """Remove the file."""
        if self._file is not None:
            self._file.close()
            self._file = None
        self.path.unlink(missing_ok=True)

    @property
    def file_name(self) -> str:
        return f"output{_ENDINGS.get(self.kind, '.json' if self.kind.endswith('json') else '.txt')}"

    def blocks(self) -> Iterator[bytes]:
        """Read the file as it is now, a picture or a sound decoded."""
        self.flush()
        with self.path.open("rb") as file:
            if not _is_encoded(self.kind):
                while block := file.read(BLOCK):
                    yield block
                return
            left = b""
            while block := file.read(BLOCK):
                left += b"".join(block.split())
                size = len(left) - len(left) % 4
                yield base64.b64decode(left[:size])
                left = left[size:]


_ENDINGS = {
    "text/html": ".html",
    "text/markdown": ".md",
    "text/latex": ".tex",
    "image/svg+xml": ".svg",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "application/pdf": ".pdf",
    "application/javascript": ".js",
}


def _is_encoded(kind: str) -> bool:
    """Whether a notebook has data of this kind in base64."""
    return kind == "application/pdf" or (kind.startswith(("image/", "audio/", "video/")) and kind != "image/svg+xml")
