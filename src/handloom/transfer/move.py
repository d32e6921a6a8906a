"""Carries a source into a workspace: runs in batches, each with its points and files, checked by counts before it is
noted as carried. Interrupted at any place, the next time goes on from there."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field

import msgspec

from handloom.domain.errors import AlreadyExists, Conflict, HandloomError, Invalid, NotFound
from handloom.domain.records import (
    MAX_POINTS,
    ExperimentRecord,
    Held,
    LoggedModelRecord,
    ModelRecord,
    Placed,
    PointsRecord,
    Record,
    RunRecord,
    weight,
)
from handloom.domain.runs import NAME_TAG
from handloom.store.transfer.journal import Journal
from handloom.transfer.copying import Copier, Listing
from handloom.transfer.progress import Draw, Progress
from handloom.transfer.report import Report
from handloom.transfer.source import Source
from handloom.transfer.target import Target
from handloom.transfer.versions import Relocation

BATCH = 50  # runs that are checked and noted together
REST = 0.25  # of the time that a request took, before the next
_REFUSALS = (Invalid, AlreadyExists, Conflict, NotFound)
_DONE = ("FINISHED", "FAILED", "KILLED")


@dataclass(slots=True)
class _Item:
    """A run on its way."""

    run: RunRecord
    digest: str
    listing: Listing
    points: int = 0


@dataclass(slots=True)
class Move:
    """One move, for one call of `run`."""

    source: Source
    target: Target
    journal: Journal
    draw: Draw
    copier: Copier
    report: Report = field(default_factory=Report)
    _experiments: dict[str, str] = field(default_factory=dict)
    _placed: dict[str, Placed] = field(default_factory=dict)
    _models: dict[str, Placed] = field(default_factory=dict)
    _buffer: list[Record] = field(default_factory=list)
    _weight: int = 0
    _refused: set[str] = field(default_factory=set)

    def run(self) -> Report:
        for experiment in self.source.experiments():
            self._carry_experiment(experiment)
        progress = Progress(self.draw, "runs", self.source.count_runs())
        self.copier.moved = progress.moved
        self._carry_runs(progress)
        progress.close()
        for model in self.source.logged_models():
            self._carry_logged_model(model)
        self._carry_models()
        self.report.left_behind = self.source.left_behind()
        return self.report

    def _carry_experiment(self, record: ExperimentRecord) -> None:
        self.report.read["experiments"] += 1
        location = self.copier.left_at(record.artifact_location)
        placed = self._save([msgspec.structs.replace(record, artifact_location=location)])
        for place in placed:
            self._experiments[record.id] = place.target
            self.report.kept["experiments"] += 1

    def _carry_runs(self, progress: Progress) -> None:
        waiting: list[_Item] = []
        for run in self.source.runs():
            self.report.read["runs"] += 1
            digest = hashlib.blake2b(msgspec.json.encode(run), digest_size=16).hexdigest()
            if run.status in _DONE and self.journal.has(run.run_id, digest):
                self.report.earlier += 1
                self.report.kept["runs"] += 1
                progress.skip()
                continue
            waiting.append(self._begin(run, digest))
            if len(waiting) == BATCH:
                self._settle(waiting, progress)
                waiting = []
        self._settle(waiting, progress)

    def _begin(self, run: RunRecord, digest: str) -> _Item:
        listing = self.copier.list(
            run.artifact_uri, f"files of run {run.run_id}", lambda: self.source.files_of_run(run)
        )
        item = _Item(run, digest, listing)
        experiment = self._experiments.get(run.experiment_id)
        if experiment is None:
            self._refused.add(run.run_id)
            self.report.problem("its experiment was not carried", f"run {run.run_id}")
        else:
            self._put(msgspec.structs.replace(run, experiment_id=experiment, artifact_uri=listing.uri))
        for piece in self.source.points(run):
            item.points += len(piece.steps)
            self._put(piece)
        return item

    def _put(self, record: Record) -> None:
        self._buffer.append(record)
        self._weight += weight(record)
        if self._weight >= MAX_POINTS:
            self._flush()

    def _flush(self) -> None:
        for place in self._save(self._buffer):
            self._placed[place.id] = place
        self._buffer, self._weight = [], 0

    def _save(self, records: list[Record]) -> list[Placed]:
        """All at once; where the server refuses that, one by one, so that one bad record keeps no other away."""
        if not records:
            return []
        try:
            began = time.monotonic()
            placed = self.target.save(records)
            time.sleep(min((time.monotonic() - began) * REST, 1.0))  # others, who train meanwhile, come first
            return placed
        except _REFUSALS as error:
            if len(records) == 1:
                self._refuse(records[0], error)
                return []
        return [place for record in records for place in self._save([record])]

    def _refuse(self, record: Record, error: HandloomError) -> None:
        if isinstance(record, PointsRecord) and record.run_id in self._refused:
            return  # it was said of the run
        if isinstance(record, RunRecord):
            self._refused.add(record.run_id)
        self.report.problem(error.message, name_of(record))

    def _settle(self, items: list[_Item], progress: Progress) -> None:
        """Bring the files of runs that are written, count what arrived, and note what is whole."""
        self._flush()
        held = {found.id: found for found in self.target.held([item.run.run_id for item in items])} if items else {}
        carried = []
        for item in items:
            place, found = self._placed.pop(item.run.run_id, None), held.get(item.run.run_id)
            if place is not None and found is not None:
                self.report.kept["runs"] += 1
                complete = self.copier.copy(item.listing, place, self.report)
                if self._counted(item, found, place.existed) and complete:
                    carried.append((item.run.run_id, item.digest))
            progress.advance()
        self.journal.add(carried)

    def _counted(self, item: _Item, found: Held, existed: bool) -> bool:
        """Whether the workspace holds all of the run. One that was there before may have more by now."""
        run = item.run
        read = {
            "params": len(run.params),
            "tags": len(run.tags.keys() | {NAME_TAG}),
            "metric points": item.points,
            "datasets": len({(given.dataset.name, given.dataset.digest) for given in run.datasets}),
        }
        kept = dict(zip(read, (found.params, found.tags, found.points, found.datasets), strict=True))
        complete = True
        for kind, count in read.items():
            here = min(kept[kind], count) if existed else kept[kind]
            self.report.read[kind] += count
            self.report.kept[kind] += here
            if here != count:
                complete = False
                self.report.problem(f"{here:,} of {count:,} {kind} are here", f"run {run.run_id}")
        return complete

    def _carry_logged_model(self, model: LoggedModelRecord) -> None:
        self.report.read["logged models"] += 1
        what = f"files of logged model {model.model_id}"
        listing = self.copier.list(model.artifact_uri, what, lambda: self.source.files_of_model(model))
        experiment = self._experiments.get(model.experiment_id, "")
        placed = self._save([msgspec.structs.replace(model, experiment_id=experiment, artifact_uri=listing.uri)])
        for place in placed:
            self._models[model.model_id] = place
            self.report.kept["logged models"] += 1
            self.copier.copy(listing, place, self.report)

    def _carry_models(self) -> None:
        relocation = Relocation(self.target, self._models)
        for record in self.source.models():
            if isinstance(record, ModelRecord):
                self.report.read["models"] += 1
                self.report.kept["models"] += self._kept(record)
                continue
            self.report.read["versions"] += 1
            self.report.kept["versions"] += self._kept(relocation.of(record, self.report))

    def _kept(self, record: Record) -> int:
        before = sum(map(len, self.report.problems.values()))
        self._save([record])
        return int(sum(map(len, self.report.problems.values())) == before)


def name_of(record: Record) -> str:
    """A record as the report names it."""
    match record:
        case ExperimentRecord():
            return f"experiment {record.name}"
        case RunRecord():
            return f"run {record.run_id}"
        case PointsRecord():
            return f"metric {record.key} of run {record.run_id}"
        case LoggedModelRecord():
            return f"logged model {record.model_id}"
        case _:
            version = getattr(record, "version", None)
            return f"model {record.name}" if version is None else f"version {version} of model {record.name}"
