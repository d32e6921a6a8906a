"""SQL statements on Delta tables that both local engines lack: history, details, compaction, vacuum, restore.

The package `deltalake` does the work on the table's folder, and the result has the columns that Delta Lake gives it.
"""

from __future__ import annotations

import datetime
import json
import math
import re
import zoneinfo
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyspark.errors import AnalysisException

_NAME = r"(?P<name>(?:`(?:[^`]|``)*`|[^\s`;(])+)"
_END = r"\s*;?\s*"
_HISTORY = re.compile(rf"\s*DESC(?:RIBE)?\s+HISTORY\s+{_NAME}(?:\s+LIMIT\s+(?P<limit>\d+))?{_END}", re.I)
_DETAIL = re.compile(rf"\s*DESC(?:RIBE)?\s+DETAIL\s+{_NAME}{_END}", re.I)
_OPTIMIZE = re.compile(
    rf"\s*OPTIMIZE\s+{_NAME}(?:\s+WHERE\s+(?P<where>.+?))?(?:\s+ZORDER\s+BY\s*\(?(?P<order>[^()]+?)\)?)?(?:\s+VORDER)?{_END}",
    re.I | re.S,
)
_VACUUM = re.compile(
    rf"\s*VACUUM\s+{_NAME}(?:\s+(?:FULL|LITE))?(?:\s+RETAIN\s+(?P<hours>[\d.]+)\s+HOURS?)?(?P<dry>\s+DRY\s+RUN)?{_END}",
    re.I,
)
_RESTORE = re.compile(
    rf"\s*RESTORE\s+(?:TABLE\s+)?{_NAME}\s+(?:TO\s+)?"
    rf"(?:VERSION\s+AS\s+OF\s+(?P<version>\d+)|TIMESTAMP\s+AS\s+OF\s+(?P<time>'[^']*'|\"[^\"]*\")){_END}",
    re.I,
)
_CONDITION = re.compile(
    r"\s*`?(?P<column>\w+)`?\s*(?P<op>=|==|!=|<>)\s*(?P<value>'[^']*'|\"[^\"]*\"|[\w.+-]+)\s*", re.S
)
RETENTION_HOURS = 168
"""Delta Lake's default retention of older versions' files, in hours."""
RETENTION_CHECK = "spark.databricks.delta.retentionDurationCheck.enabled"

_HISTORY_SCHEMA = pa.schema(
    [
        ("version", pa.int64()),
        ("timestamp", pa.timestamp("us", "UTC")),
        ("userId", pa.string()),
        ("userName", pa.string()),
        ("operation", pa.string()),
        ("operationParameters", pa.map_(pa.string(), pa.string())),
        ("readVersion", pa.int64()),
        ("isolationLevel", pa.string()),
        ("isBlindAppend", pa.bool_()),
        ("operationMetrics", pa.map_(pa.string(), pa.string())),
        ("userMetadata", pa.string()),
        ("engineInfo", pa.string()),
    ]
)
_DETAIL_SCHEMA = pa.schema(
    [
        ("format", pa.string()),
        ("id", pa.string()),
        ("name", pa.string()),
        ("description", pa.string()),
        ("location", pa.string()),
        ("createdAt", pa.timestamp("us", "UTC")),
        ("lastModified", pa.timestamp("us", "UTC")),
        ("partitionColumns", pa.list_(pa.string())),
        ("numFiles", pa.int64()),
        ("sizeInBytes", pa.int64()),
        ("properties", pa.map_(pa.string(), pa.string())),
        ("minReaderVersion", pa.int32()),
        ("minWriterVersion", pa.int32()),
        ("tableFeatures", pa.list_(pa.string())),
    ]
)
_RESTORED = (
    "table_size_after_restore", "num_of_files_after_restore", "num_removed_files", "num_restored_files",
    "removed_files_size", "restored_files_size",
)  # fmt: skip

_OPTIMIZED = ("numFilesAdded", "numFilesRemoved", "partitionsOptimized", "totalConsideredFiles", "totalFilesSkipped")

RESTORED = re.compile(rf"\s*RESTORE\s+(?:TABLE\s+)?{_NAME}", re.I)
"""Matches statements that can change a table's columns."""
FolderOf = Callable[[str], Path]
"""Maps a table's name in SQL to its folder."""


def run(sql: str, folder_of: FolderOf, conf: Callable[[str], str]) -> pa.Table | None:
    """Run one of these statements and return its rows; None for another statement. Raises AnalysisException."""
    ways: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], Any, Path], pa.Table]], ...] = (
        (_HISTORY, _history),
        (_DETAIL, _detail),
        (_OPTIMIZE, _optimize),
        (_VACUUM, lambda match, table, folder: _vacuum(match, table, folder, conf)),
        (_RESTORE, lambda match, table, folder: _restore(match, table, folder, conf)),
    )
    for pattern, act in ways:
        if match := pattern.fullmatch(sql):
            folder = folder_of(match["name"])
            return _worded(lambda: act(match, _open(folder, match["name"]), folder))  # noqa: B023 - called at once
    return None


def _worded(act: Callable[[], pa.Table]) -> pa.Table:
    """Run `act` and convert errors of `deltalake` to AnalysisException, which users of Spark catch."""
    import deltalake.exceptions

    try:
        return act()
    except (deltalake.exceptions.DeltaError, deltalake.exceptions.TableNotFoundError) as error:
        raise AnalysisException(f"[DELTA] {error}") from error


def _open(folder: Path, name: str) -> Any:
    import deltalake

    if not (folder / "_delta_log").is_dir():
        raise AnalysisException(
            f"[DELTA_MISSING_DELTA_TABLE] {name} is not a Delta table: there is no Delta log in {folder}."
        )
    return deltalake.DeltaTable(str(folder))


def _history(match: re.Match[str], table: Any, folder: Path) -> pa.Table:
    limit = int(match["limit"]) if match["limit"] else None
    return _rows(_HISTORY_SCHEMA, [_version(entry) for entry in table.history(limit)])


def _version(entry: Mapping[str, Any]) -> dict[str, Any]:
    metrics = entry.get("operationMetrics") or {}
    return {
        "version": entry.get("version"),
        "timestamp": _time(entry.get("timestamp")),
        "userId": entry.get("userId"),
        "userName": entry.get("userName"),
        "operation": entry.get("operation"),
        "operationParameters": _texts(entry.get("operationParameters")),
        "readVersion": entry.get("readVersion"),
        "isolationLevel": entry.get("isolationLevel"),
        "isBlindAppend": entry.get("isBlindAppend"),
        "operationMetrics": _texts(metrics),
        "userMetadata": entry.get("userMetadata"),
        "engineInfo": entry.get("engineInfo") or entry.get("clientVersion"),
    }


def _detail(match: re.Match[str], table: Any, folder: Path) -> pa.Table:
    metadata, protocol = table.metadata(), table.protocol()
    actions = pa.table(table.get_add_actions(flatten=True))
    newest = table.history(1)
    features = sorted({*(protocol.reader_features or ()), *(protocol.writer_features or ())})
    row = {
        "format": "delta",
        "id": str(metadata.id),
        "name": metadata.name or match["name"],
        "description": metadata.description,
        "location": folder.as_uri(),
        "createdAt": _time(metadata.created_time),
        "lastModified": _time(newest[0].get("timestamp")) if newest else None,
        "partitionColumns": list(metadata.partition_columns),
        "numFiles": len(actions),
        "sizeInBytes": sum(actions.column("size_bytes").to_pylist()),
        "properties": _texts(metadata.configuration),
        "minReaderVersion": protocol.min_reader_version,
        "minWriterVersion": protocol.min_writer_version,
        "tableFeatures": features,
    }
    return _rows(_DETAIL_SCHEMA, [row])


def _optimize(match: re.Match[str], table: Any, folder: Path) -> pa.Table:
    where = (
        [_condition(part) for part in re.split(r"\s+AND\s+", match["where"], flags=re.I)] if match["where"] else None
    )
    if match["order"]:
        metrics = table.optimize.z_order(
            [name.strip(" `") for name in match["order"].split(",")], partition_filters=where
        )
    else:
        metrics = table.optimize.compact(partition_filters=where)
    return pa.Table.from_pylist([{"path": folder.as_uri(), "metrics": {name: metrics[name] for name in _OPTIMIZED}}])


def _condition(text: str) -> tuple[str, str, str]:
    match = _CONDITION.fullmatch(text)
    if match is None:
        raise AnalysisException(
            f"OPTIMIZE compares partition columns with values, as in WHERE day = '2024-01-01', and not: {text}"
        )
    operator = {"==": "=", "<>": "!="}.get(match["op"], match["op"])
    return match["column"], operator, match["value"].strip("'\"")


def _vacuum(match: re.Match[str], table: Any, folder: Path, conf: Callable[[str], str]) -> pa.Table:
    hours = float(match["hours"]) if match["hours"] else None
    checked = conf(RETENTION_CHECK).lower() != "false"
    if hours is not None and hours < RETENTION_HOURS and checked:
        raise AnalysisException(
            f"[DELTA_VACUUM_RETENTION_PERIOD_TOO_SHORT] RETAIN {hours:g} HOURS is less than {RETENTION_HOURS}: "
            "it would delete files that running readers and time travel still need. To do it nevertheless: "
            f'spark.conf.set("{RETENTION_CHECK}", "false").'
        )
    dry = bool(match["dry"])
    files = table.vacuum(
        None if hours is None else math.ceil(hours), dry_run=dry, enforce_retention_duration=False, full=True
    )
    places = [(folder / file).as_uri() for file in files] if dry else [folder.as_uri()]
    return pa.table({"path": pa.array(places, pa.string())})


def _restore(match: re.Match[str], table: Any, folder: Path, conf: Callable[[str], str]) -> pa.Table:
    target: int | datetime.datetime
    if match["version"] is not None:
        target = int(match["version"])
        newest = table.version()
        if target > newest:
            raise AnalysisException(
                f"[DELTA_CANNOT_RESTORE_TABLE_VERSION] The table has no version {target}: its newest is {newest}."
            )
    else:
        given = datetime.datetime.fromisoformat(match["time"].strip("'\""))
        zone = zoneinfo.ZoneInfo(conf("spark.sql.session.timeZone") or "UTC")
        target = given if given.tzinfo else given.replace(tzinfo=zone)
        earliest = min(filter(None, (_time(entry.get("timestamp")) for entry in table.history())))
        if target < earliest:
            raise AnalysisException(
                f"[DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION] The table has no version of {given}: its oldest is "
                f"of {earliest.astimezone(zone):%Y-%m-%d %H:%M:%S}."
            )
    is_newest = target == table.version()  # nothing to do, which `restore` refuses
    metrics = {"numRemovedFile": 0, "numRestoredFile": 0} if is_newest else table.restore(target)
    restored = _opened_again(folder)
    sizes = pa.table(restored.get_add_actions(flatten=True)).column("size_bytes").to_pylist()
    values = (sum(sizes), len(sizes), metrics.get("numRemovedFile"), metrics.get("numRestoredFile"), None, None)
    return pa.table({key: pa.array([value], pa.int64()) for key, value in zip(_RESTORED, values, strict=True)})


def _opened_again(folder: Path) -> Any:
    import deltalake

    return deltalake.DeltaTable(str(folder))


def _rows(schema: pa.Schema, rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=schema)


def _texts(values: Any) -> list[tuple[str, str]]:
    """Convert to a map of strings, the type of parameters and metrics in Delta Lake."""
    return [(key, value if isinstance(value, str) else json.dumps(value)) for key, value in (values or {}).items()]


def _time(milliseconds: Any) -> datetime.datetime | None:
    if milliseconds is None:
        return None
    return datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.UTC)
