"""JSON files to Parquet files with the columns, types and values that Apache Spark reads from them."""

from __future__ import annotations

import datetime
import decimal
import json
import re
import zoneinfo
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from handloom.session.quick.reading import csv_text, files, patterns
from handloom.session.quick.reading.csv_files import BadRecord
from handloom.session.quick.reading.csv_text import Dialect
from handloom.session.quick.reading.options import flag

ROWS = 20_000
_SINGLE = re.compile(r"'((?:[^'\\]|\\.)*)'|\"(?:[^\"\\]|\\.)*\"")
_CORRUPT = object()


@dataclass(frozen=True, slots=True)
class JsonOptions:
    """The options of one read."""

    multi_line: bool
    strings: bool
    encoding: str
    mode: str
    corrupt: str
    date: str | None
    timestamp: str | None
    timestamp_ntz: str | None
    infer_timestamp: bool
    single_quotes: bool
    zone: str


def asked(options: Mapping[str, str], zone: str) -> JsonOptions:
    """Read the options. Raises ValueError with a sentence for the user."""
    return JsonOptions(
        multi_line=flag(options, "multiLine"),
        strings=flag(options, "primitivesAsString"),
        encoding=options.get("encoding", options.get("charset", "utf-8")),
        mode=options.get("mode", "PERMISSIVE").upper(),
        corrupt=options.get("columnnameofcorruptrecord", "_corrupt_record"),
        date=options.get("dateformat"),
        timestamp=options.get("timestampformat"),
        timestamp_ntz=options.get("timestampntzformat"),
        infer_timestamp=flag(options, "inferTimestamp"),
        single_quotes=flag(options, "allowSingleQuotes", True),
        zone=options.get("timezone", zone),
    )


def rows(path: Path, ask: JsonOptions) -> Iterator[tuple[Any, str]]:
    """Each record and its text; a record that is no JSON object is `_CORRUPT`."""
    if ask.multi_line:
        with files.opened(path) as file:
            text = b"".join(csv_text.decoded(file, ask.encoding)).decode("utf-8")
        if not text.strip():
            return
        found = _parsed(text, ask)
        for value in found if isinstance(found, list) else [found]:
            yield (value, text) if isinstance(value, dict) else (_CORRUPT, text)
        return
    with files.opened(path) as file:
        for block in csv_text.records(csv_text.decoded(file, ask.encoding), Dialect()):
            for line in block.decode("utf-8", "replace").split("\n"):
                if not line.strip():
                    continue
                value = _parsed(line, ask)
                if isinstance(value, list) and all(isinstance(item, dict) for item in value):
                    yield from ((item, line) for item in value)
                else:
                    yield (value, line) if isinstance(value, dict) else (_CORRUPT, line)


def _parsed(text: str, ask: JsonOptions) -> Any:
    try:
        return json.loads(text, parse_float=_Number)
    except ValueError:
        pass
    if ask.single_quotes and "'" in text:
        try:
            return json.loads(_SINGLE.sub(_double_quoted, text), parse_float=_Number)
        except ValueError:
            return _CORRUPT
    return _CORRUPT


def _double_quoted(match: re.Match[str]) -> str:
    if match[1] is None:
        return match[0]
    return '"' + match[1].replace("\\'", "'").replace('"', '\\"') + '"'


class _Number(float):
    """A float that knows how it was written, for columns that turn out to be strings."""

    text: str

    def __new__(cls, text: str) -> _Number:
        number = super().__new__(cls, text)
        number.text = text
        return number


def inferred(paths: list[Path], ask: JsonOptions) -> pa.Schema:
    """The schema that all records of all files have together; fields are sorted by name, as in Spark."""
    fields: dict[str, Any] = {}
    corrupt = False
    for path in paths:
        for value, _ in rows(path, ask):
            if value is _CORRUPT:
                corrupt = True
            else:
                _merge_struct(fields, value, ask)
    if corrupt and ask.mode == "PERMISSIVE":
        fields.setdefault(ask.corrupt, "string")
    return pa.schema([pa.field(name, _arrow(fields[name])) for name in sorted(fields) if not _is_empty(fields[name])])


def _is_empty(kind: Any) -> bool:
    """Whether it is a struct without fields, which Spark leaves out."""
    return kind == {} or (isinstance(kind, dict) and all(_is_empty(inner) for inner in kind.values()))


def _merge_struct(known: dict[str, Any], value: dict[str, Any], ask: JsonOptions) -> None:
    for name, item in value.items():
        kind = known.get(name, "null")
        known[name] = _merge(kind, item, ask)


def _merge(kind: Any, value: Any, ask: JsonOptions) -> Any:
    """The kind that has room for the value too. A list's kind is ["list", kind], a struct's a dict."""
    if value is None:
        return kind
    if isinstance(value, dict):
        if kind == "null" or isinstance(kind, dict):
            made = kind if isinstance(kind, dict) else {}
            _merge_struct(made, value, ask)
            return made
        return "string"
    if isinstance(value, list):
        if kind != "null" and not isinstance(kind, list):
            return "string"
        inner = kind[1] if isinstance(kind, list) else "null"
        for item in value:
            inner = _merge(inner, item, ask)
        return ["list", inner]
    return _wider(kind, _scalar(value, ask))


def _scalar(value: Any, ask: JsonOptions) -> str:
    if ask.strings or isinstance(value, str):
        if ask.infer_timestamp and not ask.strings and _timestamp(value, ask) is not None:
            return "timestamp"
        return "string"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        if -(2**63) <= value < 2**63:
            return "bigint"
        return f"decimal{len(str(abs(value)))}" if len(str(abs(value))) <= 38 else "double"
    return "double"


def _wider(one: Any, other: str) -> Any:
    if one in ("null", other):
        return other
    numbers = ("bigint", "double")
    if (
        isinstance(one, str)
        and (one in numbers or one[:7] == "decimal")
        and (other in numbers or other[:7] == "decimal")
    ):
        if "double" in (one, other):
            return "double"
        return f"decimal{max(int(k[7:]) if k[:7] == 'decimal' else 20 for k in (one, other))}"
    return "string"


def _arrow(kind: Any) -> pa.DataType:
    if isinstance(kind, dict):
        return pa.struct([pa.field(name, _arrow(kind[name])) for name in sorted(kind) if not _is_empty(kind[name])])
    if isinstance(kind, list):
        return pa.list_(_arrow(kind[1]))
    if kind.startswith("decimal"):
        return pa.decimal128(int(kind[7:]), 0)
    return {
        "null": pa.string(),
        "string": pa.string(),
        "bigint": pa.int64(),
        "double": pa.float64(),
        "boolean": pa.bool_(),
        "timestamp": pa.timestamp("us", "UTC"),
    }[kind]


def convert(path: Path, to: Path, ask: JsonOptions, schema: pa.Schema) -> None:
    """Write one file as Parquet with this schema. Raises BadRecord."""
    with pq.ParquetWriter(to, schema, compression="snappy") as writer:
        batch: list[dict[str, Any]] = []
        for value, text in rows(path, ask):
            row = _row(value, text, path, ask, schema)
            if row is not None:
                batch.append(row)
            if len(batch) >= ROWS:
                writer.write_table(pa.Table.from_pylist(batch, schema))
                batch = []
        writer.write_table(pa.Table.from_pylist(batch, schema))


def _row(value: Any, text: str, path: Path, ask: JsonOptions, schema: pa.Schema) -> dict[str, Any] | None:
    bad = value is _CORRUPT
    row: dict[str, Any] = {}
    if not bad:
        for field in schema:
            if field.name == ask.corrupt and field.name not in value:
                continue
            found = _cast(value.get(field.name), field.type, ask)
            bad = bad or found is _CORRUPT
            row[field.name] = None if found is _CORRUPT else found
    if bad:
        if ask.mode == "FAILFAST":
            raise BadRecord(f"[MALFORMED_RECORD_IN_PARSING] A record of {path.name} is not as asked: {text[:200]!r}.")
        if ask.mode == "DROPMALFORMED":
            return None
        if ask.corrupt in schema.names:
            row[ask.corrupt] = text
    return row


def _cast(value: Any, to: Any, ask: JsonOptions) -> Any:  # noqa: PLR0911 - one line per type
    """The value as the type has it; `_CORRUPT` where it does not fit."""
    if value is None:
        return None
    if pa.types.is_string(to):
        return value if isinstance(value, str) else _text(value)
    if pa.types.is_struct(to):
        if not isinstance(value, dict):
            return _CORRUPT
        made = {field.name: _cast(value.get(field.name), field.type, ask) for field in to}
        return {name: None if item is _CORRUPT else item for name, item in made.items()}
    if pa.types.is_list(to):
        if not isinstance(value, list):
            return _CORRUPT
        items = [_cast(item, to.value_type, ask) for item in value]
        return _CORRUPT if any(item is _CORRUPT for item in items) else items
    if pa.types.is_map(to):
        if not isinstance(value, dict):
            return _CORRUPT
        return [(name, _cast(item, to.item_type, ask)) for name, item in value.items()]
    return _cast_scalar(value, to, ask)


def _cast_scalar(value: Any, to: Any, ask: JsonOptions) -> Any:  # noqa: PLR0911 - one line per type
    if pa.types.is_boolean(to):
        return value if isinstance(value, bool) else _CORRUPT
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if pa.types.is_integer(to):
        limit = 2 ** (to.bit_width - 1)
        return value if number and isinstance(value, int) and -limit <= value < limit else _CORRUPT
    if pa.types.is_floating(to):
        if isinstance(value, str) and value in ("NaN", "Infinity", "-Infinity", "+Infinity", "INF", "+INF", "-INF"):
            return float(value.replace("INF", "inf").replace("Infinity", "inf"))
        return float(value) if number else _CORRUPT
    if pa.types.is_decimal(to):
        return _decimal(value, to) if number else _CORRUPT
    if not isinstance(value, str):
        return _CORRUPT
    if pa.types.is_date(to):
        found = patterns.date_parser(ask.date)(value) if ask.date else patterns.parse_date(value)
        return _CORRUPT if found is None else found
    if pa.types.is_timestamp(to):
        stamp = _timestamp(value, ask, to.tz is None)
        return _CORRUPT if stamp is None else stamp
    if pa.types.is_binary(to):
        return value.encode()
    return _CORRUPT


def _decimal(value: Any, to: Any) -> Any:
    text = value.text if isinstance(value, _Number) else str(value)
    unit = decimal.Decimal(1).scaleb(-to.scale)
    number = decimal.Decimal(text).quantize(unit, decimal.ROUND_HALF_UP, decimal.Context(prec=76))
    return number if number.adjusted() < to.precision - to.scale or not number else _CORRUPT


def _timestamp(text: str, ask: JsonOptions, local: bool = False) -> datetime.datetime | None:
    zone = zoneinfo.ZoneInfo(ask.zone)
    pattern = ask.timestamp_ntz if local else ask.timestamp
    found = (patterns.timestamp_parser(pattern) if pattern else patterns.parse_timestamp)(text, zone)
    if found is None:
        return None
    if local:
        return found.replace(tzinfo=None)
    return found.replace(tzinfo=zone) if found.tzinfo is None else found


def _text(value: Any) -> str:
    """A value of another type as Spark puts it into a column of strings."""
    if isinstance(value, _Number):
        return value.text
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
