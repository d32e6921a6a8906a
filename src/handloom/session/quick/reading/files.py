"""Which files a path means, and the partition values that their folders carry: the rules of Spark and Hadoop."""

from __future__ import annotations

import bz2
import datetime
import fnmatch
import gzip
import lzma
import re
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from handloom.session.overwrite import NULL_PARTITION
from handloom.session.quick.reading import patterns

_GLOB = re.compile(r"[*?\[{\\]")
_INT, _DOUBLE = re.compile(r"[+-]?\d+"), re.compile(r"\s*[+-]?(NaN|Infinity|(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?)\s*")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class BadLayout(ValueError):
    """A folder whose partitions do not agree with each other."""


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file with the partition values of its folders, as text; None is null."""

    path: Path
    partitions: tuple[tuple[str, str | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """Which files of a folder are wanted."""

    recursive: bool = False
    glob: str = ""
    after: float | None = None
    before: float | None = None
    base: Path | None = None


def expand(path: str) -> list[Path]:
    """The paths that a glob means, sorted. A path that exists as it is written is no glob."""
    if Path(path).exists() or not _GLOB.search(path):
        return [Path(path)] if Path(path).exists() else []
    found: set[Path] = set()
    for alternative in _alternatives(path):
        found |= set(_matching(Path("/"), [part for part in alternative.split("/") if part]))
    return sorted(found)


def _alternatives(path: str) -> Iterator[str]:
    """The paths that {a,b} stands for."""
    match = re.search(r"(?<!\\)\{([^{}]*)\}", path)
    if match is None:
        yield path
        return
    for choice in match[1].split(","):
        yield from _alternatives(path[: match.start()] + choice + path[match.end() :])


def _matching(folder: Path, parts: list[str]) -> Iterator[Path]:
    if not parts:
        yield folder
        return
    head, rest = parts[0], parts[1:]
    if not _GLOB.search(head):
        if (folder / head).exists():
            yield from _matching(folder / head, rest)
        return
    wanted = re.compile(_expression(head))
    if folder.is_dir():
        for child in sorted(folder.iterdir()):
            if wanted.fullmatch(child.name) and not _is_hidden(child.name):
                yield from _matching(child, rest)


def _expression(glob: str) -> str:
    made, at = "", 0
    while at < len(glob):
        letter = glob[at]
        at += 1
        if letter == "\\" and at < len(glob):
            made += re.escape(glob[at])
            at += 1
        elif letter == "[" and "]" in glob[at + 1 :]:
            end = glob.index("]", at + 1)
            inside = glob[at:end].replace("\\", "\\\\").replace("[", "\\[")
            made += f"[{'^' + inside[1:] if inside[0] in '^!' else inside}]"
            at = end + 1
        else:
            made += {"*": ".*", "?": "."}.get(letter, re.escape(letter))
    return made


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or (name.startswith("_") and "=" not in name) or name.endswith("._COPYING_")


def listed(roots: list[Path], choice: Choice) -> list[DataFile]:
    """The files of these paths, sorted by path within each."""
    found: list[DataFile] = []
    for root in roots:
        if root.is_file():
            own = _own_partitions(root.parent, choice.base)
            found.append(DataFile(root, own))
        else:
            found += _below(root, _own_partitions(root, choice.base), choice)
    kept = [file for file in found if _is_wanted(file.path, choice)]
    shapes = {tuple(name for name, _ in file.partitions) for file in kept}
    if len(shapes) > 1 and () in shapes:  # Spark reads the partitions, and no files beside them
        kept = [file for file in kept if file.partitions]
        shapes.discard(())
    deep = {root for root in roots if root.is_dir() and any(_adds(file, root, choice.base) for file in kept)}
    if len(deep) > 1:
        shown = ", ".join(str(root) for root in sorted(deep)[:3])
        raise BadLayout(
            f"[CONFLICTING_DIRECTORY_STRUCTURES] Several partitioned folders are read at once: {shown}. "
            'Name the folder above them with option("basePath", ...), or read each by itself and use union.'
        )
    if len(shapes) > 1:
        names = " and ".join(sorted("/".join(shape) for shape in shapes))
        raise BadLayout(f"[CONFLICTING_PARTITION_COLUMN_NAMES] The folders are partitioned differently: {names}")
    return kept


def _adds(file: DataFile, root: Path, base: Path | None) -> bool:
    """Whether folders below the root, or below the base they share, partition the file."""
    return base is None and bool(file.partitions) and file.path.is_relative_to(root)


def _own_partitions(folder: Path, base: Path | None) -> tuple[tuple[str, str | None], ...]:
    """Partitions in the path itself, below the option basePath."""
    if base is None or not folder.is_relative_to(base):
        return ()
    return tuple(_partition(part) for part in folder.relative_to(base).parts if "=" in part)


def _below(folder: Path, partitions: tuple[tuple[str, str | None], ...], choice: Choice) -> list[DataFile]:
    files: list[DataFile] = []
    for child in sorted(folder.iterdir(), key=lambda path: path.name):
        if _is_hidden(child.name):
            continue
        if child.is_dir():
            if choice.recursive:
                files += _below(child, (), choice)
            elif "=" in child.name:
                files += _below(child, (*partitions, _partition(child.name)), choice)
        elif child.is_file():
            files.append(DataFile(child, partitions))
    return files


def _partition(name: str) -> tuple[str, str | None]:
    column, _, value = name.partition("=")
    text = urllib.parse.unquote(value)
    return urllib.parse.unquote(column), None if text in (NULL_PARTITION, "") else text


def _is_wanted(path: Path, choice: Choice) -> bool:
    if choice.glob and not fnmatch.fnmatchcase(path.name, choice.glob):
        return False
    if choice.after is None and choice.before is None:
        return True
    changed = path.stat().st_mtime
    return (choice.after is None or changed > choice.after) and (choice.before is None or changed < choice.before)


def partition_types(files: list[DataFile]) -> dict[str, pa.DataType]:
    """The type of each partition column, inferred from all of its values."""
    types: dict[str, pa.DataType] = {}
    for number, (name, _) in enumerate(files[0].partitions if files else ()):
        values = {file.partitions[number][1] for file in files} - {None}
        types[name] = _type_of({value for value in values if value is not None})
    return types


def _type_of(values: set[str]) -> pa.DataType:
    if not values:
        return pa.string()
    if all(_INT.fullmatch(value) for value in values):
        largest = max(abs(int(value)) for value in values)
        return pa.int32() if largest < 2**31 else pa.int64() if largest < 2**63 else pa.decimal128(38, 0)
    if all(_DOUBLE.fullmatch(value) for value in values):
        return pa.float64()
    if all(_DATE.fullmatch(value) and patterns.parse_date(value) for value in values):
        return pa.date32()
    if all(patterns.parse_timestamp(value, datetime.UTC) for value in values):  # type: ignore[arg-type]
        return pa.timestamp("us", "UTC")
    return pa.string()


def opened(path: Path) -> Any:
    """The content, decompressed as the end of the name says."""
    suffix = path.suffix.lower()
    if suffix in (".gz", ".gzip"):
        return gzip.open(path)
    if suffix == ".bz2":
        return bz2.open(path)
    if suffix == ".xz":
        return lzma.open(path)
    if suffix in (".zst", ".lz4"):
        return pa.CompressedInputStream(str(path), "zstd" if suffix == ".zst" else "lz4")
    return path.open("rb")
