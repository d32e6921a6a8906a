"""Text to typed values, and the type that a column of text has, as Apache Spark decides both.

The input is Arrow arrays of strings. Regular values are converted by Arrow's kernels; only what these do not know
goes through Python, each distinct value once.
"""

from __future__ import annotations

import datetime
import decimal
import re
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from handloom.session.quick.reading import patterns

INT = r"^[+-]?\d+$"
DOUBLE = r"^\s*[+-]?(NaN|Infinity|(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[fFdD]?)\s*$"
_PLAIN_DOUBLE = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
DATE = r"^\d{4}-\d{2}-\d{2}$"
BOOL = r"(?i)^(true|false)$"
_PLAIN_TIMESTAMP = r"^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(\.\d{1,6})?$"
_INT_LIMITS = {pa.int8(): 2**7, pa.int16(): 2**15, pa.int32(): 2**31, pa.int64(): 2**63}


@dataclass(frozen=True, slots=True)
class Formats:
    """How dates, times and special numbers are written."""

    date: str | None = None
    timestamp: str | None = None
    timestamp_ntz: str | None = None
    zone: str = "UTC"
    nan: str = "NaN"
    positive_infinity: str = "Inf"
    negative_infinity: str = "-Inf"


class UnsupportedType(ValueError):
    """A column type that text cannot be converted to."""


def convert(texts: Any, to: pa.DataType, formats: Formats) -> tuple[Any, Any]:
    """Convert strings. Returns the values, and a mask of those that are no value of the type (null in the values)."""
    present = pc.is_valid(texts)
    values = _converter(to)(texts, to, formats)
    return values, pc.and_(present, pc.is_null(values, nan_is_null=False))


def _converter(to: pa.DataType) -> Callable[[Any, pa.DataType, Formats], Any]:  # noqa: PLR0911 - one line per type
    if pa.types.is_string(to) or pa.types.is_large_string(to):
        return lambda texts, to, _: texts.cast(to)
    if pa.types.is_integer(to):
        return _to_integer
    if pa.types.is_floating(to):
        return _to_floating
    if pa.types.is_boolean(to):
        return _to_boolean
    if pa.types.is_decimal(to):
        return _to_decimal
    if pa.types.is_date(to):
        return _to_date
    if pa.types.is_timestamp(to):
        return _to_timestamp
    if pa.types.is_binary(to):
        return lambda texts, to, _: texts.cast(to)
    if pa.types.is_null(to):
        return lambda texts, to, _: pa.nulls(len(texts), to)
    raise UnsupportedType(str(to))


def _only(texts: Any, pattern: str) -> Any:
    """The strings that match; null for the others."""
    return pc.if_else(pc.match_substring_regex(texts, pattern), texts, None)


def _to_integer(texts: Any, to: pa.DataType, _: Formats) -> Any:
    plain = pc.replace_substring_regex(_only(texts, INT), r"^\+", "")
    short = pc.if_else(pc.less_equal(pc.utf8_length(plain), 18), plain, None)
    numbers = short.cast(pa.int64())
    long = pc.and_(pc.is_valid(plain), pc.is_null(short))
    if pc.any(long).as_py():
        numbers = _merged(numbers, plain, long, lambda text: _fitting(int(text)), pa.int64())
    limit = _INT_LIMITS[to]
    if to != pa.int64():
        inside = pc.and_(pc.greater_equal(numbers, -limit), pc.less(numbers, limit))
        numbers = pc.if_else(inside, numbers, None)
    return numbers.cast(to)


def _fitting(number: int) -> int | None:
    return number if -(2**63) <= number < 2**63 else None


def _to_floating(texts: Any, to: pa.DataType, formats: Formats) -> Any:
    plain = _only(texts, _PLAIN_DOUBLE)
    numbers = pc.replace_substring_regex(plain, r"^\+", "").cast(pa.float64())
    rest = pc.and_(pc.is_valid(texts), pc.is_null(plain))
    if pc.any(rest).as_py():
        known = {formats.nan: "nan", formats.positive_infinity: "inf", formats.negative_infinity: "-inf"}
        matches = re.compile(DOUBLE)

        def parse(text: str) -> float | None:
            if text in known:
                return float(known[text])
            return float(text.strip().rstrip("fFdD").replace("Infinity", "inf")) if matches.match(text) else None

        numbers = _merged(numbers, texts, rest, parse, pa.float64())
    return numbers.cast(to, safe=False)


def _to_boolean(texts: Any, to: pa.DataType, _: Formats) -> Any:
    return pc.equal(pc.utf8_lower(_only(texts, BOOL)), "true")


def _to_decimal(texts: Any, to: Any, _: Formats) -> Any:
    unit = decimal.Decimal(1).scaleb(-to.scale)
    context = decimal.Context(prec=76)

    def parse(text: str) -> decimal.Decimal | None:
        if not _DECIMAL.fullmatch(text):
            return None
        number = decimal.Decimal(text).quantize(unit, decimal.ROUND_HALF_UP, context)
        return number if number.adjusted() < to.precision - to.scale or not number else None

    return _merged(pa.nulls(len(texts), to), texts, pc.is_valid(texts), parse, to)


def _to_date(texts: Any, to: pa.DataType, formats: Formats) -> Any:
    parse = patterns.date_parser(formats.date) if formats.date else patterns.parse_date
    return _merged(pa.nulls(len(texts), to), texts, pc.is_valid(texts), parse, to)


def _to_timestamp(texts: Any, to: Any, formats: Formats) -> Any:
    zone = zoneinfo.ZoneInfo(formats.zone)
    local = to.tz is None
    given = formats.timestamp_ntz if local else formats.timestamp
    if given:
        read = patterns.timestamp_parser(given)
        plain = pa.nulls(len(texts), pa.string())
        values = pa.nulls(len(texts), to)
    else:
        read = patterns.parse_timestamp
        plain = _only(texts, _PLAIN_TIMESTAMP)
        values = _cast_plain(plain, to, formats.zone)
        if values is None:  # an impossible day or hour is among them
            plain, values = pa.nulls(len(texts), pa.string()), pa.nulls(len(texts), to)

    def parse(text: str) -> datetime.datetime | None:
        found = read(text, zone)
        if found is None or not local:
            return found.replace(tzinfo=zone) if found is not None and found.tzinfo is None else found
        return found.replace(tzinfo=None)

    rest = pc.and_(pc.is_valid(texts), pc.is_null(plain))
    return _merged(values, texts, rest, parse, to) if pc.any(rest).as_py() else values


def _cast_plain(texts: Any, to: Any, zone: str) -> Any:
    try:
        naive = texts.cast(pa.timestamp("us"))
    except pa.ArrowInvalid:
        return None
    if to.tz is None:
        return naive
    return pc.assume_timezone(naive, zone, ambiguous="earliest", nonexistent="latest").cast(to)


def _merged(values: Any, texts: Any, where: Any, parse: Callable[[str], Any], to: pa.DataType) -> Any:
    """`values`, and where the mask is true what `parse` makes of the text."""
    coded = pc.if_else(where, texts, None).dictionary_encode()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.combine_chunks()
    parsed = pa.array([None if text is None else parse(text) for text in coded.dictionary.to_pylist()], to)
    return pc.if_else(where, parsed.take(coded.indices), values)


@dataclass(slots=True)
class Inferred:
    """What the values of one column have been so far."""

    digits: int = 0
    """Of the longest whole number that does not fit a bigint."""
    kinds: set[str] = field(default_factory=set)

    def add(self, texts: Any, formats: Formats, prefer_date: bool) -> None:
        """Take a batch into account; nulls and empty strings say nothing."""
        if "string" in self.kinds:
            return
        rest = texts.filter(pc.and_(pc.is_valid(texts), pc.not_equal(texts, "")))
        for name, test in self._tests(formats, prefer_date):
            if not len(rest):
                return
            matches = test(rest)
            if pc.any(matches).as_py():
                self.kinds.add(name)
                if name == "int":
                    self._measure(rest.filter(matches))
                rest = rest.filter(pc.invert(matches))
        if len(rest):
            self.kinds.add("string")

    def _tests(self, formats: Formats, prefer_date: bool) -> list[tuple[str, Callable[[Any], Any]]]:
        special = [formats.nan, formats.positive_infinity, formats.negative_infinity]
        date = patterns.date_parser(formats.date) if formats.date else None
        stamp = patterns.timestamp_parser(formats.timestamp) if formats.timestamp else patterns.parse_timestamp
        zone = zoneinfo.ZoneInfo(formats.zone)

        def is_double(texts: Any) -> Any:
            return pc.or_(pc.match_substring_regex(texts, DOUBLE), pc.is_in(texts, pa.array(special)))

        def is_date(texts: Any) -> Any:
            if date is None:
                texts = _only(texts, DATE)
            return pc.fill_null(_parses(texts, date or patterns.parse_date), False)

        tests: list[tuple[str, Callable[[Any], Any]]] = [
            ("int", lambda texts: pc.match_substring_regex(texts, INT)),
            ("double", is_double),
        ]
        if prefer_date:
            tests.append(("date", is_date))

        def is_timestamp(texts: Any) -> Any:
            if not formats.timestamp and _cast_plain(_only(texts, _PLAIN_TIMESTAMP), pa.timestamp("us"), "UTC"):
                plain = pc.match_substring_regex(texts, _PLAIN_TIMESTAMP)
                rest = _parses(pc.if_else(plain, None, texts), lambda text: stamp(text, zone))
                return pc.or_(plain, pc.fill_null(rest, False))
            return _parses(texts, lambda text: stamp(text, zone))

        tests.append(("timestamp", is_timestamp))
        tests.append(("boolean", lambda texts: pc.match_substring_regex(texts, BOOL)))
        return tests

    def _measure(self, texts: Any) -> None:
        plain = pc.replace_substring_regex(texts, r"^([+-]?)0*(\d)", r"\1\2")
        if pc.max(pc.utf8_length(plain)).as_py() < 10:
            return
        for text in pc.unique(plain).to_pylist():
            number = int(text)
            if not -(2**31) <= number < 2**31:
                self.kinds.add("bigint")
            if not -(2**63) <= number < 2**63:
                self.digits = max(self.digits, len(text.lstrip("+-")))

    def type(self, zone: bool = True) -> pa.DataType:  # noqa: PLR0911 - one line per type
        """The narrowest type that all values have."""
        kinds = self.kinds - {"bigint"}
        if not kinds:
            return pa.string()
        if kinds == {"int"}:
            if self.digits:
                return pa.decimal128(max(self.digits, 20), 0) if self.digits <= 38 else pa.float64()
            return pa.int64() if "bigint" in self.kinds else pa.int32()
        if kinds <= {"int", "double"}:
            return pa.float64()
        if kinds == {"date"}:
            return pa.date32()
        if kinds <= {"date", "timestamp"}:
            return pa.timestamp("us", "UTC") if zone else pa.timestamp("us")
        return pa.bool_() if kinds == {"boolean"} else pa.string()


def _parses(texts: Any, parse: Callable[[str], Any]) -> Any:
    coded = texts.dictionary_encode()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.combine_chunks()
    known = [None if text is None else parse(text) is not None for text in coded.dictionary.to_pylist()]
    return pa.array(known, pa.bool_()).take(coded.indices)
