"""Reject characters in requests that cannot be stored: NUL (PostgreSQL refuses it) and lone UTF-16 surrogates.

SQLite could store NUL; it is rejected there too, so that both databases behave alike.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from handloom.domain.errors import Invalid

_FORBIDDEN = re.compile("[\0\ud800-\udfff]").search
has_escapes = re.compile(rb"\\u(0000|[dD][89a-fA-F])").search
"""A quick test of a JSON body: without these escapes, it cannot contain such a character."""


def check(given: Any, place: str = "") -> None:
    """Raise Invalid with the field's name if a string in these decoded fields contains such a character."""
    if isinstance(given, str):
        if found := _FORBIDDEN(given):
            raise Invalid(
                f"{place or 'A text'} contains {_name(found[0])}, which cannot be stored. Remove it.",
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
