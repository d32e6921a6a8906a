"""Characters that no request may carry: NUL, which PostgreSQL cannot keep, so that SQLite does not either."""

from __future__ import annotations

from typing import Any

from handloom.domain.errors import Invalid

ESCAPED = rb"\u0000"
"""How a JSON body writes it: one that does not hold these bytes holds no NUL."""


def check(given: Any, place: str = "") -> None:
    """Raise Invalid, naming the field, where a text in these decoded fields holds it."""
    if isinstance(given, str):
        if "\0" in given:
            raise Invalid(
                f"{place or 'A text'} holds the character NUL (U+0000), which cannot be kept. Leave it out.",
                field=place.partition(".")[0].partition("[")[0] or None,
            )
    elif isinstance(given, dict):
        for name, value in given.items():
            check(name, place)
            check(value, f"{place}.{name}" if place else name)
    elif isinstance(given, list):
        for number, value in enumerate(given):
            check(value, f"{place}[{number}]")
