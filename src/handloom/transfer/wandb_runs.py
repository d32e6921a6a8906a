"""Read the run folders that Weights & Biases writes on this machine, without an account and without its server.

A run's folder has one file of records (`run-ID.wandb`): protocol buffers in blocks of 32 KB, as LevelDB's log has them.
The messages come from the package wandb, which the command asks for where it is missing.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from google.protobuf.message import DecodeError
from wandb.proto import wandb_internal_pb2

from handloom.domain.errors import Invalid
from handloom.domain.experiments import DESCRIPTION_TAG
from handloom.domain.keys import MAX_PARAM
from handloom.domain.records import ExperimentRecord, PointsRecord, RunRecord
from handloom.domain.run_fields import Status
from handloom.transfer.conversion import Series, clean_key, flatten, number_of, params_of, points_records
from handloom.transfer.file_stores import Folder
from handloom.transfer.source import FileSet, NoFiles, RunsOnly

_HEADER = b":W&B\xe1\xbe\x00"
"""Signature, magic number and version of a file."""
_BLOCK = 32 * 1024
_FRAME = 7
"""Bytes before a piece of a record: checksum, length, kind."""
_FULL, _LAST = 1, 4
"""Kinds of the pieces that end a record."""
MAX_RECORD = 64 * 1024 * 1024
_OWN = ("_step", "_runtime", "_timestamp", "_wandb")
"""Keys that the product adds by itself."""


class _DamagedError(Exception):
    """A file has something else than records."""


_MALFORMED = (_DamagedError, DecodeError, OSError, ValueError, TypeError, OverflowError, RecursionError)
"""What reading a damaged file raises."""


@dataclass(slots=True)
class _WandbRun:
    """The content of the files of one run."""

    project: str = ""
    run: Any = None
    config: dict[str, Any] = field(default_factory=dict)
    summary: dict[str, Any] = field(default_factory=dict)
    points: Series = field(default_factory=lambda: defaultdict(dict))
    keys: dict[str, str] = field(default_factory=dict)
    first: int = 0
    last: int = 0
    steps: int = 0
    measured: int = 0
    exit_code: int | None = None
    others: Counter[str] = field(default_factory=Counter)


class WandbFolder(RunsOnly):
    """The runs below `root`: a `wandb` folder, or the folder of one run."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        if not root.is_dir():
            raise Invalid(f"There is no folder {root}.")
        self.root = root.resolve()
        self.name = f"Weights & Biases' {self.root}"
        self._files: dict[str, list[Path]] = {}
        for file in sorted({found.resolve() for found in self.root.rglob("*.wandb") if found.is_file()}):
            if file.is_relative_to(self.root):
                self._files.setdefault(file.stem, []).append(file)
        if not self._files:
            raise Invalid(f"{root} has no runs of Weights & Biases (files such as run-1a2b3c4d.wandb).")
        self._read = _WandbRun()
        self._others: Counter[str] = Counter()
        self._projects: list[str] = []

    def experiments(self) -> Iterator[ExperimentRecord]:
        """A project is an experiment; its name is in the first records of each file."""
        for files in self._files.values():
            project = self._project(files[0])
            if project not in self._projects:
                self._projects.append(project)
                yield ExperimentRecord(id=self._experiment(project), name=project)

    def count_runs(self) -> int:
        return len(self._files)

    def runs(self) -> Iterator[RunRecord]:
        for files in self._files.values():
            self._read = found = self._read_files(files)
            self._others += found.others
            if found.run is None:
                self.skip("it has no record of its run", f"file {files[-1]}")
                continue
            yield self._record(found, files)

    def points(self, run: RunRecord) -> Iterator[PointsRecord]:
        return points_records(run.run_id, self._read.points)

    def files_of_run(self, run: RunRecord) -> FileSet:
        folder = Path(run.artifact_uri)
        return Folder(folder, [self.root]) if folder.is_dir() else NoFiles()

    def unsupported(self) -> list[str]:
        return [f"{count:,} of the values: {kind}" for kind, count in self._others.items()]

    def _project(self, file: Path) -> str:
        try:
            for record in _records(file):
                if record.WhichOneof("record_type") == "run":
                    return record.run.project or "uncategorized"
        except _MALFORMED:
            pass  # `runs` reports it
        return "uncategorized"

    def _experiment(self, project: str) -> str:
        """An id in records that is larger than any that an import keeps, so that it gets one here."""
        return str((1 << 40) + self._projects.index(project))

    def _record(self, found: _WandbRun, files: list[Path]) -> RunRecord:
        run = found.run
        given = f"{run.entity}/{found.project}/{run.run_id}"
        started = int(run.start_time.seconds * 1_000 + run.start_time.nanos // 1_000_000) or found.first
        status: Status = "RUNNING" if found.exit_code is None else "FAILED" if found.exit_code else "FINISHED"
        params = params_of({name: value for name, value in found.config.items() if name not in _OWN})
        for key, value in params.items():
            if len(value) > MAX_PARAM:
                self.skip(
                    f"it has more than {MAX_PARAM:,} characters; its beginning is here", f"param {key} of {given}"
                )
        return RunRecord(
            run_id=hashlib.blake2b(given.encode(), digest_size=16).hexdigest(),
            experiment_id=self._experiment(found.project),
            name=run.display_name or run.run_id,
            status=status,
            start_time=started,
            end_time=None if found.exit_code is None else max(found.last, started),
            artifact_uri=str(files[-1].parent / "files"),
            params=params,
            tags=self._tags(found),
        )

    def _tags(self, found: _WandbRun) -> dict[str, str]:
        """What describes the run, and what its summary has beside the last values of the history."""
        run = found.run
        tags = {
            "wandb.run_id": run.run_id,
            "wandb.entity": run.entity,
            "wandb.group": run.run_group,
            "wandb.job_type": run.job_type,
            "wandb.sweep_id": run.sweep_id,
            "wandb.host": run.host,
            "wandb.tags": ", ".join(run.tags),
            DESCRIPTION_TAG: run.notes,
            "mlflow.source.git.commit": run.git.commit,
            "mlflow.source.git.repoURL": run.git.remote_url,
        }
        for name, value in flatten(found.summary):
            if name.partition(".")[0] in _OWN or name in found.keys:
                continue
            if isinstance(value, int | float):
                found.points[self._key(found, name)][found.steps, found.last, number_of(value)] = None
            elif isinstance(value, str):
                tags[clean_key(f"wandb.summary.{name}", tags)] = value
        return {name: value for name, value in tags.items() if value}

    def _read_files(self, files: list[Path]) -> _WandbRun:
        found = _WandbRun(project=self._project(files[0]))
        for file in files:
            try:
                for record in _records(file):
                    self._add(found, record)
            except _MALFORMED as error:
                self.skip(str(error) or "it cannot be read", f"file {file}")
        return found

    def _add(self, found: _WandbRun, record: Any) -> None:
        kind = record.WhichOneof("record_type")
        if kind == "run":
            found.run = record.run
            _update(found.config, record.run.config)
        elif kind == "config":
            _update(found.config, record.config)
        elif kind == "summary":
            _update(found.summary, record.summary)
        elif kind == "history":
            self._add_history(found, record.history)
        elif kind == "stats":
            self._add_stats(found, record.stats)
        elif kind == "exit":
            found.exit_code = record.exit.exit_code
        elif kind in ("artifact", "use_artifact", "alert"):
            found.others[kind] += 1

    def _add_history(self, found: _WandbRun, history: Any) -> None:
        values = {_name(item): json.loads(item.value_json) for item in history.item}
        time = int(float(values.get("_timestamp", 0)) * 1_000) or found.last
        step = int(values.get("_step", history.step.num))
        found.first, found.last, found.steps = found.first or time, max(found.last, time), max(found.steps, step)
        typed = {name for name, value in values.items() if isinstance(value, dict) and "_type" in value}
        for name in typed:
            found.others[str(values[name]["_type"])] += 1
        for name, value in flatten({name: value for name, value in values.items() if name not in typed}):
            if name in _OWN:
                continue
            if isinstance(value, int | float):
                found.points[self._key(found, name)][step, time, number_of(value)] = None
            elif value is not None:
                found.others["text" if isinstance(value, str) else type(value).__name__] += 1

    def _add_stats(self, found: _WandbRun, stats: Any) -> None:
        """Measurements of the machine, below the key that MLflow's own have."""
        time = int(stats.timestamp.seconds * 1_000 + stats.timestamp.nanos // 1_000_000)
        for item in stats.item:
            value = json.loads(item.value_json)
            if isinstance(value, int | float):
                key = self._key(found, f"system/{item.key}")
                found.points[key][found.measured, time, number_of(value)] = None
        found.measured += 1

    def _key(self, found: _WandbRun, name: str) -> str:
        key = found.keys.get(name)
        if key is None:
            key = found.keys[name] = clean_key(name, set(found.keys.values()))
            if key != name and not name.startswith("system/"):
                self.skip(f"its name cannot be one here; it is named {key}", f"metric {name} of {found.run.run_id}")
        return key


def _name(item: Any) -> str:
    return ".".join(item.nested_key) or str(item.key)


def _update(target: dict[str, Any], change: Any) -> None:
    for item in change.update:
        *above, last = list(item.nested_key) or [item.key]
        place = target
        for name in above:
            below = place.get(name)
            if not isinstance(below, dict):
                below = place[name] = {}
            place = below
        place[last] = json.loads(item.value_json)
    for item in change.remove:
        target.pop(item.key, None)


def _records(file: Path) -> Iterator[Any]:
    """Yield the records of a file. Raises _DamagedError at the first piece that is none, also at the end."""
    with file.open("rb") as stream:
        if stream.read(_FRAME) != _HEADER:
            raise _DamagedError("it is not a file of runs, or of a version that this reader does not know")
        at, record, count = _FRAME, bytearray(), 0
        while True:
            left = _BLOCK - at % _BLOCK
            if left < _FRAME:
                at += len(stream.read(left))
                continue
            head = stream.read(_FRAME)
            size, kind = int.from_bytes(head[4:6], "little"), head[6] if len(head) == _FRAME else 0
            content = stream.read(size)
            if not head and not record:
                return
            checksum = zlib.crc32(content, zlib.crc32(head[6:]))
            if len(content) < size or not kind or checksum != int.from_bytes(head[:4], "little"):
                raise _DamagedError(f"it is damaged or ends in the middle of a record, after {count:,} of them")
            at += _FRAME + size
            record += content
            if len(record) > MAX_RECORD:
                raise _DamagedError(f"it has a record of more than {MAX_RECORD:,} bytes")
            if kind in (_FULL, _LAST):
                yield wandb_internal_pb2.Record.FromString(bytes(record))
                record, count = bytearray(), count + 1
