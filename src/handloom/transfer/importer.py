"""Import a source into a workspace: runs in batches with their points and files, verified by counts.

A journal records complete runs, so that an interrupted import continues where it stopped.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from functools import partial

import msgspec

from handloom.domain.errors import AlreadyExists, Conflict, HandloomError, Invalid, NotFound
from handloom.domain.experiments import DESCRIPTION_TAG
from handloom.domain.records import (
    MAX_POINTS,
    MAX_SPAN_BYTES,
    MAX_SPANS,
    EvaluationDatasetRecord,
    ExistingRun,
    ExperimentRecord,
    ImportedTo,
    LoggedModelRecord,
    ModelRecord,
    PointsRecord,
    Record,
    RunRecord,
    ScorerRecord,
    TraceRecord,
    VersionRecord,
    split,
    weight,
)
from handloom.domain.runs import NAME_TAG, NOTEBOOK_TAG
from handloom.store.transfer.journal import Journal
from handloom.transfer.file_copy import FileCopier, Listing
from handloom.transfer.progress import Progress
from handloom.transfer.relocation import Relocation
from handloom.transfer.report import Report
from handloom.transfer.source import ImportSource
from handloom.transfer.steps import Steps
from handloom.transfer.target import Target

AHEAD = 2  # requests whose records are read while the server works on the one before
BATCH = 200  # runs that are verified and recorded in the journal together
IDLE_WEIGHT = 10_000  # rows, roughly, of one request while no other write waits
PAUSE = 0.25  # pause before the next request while others wait to write, as a fraction of the time of the last one
_REFUSED_BY_SERVER = (Invalid, AlreadyExists, Conflict, NotFound)
_LINK = "/workspaces/"
_FINISHED = ("FINISHED", "FAILED", "KILLED")


@dataclass(slots=True)
class _Item:
    """A run that is being imported."""

    run: RunRecord
    digest: str
    listing: Listing
    points: int = 0


@dataclass(slots=True)
class Importer:
    """One import; call `run` once. `notebooks` are ids here by ids in the source, for the runs that name one."""

    source: ImportSource
    target: Target
    journal: Journal
    copier: FileCopier
    report: Report = field(default_factory=Report)
    notebooks: dict[str, str] = field(default_factory=dict)
    experiments: dict[str, str] = field(default_factory=dict)
    """Ids that imported experiments have here, by those that they had."""
    linking_runs: list[str] = field(default_factory=list)
    """The ids before of runs whose descriptions have a link to a workspace."""
    linking_versions: list[tuple[str, int]] = field(default_factory=list)
    _placed: dict[str, ImportedTo] = field(default_factory=dict)
    _models: dict[str, ImportedTo] = field(default_factory=dict)
    _buffer: list[Record] = field(default_factory=list)
    _weight: int = 0
    _bytes: int = 0
    _expected: dict[str, dict[str, int]] = field(default_factory=dict)
    _others_wait: bool = False
    _refused: set[str] = field(default_factory=set)
    _steps: Steps = field(default_factory=lambda: Steps(AHEAD))

    def run(self) -> Report:
        for experiment in self.source.experiments():
            self._import_experiment(experiment)
        progress = Progress("runs", self.source.count_runs())
        self.copier.on_bytes = progress.moved
        self._import_runs(progress)
        progress.close()
        for model in self.source.logged_models():
            self._import_logged_model(model)
        self._import_models()
        self._import_traces()
        self._import_evaluation()
        self._import_webhooks()
        for reason, what in self.source.skipped():
            self.report.problem(reason, what)
        self.report.unsupported = self.source.unsupported()
        return self.report

    def _import_experiment(self, record: ExperimentRecord) -> None:
        self.report.read["experiments"] += 1
        location = self.copier.uri_left_in_place(record.artifact_location)
        placed = self._save([msgspec.structs.replace(record, artifact_location=location)])
        for place in placed:
            self.experiments[record.id] = place.target
            self.report.kept["experiments"] += 1

    def _import_runs(self, progress: Progress) -> None:
        """Read runs while those before them are saved."""
        with Steps(AHEAD) as self._steps:
            self._read_runs(progress)
            self._steps.finish()

    def _read_runs(self, progress: Progress) -> None:
        waiting: list[_Item] = []
        for run in self.source.runs():
            self.report.read["runs"] += 1
            if _LINK in run.tags.get(DESCRIPTION_TAG, ""):
                self.linking_runs.append(run.run_id)
            digest = hashlib.blake2b(msgspec.json.encode(run), digest_size=16).hexdigest()
            if run.status in _FINISHED and self.journal.has(run.run_id, digest):
                self.report.earlier += 1
                self.report.kept["runs"] += 1
                progress.skip()
                continue
            waiting.append(self._begin(run, digest))
            if len(waiting) == BATCH:
                self._flush()
                self._steps.add(partial(self._finish_batch, waiting, progress))
                waiting = []
        self._flush()
        self._steps.add(partial(self._finish_batch, waiting, progress))

    def _begin(self, run: RunRecord, digest: str) -> _Item:
        listing = self.copier.list(
            run.artifact_uri, f"files of run {run.run_id}", lambda: self.source.files_of_run(run)
        )
        item = _Item(run, digest, listing)
        experiment = self.experiments.get(run.experiment_id)
        if experiment is None:
            self._refused.add(run.run_id)
            self.report.problem("its experiment was not imported", f"run {run.run_id}")
        else:
            here = self.notebooks.get(run.tags.get(NOTEBOOK_TAG, ""))
            tags = run.tags | {NOTEBOOK_TAG: here} if here else run.tags
            run = msgspec.structs.replace(run, experiment_id=experiment, artifact_uri=listing.uri, tags=tags)
            self._buffer_record(run)
        for piece in self.source.points(run):
            item.points += len(piece.steps)
            self._buffer_record(piece)
        return item

    def _buffer_record(self, record: Record) -> None:
        self._buffer.append(record)
        self._weight += weight(record)
        if self._weight >= (MAX_POINTS if self._others_wait else IDLE_WEIGHT):
            self._flush()

    def _flush(self) -> None:
        self._steps.add(partial(self._save_and_place, self._buffer))
        self._buffer, self._weight = [], 0

    def _save_and_place(self, records: list[Record]) -> None:
        for place in self._save(records):
            self._placed[place.id] = place

    def _save(self, records: list[Record]) -> list[ImportedTo]:
        """Save all records in one request. If the server refuses it, save them one by one, to lose only invalid
        ones.
        """
        if not records:
            return []
        try:
            began = time.monotonic()
            saved = self.target.save(records)
            self._others_wait = saved.others_wait
            if saved.others_wait:  # leave the writer to training runs that log at the same time
                time.sleep(min((time.monotonic() - began) * PAUSE, 1.0))
            return saved.placed
        except _REFUSED_BY_SERVER as error:
            if len(records) == 1:
                self._refuse(records[0], error)
                return []
        return [place for record in records for place in self._save([record])]

    def _refuse(self, record: Record, error: HandloomError) -> None:
        if isinstance(record, PointsRecord) and record.run_id in self._refused:
            return  # the report already has its run
        if isinstance(record, RunRecord):
            self._refused.add(record.run_id)
        self.report.problem(error.message, name_of(record))

    def _finish_batch(self, items: list[_Item], progress: Progress) -> None:
        """Copy the files of the saved runs, verify the counts, and record complete runs in the journal."""
        run_ids = [item.run.run_id for item in items]
        existing = {found.id: found for found in self.target.existing(run_ids)} if run_ids else {}
        complete_runs = []
        for item in items:
            place, found = self._placed.pop(item.run.run_id, None), existing.get(item.run.run_id)
            if place is not None and found is not None:
                self.report.kept["runs"] += 1
                complete = self.copier.copy(item.listing, place, self.report)
                if self._compare_counts(item, found, place.existed) and complete:
                    complete_runs.append((item.run.run_id, item.digest))
            progress.advance()
        self.journal.add(complete_runs)

    def _compare_counts(self, item: _Item, found: ExistingRun, existed: bool) -> bool:
        """Compare the run's counts in the workspace with the source. Returns whether it is complete; a run that existed
        before the import may have more.
        """
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

    def _import_logged_model(self, model: LoggedModelRecord) -> None:
        self.report.read["logged models"] += 1
        what = f"files of logged model {model.model_id}"
        listing = self.copier.list(model.artifact_uri, what, lambda: self.source.files_of_model(model))
        experiment = self.experiments.get(model.experiment_id, "")
        placed = self._save([msgspec.structs.replace(model, experiment_id=experiment, artifact_uri=listing.uri)])
        for place in placed:
            self._models[model.model_id] = place
            self.report.kept["logged models"] += 1
            self.copier.copy(listing, place, self.report)

    def _import_models(self) -> None:
        relocation = Relocation(self.target, self._models)
        for record in self.source.models():
            if isinstance(record, ModelRecord):
                self.report.read["models"] += 1
                self.report.kept["models"] += self._save_and_count(record)
                continue
            self.report.read["versions"] += 1
            if _LINK in record.description:
                self.linking_versions.append((record.name, record.version))
            self.report.kept["versions"] += self._save_and_count(relocation.of(record, self.report))

    def _save_and_count(self, record: Record) -> int:
        before = sum(map(len, self.report.problems.values()))
        self._save([record])
        return int(sum(map(len, self.report.problems.values())) == before)

    def _import_traces(self) -> None:
        """Save the traces in requests of a limited size, and compare the counts of spans and assessments."""
        for trace in self.source.traces():
            self.report.read["traces"] += 1
            experiment = self.experiments.get(trace.experiment_id)
            if experiment is None:
                self.report.problem("its experiment was not imported", f"trace {trace.trace_id}")
                continue
            pieces = list(split(trace, MAX_SPANS, MAX_SPAN_BYTES))
            for number, piece in enumerate(pieces, 1):
                size = sum(map(len, piece.spans))
                if self._bytes + size > MAX_SPAN_BYTES:
                    self._flush_traces()
                if number == len(pieces):
                    counts = {"spans": len(trace.spans), "assessments": len(trace.assessments)}
                    self._expected[trace.trace_id] = counts
                self._bytes += size
                self._weight += weight(piece)
                self._buffer.append(msgspec.structs.replace(piece, experiment_id=experiment))
                if self._weight >= MAX_POINTS:
                    self._flush_traces()
        self._flush_traces()

    def _flush_traces(self) -> None:
        places = {place.id: place for place in self._save(self._buffer)}
        saved = [record.trace_id for record in self._buffer if isinstance(record, TraceRecord)]
        self._buffer, self._weight, self._bytes = [], 0, 0
        for trace_id in dict.fromkeys(saved):
            expected, place = self._expected.pop(trace_id, None), places.get(trace_id)
            if expected is None:
                continue  # its other spans follow
            self.report.kept["traces"] += place is not None
            for kind, count in expected.items():
                here = 0 if place is None else min(place.counts[kind], count)
                self.report.read[kind] += count
                self.report.kept[kind] += here
                if place is not None and here != count:
                    self.report.problem(f"{here:,} of {count:,} {kind} are here", f"trace {trace_id}")

    def _import_evaluation(self) -> None:
        """Save evaluation datasets, whose rows come in pieces, and the versions of scorers."""
        rows: dict[str, int] = {}
        for record in self.source.evaluation():
            if isinstance(record, ScorerRecord):
                self.report.read["scorers"] += 1
                experiment = self.experiments.get(record.experiment_id)
                if experiment is None:
                    self.report.problem("its experiment was not imported", name_of(record))
                    continue
                placed = self._save([msgspec.structs.replace(record, experiment_id=experiment)])
                self.report.kept["scorers"] += len(placed)
                continue
            linked = [self.experiments[each] for each in record.experiment_ids if each in self.experiments]
            first = record.dataset_id not in rows
            rows[record.dataset_id] = rows.get(record.dataset_id, 0) + len(record.rows)
            self.report.read["evaluation datasets"] += first
            self.report.read["evaluation rows"] += len(record.rows)
            for place in self._save([msgspec.structs.replace(record, experiment_ids=linked)]):
                self.report.kept["evaluation datasets"] += first
                read, here = rows[record.dataset_id], place.counts["evaluation rows"]
                self.report.kept["evaluation rows"] += len(record.rows) - max(read - here, 0)
                if here < read:
                    self.report.problem(f"{here:,} of {read:,} rows are here", name_of(record))
                    rows[record.dataset_id] = here

    def _import_webhooks(self) -> None:
        """Create the webhooks that are not here yet, disabled: the source goes on sending, and keeps their secrets."""
        webhooks = list(self.source.webhooks())
        known = self.target.webhooks() if webhooks else []
        created = []
        for webhook in webhooks:
            self.report.read["webhooks"] += 1
            if webhook not in known:
                try:
                    self.target.add_webhook(webhook)
                except HandloomError as error:
                    self.report.problem(error.message, f"webhook {webhook.name}")
                    continue
                created.append(webhook.name)
            self.report.kept["webhooks"] += 1
        if created:
            self.report.notes.append(
                f"Disabled, and without a secret, which the source does not tell: webhook {', '.join(created)}. Give "
                "each its secret and enable it with MlflowClient().update_webhook(id, secret=..., status='ACTIVE')."
            )


_NAMES: dict[type[Record], str] = {
    ExperimentRecord: "experiment {name}",
    RunRecord: "run {run_id}",
    PointsRecord: "metric {key} of run {run_id}",
    TraceRecord: "trace {trace_id}",
    LoggedModelRecord: "logged model {model_id}",
    ModelRecord: "model {name}",
    VersionRecord: "version {version} of model {name}",
    EvaluationDatasetRecord: "evaluation dataset {name}",
    ScorerRecord: "version {version} of scorer {name}",
}


def name_of(record: Record) -> str:
    """Return the name of a record for the report."""
    return _NAMES[type(record)].format(**{name: getattr(record, name) for name in record.__struct_fields__})
