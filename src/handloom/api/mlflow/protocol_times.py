"""Parse and format times and durations of proto3 JSON: `2026-01-31T12:00:00.500Z` and `1.500s`."""

import re
from datetime import UTC, datetime

from handloom.api.mlflow.codec import wrong

_SECONDS = re.compile(r"(-?)(\d{1,12})(?:\.(\d{1,9}))?s").fullmatch
_FARTHEST = 253_402_300_799_000  # the last second of the year 9999, the maximum of a proto3 Timestamp


def time_of(text: str, path: str) -> int:
    """Parse an RFC 3339 time into ms since 1970 UTC; "" is 0. Raises Invalid with the field's `path`."""
    if not text:
        return 0
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise wrong(path, text, "It must be a time such as 2026-01-31T12:00:00.5Z.") from error
    since = (at if at.tzinfo else at.replace(tzinfo=UTC)) - datetime(1970, 1, 1, tzinfo=UTC)
    return since.days * 86_400_000 + since.seconds * 1_000 + since.microseconds // 1_000


def duration_of(text: str, path: str) -> int:
    """Parse a duration such as `1.5s` into ms. Raises Invalid with the field's `path`."""
    found = _SECONDS(text)
    if found is None:
        raise wrong(path, text, "It must be a number of seconds such as 1.5s.")
    sign, seconds, fraction = found.groups()
    ms = int(seconds) * 1_000 + int((fraction or "").ljust(3, "0")[:3])
    return -ms if sign else ms


def shown_time(ms: int) -> str:
    """Format a time; milliseconds are omitted if they are 0."""
    within = min(max(ms, 0), _FARTHEST)
    at = datetime.fromtimestamp(within // 1_000, tz=UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}{_fraction(within)}Z"


def shown_duration(ms: int) -> str:
    sign = "-" if ms < 0 else ""
    return f"{sign}{abs(ms) // 1_000}{_fraction(abs(ms))}s"


def _fraction(ms: int) -> str:
    return f".{ms % 1_000:03d}" if ms % 1_000 else ""
