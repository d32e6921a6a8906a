"""Streams from Delta tables, without Spark: which rows each batch has, and which versions are refused."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import deltalake
import pyarrow as pa
import pytest
from pyspark.errors import AnalysisException

from handloom.session.apache.delta_source import DeltaSource, DeltaStreamReader, check

NOON = datetime.datetime(2024, 1, 2, 12, 0, 5)
ROWS = pa.table(
    {
        "id": pa.array([1, 2], pa.int64()),
        "deep": pa.array(
            [[{"a": 1, "m": [("k", 1.5)]}], None],
            pa.list_(pa.struct([("a", pa.int32()), ("m", pa.map_(pa.string(), pa.float64()))])),
        ),
        "day": pa.array([NOON.date(), None]),
        "price": pa.array([Decimal("1.50"), None], pa.decimal128(10, 2)),
        "at": pa.array([NOON.replace(tzinfo=datetime.UTC)] * 2, pa.timestamp("us", "UTC")),
        "local": pa.array([NOON] * 2, pa.timestamp("us")),
        "name": ["x", "a=b/c%"],
    }
)


def batches(path: Path, **options: str) -> list[list[dict[str, Any]]]:
    """The rows of each batch until there are no more."""
    given = {"path": str(path), **options}
    reader = DeltaStreamReader(given, DeltaSource(given).schema())
    at, found = reader.initialOffset(), []
    while (then := reader.latestOffset(at, reader.getDefaultReadLimit())) != at:
        parts = reader.partitions(at, then)
        rows = [row for part in parts for batch in reader.read(part) for row in batch.to_pylist()]
        found += [rows] if parts else []
        at = json.loads(json.dumps(then))  # as a checkpoint keeps it
    return found


def in_order(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(row, default=str, sort_keys=True) for row in rows)


@pytest.mark.parametrize("column", ["", "day", "name", "price", "at", "local", "id"])
@pytest.mark.parametrize("options", [{}, {"startingVersion": "0"}])
def test_every_row_comes_once_whatever_the_table_is_partitioned_by(
    tmp_path: Path, column: str, options: dict[str, str]
) -> None:
    for _ in range(2):
        deltalake.write_deltalake(tmp_path, ROWS, mode="append", partition_by=[column] if column else None)
    found = batches(tmp_path, maxFilesPerTrigger="1", **options)
    assert len(found) >= 2
    assert in_order([row for rows in found for row in rows]) == in_order(ROWS.to_pylist() * 2)


def ids(path: Path, **options: str) -> list[int]:
    return sorted(row["id"] for rows in batches(path, **options) for row in rows)


def test_a_version_that_deletes_rows_is_refused_or_left_out(tmp_path: Path) -> None:
    deltalake.write_deltalake(tmp_path, ROWS)
    deltalake.DeltaTable(tmp_path).delete("id = 1")
    deltalake.write_deltalake(tmp_path, ROWS, mode="append")
    with pytest.raises(AnalysisException, match=r"Version 1 of .* changes rows.*skipChangeCommits"):
        ids(tmp_path, startingVersion="0")
    assert ids(tmp_path, startingVersion="0", skipChangeCommits="true") == [1, 1, 2, 2]
    assert ids(tmp_path, startingVersion="0", ignoreChanges="true") == [1, 1, 2, 2, 2]
    assert ids(tmp_path, startingVersion="2") == [1, 2]
    assert ids(tmp_path) == [1, 2, 2]


def test_a_deleted_partition_may_be_ignored(tmp_path: Path) -> None:
    deltalake.write_deltalake(tmp_path, ROWS, partition_by=["id"])
    deltalake.DeltaTable(tmp_path).delete("id = 1")
    with pytest.raises(AnalysisException, match=r"deletes rows.*ignoreDeletes"):
        ids(tmp_path, startingVersion="0")
    assert ids(tmp_path, startingVersion="0", ignoreDeletes="true") == [1, 2]


def test_files_that_are_only_written_anew_are_no_rows(tmp_path: Path) -> None:
    for _ in range(3):
        deltalake.write_deltalake(tmp_path, ROWS, mode="append")
    deltalake.DeltaTable(tmp_path).optimize.compact()
    assert ids(tmp_path, startingVersion="1") == [1, 1, 2, 2]


def test_other_columns_end_the_stream_with_the_way_out(tmp_path: Path) -> None:
    deltalake.write_deltalake(tmp_path, ROWS)
    given = {"path": str(tmp_path)}
    reader = DeltaStreamReader(given, DeltaSource(given).schema())
    at = reader.initialOffset()
    wider = ROWS.append_column("more", pa.array([1, 2]))
    deltalake.write_deltalake(tmp_path, wider, mode="append", schema_mode="merge")
    with pytest.raises(AnalysisException, match=r"other columns.*start the query again"):
        reader.latestOffset(at, reader.getDefaultReadLimit())
    assert ids(tmp_path) == [1, 1, 2, 2]
    assert {row["more"] for rows in batches(tmp_path) for row in rows} == {None, 1, 2}


def test_a_stream_starts_at_a_time(tmp_path: Path) -> None:
    for _ in range(2):
        deltalake.write_deltalake(tmp_path, ROWS, mode="append")
    times = [commit["timestamp"] for commit in deltalake.DeltaTable(tmp_path).history()]
    last = datetime.datetime.fromtimestamp(max(times) / 1000, datetime.UTC).isoformat()
    assert ids(tmp_path, startingTimestamp="2000-01-01") == [1, 1, 2, 2]
    assert ids(tmp_path, startingTimestamp=last) in ([1, 2], [1, 1, 2, 2])  # both commits may have one millisecond
    with pytest.raises(AnalysisException, match="no version from 2999-01-01 on"):
        ids(tmp_path, startingTimestamp="2999-01-01")


def test_a_version_whose_log_is_gone_is_never_left_out(tmp_path: Path) -> None:
    for _ in range(3):
        deltalake.write_deltalake(tmp_path, ROWS, mode="append")
    deltalake.DeltaTable(tmp_path).create_checkpoint()
    (tmp_path / "_delta_log" / f"{1:020}.json").unlink()
    with pytest.raises(AnalysisException, match="no version 1 any more"):
        ids(tmp_path, startingVersion="0")


def test_what_a_stream_cannot_do_is_named(tmp_path: Path) -> None:
    with pytest.raises(AnalysisException, match="is not a Delta table"):
        check(tmp_path, {})
    deltalake.write_deltalake(tmp_path, ROWS)
    check(tmp_path, {"path": "x", "MaxFilesPerTrigger": "3"})
    with pytest.raises(AnalysisException, match=r"option withEventTimeOrder here\. They have maxFilesPerTrigger"):
        check(tmp_path, {"withEventTimeOrder": "true"})
