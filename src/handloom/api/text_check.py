"""Characters that no request may carry: NUL, which PostgreSQL cannot keep, and lone halves of UTF-16 pairs.

SQLite would keep NUL; it is refused everywhere so that both databases answer alike.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from handloom.domain.errors import Invalid

_FORBIDDEN = re.compile("[\0\ud800-\udfff]").search
has_escapes = re.compile(rb"\\u(0000|[dD][89a-fA-F])").search
"""Whether a JSON body may write such a character: one without these bytes holds none."""


def check(given: Any, place: str = "") -> None:
    """Raise Invalid, naming the field, where a text in these decoded fields holds one."""
    if isinstance(given, str):
        if found := _FORBIDDEN(given):
            raise Invalid(
                f"{place or 'A text'} holds {_name(found[0])}, which cannot be kept. Leave it out.",
                field=place.partition(".")[0].partition("[")[0] or None,
            )
    elif isinstance(given, Mapping):
        for name, value in given.items():
            check(name, place)
            check(value, f"{place}.{name}" if place else name)
    elif isinstance(given, list):
        for number, value in enumerate(given):
            check(value, f"{place}[{number}]")


def _name(character: str) -> str:
    code = f"U+{ord(character):04X}"
    return f"the character NUL ({code})" if character == "\0" else f"half of a UTF-16 pair ({code})"
