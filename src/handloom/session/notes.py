"""What a session says under the running cell: a temporary status line, and warnings."""

from __future__ import annotations

import sys
from typing import Any


class Note:
    """A status line. Shows nothing outside of a notebook."""

    def __init__(self) -> None:
        self._handle: Any = None
        self._text = ""

    def show(self, text: str) -> None:
        """Show `text` instead of the previous one."""
        if text == self._text:
            return
        from IPython.core.getipython import get_ipython
        from IPython.display import display

        if get_ipython() is None:
            return
        self._text = text
        if self._handle is None:
            self._handle = display(  # type: ignore[no-untyped-call]
                {"text/plain": text}, raw=True, display_id=True
            )
        else:
            self._handle.update({"text/plain": text}, raw=True)

    def clear(self) -> None:
        """End the line. Its output then shows nothing, and notebooks leave it out when they are saved."""
        if self._handle is not None:
            self._handle.update({"text/plain": ""}, raw=True)
            self._handle, self._text = None, ""


class Warnings:
    """Shows warnings under the cell, each text once per session."""

    def __init__(self) -> None:
        self._shown: set[str] = set()

    def __call__(self, text: str) -> None:
        if text not in self._shown:
            self._shown.add(text)
            print(f"Warning: {text}", file=sys.stderr)
