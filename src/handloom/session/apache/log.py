"""Logs of Delta tables, by delta-rs: open a table, and commit Parquet files that Apache Spark has written."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from pyspark.errors import AnalysisException

from handloom.session.overwrite import NULL_PARTITION

_COMMIT = re.compile(r"\d{20}\.json").fullmatch
_UNREADABLE = frozenset({"deletionVectors", "columnMapping", "v2Checkpoint", "typeWidening", "variantType"})


def is_delta(place: Path) -> bool:
    return (place / "_delta_log").is_dir()


def newest_commit(place: Path) -> str:
    """The name of the last commit in a table's log; empty where there is none."""
    try:
        return max((entry.name for entry in os.scandir(place / "_delta_log") if _COMMIT(entry.name)), default="")
    except OSError:
        return ""


def newest_version(place: Path) -> int:
    """The version of the last commit in a table's log; -1 where there is none."""
    name = newest_commit(place)
    return int(name[:20]) if name else -1


def open_table(place: Path, version: str | None = None, timestamp: str | None = None) -> Any:
    """Open the table at a version or time. Raises AnalysisException for features that plain Parquet files lack."""
    from deltalake import DeltaTable

    table = DeltaTable(str(place), version=int(version) if version else None)
    if timestamp:
        table.load_as_version(timestamp)
    features = set(table.protocol().reader_features or ())
    if unknown := sorted(features & _UNREADABLE):
        raise AnalysisException(
            f"[UNSUPPORTED_FEATURE.DELTA] {place.name} uses {', '.join(unknown)}, which Apache Spark here cannot read. "
            "Way out: run this cell on the quick engine (notebook settings, Engine)."
        )
    return table


def commit_files(
    target: Path,
    draft: Path,
    partitions: list[str],
    types: dict[str, Any],
    overwrite: bool,
    given: dict[str, str],
    version: int | None,
) -> None:
    """Move the written files into the table's folder and add them to its log in one transaction.

    `types` are those of the frame's columns, in their order; they are needed where there are `partitions`.
    """
    from deltalake import CommitProperties, Schema, Transaction
    from deltalake.exceptions import DeltaError
    from deltalake.transaction import AddAction, RemoveAction, create_table_with_add_actions

    transaction = _transaction(given)
    commit = CommitProperties(app_transactions=[Transaction(*transaction)]) if transaction else None

    files = sorted(draft.rglob("*.parquet"))
    table = open_table(target) if is_delta(target) else None
    if table is not None and version is not None and table.version() != version:
        raise AnalysisException(
            f"[DELTA_CONCURRENT_WRITE] {target.name} was changed meanwhile by another session. Nothing was changed "
            "here: run the statement again. SQLSTATE: 2D521"
        )
    schema = table.schema().to_json() if table is not None and not files else _schema(files, partitions, types)
    kept = schema if table is None else _agree(target.name, table.schema().to_json(), schema, overwrite, given)
    actions: list[AddAction | RemoveAction] = [_moved(file, draft, target) for file in files]
    if table is None:
        added = [action for action in actions if isinstance(action, AddAction)]
        create_table_with_add_actions(
            str(target),
            Schema.from_json(kept),
            added,
            mode="error",
            partition_by=partitions or None,
            commit_properties=commit,
        )
        return
    mode, shape = "overwrite" if overwrite else "append", Schema.from_json(kept)
    try:
        table.create_write_transaction(
            actions, mode=mode, schema=shape, partition_by=partitions or None, commit_properties=commit
        )
    except DeltaError as error:
        raise AnalysisException(f"[DELTA] {target.name}: {error}") from error


def _moved(file: Path, draft: Path, target: Path) -> Any:
    """Move a file from the draft's folder to its place in the table's; return the action that adds it."""
    import pyarrow.parquet as pq
    from deltalake.transaction import AddAction

    folder = file.parent.relative_to(draft)
    place = target / folder / file.name
    place.parent.mkdir(parents=True, exist_ok=True)
    meta = pq.read_metadata(file)
    stamp = file.stat()
    file.rename(place)
    return AddAction(
        path=(folder / file.name).as_posix(),
        size=stamp.st_size,
        partition_values=_partition_values(folder),
        modification_time=int(stamp.st_mtime * 1000),
        data_change=True,
        stats=json.dumps({"numRecords": meta.num_rows}),
    )


def is_repeated(table: Any, given: dict[str, str]) -> bool:
    """Whether the table has a write of this application with this version, or a later one, already.

    `given` are the write's options by their names in lower case; `txnAppId` and `txnVersion` go together.
    """
    found = _transaction(given)
    known = table.transaction_version(found[0]) if found else None
    return found is not None and known is not None and known >= found[1]


def _transaction(given: dict[str, str]) -> tuple[str, int] | None:
    application, version = given.get("txnappid", ""), given.get("txnversion", "")
    if not application and not version:
        return None
    if not application or not version.isdecimal():
        raise AnalysisException(
            "[DELTA_INVALID_IDEMPOTENT_WRITES_OPTIONS] The options txnAppId and txnVersion go together, and "
            "txnVersion is a whole number. SQLSTATE: 42616"
        )
    return application, int(version)


def _partition_values(folder: Path) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for part in folder.parts:
        name, _, value = part.partition("=")
        found[unquote(name)] = None if value == NULL_PARTITION else unquote(value)
    return found


def _schema(files: list[Path], partitions: list[str], types: dict[str, Any]) -> str:
    """Return the frame's schema from the metadata of the files that Spark wrote, with the partition columns, which are
    not in them, at their places.
    """
    import pyarrow.parquet as pq

    written = pq.read_schema(files[0]).metadata or {}
    text = written.get(b"org.apache.spark.sql.parquet.row.metadata", b"")
    if not text:
        raise AnalysisException(f"[INTERNAL_ERROR] Apache Spark wrote no schema into {files[0].name}.")
    schema = json.loads(text)
    known = {column["name"] for column in schema["fields"]}
    missing = {name: types.get(name, "string") for name in partitions if name not in known}
    schema["fields"] += [{"name": name, "type": kind, "metadata": {}} for name, kind in missing.items()]
    places = {name: place for place, name in enumerate(types)}
    schema["fields"].sort(key=lambda column: places.get(column["name"], len(places)))
    for column in schema["fields"]:
        column["nullable"] = True
    return json.dumps(schema)


def _agree(name: str, old: str, new: str, overwrite: bool, given: dict[str, str]) -> str:
    """Return the schema of the table after the write. Raises AnalysisException if the new data does not fit and no
    option allows the change.
    """
    before = {column["name"].lower(): column for column in json.loads(old)["fields"]}
    after = {column["name"].lower(): column for column in json.loads(new)["fields"]}
    if before.keys() == after.keys() and all(_bare(before[key]) == _bare(after[key]) for key in before):
        return old
    if overwrite and given.get("overwriteschema", "").lower() == "true":
        return new
    shared = before.keys() & after.keys()
    if given.get("mergeschema", "").lower() == "true" and all(
        _bare(before[key]) == _bare(after[key]) for key in shared
    ):
        added = [after[key] for key in after if key not in before]
        merged = json.loads(old)
        merged["fields"] += added
        return json.dumps(merged)
    raise AnalysisException(
        f"[DELTA_SCHEMA_MISMATCH] The data has other columns than the table {name}: "
        f'({_columns(after)}) in place of ({_columns(before)}). Add .option("mergeSchema", "true") to add columns, '
        'or .option("overwriteSchema", "true") with mode("overwrite") to replace them. SQLSTATE: 42KDG'
    )


def _bare(column: dict[str, Any]) -> Any:
    """A column's type without what says where nulls may be, which a write does not have to repeat."""

    def bare(kind: Any) -> Any:
        if isinstance(kind, list):
            return [bare(part) for part in kind]
        if not isinstance(kind, dict):
            return kind
        unseen = ("nullable", "containsNull", "valueContainsNull", "metadata")
        return {key: bare(value) for key, value in kind.items() if key not in unseen}

    return bare(column["type"])


def _columns(columns: dict[str, Any]) -> str:
    return ", ".join(f"{column['name']} {column['type']}" for column in columns.values())
