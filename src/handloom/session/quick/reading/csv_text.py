"""CSV text to columns of strings, cell by cell as Apache Spark's parser does.

A block of bytes is examined with NumPy. Regular lines are parsed by Arrow; lines with too few or too many cells are
brought to the right length first, and blocks with unusual quoting are parsed in Python.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

BLOCK = 8 << 20
_NEWLINE = 10


@dataclass(frozen=True, slots=True)
class Dialect:
    """How cells are separated and quoted."""

    sep: str = ","
    quote: str = '"'
    escape: str = "\\"
    comment: str = ""
    multi_line: bool = False
    trim_left: bool = False
    trim_right: bool = False
    empty: str = ""
    """What a quoted empty cell is."""

    def is_simple(self) -> bool:
        """Whether Arrow can parse it at all."""
        return len(self.sep) == 1 and self.sep.isascii() and self.quote.isascii()


class Lines:
    """The text of a block, to quote single lines from."""

    def __init__(self, texts: list[str] | None = None, data: bytes = b"", spans: np.ndarray | None = None) -> None:
        self._texts = texts
        self._data = data
        self._spans = spans

    def __getitem__(self, number: int) -> str:
        if self._texts is not None:
            return self._texts[number]
        assert self._spans is not None
        start, end = self._spans[number]
        return self._data[start:end].decode("utf-8", "replace")


@dataclass(slots=True)
class Block:
    """Rows of equal length. `lengths` says how many cells each line really had, where one differs."""

    cells: list[pa.Array]
    lengths: np.ndarray | None
    lines: Lines
    skipped: int = 0
    """Rows that were cut off at the beginning, which `lines` still has."""


def decoded(file: Any, encoding: str) -> Iterator[bytes]:
    """The file as UTF-8 with newlines only, in blocks of any end. Bytes that are no text become U+FFFD."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    first, carry = True, ""
    while True:
        data = file.read(BLOCK)
        text = carry + decoder.decode(data, final=not data)
        carry = ""
        if first:
            text = text.removeprefix("\ufeff")
            first = not text
        if data and text.endswith("\r"):
            text, carry = text[:-1], "\r"
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        if text:
            yield text.encode("utf-8", "replace")
        if not data:
            return


def records(chunks: Iterator[bytes], dialect: Dialect) -> Iterator[bytes]:
    """The same bytes in blocks that end with a whole record."""
    rest = b""
    for chunk in chunks:
        data = rest + chunk
        cut = _last_end(data, dialect)
        if cut:
            yield data[:cut]
        rest = data[cut:]
    if rest:
        yield rest if rest.endswith(b"\n") else rest + b"\n"


def _last_end(data: bytes, dialect: Dialect) -> int:
    if not dialect.multi_line or not dialect.quote:
        return data.rfind(b"\n") + 1
    buffer = np.frombuffer(data, np.uint8)
    inside = np.cumsum(buffer == ord(dialect.quote)) & 1
    ends = np.flatnonzero((buffer == _NEWLINE) & (inside == 0))
    return int(ends[-1]) + 1 if len(ends) else 0


def parse(block: bytes, dialect: Dialect, width: int) -> Block:
    """The cells of a block of whole records, `width` per row."""
    if dialect.is_simple() and not dialect.comment and not (dialect.trim_left or dialect.trim_right):
        regular = _regular(block, dialect, width)
        if regular is not None:
            return regular
    return _irregular(block, dialect, width)


def _regular(block: bytes, dialect: Dialect, width: int) -> Block | None:
    """Parse with Arrow; None where the quoting is not plain."""
    buffer = np.frombuffer(block, np.uint8)
    seps, ends = buffer == ord(dialect.sep), buffer == _NEWLINE
    quote = ord(dialect.quote) if dialect.quote else -1
    if quote >= 0 and block.find(quote) >= 0:
        inside = _quoted(buffer, quote, dialect)
        if inside is None:
            return None
        seps &= ~inside
        if dialect.multi_line:
            ends &= ~inside
    places = np.flatnonzero(ends)
    starts = np.concatenate(([0], places[:-1] + 1))
    counts = np.diff(np.searchsorted(np.flatnonzero(seps), places), prepend=0) + 1
    lengths = places - starts
    blank = lengths == 0
    for number in np.flatnonzero((counts == 1) & ~blank & np.isin(buffer[starts], (32, 9))):
        blank[number] = not block[starts[number] : places[number]].strip()
    spans = np.stack((starts, places), axis=1)
    wrong = (counts != width) & ~blank
    if wrong.any() or blank.any():
        if wrong.any() and wrong.sum() > 200_000:
            return None
        block = _evened(block, spans, wrong, blank, dialect, width)
    table = (
        pa.csv.read_csv(
            pa.BufferReader(block),
            read_options=pa.csv.ReadOptions(
                column_names=[str(n) for n in range(width)], block_size=max(len(block), 1 << 20)
            ),
            parse_options=pa.csv.ParseOptions(
                delimiter=dialect.sep,
                quote_char=dialect.quote or False,
                double_quote=dialect.escape == dialect.quote,
                escape_char=False,
                newlines_in_values=dialect.multi_line,
                ignore_empty_lines=False,
            ),
            convert_options=pa.csv.ConvertOptions(
                column_types={str(n): pa.string() for n in range(width)},
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
                check_utf8=False,
            ),
        )
        if block
        else pa.table({str(n): pa.array([], pa.string()) for n in range(width)})
    )
    cells = [table.column(n).combine_chunks() for n in range(width)]
    if dialect.empty:
        cells = [pc.if_else(pc.equal(cell, ""), dialect.empty, cell) for cell in cells]
    kept = ~blank
    return Block(cells, counts[kept] if wrong.any() else None, Lines(data=bytes(buffer), spans=spans[kept]))


def _quoted(buffer: np.ndarray, quote: int, dialect: Dialect) -> np.ndarray | None:
    """Which bytes lie between quotes; None unless each quoted cell begins and ends at a separator or newline."""
    data = buffer.tobytes()
    escape = dialect.escape.encode()
    if escape and dialect.escape != dialect.quote and (escape + dialect.quote.encode() in data or escape * 2 in data):
        return None
    marks = np.flatnonzero(buffer == quote)
    if len(marks) % 2:
        return None
    inside = np.bitwise_xor.accumulate(buffer == quote)
    if not dialect.multi_line and (inside & (buffer == _NEWLINE)).any():
        return None
    opening, closing = marks[0::2], marks[1::2]
    edges = np.array([ord(dialect.sep), _NEWLINE], np.uint8)
    before, after = buffer[np.maximum(opening - 1, 0)], buffer[closing + 1]
    opens = np.isin(before, edges) | (opening == 0)
    closes = np.isin(after, edges)
    if dialect.escape == dialect.quote:  # "" inside a cell: a closing quote with an opening one right behind it
        opens[1:] |= opening[1:] == closing[:-1] + 1
        closes[:-1] |= opening[1:] == closing[:-1] + 1
    return inside if opens.all() and closes.all() else None


def _evened(
    block: bytes, spans: np.ndarray, wrong: np.ndarray, blank: np.ndarray, dialect: Dialect, width: int
) -> bytes:
    """The block without blank lines, and with `width` cells in each other."""
    parts, done = [], 0
    for number in np.flatnonzero(wrong | blank):
        start, end = int(spans[number][0]), int(spans[number][1])
        parts.append(block[done:start])
        if not blank[number]:
            raw = _split(block[start:end].decode("utf-8", "replace"), dialect, raw=True)
            cells = (raw + [""] * width)[:width]
            line = dialect.sep.join(str(cell) for cell in cells)
            parts.append((line + "\n").encode())
        done = end + 1
    parts.append(block[done:])
    return b"".join(parts)


def _irregular(block: bytes, dialect: Dialect, width: int) -> Block:
    rows: list[list[str | None]] = []
    texts: list[str] = []
    lengths: list[int] = []
    for line in lines_of(block.decode("utf-8", "replace"), dialect):
        cells = _split(line, dialect)
        lengths.append(len(cells))
        rows.append((cells + [None] * width)[:width])
        texts.append(line)
    columns = list(zip(*rows, strict=True)) if rows else [()] * width
    found = np.array(lengths)
    ragged = bool((found != width).any()) if len(found) else False
    return Block([pa.array(column, pa.string()) for column in columns], found if ragged else None, Lines(texts))


def lines_of(text: str, dialect: Dialect) -> Iterator[str]:
    """The records of a text: no blank lines, no comments."""
    pending = ""
    for line in text.split("\n"):
        record = f"{pending}\n{line}" if pending else line
        if dialect.multi_line and dialect.quote and record.count(dialect.quote) % 2:
            pending = record
            continue
        pending = ""
        if record.strip() and not (dialect.comment and record.startswith(dialect.comment)):
            yield record
    if pending.strip():
        yield pending.removesuffix("\n")


def split(line: str, dialect: Dialect) -> list[str | None]:
    """The cells of one record; an empty cell is None."""
    return _split(line, dialect)


def _split(line: str, dialect: Dialect, raw: bool = False) -> list[str | None]:
    """With `raw`, cells keep their quotes and empty ones are empty."""
    if not dialect.quote or dialect.quote not in line:
        return [cell if raw else _plain(cell, dialect) for cell in line.split(dialect.sep)]
    cells: list[str | None] = []
    at = 0
    while True:
        start = at
        if dialect.trim_left:
            while at < len(line) and line[at] <= " " and not line.startswith(dialect.sep, at):
                at += 1
        if line.startswith(dialect.quote, at):
            value, at = _quoted_cell(line, at, dialect)
            cells.append(line[start:at] if raw else value)
        else:
            end = line.find(dialect.sep, at)
            end = len(line) if end < 0 else end
            cells.append(line[start:end] if raw else _plain(line[at:end], dialect))
            at = end
        if at >= len(line):
            return cells
        at += len(dialect.sep)


def _plain(cell: str, dialect: Dialect) -> str | None:
    if dialect.trim_left:
        cell = cell.lstrip()
    if dialect.trim_right:
        cell = cell.rstrip()
    return cell or None


def _quoted_cell(line: str, start: int, dialect: Dialect) -> tuple[str, int]:
    """The value of a cell that begins with a quote, and where it ends."""
    quote, escape, sep = dialect.quote, dialect.escape, dialect.sep
    value, at = "", start + 1
    while at < len(line):
        letter = line[at]
        following = line[at + 1 : at + 2]
        if letter == escape and following == quote:
            value += quote
            at += 2
        elif letter == escape and escape != quote and following == escape:
            value += escape
            at += 2
        elif letter == quote:
            end = at + 1
            while end < len(line) and line[end] <= " " and not line.startswith(sep, end):
                end += 1
            if end >= len(line) or line.startswith(sep, end):
                return value or dialect.empty, end
            end = line.find(sep, at)  # a quote inside: the cell is taken as it stands, up to the next separator
            end = len(line) if end < 0 else end
            return quote + value + line[at:end], end
        else:
            value += letter
            at += 1
    return value, at
