"""The process that reads the tables of one workspace for the server: `python -m handloom.session.table_reader FOLDER`.

A table is whatever code in the workspace has written, so that the server itself never parses one. The process answers
one line of JSON for each line of JSON, until its input ends.
"""

from __future__ import annotations

import json
import os
import re
import stat
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from handloom.session import frames, lake_views, view_rows

DEFAULT = "dbo"
"""The default schema: its tables lie directly in `Tables`, or in `Tables/dbo` as Fabric has it."""
LOG = "_delta_log"
MAX_TABLES = 5_000
MAX_LOG_BYTES = 512_000_000
MAX_LOG_FILES = 200_000
MAX_COLUMNS = 500
"""Columns of a page of rows; the others are counted."""
MAX_TEXT = 1_000
"""Characters of a cell; longer ones are cut."""
MAX_CELLS = 100_000
"""Cells of a page of rows."""
MAX_FOOTERS = 2_000
"""Files whose rows are counted by opening them, where the log does not say how many they have."""
MEMORY_BYTES = 2_000_000_000

_READABLE = frozenset({"deletionVectors", "columnMapping", "timestampNtz", "v2Checkpoint", "vacuumProtocolCheck"})
"""Reader features of Delta Lake that this module reads rightly; `columnMapping` only where no column is mapped."""
_SPARK_TYPES = {"long": "bigint", "integer": "int", "short": "smallint", "byte": "tinyint"}
_ARROW_TYPES = {
    "int64": "bigint", "int32": "int", "int16": "smallint", "int8": "tinyint", "bool": "boolean", "float": "float",
    "halffloat": "float", "large_string": "string", "date32[day]": "date", "date64[ms]": "date",
}  # fmt: skip


class ReadError(Exception):
    """The table cannot be read, or does not exist; `code` is that of the server's error."""

    def __init__(self, message: str, code: str = "invalid") -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class TableFile:
    """A data file of a table's version. `rows` is None where the log does not say."""

    path: str
    bytes: int
    rows: int | None
    partition: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TableSnapshot:
    """A version of a table. `delta` is None for a folder of Parquet files, which has no versions."""

    name: str
    folder: Path
    files: list[TableFile]
    deleted: Mapping[str, Any]
    """Masks of the rows to keep, by the path of a file that has a deletion vector."""
    delta: Any = None


# Folders


def list_tables(root: Path) -> dict[str, Any]:
    """List the tables of the workspace by their folders, without opening one."""
    schemas = {DEFAULT}
    tables: list[dict[str, Any]] = []
    for entry in _folders(root / "Tables"):
        form = _format(Path(entry.path))
        if form is not None:
            tables.append(_entry(DEFAULT, entry, form))
            continue
        inner = [(one, _format(Path(one.path))) for one in _folders(Path(entry.path))]
        schema = entry.name
        schemas.add(schema)
        tables += [_entry(schema, one, form) for one, form in inner if form is not None]
    for schema, name in lake_views.all_of(root / "Tables"):
        if (view := view_rows.find(root, schema, name)) is not None:
            schemas.add(schema)
            tables.append({"schema": schema, "name": name, "format": "view", "modified_at": view.created_at})
    unique = {(table["schema"], table["name"]): table for table in reversed(tables)}
    found = sorted(unique.values(), key=lambda table: (table["schema"] != DEFAULT, table["schema"], table["name"]))
    ordered = sorted(schemas, key=lambda schema: (schema != DEFAULT, schema))
    return {"schemas": ordered, "tables": found[:MAX_TABLES], "left_out": max(0, len(found) - MAX_TABLES)}


def _entry(schema: str, entry: os.DirEntry[str], form: str) -> dict[str, Any]:
    place = Path(entry.path, LOG) if form == "delta" else Path(entry.path)
    return {"schema": schema, "name": entry.name, "format": form, "modified_at": int(place.stat().st_mtime * 1000)}


def _folders(folder: Path) -> list[os.DirEntry[str]]:
    """The folders in a folder that may be tables or schemas, sorted; links are not followed."""
    if folder.is_symlink() or not folder.is_dir():
        return []
    with os.scandir(folder) as entries:
        found = [entry for entry in entries if entry.is_dir(follow_symlinks=False) and _is_name(entry.name)]
    return sorted(found, key=lambda entry: entry.name)


def _is_name(name: str) -> bool:
    return not name.startswith((".", "_")) and "=" not in name and name.isprintable()


def _format(folder: Path) -> str | None:
    """The format of the table in a folder; None where it is none."""
    if (folder / LOG).is_dir():
        return "delta"
    return "parquet" if _parquet_files(folder) else None


def _parquet_files(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        found = [one for one in entries if one.name.endswith(".parquet") and one.is_file(follow_symlinks=False)]
    return sorted((one for one in found if not one.name.startswith((".", "_"))), key=lambda one: one.name)


def find_folder(root: Path, schema: str, table: str) -> Path:
    """Return a table's folder. Raises ReadError if there is none, or if a link is on the way to it."""
    name = f"{schema}.{table}"
    places = [[schema, table]] if schema != DEFAULT else [[table], [DEFAULT, table]]
    for parts in places:
        if not all(_is_name(part) and "/" not in part for part in parts):
            break
        folder = root / "Tables"
        steps = [folder, *(folder := folder / part for part in parts)]
        for step in steps:
            if step.is_symlink():
                raise ReadError(f"{name} is reached by a symbolic link ({step.name}), which is not followed.")
        if folder.is_dir() and _format(folder) is not None:
            return folder
    raise ReadError(f"There is no table {name} in this workspace.", "not_found")


def _check_log(name: str, folder: Path) -> None:
    """Raise ReadError for a log with links or other special files in it, or one that is too large to be read here."""
    log = folder / LOG
    if log.is_symlink():
        raise ReadError(f"The Delta log of {name} is a symbolic link, which is not followed.")
    count = size = 0
    for place, folders, files in os.walk(log):
        for one in (*folders, *files):
            found = Path(place, one).lstat()
            if stat.S_ISLNK(found.st_mode):
                raise ReadError(f"The Delta log of {name} contains a symbolic link ({one}), which is not followed.")
            if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
                raise ReadError(f"The Delta log of {name} contains {one}, which is not a file.")
            count, size = count + 1, size + found.st_size
        if count > MAX_LOG_FILES or size > MAX_LOG_BYTES:
            raise ReadError(
                f"The Delta log of {name} is too large to be read here ({count:,} files, {size // 1_000_000:,} MB). "
                "Read the table in a notebook."
            )


# Snapshots


def open_table(root: Path, schema: str, table: str, version: int | None, *, files: bool = True) -> TableSnapshot:
    """Open a version of a table, the newest without one. Raises ReadError."""
    import deltalake

    if view_rows.find(root, schema, table) is not None:
        raise ReadError(f"{schema}.{table} is a view, whose rows a query computes. Read it in a notebook.")
    name, folder = f"{schema}.{table}", find_folder(root, schema, table)
    if not (folder / LOG).is_dir():
        if version is not None:
            raise ReadError(f"{name} is a folder of Parquet files, which has no versions.")
        found = [
            TableFile(one.name, one.stat(follow_symlinks=False).st_size, None, {}) for one in _parquet_files(folder)
        ]
        return TableSnapshot(name, folder, found, {})
    _check_log(name, folder)
    newest = _worded(name, lambda: deltalake.DeltaTable(folder))
    if not files:
        return TableSnapshot(name, folder, [], {}, newest)
    delta = newest if version in (None, newest.version()) else _at_version(name, folder, newest, version)
    return TableSnapshot(name, folder, _data_files(name, delta), _deleted(name, delta), delta)


def _at_version(name: str, folder: Path, newest: Any, version: int) -> Any:
    import deltalake

    if not 0 <= version <= newest.version():
        raise ReadError(f"{name} has no version {version}. Its newest is {newest.version()}.", "not_found")
    try:
        return _worded(name, lambda: deltalake.DeltaTable(folder, version=version))
    except ReadError as error:
        raise ReadError(f"Version {version} of {error}") from error


def _worded(name: str, act: Callable[[], Any]) -> Any:
    """Run `act` and turn the errors of `deltalake` and `pyarrow` into ReadError."""
    import pyarrow as pa
    from deltalake.exceptions import DeltaError, TableNotFoundError

    try:
        return act()
    except (DeltaError, TableNotFoundError, pa.ArrowException, OSError, ValueError, NotImplementedError) as error:
        reason = re.sub(r"\s+", " ", str(error))[:400]
        raise ReadError(f"{name} cannot be read: {reason}") from error


def _data_files(name: str, delta: Any) -> list[TableFile]:
    import pyarrow as pa

    actions = pa.table(_worded(name, lambda: delta.get_add_actions(flatten=False)))
    wanted = [column for column in ("path", "size_bytes", "num_records", "partition") if column in actions.column_names]
    return [
        TableFile(
            _inside(name, row["path"]), row["size_bytes"] or 0, row.get("num_records"), row.get("partition") or {}
        )
        for row in actions.select(wanted).to_pylist()
    ]


def _inside(name: str, path: str) -> str:
    """Return the path of a data file relative to the table. Raises ReadError for one that leads out of it."""
    plain = unquote(path)
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", plain) or plain.startswith(("/", "\\")) or ".." in Path(plain).parts:
        raise ReadError(f"{name} names a file outside of its folder ({plain[:200]}), which is not read.")
    return plain


def _deleted(name: str, delta: Any) -> dict[str, Any]:
    if "deletionVectors" not in (delta.protocol().reader_features or ()):
        return {}
    import pyarrow as pa

    read = _worded(name, lambda: pa.table(delta.deletion_vectors()))
    base = delta.table_uri.rstrip("/") + "/"
    paths = [unquote(uri.removeprefix(base)) for uri in read.column("filepath").to_pylist()]
    masks = read.column("selection_vector")
    return {path: masks[number].values for number, path in enumerate(paths)}


def _kept(snapshot: TableSnapshot, file: TableFile, rows: int) -> int:
    """How many of a file's rows its deletion vector keeps. The vector may end early: the rows after it are kept."""
    mask = snapshot.deleted.get(file.path)
    return rows if mask is None else rows - sum(1 for keep in mask.to_pylist() if not keep)


def _count(snapshot: TableSnapshot) -> int | None:
    """How many rows the version has; None where that would take opening too many files."""
    unknown = sum(1 for file in snapshot.files if file.rows is None)
    if unknown > MAX_FOOTERS:
        return None
    return sum(_rows_of(snapshot, file) for file in snapshot.files)


def _rows_of(snapshot: TableSnapshot, file: TableFile) -> int:
    rows = file.rows if file.rows is not None else _fragment(snapshot, file).count_rows()
    return _kept(snapshot, file, rows)


def _fragment(snapshot: TableSnapshot, file: TableFile) -> Any:
    """Open a data file. Raises ReadError for a link or a special file."""
    import pyarrow.dataset as ds
    from pyarrow.fs import LocalFileSystem

    place = snapshot.folder
    for part in Path(file.path).parts:
        place = place / part
        if place.is_symlink():
            raise ReadError(f"{snapshot.name} has a symbolic link in it ({file.path}), which is not followed.")
    if not place.is_file():
        raise ReadError(
            f"A file of {snapshot.name} is missing ({file.path}). VACUUM deletes the files of old versions; "
            "a newer version may be complete."
        )
    return ds.ParquetFileFormat().make_fragment(str(place), LocalFileSystem())


# What is asked


def locate(root: Path, schema: str, table: str) -> dict[str, Any]:
    """Return the folder of a table, or the file of a view, relative to the workspace."""
    if view_rows.find(root, schema, table) is not None:
        file = lake_views.file_of(root / "Tables", schema, table)
        return {"path": file.relative_to(root).as_posix(), "kind": "view"}
    return {"path": find_folder(root, schema, table).relative_to(root).as_posix(), "kind": "table"}


def describe(root: Path, schema: str, table: str, version: int | None = None) -> dict[str, Any]:
    """Return the columns, counts and properties of a version, or the definition of a view."""
    if (view := view_rows.find(root, schema, table)) is not None:
        return view_rows.describe(schema, table, view)
    snapshot = open_table(root, schema, table, version)
    delta = snapshot.delta
    size = sum(file.bytes for file in snapshot.files)
    found = {
        "schema": schema,
        "name": table,
        "path": snapshot.folder.relative_to(root).as_posix(),
        "format": "parquet" if delta is None else "delta",
        "files": len(snapshot.files),
        "bytes": size,
        "rows": _worded(snapshot.name, lambda: _count(snapshot)),
    }
    if delta is None:
        fields = _arrow_schema(snapshot)
        columns = [
            {"name": one.name, "type": _arrow_type(one.type), "nullable": one.nullable, "comment": ""} for one in fields
        ]
        return found | {"columns": columns}
    metadata, protocol = delta.metadata(), delta.protocol()
    return found | {
        "columns": [_column(field) for field in json.loads(delta.schema().to_json())["fields"]],
        "version": delta.version(),
        "partition_columns": metadata.partition_columns,
        "description": metadata.description or "",
        "created_at": metadata.created_time,
        "properties": {str(key): str(value) for key, value in sorted(metadata.configuration.items())},
        "features": sorted({*(protocol.reader_features or ()), *(protocol.writer_features or ())}),
        "unreadable": _unreadable(snapshot),
    }


def _unreadable(snapshot: TableSnapshot) -> str:
    """Why the rows of a Delta table are not shown; empty where they are."""
    delta = snapshot.delta
    if delta is None:
        return ""
    missing = sorted(set(delta.protocol().reader_features or ()) - _READABLE)
    if delta.metadata().configuration.get("delta.columnMapping.mode", "none") != "none":
        missing.append("columnMapping")
    if not missing:
        return ""
    return f"{snapshot.name} uses {', '.join(missing)}, which the preview cannot read. Read the table in a notebook."


def _column(field: Mapping[str, Any]) -> dict[str, Any]:
    comment = (field.get("metadata") or {}).get("comment") or ""
    return {
        "name": field["name"], "type": _type(field["type"]), "nullable": field["nullable"], "comment": str(comment)
    }  # fmt: skip


def _type(kind: Any) -> str:
    """The name that Spark has for a type of a Delta schema."""
    if isinstance(kind, str):
        return _SPARK_TYPES.get(kind, kind)
    if kind["type"] == "array":
        return f"array<{_type(kind['elementType'])}>"
    if kind["type"] == "map":
        return f"map<{_type(kind['keyType'])},{_type(kind['valueType'])}>"
    inner = ",".join(f"{field['name']}:{_type(field['type'])}" for field in kind["fields"])
    return f"struct<{inner}>"


def _arrow_type(kind: Any) -> str:
    import pyarrow as pa

    if pa.types.is_timestamp(kind):
        return "timestamp" if kind.tz else "timestamp_ntz"
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return f"array<{_arrow_type(kind.value_type)}>"
    if pa.types.is_map(kind):
        return f"map<{_arrow_type(kind.key_type)},{_arrow_type(kind.item_type)}>"
    if pa.types.is_struct(kind):
        return f"struct<{','.join(f'{field.name}:{_arrow_type(field.type)}' for field in kind)}>"
    return _ARROW_TYPES.get(str(kind), str(kind))


def _arrow_schema(snapshot: TableSnapshot) -> Any:
    import pyarrow as pa

    if snapshot.delta is not None:
        return pa.schema(snapshot.delta.schema().to_arrow())
    if not snapshot.files:
        return pa.schema([])
    return _worded(snapshot.name, lambda: _fragment(snapshot, snapshot.files[0]).physical_schema)


def read_rows(
    root: Path, schema: str, table: str, version: int | None = None, start: int = 0, count: int = 100
) -> dict[str, Any]:
    """Return rows of a version, in the order of its files; of a view, the first rows of its query."""
    if view_rows.find(root, schema, table) is not None:
        return _read_view(root, schema, table, start, count)
    snapshot = open_table(root, schema, table, version)
    if why := _unreadable(snapshot):
        raise ReadError(why, "unimplemented")
    full = _arrow_schema(snapshot)
    names = full.names[:MAX_COLUMNS]
    count = min(count, max(1, MAX_CELLS // max(1, len(names))))
    rows = _worded(snapshot.name, lambda: list(_slice(snapshot, full, names, start, count)))
    return {"start": start, "columns": names, "left_out": max(0, len(full.names) - len(names)), "rows": rows}


def _read_view(root: Path, schema: str, table: str, start: int, count: int) -> dict[str, Any]:
    def check(schema: str, table: str) -> None:
        found = [(one["schema"], one["name"]) for one in list_tables(root)["tables"]]
        exact = [one for one in found if (one[0].lower(), one[1].lower()) == (schema, table)]
        schema, table = exact[0] if exact else (schema, table)
        open_table(root, schema, table, None)

    try:
        view_rows.check(root, schema, table, check)
        columns, rows = view_rows.read(root, schema, table, count if start == 0 else 0)
    except view_rows.ViewError as error:
        raise ReadError(f"{schema}.{table} cannot be read: {str(error)[:MAX_TEXT]}") from error
    left_out = max(0, len(columns) - MAX_COLUMNS)
    cells = [[_cell(value) for value in row[:MAX_COLUMNS]] for row in rows]
    return {"start": start, "columns": columns[:MAX_COLUMNS], "left_out": left_out, "rows": cells}


def _slice(snapshot: TableSnapshot, full: Any, names: list[str], start: int, count: int) -> Iterator[list[Any]]:
    skip, left = start, count
    for file in snapshot.files:
        if left <= 0:
            return
        rows = _rows_of(snapshot, file)
        if skip >= rows:
            skip -= rows
            continue
        for row in _rows(snapshot, file, full, names, skip, left):
            left -= 1
            yield row
        skip = 0


def _rows(
    snapshot: TableSnapshot, file: TableFile, full: Any, names: list[str], skip: int, count: int
) -> Iterator[list[Any]]:
    """Rows of one file as cells of a page. Row groups before the first wanted row are not read."""
    import pyarrow as pa

    partition = file.partition
    stored = pa.schema([field for field in full if field.name not in partition])
    wanted = [name for name in names if name not in partition]
    mask = snapshot.deleted.get(file.path)
    position = 0
    for piece in _fragment(snapshot, file).split_by_row_group():
        size = piece.row_groups[0].num_rows
        if mask is None and skip >= size:
            skip -= size
            continue
        # A column that is not in the page is read where the page has no other, so that its rows are counted.
        scanned = wanted or stored.names[:1]
        batches = piece.scanner(schema=stored, columns=scanned, batch_size=128, batch_readahead=0, fragment_readahead=0)
        for batch in batches.to_batches():
            kept = batch if mask is None else _without_deleted(batch, mask, position)
            position += batch.num_rows
            part = kept.slice(skip, count)
            skip = max(0, skip - kept.num_rows)
            values = {name: part.column(name).to_pylist() for name in wanted}
            for number in range(part.num_rows):
                yield [_cell(partition[name] if name in partition else values[name][number]) for name in names]
            count -= part.num_rows
            if count <= 0:
                return


def _without_deleted(batch: Any, mask: Any, position: int) -> Any:
    import pyarrow as pa

    keep = mask.slice(position, batch.num_rows).to_pylist()
    return batch.filter(pa.array(keep + [True] * (batch.num_rows - len(keep)), pa.bool_()))


def _cell(value: Any) -> Any:
    """A cell as the page shows it: a number, a boolean, null or a text; lists and structs as JSON in a text."""
    if isinstance(value, (dict, list, tuple)):
        value = json.dumps(frames.cell(value), ensure_ascii=False)
    if isinstance(value, bytes):
        value = value[: MAX_TEXT // 3]
    shown = frames.cell(value)
    return shown[:MAX_TEXT] + "…" if isinstance(shown, str) and len(shown) > MAX_TEXT else shown


def read_history(root: Path, schema: str, table: str, limit: int = 100) -> dict[str, Any]:
    """Return the versions that the log still has, newest first."""
    snapshot = open_table(root, schema, table, None, files=False)
    if snapshot.delta is None:
        return {"versions": [], "more": False}
    found = _worded(snapshot.name, lambda: snapshot.delta.history(limit + 1))
    return {"versions": [_version(entry) for entry in found[:limit]], "more": len(found) > limit}


def _version(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "version": int(entry.get("version") or 0),
        "at": int(entry.get("timestamp") or 0),
        "operation": _short(entry.get("operation")),
        "user": _short(entry.get("userName")),
        "engine": _short(entry.get("engineInfo") or entry.get("clientVersion")),
        "parameters": _texts(entry.get("operationParameters")),
        "metrics": _texts(entry.get("operationMetrics")),
    }


def _short(value: Any) -> str:
    return "" if value is None else str(value)[:MAX_TEXT]


def _texts(values: Any) -> dict[str, str]:
    if not isinstance(values, Mapping):
        return {}
    return {str(key)[:MAX_TEXT]: _short(value) for key, value in list(values.items())[:50] if value is not None}


def restore(root: Path, schema: str, table: str, version: int, user: str = "") -> dict[str, Any]:
    """Make the content of a version the newest version. Raises ReadError with `conflict` where it is so already."""
    from deltalake import CommitProperties

    wanted = open_table(root, schema, table, version)
    if wanted.delta is None:
        raise ReadError(f"{wanted.name} is a folder of Parquet files, which has no versions.")
    current = open_table(root, schema, table, None)
    if current.delta.version() == version:
        raise ReadError(f"Version {version} is the newest version of {wanted.name} already.", "conflict")
    missing = [file.path for file in wanted.files if not (wanted.folder / file.path).is_file()]
    if missing:
        raise ReadError(
            f"Version {version} of {wanted.name} is incomplete: {len(missing):,} of its files are gone ({missing[0]}). "
            "VACUUM deletes the files of old versions; a newer version may be complete.",
            "conflict",
        )
    properties = CommitProperties(custom_metadata={"userName": user} if user else None)
    _worded(wanted.name, lambda: current.delta.restore(version, commit_properties=properties))
    return describe(root, schema, table)


ACTIONS: dict[str, Callable[..., dict[str, Any]]] = {
    "list": list_tables,
    "locate": locate,
    "describe": describe,
    "rows": read_rows,
    "history": read_history,
    "restore": restore,
}


def answer(root: Path, line: bytes) -> dict[str, Any]:
    """Return the reply to one request: `{"ask": ACTION, ...arguments}`."""
    asked = json.loads(line)
    try:
        return {"reply": ACTIONS[asked.pop("ask")](root, **asked)}
    except ReadError as error:
        return {"code": error.code, "message": str(error)}
    except FileNotFoundError:
        return {"code": "conflict", "message": "The table was changed or deleted while it was read. Try again."}
    except MemoryError:
        return {"code": "invalid", "message": "The table needs too much memory to be read here. Use a notebook."}


def _limit() -> None:
    """Limit the memory of this process: a table may claim any size."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _warm() -> None:
    """Import what reading needs, while the list of tables, which needs none of it, is on its way."""
    import deltalake  # noqa: F401
    import pyarrow.dataset  # noqa: F401


def main() -> None:
    _limit()
    threading.Thread(target=_warm, name="warm", daemon=True).start()
    # Libraries may print: the replies go to a copy of the standard output, which itself becomes the standard error.
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    root = Path(sys.argv[1])
    for line in sys.stdin.buffer:
        replies.write(json.dumps(answer(root, line)).encode() + b"\n")
        replies.flush()


if __name__ == "__main__":
    main()
