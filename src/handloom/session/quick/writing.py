"""Parquet that the engine has written, as the CSV, JSON or ORC files that Apache Spark writes."""

from __future__ import annotations

import bz2
import codecs
import datetime
import decimal
import gzip
import json
import math
import uuid
import zoneinfo
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.orc
import pyarrow.parquet as pq
from pyspark.errors import AnalysisException
from pyspark.sql.connect.proto import base_pb2, expressions_pb2, relations_pb2
from pyspark.sql.pandas.types import to_arrow_schema

from handloom.session.overwrite import NULL_PARTITION
from handloom.session.quick import build
from handloom.session.quick.functions import DOUBLE_AS_TEXT
from handloom.session.quick.reading import patterns
from handloom.session.quick.reading.options import flag
from handloom.session.quick.rewriting import quoted

FORMATS = frozenset({"csv", "json", "orc"})
ROWS = 32 * 1024
_SUFFIX = {"gzip": ".gz", "bzip2": ".bz2", "none": "", "uncompressed": "", "": ""}
_TIMESTAMP = "yyyy-MM-dd'T'HH:mm:ss.SSSXXX"
_TIMESTAMP_NTZ = "yyyy-MM-dd'T'HH:mm:ss.SSS"


class Unwritable(ValueError):
    """A column or an option that the format has no place for."""


def check(form: str, options: Mapping[str, str]) -> None:
    """Raise before anything is written where an option has no meaning here."""
    codec = options.get("compression", "").lower()
    if form in ("csv", "json") and codec not in _SUFFIX:
        raise Unwritable(f"{form}: the compression {codec!r} is none of gzip, bzip2 and none.")
    for name in ("dateformat", "timestampformat", "timestampntzformat"):
        if name in options:
            patterns.formatter(options[name])


def convert(folder: Path, form: str, options: Mapping[str, str], zone: str) -> None:
    """Replace each Parquet file in the folder by one of the format."""
    name = uuid.uuid4()
    for number, path in enumerate(sorted(folder.rglob("*.parquet"))):
        suffix = "" if form == "orc" else _SUFFIX[options.get("compression", "").lower()]
        to = path.with_name(f"part-{number:05}-{name}.{form}{suffix}")
        if form == "orc":
            pyarrow.orc.write_table(pq.read_table(path, partitioning=None), to)
        else:
            lines = (_csv if form == "csv" else _json)(pq.ParquetFile(path), options, zone)
            encoding = codecs.lookup(options.get("encoding", options.get("charset", "utf-8"))).name
            with _create(to, suffix) as file:
                for text in lines:
                    file.write(text.encode(encoding, "replace"))
        path.unlink()


_TEXT_PARTITIONS = ("string", "tinyint", "smallint", "int", "bigint", "date", "boolean", "float", "double", "decimal")


def keep_null_partitions(write: Any, schema_of: Callable[[Any], Any], rows_of: Callable[[Any], pa.Table]) -> None:
    """Let a write of files keep the nulls of its partition columns. Raises AnalysisException for a table of files."""
    plan = base_pb2.Plan()
    plan.root.CopyFrom(write.input)
    schema, columns = schema_of(plan), write.partitioning_columns
    if write.WhichOneof("save_type") != "table":
        write.input.CopyFrom(partitions_as_texts(plan.root, columns, schema))
        return
    plan.root.CopyFrom(null_partitions(plan.root, columns, schema))
    require_no_null_partitions(rows_of(plan))


def partitions_as_texts(relation: Any, columns: Sequence[str], schema: Any) -> Any:
    """The relation with its partition columns as the texts that name the folders.

    The engine takes whatever lies in the place of a null for its value: 0, false, 1970-01-01.
    """
    types = {field.name.lower(): field.dataType.simpleString() for field in schema.fields}
    made = relations_pb2.Relation()
    made.with_columns.input.CopyFrom(relation)
    for name in columns:
        kind = types.get(name.lower(), "").partition("(")[0]
        if kind in ("float", "double"):
            text = expressions_pb2.Expression()
            text.expression_string.expression = f"({DOUBLE_AS_TEXT.replace('$0', quoted(name))})"
        elif kind in _TEXT_PARTITIONS:
            text = build.cast(build.attribute(name), "string")
        else:
            continue
        filled = build.call("coalesce", text, build.literal(NULL_PARTITION))
        made.with_columns.aliases.add().CopyFrom(build.alias(filled, name).alias)
    return made if made.with_columns.aliases else relation


def null_partitions(relation: Any, columns: Sequence[str], schema: Any) -> Any:
    """How many nulls each partition column has that is no text, as one row."""
    named = {name.lower() for name in columns}
    kept = [
        field.name for field in schema.fields if field.name.lower() in named and field.dataType.typeName() != "string"
    ]
    counts = [f"count_if({quoted(name)} IS NULL) AS {quoted(name)}" for name in kept]
    return build.selected(relation, [*counts, "0 AS `0`"])


def require_no_null_partitions(counts: pa.Table) -> None:
    """Raise for nulls in a table of files, which would have 0, false or 1970-01-01 in their place."""
    for name, number in counts.to_pylist()[0].items():
        if number:
            raise AnalysisException(
                f"The quick engine cannot write null in the partition column {name} of such a table. Way out: write a "
                f'Delta table (format("delta"), or no format), or cast {name} to string.'
            )


def write_empty(folder: Path, schema: Any) -> None:
    """Write a file without rows, so that the columns are known to those who read the folder."""
    pq.write_table(to_arrow_schema(schema, timezone="UTC").empty_table(), folder / "part-00000.parquet")


def _create(path: Path, suffix: str) -> Any:
    return gzip.open(path, "wb") if suffix == ".gz" else bz2.open(path, "wb") if suffix == ".bz2" else path.open("wb")


def _csv(file: Any, options: Mapping[str, str], zone: str) -> Iterator[str]:
    sep = {"\\t": "\t"}.get(*[options.get("sep", options.get("delimiter", ","))] * 2)
    schema = file.schema_arrow
    for field in schema:
        if pa.types.is_nested(field.type) or pa.types.is_binary(field.type):
            raise Unwritable(
                f"[UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE] CSV has no form for the column {field.name} ({field.type})."
            )
    if flag(options, "header"):
        yield sep.join(_quoted(pa.array([field.name]), options, sep)[0].as_py() for field in schema) + "\n"
    for batch in file.iter_batches(ROWS):
        columns = [_csv_column(column, options, sep, zone) for column in batch.columns]
        if columns and len(batch):
            lines = pc.binary_join_element_wise(*columns, sep) if len(columns) > 1 else columns[0]
            yield "\n".join(lines.to_pylist()) + "\n"


def _csv_column(column: Any, options: Mapping[str, str], sep: str, zone: str) -> Any:
    texts = _texts(column, options, zone)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        if flag(options, "ignoreLeadingWhiteSpace", True):
            texts = pc.utf8_ltrim_whitespace(texts)
        if flag(options, "ignoreTrailingWhiteSpace", True):
            texts = pc.utf8_rtrim_whitespace(texts)
    quote_all = flag(options, "quoteAll")
    null = options.get("nullvalue", "")
    if quote_all and not null:
        null = options.get("quote", '"') * 2
    return pc.fill_null(_quoted(texts, options, sep), null)


def _quoted(texts: Any, options: Mapping[str, str], sep: str) -> Any:
    """Cells with quotes where they need them."""
    texts = texts.cast(pa.string())
    quote, escape = options.get("quote", '"'), options.get("escape", "\\")
    if not quote:
        return texts
    needs = pc.or_(pc.match_substring(texts, sep), pc.match_substring_regex(texts, "[\r\n]"))
    if flag(options, "escapeQuotes", True):
        needs = pc.or_(needs, pc.match_substring(texts, quote))
    if flag(options, "quoteAll"):
        needs = pc.is_valid(texts)
    inside = texts if escape in (quote, "") else pc.replace_substring(texts, escape, escape * 2)
    inside = pc.replace_substring(inside, quote, (escape or quote) + quote)
    wrapped = pc.binary_join_element_wise(quote, inside, quote, "")
    empty = options.get("emptyvalue", '""')
    return pc.if_else(pc.equal(texts, ""), empty, pc.if_else(needs, wrapped, texts))


def _texts(column: Any, options: Mapping[str, str], zone: str) -> Any:
    """Values as Spark writes them in text; each distinct one is formatted once."""
    kind = column.type
    if pa.types.is_floating(kind):
        single = pa.types.is_float32(kind)
        return _each(column, lambda value: java_double(value, single))
    if pa.types.is_timestamp(kind):
        if kind.tz:
            write = patterns.formatter(options.get("timestampformat", _TIMESTAMP))
            there = zoneinfo.ZoneInfo(options.get("timezone", zone))
            return _each(column, lambda value: write(value.astimezone(there)))
        return _each(column, patterns.formatter(options.get("timestampntzformat", _TIMESTAMP_NTZ)))
    if pa.types.is_date(kind) and "dateformat" in options:
        return _each(column, patterns.formatter(options["dateformat"]))
    return column.cast(pa.string())


def _each(column: Any, write: Callable[[Any], str]) -> Any:
    coded = column.dictionary_encode()
    made = pa.array([None if value is None else write(value) for value in coded.dictionary.to_pylist()], pa.string())
    return made.take(coded.indices)


def java_double(value: float, single: bool = False) -> str:
    """A number as Java writes it: 1.0E10, 100.0, NaN."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    text = str(np.float32(value)) if single else repr(float(value))
    if value == 0:
        return "-0.0" if math.copysign(1, value) < 0 else "0.0"
    sign, digits, exponent = decimal.Decimal(text).normalize().as_tuple()
    assert isinstance(exponent, int)
    power = len(digits) + exponent - 1
    if -3 <= power < 7:
        plain = format(decimal.Decimal(text).normalize(), "f")
        return plain if "." in plain else f"{plain}.0"
    figures = "".join(map(str, digits))
    return f"{'-' if sign else ''}{figures[0]}.{figures[1:] or '0'}E{power}"


def _json(file: Any, options: Mapping[str, str], zone: str) -> Iterator[str]:
    schema = file.schema_arrow
    write = _JsonWriter(options, zone)
    for batch in file.iter_batches(ROWS):
        for row in batch.to_pylist():
            yield write.struct(row, schema) + "\n"


class _JsonWriter:
    """Writes values of a type as JSON text."""

    def __init__(self, options: Mapping[str, str], zone: str) -> None:
        self._skip_null = flag(options, "ignoreNullFields", True)
        self._date = patterns.formatter(options.get("dateformat", "yyyy-MM-dd"))
        self._timestamp = patterns.formatter(options.get("timestampformat", _TIMESTAMP))
        self._local = patterns.formatter(options.get("timestampntzformat", _TIMESTAMP_NTZ))
        self._zone = zoneinfo.ZoneInfo(options.get("timezone", zone))

    def struct(self, row: Mapping[str, Any], fields: Any) -> str:
        """A row or a nested struct."""
        parts = []
        for field in fields:
            value = row[field.name]
            if value is not None or not self._skip_null:
                parts.append(f"{_string(field.name)}:{self._value(value, field.type)}")
        return "{" + ",".join(parts) + "}"

    def _value(self, value: Any, kind: Any) -> str:
        if value is None:
            return "null"
        if pa.types.is_struct(kind):
            return self.struct(value, kind)
        if pa.types.is_map(kind):
            pairs = (f"{_string(str(key))}:{self._value(item, kind.item_type)}" for key, item in value)
            return "{" + ",".join(pairs) + "}"
        if pa.types.is_nested(kind):
            return "[" + ",".join(self._value(item, kind.value_type) for item in value) + "]"
        return self._scalar(value, kind)

    def _scalar(self, value: Any, kind: Any) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, float):
            text = java_double(value, pa.types.is_float32(kind))
            return text if math.isfinite(value) else f'"{text}"'
        if isinstance(value, datetime.datetime):
            return _string(self._timestamp(value.astimezone(self._zone)) if kind.tz else self._local(value))
        if isinstance(value, datetime.date):
            return _string(self._date(value))
        if isinstance(value, bytes):
            return _string(codecs.encode(value, "base64").decode().replace("\n", ""))
        return _string(value) if isinstance(value, str) else str(value)


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
