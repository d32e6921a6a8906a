"""Read a folder of TensorBoard: a folder with event files is a run, its scalars metrics, its hyperparameters params.

The event files are read by TensorBoard's own package, which the command asks for where it is missing.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from google.protobuf.message import DecodeError
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.plugins.hparams import plugin_data_pb2
from tensorboard.util import tensor_util

from handloom.domain.errors import Invalid
from handloom.domain.records import ExperimentRecord, PointsRecord, RunRecord
from handloom.transfer.conversion import Series, clean_key, number_of, points_records
from handloom.transfer.source import RunsOnly

EXPERIMENT = str(1 << 40)
"""Id of the one experiment in records; larger than any that an import keeps, so that it gets one here."""
_PATTERN = "*tfevents*"
_DAMAGED = (OSError, ValueError, LookupError, TypeError, AttributeError, DecodeError)
"""What reading a damaged file raises; records with a wrong checksum end the file in silence, see `_read_folder`."""
_FRAME = 16
"""Bytes of a record beside its content: its length, and two checksums."""


@dataclass(slots=True)
class _Run:
    """The content of one run's event files."""

    points: Series = field(default_factory=lambda: defaultdict(dict))
    params: dict[str, str] = field(default_factory=dict)
    first: float = math.inf
    last: float = 0.0
    others: Counter[str] = field(default_factory=Counter)


class TensorBoardFolder(RunsOnly):
    """The runs below `root`."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        if not root.is_dir():
            raise Invalid(f"There is no folder {root}.")
        self.root = root.resolve()
        self.name = f"TensorBoard's {self.root}"
        self._folders = sorted({file.parent for file in self.root.rglob(_PATTERN) if file.is_file()})
        if not self._folders:
            raise Invalid(f"{root} has no event files of TensorBoard (their names contain “tfevents”).")
        self._read = _Run()
        self._others: Counter[str] = Counter()

    def experiments(self) -> Iterator[ExperimentRecord]:
        yield ExperimentRecord(id=EXPERIMENT, name=self.root.name or "tensorboard")

    def count_runs(self) -> int:
        return len(self._folders)

    def runs(self) -> Iterator[RunRecord]:
        for folder in self._folders:
            name = folder.relative_to(self.root).as_posix().replace(".", self.root.name, 1)
            self._read = found = self._read_folder(folder)
            self._others += found.others
            started = 0 if math.isinf(found.first) else int(found.first * 1_000)
            yield RunRecord(
                run_id=hashlib.blake2b(f"{name} {started}".encode(), digest_size=16).hexdigest(),
                experiment_id=EXPERIMENT,
                name=name,
                status="FINISHED",
                start_time=started,
                end_time=int(found.last * 1_000) or None,
                params=found.params,
            )

    def points(self, run: RunRecord) -> Iterator[PointsRecord]:
        yield from points_records(run.run_id, self._read.points)

    def unsupported(self) -> list[str]:
        return [f"{count:,} of the values: {kind}" for kind, count in self._others.items()]

    def _read_folder(self, folder: Path) -> _Run:
        found = _Run()
        keys: dict[str, str] = {}
        for file in sorted(folder.glob(_PATTERN)):
            read, records = 0, _records_in(file)
            try:
                for event in EventFileLoader(str(file)).Load():
                    read += 1
                    found.first, found.last = min(found.first, event.wall_time), max(found.last, event.wall_time)
                    for value in event.summary.value:
                        self._add(found, keys, event, value, folder)
            except _DAMAGED as error:
                self.skip(f"it cannot be read ({str(error)[:200]})", f"file {file}")
                continue
            if read != records:  # the package ends in silence, since a file may still be written
                self.skip(f"it is damaged or ends in the middle of a record, after {read:,} of them", f"file {file}")
        return found

    def _add(self, found: _Run, keys: dict[str, str], event: Any, value: Any, folder: Path) -> None:
        plugin = value.metadata.plugin_data.plugin_name
        if plugin == "hparams":
            found.params |= _params(value.metadata.plugin_data.content)
            return
        known = keys.get(value.tag)
        if known is None and plugin != "scalars":
            found.others[plugin or "unnamed"] += 1
            return
        if known is None:
            known = keys[value.tag] = clean_key(value.tag, set(keys.values()))
            if known != value.tag:
                self.skip(f"its name cannot be one here; it is named {known}", f"metric {value.tag} of {folder}")
        number = number_of(tensor_util.make_ndarray(value.tensor).item())
        found.points[known][event.step, int(event.wall_time * 1_000), number] = None


def _records_in(file: Path) -> int:
    """Count the records of an event file, one that is incomplete included, by their lengths."""
    count, at, size = 0, 0, file.stat().st_size
    with file.open("rb") as stream:
        while at < size:
            stream.seek(at)
            at += int.from_bytes(stream.read(8), "little") + _FRAME
            count += 1
    return count


def _params(content: bytes) -> dict[str, str]:
    given = plugin_data_pb2.HParamsPluginData.FromString(content).session_start_info.hparams
    found: dict[str, str] = {}
    for name, value in given.items():
        kind = value.WhichOneof("kind")
        number = value.number_value if kind == "number_value" else None
        integral = number is not None and number.is_integer() and abs(number) < 1 << 53
        shown = int(number) if number is not None and integral else getattr(value, kind or "", "")
        found[clean_key(name, found)] = str(shown)
    return found
