"""Streams of the rows that are added to a Delta table, as a data source of Apache Spark in Python.

The first batches have the rows of the table as it is when the stream starts, file by file, the next ones those of each
later version. Facts: the options and their meaning are those of Delta Lake's source.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
from pyspark.errors import AnalysisException
from pyspark.sql.datasource import DataSource, DataSourceStreamReader, InputPartition
from pyspark.sql.streaming.datasource import ReadLimit, ReadMaxFiles, SupportsTriggerAvailableNow
from pyspark.sql.types import StructType

from handloom.session.apache.log import is_delta, newest_version, open_table

NAME = "handloom_delta"
MAX_FILES = 1000
"""Files of a batch where `maxFilesPerTrigger` says nothing."""
OPTIONS = (
    *("maxFilesPerTrigger", "startingVersion", "startingTimestamp", "ignoreDeletes", "ignoreChanges"),
    "skipChangeCommits",
)


@dataclass(frozen=True, slots=True)
class StreamedFile:
    """A Parquet file of the table, with the values of its partition columns, as text where the log has it."""

    path: str
    partitions: dict[str, Any]


class FilePartition(InputPartition):
    """One file, read by one task."""

    def __init__(self, file: StreamedFile) -> None:
        super().__init__(None)
        self.file = file


class DeltaSource(DataSource):
    """The table at the option `path`."""

    @classmethod
    def name(cls) -> str:
        return NAME

    def schema(self) -> StructType:
        return StructType.fromJson(json.loads(open_table(Path(self.options["path"])).schema().to_json()))

    def streamReader(self, schema: StructType) -> DeltaStreamReader:  # noqa: N802 - Spark's name
        return DeltaStreamReader(dict(self.options), schema)


class DeltaStreamReader(DataSourceStreamReader, SupportsTriggerAvailableNow):
    """Offsets are `{"from": the version that was there at the start, or -1 without its rows, "version", "files"}`:
    all files of the versions before `version` are read, and the first `files` of that version.
    """

    def __init__(self, options: dict[str, str], schema: StructType) -> None:
        given = {key.lower(): value for key, value in options.items()}
        self._place = Path(given["path"])
        self._options = given
        self._schema = schema
        self._last: int | None = None
        self._known: dict[int, list[StreamedFile]] = {}
        """Files of versions that are not read to their end: a batch asks twice, and a snapshot may be many batches."""

    def initialOffset(self) -> dict[str, int]:  # noqa: N802 - Spark's name
        start = self._starting_version()
        if start is None:
            newest = newest_version(self._place)
            return {"from": newest, "version": newest, "files": 0}
        return {"from": -1, "version": start, "files": 0}

    def getDefaultReadLimit(self) -> ReadLimit:  # noqa: N802 - Spark's name
        return ReadMaxFiles(int(self._options.get("maxfilespertrigger", MAX_FILES)))

    def prepareForTriggerAvailableNow(self) -> None:  # noqa: N802 - Spark's name
        self._last = newest_version(self._place)

    def latestOffset(self, start: dict[str, int], limit: ReadLimit) -> dict[str, int]:  # noqa: N802 - Spark's name
        newest = newest_version(self._place) if self._last is None else self._last
        left = limit.max_files if isinstance(limit, ReadMaxFiles) else None
        version, done = start["version"], start["files"]
        while version <= newest:
            count = len(self._files(start["from"], version))
            if left is not None and count - done > left:
                return {"from": start["from"], "version": version, "files": done + left}
            left = None if left is None else left - (count - done)
            version, done = version + 1, 0
        return {"from": start["from"], "version": version, "files": 0}

    def partitions(self, start: dict[str, int], end: dict[str, int]) -> Sequence[InputPartition]:
        found: list[InputPartition] = []
        for version in range(start["version"], end["version"] + (end["files"] > 0)):
            files = self._files(start["from"], version)
            first = start["files"] if version == start["version"] else 0
            last = end["files"] if version == end["version"] else len(files)
            found += [FilePartition(file) for file in files[first:last]]
        return found

    def read(self, partition: InputPartition) -> Iterator[pa.RecordBatch]:
        assert isinstance(partition, FilePartition)
        return read_file(partition.file, self._schema)

    def _starting_version(self) -> int | None:
        """The version whose rows come first; None for all rows that are there at the start."""
        if at := self._options.get("startingversion"):
            return newest_version(self._place) + 1 if at == "latest" else int(at)
        if at := self._options.get("startingtimestamp"):
            after = datetime.fromisoformat(at).astimezone().timestamp() * 1000
            commits = open_table(self._place).history()
            found = [int(commit["version"]) for commit in commits if int(commit["timestamp"]) >= after]
            if not found:
                raise AnalysisException(
                    f"[DELTA_TIMESTAMP_GREATER_THAN_COMMIT] {self._place.name} has no version from {at} on. "
                    'Way out: startingVersion="latest" for the rows that are added from now on. SQLSTATE: 42816'
                )
            return min(found)
        return None

    def commit(self, end: dict[str, int]) -> None:
        self._known = {version: files for version, files in self._known.items() if version >= end["version"]}

    def _files(self, snapshot: int, version: int) -> list[StreamedFile]:
        """The files whose rows a version adds, in a fixed order; for the version `snapshot` all that it has."""
        if version not in self._known:
            self._known[version] = self._all(version) if version == snapshot else self._added(version)
        return self._known[version]

    def _all(self, version: int) -> list[StreamedFile]:
        table = open_table(self._place, str(version))
        partitions = table.metadata().partition_columns
        actions = pa.table(table.get_add_actions(flatten=True)).to_pylist()
        actions.sort(key=lambda action: (action["modification_time"], action["path"]))
        return [
            StreamedFile(
                str(self._place / unquote(action["path"])),
                {name: action[f"partition.{name}"] for name in partitions},
            )
            for action in actions
        ]

    def _added(self, version: int) -> list[StreamedFile]:
        log = self._place / "_delta_log" / f"{version:020}.json"
        try:
            lines = log.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            raise AnalysisException(
                f"[DELTA_VERSIONS_NOT_CONTIGUOUS] The log of {self._place.name} has no version {version} any more, so "
                "rows may be missing. Way out: start the stream anew with another checkpointLocation. SQLSTATE: KD00C"
            ) from None
        actions = [json.loads(line) for line in lines if line.strip()]
        added = [action["add"] for action in actions if "add" in action and action["add"].get("dataChange", True)]
        removed = [a["remove"] for a in actions if "remove" in a and a["remove"].get("dataChange", True)]
        for action in actions:
            if "metaData" in action:
                self._require_same(action["metaData"], version)
        if removed and self._is("skipchangecommits"):
            return []
        if removed and not self._is("ignorechanges") and (added or not self._is("ignoredeletes")):
            self._refuse(version, "changes" if added else "deletes")
        return [
            StreamedFile(str(self._place / unquote(entry["path"])), dict(entry.get("partitionValues") or {}))
            for entry in added
        ]

    def _is(self, option: str) -> bool:
        return self._options.get(option, "").lower() == "true"

    def _refuse(self, version: int, what: str) -> None:
        out = "ignoreChanges (rows of the files written anew come again)" if what == "changes" else "ignoreDeletes"
        raise AnalysisException(
            f"[DELTA_SOURCE_TABLE_IGNORE_CHANGES] Version {version} of {self._place.name} {what} rows, and a stream "
            f"has added rows only. Way out: the option skipChangeCommits to leave such versions out, {out}, or start "
            "the stream anew with another checkpointLocation. SQLSTATE: 0A000"
        )

    def _require_same(self, metadata: dict[str, Any], version: int) -> None:
        names = [(field["name"], field["type"]) for field in json.loads(metadata["schemaString"])["fields"]]
        known = [(field.name, field.dataType.jsonValue()) for field in self._schema.fields]
        if names != known:
            raise AnalysisException(
                f"[DELTA_SCHEMA_CHANGED] Version {version} of {self._place.name} has other columns. "
                "Way out: start the query again, which then reads the new ones. SQLSTATE: KD007"
            )


def read_file(file: StreamedFile, schema: StructType) -> Iterator[pa.RecordBatch]:
    """The rows of a file with the columns of `schema`: nulls for those that it lacks, and its partitions' values."""
    import pyarrow.parquet as pq
    from pyspark.sql.pandas.types import to_arrow_schema

    target = to_arrow_schema(schema, timezone="UTC")
    with pq.ParquetFile(file.path, coerce_int96_timestamp_unit="us") as opened:
        for batch in opened.iter_batches():
            columns = [_column(file, batch, field) for field in target]
            yield pa.RecordBatch.from_arrays(columns, schema=target)


def _column(file: StreamedFile, batch: pa.RecordBatch, field: pa.Field) -> pa.Array:
    if field.name in file.partitions:
        return _constant(file.partitions[field.name], batch.num_rows, field.type)
    place = batch.schema.get_field_index(field.name)
    return pa.nulls(batch.num_rows, field.type) if place < 0 else batch.column(place).cast(field.type)


def _constant(value: Any, rows: int, kind: pa.DataType) -> pa.Array:
    if value is None or (value == "" and not pa.types.is_string(kind)):
        return pa.nulls(rows, kind)
    if isinstance(value, str) and pa.types.is_timestamp(kind):
        instant = datetime.fromisoformat(value)  # without an offset it is one of the machine's time zone
        value = instant.astimezone() if kind.tz else instant
    return pa.array([value] * rows).cast(kind)


def check(place: Path, options: dict[str, str]) -> None:
    """Raise AnalysisException for a stream that cannot be read as its options ask."""
    if not is_delta(place):
        raise AnalysisException(f"[DELTA_TABLE_NOT_FOUND] {place} is not a Delta table. SQLSTATE: 42P01")
    known = {"path", *(name.lower() for name in OPTIONS)}
    if unknown := sorted(key for key in options if key.lower() not in known):
        raise AnalysisException(
            f"[UNSUPPORTED_FEATURE.DELTA] Streams from Delta tables do not have the option {', '.join(unknown)} here. "
            f"They have {', '.join(OPTIONS)}."
        )
    open_table(place)
