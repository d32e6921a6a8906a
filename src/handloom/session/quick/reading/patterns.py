"""Dates and times in text: Spark's default forms, and Java's patterns such as dd/MM/yyyy."""

from __future__ import annotations

import datetime
import re
import zoneinfo
from collections.abc import Callable
from functools import lru_cache
from typing import Any

WAY_OUT = "Apache Spark runs this: choose Apache Spark as this notebook's engine."
_DATE = re.compile(r"(?P<y>[+-]?\d{4,6})(-(?P<m>\d{1,2})(-(?P<d>\d{1,2}))?)?([ T].*)?")
_TIMESTAMP = re.compile(
    r"((?P<y>[+-]?\d{4,6})(-(?P<m>\d{1,2})(-(?P<d>\d{1,2}))?)?)?"
    r"((?P<t>^T?|[ T])(?P<H>\d{1,2}):(?P<M>\d{1,2})(:(?P<S>\d{1,2})(\.(?P<f>\d{1,9}))?)?\s*(?P<z>\S.*)?)?"
)
_OFFSET = re.compile(r"(?:UTC|GMT|UT)?([+-])(\d{1,2})(?::?(\d{2}))?(?::?(\d{2}))?")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FULL_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_DAYS = "mon|tue|wed|thu|fri|sat|sun"
_FULL_DAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"


class UnknownPattern(ValueError):
    """A pattern with letters that are not read here."""


def parse_date(text: str) -> datetime.date | None:
    """A date as Spark's cast reads it."""
    match = _DATE.fullmatch(text.strip())
    if match is None or (match[5] and not match["d"]):
        return None
    return _date(match["y"], match["m"] or "1", match["d"] or "1")


def parse_timestamp(text: str, zone: zoneinfo.ZoneInfo) -> datetime.datetime | None:
    """A time as Spark's cast reads it; without a zone in the text, one without a zone."""
    text = text.strip()
    match = _TIMESTAMP.fullmatch(text)
    if match is None or not text or (match["H"] and match["y"] and not match["d"]):
        return None
    if match["y"]:
        day = _date(match["y"], match["m"] or "1", match["d"] or "1")
    elif match["H"]:
        day = datetime.datetime.now(zone).date()
    else:
        return None
    return None if day is None else _at(day, match["H"], match["M"], match["S"], match["f"], match["z"])


def _date(year: str, month: str, day: str) -> datetime.date | None:
    try:
        return datetime.date(int(year), int(month), int(day))
    except ValueError:
        return None


def _at(day: datetime.date, hour: str, minute: str, second: str, fraction: str, zone: str) -> datetime.datetime | None:
    micro = int((fraction or "0")[:6].ljust(6, "0"))
    info = _zone(zone) if zone else None
    if zone and info is None:
        return None
    try:
        time = datetime.time(int(hour or 0), int(minute or 0), int(second or 0), micro)
    except ValueError:
        return None
    return datetime.datetime.combine(day, time, info)


@lru_cache(1024)
def _zone(text: str) -> datetime.tzinfo | None:
    if text in ("Z", "UTC", "GMT", "UT"):
        return datetime.UTC
    if match := _OFFSET.fullmatch(text):
        size = datetime.timedelta(hours=int(match[2]), minutes=int(match[3] or 0), seconds=int(match[4] or 0))
        return datetime.timezone(-size if match[1] == "-" else size) if size.total_seconds() <= 18 * 3600 else None
    try:
        return zoneinfo.ZoneInfo(text)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return None


def date_parser(pattern: str) -> Callable[[str], datetime.date | None]:
    """Read dates that are written by a Java pattern."""
    read = _reader(pattern)

    def parse(text: str) -> datetime.date | None:
        found = read(text)
        return None if found is None else found.date()

    return parse


def timestamp_parser(pattern: str) -> Callable[[str, zoneinfo.ZoneInfo], datetime.datetime | None]:
    """Read times that are written by a Java pattern."""
    read = _reader(pattern)
    return lambda text, zone: read(text)


@lru_cache(64)
def _reader(pattern: str) -> Callable[[str], datetime.datetime | None]:
    expression = re.compile(_expression(pattern), re.IGNORECASE)

    def read(text: str) -> datetime.datetime | None:
        match = expression.fullmatch(text)
        return None if match is None else _made(match.groupdict())

    return read


def _made(found: dict[str, str]) -> datetime.datetime | None:
    year = found.get("y") or "1970"
    if "yy" in found:
        year = f"20{found['yy']}"
    month = found.get("m") or "1"
    for name, known in (("mmm", _MONTHS), ("mmmm", _FULL_MONTHS)):
        if found.get(name):
            month = str(tuple(known).index(found[name].lower()) + 1)
    day = _date(year, month, found.get("d") or "1")
    if day is None:
        return None
    hour = found.get("H") or found.get("h") or "0"
    if found.get("a"):
        hour = str(int(hour) % 12 + (12 if found["a"].lower() == "pm" else 0))
    return _at(day, hour, found.get("M") or "0", found.get("S") or "0", found.get("f") or "", found.get("z") or "")


_LETTERS: dict[str, Callable[[int], str]] = {
    "y": lambda n: r"(?P<yy>\d{2})" if n == 2 else r"(?P<y>\d{4,6})" if n < 5 else rf"(?P<y>\d{{{n}}})",
    "M": lambda n: (
        rf"(?P<m>\d{{{n},2}})"
        if n < 3
        else f"(?P<mmm>{'|'.join(_MONTHS)})"
        if n == 3
        else f"(?P<mmmm>{'|'.join(_FULL_MONTHS)})"
    ),
    "d": lambda n: rf"(?P<d>\d{{{n},2}})",
    "H": lambda n: rf"(?P<H>\d{{{n},2}})",
    "h": lambda n: rf"(?P<h>\d{{{n},2}})",
    "m": lambda n: rf"(?P<M>\d{{{n},2}})",
    "s": lambda n: rf"(?P<S>\d{{{n},2}})",
    "S": lambda n: rf"(?P<f>\d{{{n}}})",
    "a": lambda n: "(?P<a>am|pm)",
    "E": lambda n: f"(?:{_DAYS if n < 4 else _FULL_DAYS})",
    "X": lambda n: r"(?P<z>Z|[+-]\d{2}(?::?\d{2})?)",
    "x": lambda n: r"(?P<z>[+-]\d{2}(?::?\d{2})?)",
    "Z": lambda n: r"(?P<z>[+-]\d{2}:?\d{2})",
    "z": lambda n: r"(?P<z>\S+)",
    "V": lambda n: r"(?P<z>\S+)",
}
_LETTERS["u"] = _LETTERS["y"]
_LETTERS["L"] = _LETTERS["M"]


def _expression(pattern: str) -> str:
    """A Java date-time pattern as a regular expression. Raises UnknownPattern."""
    made, at = "", 0
    while at < len(pattern):
        letter = pattern[at]
        if letter == "'":
            end = pattern.find("'", at + 1)
            if end < 0:
                raise UnknownPattern(f"The pattern {pattern!r} has letters that are not known here. {WAY_OUT}")
            made += re.escape(pattern[at + 1 : end] or "'")
            at = end + 1
            continue
        if letter == "[":
            made += "(?:"
        elif letter == "]":
            made += ")?"
        elif letter.isalpha():
            end = at
            while end < len(pattern) and pattern[end] == letter:
                end += 1
            if letter not in _LETTERS:
                raise UnknownPattern(f"The pattern {pattern!r} has letters that are not known here. {WAY_OUT}")
            made += _LETTERS[letter](end - at)
            at = end
            continue
        else:
            made += re.escape(letter)
        at += 1
    return made


_WRITTEN: dict[str, Callable[[datetime.datetime, int], str]] = {
    "y": lambda t, n: f"{t.year % 100:02}" if n == 2 else f"{t.year:0{n}}",
    "M": lambda t, n: f"{t.month:0{n}}" if n < 3 else (_MONTHS if n == 3 else _FULL_MONTHS)[t.month - 1].capitalize(),
    "d": lambda t, n: f"{t.day:0{n}}",
    "H": lambda t, n: f"{t.hour:0{n}}",
    "h": lambda t, n: f"{t.hour % 12 or 12:0{n}}",
    "m": lambda t, n: f"{t.minute:0{n}}",
    "s": lambda t, n: f"{t.second:0{n}}",
    "S": lambda t, n: f"{t.microsecond:06}000"[:n],
    "a": lambda t, n: "PM" if t.hour >= 12 else "AM",
    "E": lambda t, n: (_DAYS if n < 4 else _FULL_DAYS).split("|")[t.weekday()].capitalize(),
    "X": lambda t, n: _written_offset(t, ":" if n == 3 else "", "Z"),
    "x": lambda t, n: _written_offset(t, ":" if n == 3 else "", ""),
    "Z": lambda t, n: _written_offset(t, "", ""),
}
_WRITTEN["u"] = _WRITTEN["y"]
_WRITTEN["L"] = _WRITTEN["M"]


def _written_offset(time: datetime.datetime, between: str, zero: str) -> str:
    offset = time.utcoffset() or datetime.timedelta()
    minutes = int(offset.total_seconds()) // 60
    if not minutes and zero:
        return zero
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}{between}{abs(minutes) % 60:02}"


@lru_cache(64)
def formatter(pattern: str) -> Callable[[Any], str]:
    """Write dates and times by a Java pattern. Raises UnknownPattern."""
    parts: list[str | tuple[str, int]] = []
    at = 0
    while at < len(pattern):
        letter = pattern[at]
        end = at + 1
        if letter == "'":
            end = pattern.find("'", at + 1) + 1
            if not end:
                raise UnknownPattern(f"The pattern {pattern!r} has letters that are not known here. {WAY_OUT}")
            parts.append(pattern[at + 1 : end - 1] or "'")
        elif letter.isalpha():
            while end < len(pattern) and pattern[end] == letter:
                end += 1
            if letter not in _WRITTEN:
                raise UnknownPattern(f"The letter {letter} of the pattern {pattern!r} is not known.")
            parts.append((letter, end - at))
        elif letter not in "[]":
            parts.append(letter)
        at = end

    def write(value: Any) -> str:
        time = value if isinstance(value, datetime.datetime) else datetime.datetime(value.year, value.month, value.day)
        return "".join(part if isinstance(part, str) else _WRITTEN[part[0]](time, part[1]) for part in parts)

    return write
