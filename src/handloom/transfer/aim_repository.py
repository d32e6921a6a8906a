"""Read a repository of Aim through its SDK, which the command asks for where it is missing. Never writes to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from aim import Repo
from aim.sdk.repo import ContainerConfig
from aim.storage.union import RocksUnionContainer

from handloom.domain.errors import Invalid
from handloom.domain.experiments import DESCRIPTION_TAG
from handloom.domain.keys import MAX_PARAM
from handloom.domain.records import ExperimentRecord, PointsRecord, RunRecord
from handloom.transfer.conversion import clean_key, number_of, params_of, points_records
from handloom.transfer.source import RunsOnly

_SYSTEM = "__system_params"
_OTHERS = ("images", "audios", "distributions", "figures", "texts")
"""Kinds of series that are counted and stay at the source."""


class AimRepository(RunsOnly):
    """The repository whose folder, or whose `.aim` folder, is `root`."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        folder = root.parent if root.name == ".aim" else root
        if not (folder / ".aim" / "meta").is_dir():
            raise Invalid(f"{root} is not a repository of Aim (it has no folder .aim).")
        self.root = folder.resolve()
        self.name = f"Aim's {self.root}"
        self._repo = Repo(str(self.root))
        # Aim reads runs from an index that only its server keeps; without it, it reads the files of each run.
        self._meta = RocksUnionContainer(str(Path(self._repo.path) / "meta"), read_only=True)
        self._repo.container_pool[ContainerConfig("meta", None, True)] = self._meta
        self._run: Any = None
        self._others: Counter[str] = Counter()
        self._experiments: dict[str, str] = {}

    def experiments(self) -> Iterator[ExperimentRecord]:
        """Each has an id in records that is larger than any that an import keeps, so that it gets one here."""
        for run in self._repo.iter_runs():
            name = run.experiment or "default"
            if name not in self._experiments:
                self._experiments[name] = str((1 << 40) + len(self._experiments))
                yield ExperimentRecord(id=self._experiments[name], name=name)

    def count_runs(self) -> int:
        return sum(1 for _ in self._repo.iter_runs())

    def runs(self) -> Iterator[RunRecord]:
        for run in self._repo.iter_runs():
            self._run = run
            yield self._record(run)

    def points(self, run: RunRecord) -> Iterator[PointsRecord]:
        keys: set[str] = set()
        for metric in self._run.metrics():
            given = metric.name + "".join(f"/{name}:{value}" for name, value in sorted(_context(metric).items()))
            key = clean_key(given, keys)
            keys.add(key)
            if key != given:
                self.skip(f"its name cannot be one here; it is named {key}", f"metric {given} of run {run.run_id}")
            steps, (values, times) = metric.data.view(("val", "time")).numpy()
            points = {
                (int(step), int(time * 1_000), number_of(value)): None
                for step, value, time in zip(steps, values, times, strict=True)
            }
            yield from points_records(run.run_id, {key: points})

    def unsupported(self) -> list[str]:
        return [f"{count:,} {what}" for what, count in self._others.items() if count]

    def close(self) -> None:
        self._repo.close()

    def _record(self, run: Any) -> RunRecord:
        attributes = run.get((), {}) or {}
        given = {name: value for name, value in attributes.items() if name != _SYSTEM}
        params = params_of(given)
        for key, value in params.items():
            if len(value) > MAX_PARAM:
                what = f"param {key} of run {run.hash}"
                self.skip(f"it has more than {MAX_PARAM:,} characters; its beginning is here", what)
        for kind, found in run.collect_sequence_info(_OTHERS, skip_last_value=True).items():
            self._others[f"series of {kind}"] += len(found)
        return RunRecord(
            run_id=run.hash,
            experiment_id=self._experiments[run.experiment or "default"],
            name=run.name or run.hash,
            status="RUNNING" if run.end_time is None else "FINISHED",
            start_time=int(run.creation_time * 1_000),
            end_time=None if run.end_time is None else int(run.end_time * 1_000),
            params=params,
            tags=self._tags(run, attributes.get(_SYSTEM)),
        )

    def _tags(self, run: Any, system: Any) -> dict[str, str]:
        git = system.get("git_info") if isinstance(system, Mapping) else None
        tags = {"aim.tags": ", ".join(sorted(run.tags)), DESCRIPTION_TAG: run.description or ""}
        if isinstance(git, Mapping):
            tags["mlflow.source.git.commit"] = str((git.get("commit") or {}).get("hash", ""))
            tags["mlflow.source.git.branch"] = str(git.get("branch") or "")
            tags["mlflow.source.git.repoURL"] = str(git.get("remote_origin_url") or "")
        if system:
            self._others["descriptions of machines (system params)"] += 1
        if run.archived:
            tags["aim.archived"] = "true"
        return {name: value for name, value in tags.items() if value}


def _context(metric: Any) -> dict[str, Any]:
    found: dict[str, Any] = metric.context.to_dict()
    return found
