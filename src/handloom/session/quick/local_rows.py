"""Rows that a plan carries: the fields of a null struct are null, which the engine otherwise shows as 0 and ''."""

from __future__ import annotations

from typing import Any

import pyarrow as pa


def clear_null_structs(relation: Any) -> None:
    """Change the rows of a local relation in place where a struct is null."""
    if not relation.data:
        return
    reader = pa.ipc.open_stream(relation.data)
    if not any(pa.types.is_struct(field.type) for field in reader.schema):
        return
    table = reader.read_all()
    columns = [pa.chunked_array([_cleared(chunk) for chunk in column.chunks], column.type) for column in table.columns]
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(pa.table(columns, schema=table.schema))
    relation.data = sink.getvalue().to_pybytes()


def _cleared(values: Any) -> Any:
    if not pa.types.is_struct(values.type) or len(values) == 0:
        return values
    parts = [_cleared(part) for part in values.flatten()]  # flatten() gives each part the nulls of the struct
    return pa.StructArray.from_arrays(parts, fields=list(values.type), mask=values.is_null())
