"""Output of commands for users: lines and a progress line on standard error, since standard output is for data."""

import re
import sys
from collections.abc import Sequence
from datetime import datetime
from unicodedata import east_asian_width

from handloom.domain.masking import mask_credentials

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def line(text: str) -> None:
    """Print one or several lines with credentials masked; without colours if standard error is not a terminal."""
    text = mask_credentials(text)
    print(text if sys.stderr.isatty() else _COLOUR.sub("", text), file=sys.stderr, flush=True)


def progress(text: str, *, last: bool) -> None:
    """Redraw the progress line. If standard error is not a terminal, print its last state only."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="\n" if last else "", file=sys.stderr, flush=True)
    elif last:
        line(text)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Format rows, of which the first is the head, as lines with aligned columns."""
    widths = [max(_width(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(text + " " * (width - _width(text)) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _width(text: str) -> int:
    """Return the number of terminal columns of a text; a Hangul character takes two."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def moment(at: int | None) -> str:
    """Format a time in ms for a table, in the machine's time zone; None means never."""
    return "never" if at is None else datetime.fromtimestamp(at / 1000).astimezone().strftime("%Y-%m-%d %H:%M")
