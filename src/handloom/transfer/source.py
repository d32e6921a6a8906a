"""What a move reads from: anything that can give its experiments, runs, models and files as records."""

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
    """Files that the source names cannot be read from here; the message says why."""


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

    Records carry the ids and artifact URIs of the source; whoever keeps them decides where they land.
    """

    @property
    def name(self) -> str:
        """What people call it; holds no secret."""

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

    def left_behind(self) -> list[str]:
        """What the source holds beyond all this, in words: it is not carried."""

    def close(self) -> None: ...
