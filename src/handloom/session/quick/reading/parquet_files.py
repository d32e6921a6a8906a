"""Parquet and ORC files whose columns the engine does not take: as pandas writes categories and unsigned numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.orc
import pyarrow.parquet as pq

from handloom.session.quick.reading.options import Warn

_UNSIGNED = {pa.uint8(): pa.int16(), pa.uint16(): pa.int32(), pa.uint32(): pa.int64(), pa.uint64(): pa.decimal128(20)}
ROWS = 64 * 1024


class UnreadableColumn(ValueError):
    """A column of a type that Spark has not."""


def schema_of(path: Path) -> pa.Schema:
    """The schema of a Parquet or ORC file, as it is written there."""
    try:
        return pyarrow.orc.ORCFile(path).schema if path.suffix == ".orc" else pq.read_schema(path)
    except pa.ArrowInvalid as error:
        raise UnreadableColumn(f"[FAILED_READ_FILE] {path} is no Parquet file, or is damaged: {error}") from error


def as_spark(type_: Any, path: str) -> pa.DataType:  # noqa: PLR0911 - one line per type
    """The type that Spark reads. `path` names the column in errors."""
    if pa.types.is_dictionary(type_):
        return as_spark(type_.value_type, path)
    if type_ in _UNSIGNED:
        return _UNSIGNED[type_]
    if pa.types.is_timestamp(type_):
        return pa.timestamp("us", "UTC" if type_.tz else None)
    if pa.types.is_large_string(type_) or pa.types.is_string_view(type_):
        return pa.string()
    if pa.types.is_large_binary(type_) or pa.types.is_fixed_size_binary(type_) or pa.types.is_binary_view(type_):
        return pa.binary()
    if pa.types.is_float16(type_):
        return pa.float32()
    if pa.types.is_date64(type_):
        return pa.date32()
    if pa.types.is_duration(type_) or pa.types.is_time(type_):
        return pa.int64()
    if pa.types.is_list(type_) or pa.types.is_large_list(type_) or pa.types.is_fixed_size_list(type_):
        return pa.list_(as_spark(type_.value_type, f"{path}.element"))
    if pa.types.is_map(type_):
        return pa.map_(as_spark(type_.key_type, f"{path}.key"), as_spark(type_.item_type, f"{path}.value"))
    if pa.types.is_struct(type_):
        return pa.struct([pa.field(field.name, as_spark(field.type, f"{path}.{field.name}")) for field in type_])
    return type_


def spark_schema(schema: pa.Schema) -> pa.Schema:
    """The schema that Spark reads from a file with this one."""
    return pa.schema([pa.field(field.name, as_spark(field.type, field.name)) for field in schema])


def must_convert(schema: pa.Schema) -> bool:
    """Whether the engine cannot read such a file by itself: dictionaries, unsigned numbers, durations, halves."""
    return any(_is_strange(field.type) for field in schema)


def _is_strange(type_: Any) -> bool:
    if pa.types.is_struct(type_) or pa.types.is_map(type_) or pa.types.is_list(type_) or pa.types.is_large_list(type_):
        return any(_is_strange(type_.field(number).type) for number in range(type_.num_fields))
    return (
        pa.types.is_dictionary(type_)
        or type_ in _UNSIGNED
        or pa.types.is_duration(type_)
        or pa.types.is_time(type_)
        or pa.types.is_float16(type_)
        or (pa.types.is_timestamp(type_) and type_.unit == "ns")
        or pa.types.is_date64(type_)
    )


def convert(path: Path, to: Path, warn: Warn) -> None:
    """Write a Parquet or ORC file as a Parquet file with Spark's types."""
    source = schema_of(path)
    schema = spark_schema(source)
    for field in source if path.suffix != ".orc" else ():
        if pa.types.is_timestamp(field.type) and field.type.unit == "ns":
            warn(f"The column {field.name} of {path.name} has nanoseconds; they are read to the microsecond.")
    with pq.ParquetWriter(to, schema, compression="snappy") as writer:
        for batch in _batches(path):
            columns = [_cast(column, field.type) for column, field in zip(batch.columns, schema, strict=True)]
            writer.write_table(pa.table(columns, schema=schema))


def _batches(path: Path) -> Any:
    if path.suffix == ".orc":
        file = pyarrow.orc.ORCFile(path)
        return (file.read_stripe(number) for number in range(file.nstripes))
    return pq.ParquetFile(path).iter_batches(ROWS)


def _cast(column: Any, to: pa.DataType) -> Any:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_time(column.type):
        column = column.cast(pa.int32() if column.type.bit_width == 32 else pa.int64())
    return column.cast(to, safe=False)
