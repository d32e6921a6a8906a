"""Read an archive of `handloom export`: a zip of records.jsonl, files and notebooks. docs/archive.md has the format."""

from __future__ import annotations

import lzma
import zipfile
import zlib
from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import msgspec

from handloom.domain import artifacts
from handloom.domain.errors import Invalid
from handloom.domain.folders import ItemKey
from handloom.domain.records import (
    EvaluationDatasetRecord,
    ExperimentRecord,
    LoggedModelRecord,
    ModelRecord,
    PointsRecord,
    Record,
    RunRecord,
    ScorerRecord,
    TraceRecord,
    VersionRecord,
    decode_line,
)
from handloom.domain.schedules import ScheduleFields
from handloom.domain.traces import LOCATION_TAG
from handloom.transfer.mlflow.traces.spans import MALFORMED, spans_in
from handloom.transfer.source import FileSet, SourceFile, SourceWebhook, UnreadableError

MANIFEST, RECORDS, FILES, NOTEBOOKS = "handloom.json", "records.jsonl", "artifacts/", "notebooks/"
SNAPSHOTS, REPORTS = "snapshots/", "reports/"
FORMAT = 1
CHUNK = 1024 * 1024
MAX_LINE = 64 * 1024 * 1024
"""Maximum bytes of one record, like the server's limit on a request."""
MAX_SMALL_ENTRY = 64 * 1024 * 1024
"""Maximum bytes of the manifest, or of one notebook."""
MAX_ENTRIES = 5_000_000
SUSPICIOUS_BYTES, MAX_RATIO = 1_000_000_000, 200
"""Limit against zip bombs: an archive that unpacks to this size or more must not have a higher compression ratio."""

DAMAGED = (OSError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, KeyError, RuntimeError, ValueError)
"""Exceptions that reading a damaged, encrypted or unsupported entry raises."""


class NotebookEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A notebook of the archive; `file` is the name of its entry."""

    name: str
    description: str
    file: str
    id: str = ""
    """Its id where it was, which runs and schedules refer to."""


class ScheduleEntry(ScheduleFields, frozen=True, kw_only=True):
    """A schedule of the notebook with this id where it was. Its address for messages, often a secret, is left out."""

    notebook: str


class ReportEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A report of the archive; `file` is the name of its entry, which has the blocks."""

    name: str
    description: str
    file: str
    id: str = ""
    """Its id where it was, which folders refer to."""


class FolderEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A folder of the workspace's list with the items that are directly in it, by the ids that they had."""

    id: str
    parent: str
    name: str
    items: list[ItemKey]


class ArchiveManifest(msgspec.Struct, frozen=True, kw_only=True):
    """The description of an archive. `id` identifies it."""

    format: int
    id: str
    written_by: str
    written_at: int
    workspace: str
    runs: int
    notebooks: list[NotebookEntry] = []
    schedules: list[ScheduleEntry] = []
    reports: list[ReportEntry] = []
    folders: list[FolderEntry] = []
    workspace_id: str = ""
    """The id that the workspace had, by which blocks of reports name it."""


class Archive:
    """An open archive. Its records are read once, from the first to the last."""

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except DAMAGED as error:
            raise Invalid(f"{path} is not an archive of `handloom export`: {error}.") from error
        try:
            self._open(path)
        except BaseException:
            self._zip.close()
            raise

    def _open(self, path: Path) -> None:
        try:
            _check_entries(path, self._zip.infolist())
            self.manifest = msgspec.json.decode(_read_small(self._zip, MANIFEST), type=ArchiveManifest)
            lines = self._zip.open(RECORDS)
        except (*DAMAGED, msgspec.MsgspecError) as error:
            raise Invalid(f"{path} is not an archive of `handloom export`: {error}.") from error
        if self.manifest.format != FORMAT:
            raise Invalid(
                f"{path} was written by a newer release ({self.manifest.written_by}); import it with that one."
            )
        self.name = f"{path.name} ({self.manifest.id})"
        self._records = self._read(lines)
        self._next = next(self._records, None)
        self._sizes = {
            entry.filename.removeprefix(FILES): entry.file_size
            for entry in self._zip.infolist()
            if entry.filename.startswith(FILES) and not entry.is_dir()
        }
        self._paths = sorted(self._sizes)
        self._skipped: list[tuple[str, str]] = []

    def _read(self, lines: IO[bytes]) -> Iterator[Record]:
        try:
            while line := lines.readline(MAX_LINE + 1):
                if len(line) > MAX_LINE:
                    raise Invalid(f"The archive has a record that is longer than {MAX_LINE:,} bytes.")
                yield decode_line(line)
        except DAMAGED as error:
            raise Invalid(f"The archive is damaged: {error}.") from error

    def _read_while(self, *kinds: type[Record]) -> Iterator[Record]:
        """Read records up to the first of another kind."""
        while isinstance(self._next, kinds):
            record, self._next = self._next, next(self._records, None)
            yield record

    def experiments(self) -> Iterator[ExperimentRecord]:
        for record in self._read_while(ExperimentRecord):
            assert isinstance(record, ExperimentRecord)
            yield record

    def count_runs(self) -> int:
        return self.manifest.runs

    def runs(self) -> Iterator[RunRecord]:
        for record in self._read_while(RunRecord, PointsRecord):
            if isinstance(record, RunRecord):  # skip points that were not read: their run was imported before
                yield record

    def points(self, run: RunRecord) -> Iterator[PointsRecord]:
        for record in self._read_while(PointsRecord):
            assert isinstance(record, PointsRecord)
            yield record

    def logged_models(self) -> Iterator[LoggedModelRecord]:
        for record in self._read_while(LoggedModelRecord):
            assert isinstance(record, LoggedModelRecord)
            yield record

    def models(self) -> Iterator[ModelRecord | VersionRecord]:
        for record in self._read_while(ModelRecord, VersionRecord):
            assert isinstance(record, (ModelRecord, VersionRecord))
            yield record

    def traces(self) -> Iterator[TraceRecord]:
        """Yield each trace with all of its spans; those that its client uploaded as a file are read from it."""
        waiting: TraceRecord | None = None
        for record in self._read_while(TraceRecord):
            assert isinstance(record, TraceRecord)
            if waiting is not None and record.trace_id == waiting.trace_id:
                waiting = msgspec.structs.replace(waiting, spans=[*waiting.spans, *record.spans])
                continue
            if waiting is not None:
                yield self._with_spans(waiting)
            waiting = record
        if waiting is not None:
            yield self._with_spans(waiting)

    def _with_spans(self, trace: TraceRecord) -> TraceRecord:
        uri = trace.tags.get(LOCATION_TAG, "")
        if trace.spans or not uri:
            return trace
        try:
            return msgspec.structs.replace(trace, spans=spans_in(self._files(uri)))
        except (UnreadableError, *MALFORMED) as error:
            self._skipped.append((f"its spans cannot be read ({str(error)[:200]})", f"trace {trace.trace_id}"))
            return trace

    def evaluation(self) -> Iterator[EvaluationDatasetRecord | ScorerRecord]:
        for record in self._read_while(EvaluationDatasetRecord, ScorerRecord):
            assert isinstance(record, (EvaluationDatasetRecord, ScorerRecord))
            yield record

    def webhooks(self) -> Iterator[SourceWebhook]:
        """Yield nothing: an archive has none, because their addresses and secrets are not for whoever gets it."""
        return iter(())

    def files_of_run(self, run: RunRecord) -> FileSet:
        return self._files(run.artifact_uri)

    def files_of_model(self, model: LoggedModelRecord) -> FileSet:
        return self._files(model.artifact_uri)

    def _files(self, uri: str) -> FileSet:
        if not uri:
            return _ArchiveFiles(self._zip, "", {}, [])
        try:
            root = artifacts.path_of(uri)
        except Invalid as error:
            raise UnreadableError(f"their address {uri} is not valid") from error
        if root is None:
            raise UnreadableError(f"they are at {uri}, outside of the exporting server, and not in the archive")
        return _ArchiveFiles(self._zip, f"{root}/", self._sizes, self._paths)

    def read(self, entry: NotebookEntry | ReportEntry) -> bytes:
        """Read a notebook or a report of the manifest. Raises UnreadableError."""
        try:
            return _read_small(self._zip, entry.file)
        except DAMAGED as error:
            raise UnreadableError(f"it cannot be read from the archive: {error}") from error

    def snapshots(self) -> Iterator[bytes]:
        """Read the snapshots of runs one by one. Raises UnreadableError."""
        for entry in self._zip.namelist():
            if entry.startswith(SNAPSHOTS) and not entry.endswith("/"):
                try:
                    yield _read_small(self._zip, entry)
                except DAMAGED as error:
                    raise UnreadableError(f"it cannot be read from the archive: {error}") from error

    def unsupported(self) -> list[str]:
        if self._next is not None:
            return [f"records of a kind out of order, from {type(self._next).__name__} on"]
        return []

    def skipped(self) -> list[tuple[str, str]]:
        skipped, self._skipped = self._skipped, []
        return skipped

    def close(self) -> None:
        self._zip.close()


def _check_entries(path: Path, entries: list[zipfile.ZipInfo]) -> None:
    """Raise Invalid for names that lead out of the archive (zip slip), and for zip bombs."""
    if len(entries) > MAX_ENTRIES:
        raise Invalid(f"{path} is not safe to import: it has more than {MAX_ENTRIES:,} entries.")
    for entry in entries:
        if not _is_clean(entry.orig_filename.removesuffix("/")):
            name = repr(entry.orig_filename[:200])
            raise Invalid(f"{path} is not safe to import: its entry {name} does not have a valid path.")
    unpacked, packed = sum(entry.file_size for entry in entries), path.stat().st_size
    if unpacked >= SUSPICIOUS_BYTES and unpacked > MAX_RATIO * packed:
        raise Invalid(
            f"{path} is not safe to import: it has {packed:,} bytes and unpacks to {unpacked:,}, more than {MAX_RATIO} "
            "times as much."
        )


def _is_clean(name: str) -> bool:
    try:
        return artifacts.clean_path(name) == name
    except Invalid:
        return False


def _read_small(archive: zipfile.ZipFile, name: str) -> bytes:
    """Read an entry into memory. Raises ValueError if it is too large."""
    if (size := archive.getinfo(name).file_size) > MAX_SMALL_ENTRY:
        raise ValueError(f"{name} has {size:,} bytes, more than {MAX_SMALL_ENTRY:,}")
    return archive.read(name)


class _ArchiveFiles:
    """The files of the archive below one path."""

    def __init__(self, archive: zipfile.ZipFile, root: str, sizes: dict[str, int], paths: list[str]) -> None:
        self._zip, self._root, self._sizes, self._paths = archive, root, sizes, paths

    def walk(self) -> Iterator[SourceFile]:
        at = bisect_left(self._paths, self._root)
        while at < len(self._paths) and self._paths[at].startswith(self._root):
            path = self._paths[at]
            yield SourceFile(path.removeprefix(self._root), self._sizes[path])
            at += 1

    def read(self, path: str) -> Iterator[bytes]:
        try:
            with self._zip.open(FILES + self._root + path) as stream:
                while chunk := stream.read(CHUNK):
                    yield chunk
        except DAMAGED as error:
            raise UnreadableError(f"it is damaged in the archive: {error}") from error
