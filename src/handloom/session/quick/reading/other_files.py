"""Text files read as a whole or in another encoding, and files as bytes."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from handloom.session.quick.reading import csv_text, files
from handloom.session.quick.reading.csv_text import Dialect
from handloom.session.quick.reading.options import flag

TEXT = pa.schema([("value", pa.string())])
BINARY = pa.schema(
    [
        ("path", pa.string()),
        ("modificationTime", pa.timestamp("us", "UTC")),
        ("length", pa.int64()),
        ("content", pa.binary()),
    ]
)


def convert_text(path: Path, to: Path, options: Mapping[str, str]) -> None:
    """Write the lines of a file, or with wholetext its content, as Parquet."""
    encoding = options.get("encoding", options.get("charset", "utf-8"))
    with pq.ParquetWriter(to, TEXT, compression="snappy") as writer, files.opened(path) as file:
        if flag(options, "wholetext"):
            text = file.read().decode(encoding, "replace")
            writer.write_table(pa.table({"value": [text]}, TEXT))
            return
        for block in csv_text.records(csv_text.decoded(file, encoding), Dialect()):
            lines = block.decode("utf-8", "replace").removesuffix("\n").split("\n")
            writer.write_table(pa.table({"value": lines}, TEXT))


def convert_binary(paths: list[Path], to: Path) -> None:
    """Write the bytes of files and what is known about them as Parquet."""
    with pq.ParquetWriter(to, BINARY, compression="none") as writer:
        for path in paths:
            state = path.stat()
            changed = datetime.datetime.fromtimestamp(state.st_mtime, datetime.UTC)
            row = {"path": [f"file:{path}"], "modificationTime": [changed], "length": [state.st_size]}
            writer.write_table(pa.table(row | {"content": [path.read_bytes()]}, BINARY))
