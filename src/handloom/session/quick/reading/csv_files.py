"""CSV files to Parquet files with the columns, types and values that Apache Spark reads from them."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from handloom.session.quick.reading import csv_text, files, values
from handloom.session.quick.reading.csv_text import Block, Dialect
from handloom.session.quick.reading.options import Warn, flag
from handloom.session.quick.reading.values import Formats, Inferred

_MODES = ("PERMISSIVE", "DROPMALFORMED", "FAILFAST")
_KOREAN = {"ms949": "cp949", "windows-949": "cp949", "x-windows-949": "cp949", "ksc5601": "cp949"}


class BadRecord(ValueError):
    """A record that does not fit, in the mode FAILFAST."""


@dataclass(frozen=True, slots=True)
class CsvOptions:
    """The options of one read."""

    dialect: Dialect
    formats: Formats
    header: bool
    infer: bool
    prefer_date: bool
    enforce: bool
    encoding: str
    null: str
    mode: str
    corrupt: str


def asked(options: Mapping[str, str], zone: str) -> CsvOptions:
    """Read the options. Raises ValueError with a sentence for the user."""
    mode = options.get("mode", "PERMISSIVE").upper()
    if mode not in _MODES:
        raise ValueError(f"The mode {mode} is none of {', '.join(_MODES)}.")
    encoding = options.get("encoding", options.get("charset", "utf-8"))
    encoding = _KOREAN.get(encoding.lower(), encoding)
    try:
        codecs.lookup(encoding)
    except LookupError:
        raise ValueError(f"There is no encoding {encoding!r}. Korean files are often in cp949.") from None
    multi_line = flag(options, "multiLine")
    return CsvOptions(
        dialect=Dialect(
            sep=_sign(options.get("sep", options.get("delimiter", ","))),
            quote=options.get("quote", '"').replace("\0", ""),
            escape=options.get("escape", "\\").replace("\0", ""),
            comment=options.get("comment", "").replace("\0", ""),
            multi_line=multi_line,
            trim_left=flag(options, "ignoreLeadingWhiteSpace"),
            trim_right=flag(options, "ignoreTrailingWhiteSpace"),
            empty=options.get("emptyvalue", ""),
        ),
        formats=Formats(
            date=options.get("dateformat"),
            timestamp=options.get("timestampformat"),
            timestamp_ntz=options.get("timestampntzformat"),
            zone=options.get("timezone", zone),
            nan=options.get("nanvalue", "NaN"),
            positive_infinity=options.get("positiveinf", "Inf"),
            negative_infinity=options.get("negativeinf", "-Inf"),
        ),
        header=flag(options, "header"),
        infer=flag(options, "inferSchema"),
        prefer_date=flag(options, "preferDate", True),
        enforce=flag(options, "enforceSchema", True),
        encoding=encoding,
        null=options.get("nullvalue", ""),
        mode=mode,
        corrupt=options.get("columnnameofcorruptrecord", "_corrupt_record"),
    )


def _sign(text: str) -> str:
    return {"\\t": "\t", "\\\\": "\\", "\\0": "\0", "\\|": "|"}.get(text, text)


def names(files_: list[Path], ask: CsvOptions) -> list[str]:
    """The columns' names, from the first record of the first file that has one."""
    for path in files_:
        first = _first(path, ask)
        if first is not None:
            return _safe([_null(cell, ask) for cell in first], ask.header)
    return []


def _first(path: Path, ask: CsvOptions) -> list[str | None] | None:
    with files.opened(path) as file:
        for block in csv_text.records(csv_text.decoded(file, ask.encoding), ask.dialect):
            for line in csv_text.lines_of(block.decode("utf-8", "replace"), ask.dialect):
                return csv_text.split(line, ask.dialect)
    return None


def _null(cell: str | None, ask: CsvOptions) -> str | None:
    return None if cell == ask.null else cell


def _safe(cells: list[str | None], header: bool) -> list[str]:
    """Names without repetition, as Spark makes them."""
    if not header:
        return [f"_c{number}" for number in range(len(cells))]
    lower = [(cell or "").lower() for cell in cells]
    made = []
    for number, cell in enumerate(cells):
        if not cell:
            made.append(f"_c{number}")
        else:
            made.append(f"{cell}{number}" if lower.count(cell.lower()) > 1 else cell)
    return made


def blocks(path: Path, ask: CsvOptions, width: int, warn: Warn) -> Iterator[Block]:
    """The rows of one file without its header."""
    skip = ask.header
    with files.opened(path) as file:
        for data in csv_text.records(csv_text.decoded(file, ask.encoding), ask.dialect):
            block = csv_text.parse(data, ask.dialect, width)
            if ask.encoding.lower().replace("-", "") == "utf8" and "\ufffd".encode() in data:
                warn(
                    f"{path.name} is not in UTF-8: some characters became \ufffd. "
                    'Name its encoding, for a Korean file often option("encoding", "cp949").'
                )
            if skip and len(block.cells) and len(block.cells[0]):
                skip = False
                block = _from(block, 1)
            yield block


def _from(block: Block, start: int) -> Block:
    lengths = None if block.lengths is None else block.lengths[start:]
    return Block([cell.slice(start) for cell in block.cells], lengths, block.lines, block.skipped + start)


def inferred(paths: list[Path], ask: CsvOptions, columns: list[str], warn: Warn) -> pa.Schema:
    """The schema of the files: strings, or with inferSchema the narrowest types of all values of all rows."""
    if not ask.infer:
        return pa.schema([(name, pa.string()) for name in columns])
    found = [Inferred() for _ in columns]
    for path in paths:
        for block in blocks(path, ask, len(columns), warn):
            for number, cell in enumerate(block.cells):
                found[number].add(_nulled(cell, ask), ask.formats, ask.prefer_date)
    return pa.schema([(name, column.type()) for name, column in zip(columns, found, strict=True)])


def _nulled(cells: Any, ask: CsvOptions) -> Any:
    return pc.if_else(pc.equal(cells, ask.null), None, cells)


def convert(path: Path, to: Path, ask: CsvOptions, schema: pa.Schema, warn: Warn) -> None:
    """Write one file as Parquet with this schema. Raises BadRecord."""
    data = pa.schema([field for field in schema if field.name != ask.corrupt])
    first = _first(path, ask)
    width = len(first) if first else len(data)
    with pq.ParquetWriter(to, schema, compression="snappy") as writer:
        for block in blocks(path, ask, width, warn):
            table = _typed(block, data, ask, schema, width, path, warn)
            if table.num_rows:
                writer.write_table(table)


def _typed(
    block: Block, data: pa.Schema, ask: CsvOptions, schema: pa.Schema, width: int, path: Path, warn: Warn
) -> pa.Table:
    rows = len(block.cells[0]) if block.cells else 0
    lengths = np.full(rows, width) if block.lengths is None else block.lengths
    bad = pa.array(lengths != len(data))
    columns = []
    for number, field in enumerate(data):
        cells = block.cells[number] if number < width else pa.nulls(rows, pa.string())
        column, wrong = values.convert(_nulled(cells, ask), field.type, ask.formats)
        columns.append(column)
        bad = pc.or_(bad, wrong)
    bad = pc.fill_null(bad, False)
    if pc.any(bad).as_py():
        _tell(block, bad, lengths > max(len(data), width), ask, path, warn)
    if ask.corrupt in schema.names:
        columns.insert(schema.names.index(ask.corrupt), _corrupt(block, bad))
    table = pa.table(columns, schema=schema) if columns else pa.table({}, schema=schema)
    return table.filter(pc.invert(bad)) if ask.mode == "DROPMALFORMED" else table


def _tell(block: Block, bad: Any, long: np.ndarray, ask: CsvOptions, path: Path, warn: Warn) -> None:
    """Raise in FAILFAST; warn of cells that are lost."""
    if ask.mode == "FAILFAST":
        line = block.lines[int(np.flatnonzero(bad.to_numpy(zero_copy_only=False))[0]) + block.skipped]
        raise BadRecord(f"[MALFORMED_RECORD_IN_PARSING] A record of {path.name} does not fit the schema: {line!r}.")
    if ask.mode == "PERMISSIVE" and long.any():
        line = block.lines[int(np.flatnonzero(long)[0]) + block.skipped]
        warn(f"{path.name} has rows with more cells than columns; the last cells are not read, as in {line[:80]!r}.")


def _corrupt(block: Block, bad: Any) -> Any:
    flags = bad.to_pylist()
    return pa.array([block.lines[n + block.skipped] if flag else None for n, flag in enumerate(flags)], pa.string())


def check_header(paths: list[Path], ask: CsvOptions, schema: pa.Schema, warn: Warn) -> None:
    """Say where the headers of files do not name the columns that are read by position."""
    if not ask.header:
        return
    wanted = [name for name in schema.names if name != ask.corrupt]
    for path in paths:
        first = _first(path, ask)
        if first is None:
            continue
        there = _safe([_null(cell, ask) for cell in first], True)
        if [name.lower() for name in there] != [name.lower() for name in wanted]:
            text = f"The header of {path.name} is {', '.join(there)}; the columns are read as {', '.join(wanted)}"
            if not ask.enforce:
                raise ValueError(f"{text}, and enforceSchema is false.")
            warn(f"{text}, by their position.")
            return
