"""Interface of an import's source, which yields experiments, runs, models and files as records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from handloom.domain.errors import HandloomError
from handloom.domain.records import (
    EvaluationDatasetRecord,
    ExperimentRecord,
    LoggedModelRecord,
    ModelRecord,
    PointsRecord,
    RunRecord,
    ScorerRecord,
    TraceRecord,
    VersionRecord,
)


class UnreadableError(HandloomError):
    """Files of the source cannot be read from this machine; the message says why."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of a run or a model; `path` is relative to the root of its files."""

    path: str
    size: int


@dataclass(frozen=True, slots=True)
class SourceWebhook:
    """A webhook, with each event as `entity.action` in upper case. Sources keep its secret to themselves."""

    name: str
    url: str
    events: tuple[str, ...]
    description: str = ""


class FileSet(Protocol):
    """The files below one root, possibly none. Raises UnreadableError if they cannot be reached."""

    def walk(self) -> Iterator[SourceFile]: ...

    def read(self, path: str) -> Iterator[bytes]: ...


class ImportSource(Protocol):
    """A source. Call its methods in this order: experiments, runs (and the points of each), logged models, models,
    traces, evaluation datasets and scorers, webhooks.

    Records have the source's ids and artifact URIs; the importing server assigns its own.
    """

    @property
    def name(self) -> str:
        """Name of the source for messages, without credentials."""

    def experiments(self) -> Iterator[ExperimentRecord]: ...

    def count_runs(self) -> int: ...

    def runs(self) -> Iterator[RunRecord]: ...

    def points(self, run: RunRecord) -> Iterator[PointsRecord]:
        """Yield the points of the run that `runs` yielded last, without duplicates."""

    def logged_models(self) -> Iterator[LoggedModelRecord]: ...

    def models(self) -> Iterator[ModelRecord | VersionRecord]:
        """Yield each model, followed by its versions in order."""

    def traces(self) -> Iterator[TraceRecord]:
        """Yield each trace with its spans and assessments; read after everything else."""

    def evaluation(self) -> Iterator[EvaluationDatasetRecord | ScorerRecord]:
        """Yield evaluation datasets and scorers; read after the traces."""

    def webhooks(self) -> Iterator[SourceWebhook]: ...

    def files_of_run(self, run: RunRecord) -> FileSet: ...

    def files_of_model(self, model: LoggedModelRecord) -> FileSet: ...

    def unsupported(self) -> list[str]:
        """Describe what else the source has that an import does not support."""

    def skipped(self) -> list[tuple[str, str]]:
        """Return what could not be read since the last call, as reason and name."""

    def close(self) -> None: ...


class RunsOnly:
    """Base of sources that have runs with params and metrics, and nothing else."""

    def __init__(self) -> None:
        self._skipped: list[tuple[str, str]] = []

    def skip(self, reason: str, what: str) -> None:
        self._skipped.append((reason, what))

    def logged_models(self) -> Iterator[LoggedModelRecord]:
        return iter(())

    def models(self) -> Iterator[ModelRecord | VersionRecord]:
        return iter(())

    def traces(self) -> Iterator[TraceRecord]:
        return iter(())

    def evaluation(self) -> Iterator[EvaluationDatasetRecord | ScorerRecord]:
        return iter(())

    def webhooks(self) -> Iterator[SourceWebhook]:
        return iter(())

    def files_of_run(self, run: RunRecord) -> FileSet:
        return NoFiles()

    def files_of_model(self, model: LoggedModelRecord) -> FileSet:
        return NoFiles()

    def skipped(self) -> list[tuple[str, str]]:
        skipped, self._skipped = self._skipped, []
        return skipped

    def close(self) -> None:
        return


class NoFiles:
    """The files of something that has none."""

    def walk(self) -> Iterator[SourceFile]:
        return iter(())

    def read(self, path: str) -> Iterator[bytes]:
        raise UnreadableError(f"there is no file {path}")
