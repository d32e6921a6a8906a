"""What commands print for people: lines and a progress line on standard error, so that standard output stays data."""

import re
import sys

from handloom.domain.masking import mask_credentials

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def line(text: str) -> None:
    """Print a line, or several, with credentials masked; without colours where standard error is not a terminal."""
    text = mask_credentials(text)
    print(text if sys.stderr.isatty() else _COLOUR.sub("", text), file=sys.stderr, flush=True)


def progress(text: str, *, last: bool) -> None:
    """Redraw the progress line. Where standard error is not a terminal, print its last state only."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="\n" if last else "", file=sys.stderr, flush=True)
    elif last:
        line(text)
