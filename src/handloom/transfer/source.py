"""The interface of an import's source: it gives experiments, runs, models and files as records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from handloom.domain.errors import HandloomError
from handloom.domain.records import (
    ExperimentRecord,
    LoggedModelRecord,
    ModelRecord,
    PointsRecord,
    RunRecord,
    VersionRecord,
)


class UnreadableError(HandloomError):
    """The files that a source names cannot be read from here; the message says why."""


@dataclass(frozen=True, slots=True)
class File:
    """One file of a run or a model; `path` is relative to the root of its files."""

    path: str
    size: int


class Files(Protocol):
    """The files below one root. Raises UnreadableError where they cannot be reached; no files is no error."""

    def walk(self) -> Iterator[File]: ...

    def read(self, path: str) -> Iterator[bytes]: ...


class Source(Protocol):
    """Read in this order: experiments, runs (each followed by its points), logged models, models.

    Records have the ids and artifact URIs of the source; the server decides what they become here.
    """

    @property
    def name(self) -> str:
        """The name of the source in messages, without credentials."""

    def experiments(self) -> Iterator[ExperimentRecord]: ...

    def count_runs(self) -> int: ...

    def runs(self) -> Iterator[RunRecord]: ...

    def points(self, run: RunRecord) -> Iterator[PointsRecord]:
        """The points of the run that `runs` gave last, each once."""

    def logged_models(self) -> Iterator[LoggedModelRecord]: ...

    def models(self) -> Iterator[ModelRecord | VersionRecord]:
        """Each model, followed by its versions in their order."""

    def files_of_run(self, run: RunRecord) -> Files: ...

    def files_of_model(self, model: LoggedModelRecord) -> Files: ...

    def unsupported(self) -> list[str]:
        """What else the source has that an import does not support, in words."""

    def skipped(self) -> list[tuple[str, str]]:
        """What could not be read so far, as reason and name, since the last call."""

    def close(self) -> None: ...
