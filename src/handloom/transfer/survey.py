"""Read a source without importing it, and count what an import would read: `handloom import ... --dry-run`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from handloom.domain.records import EvaluationDatasetRecord, ModelRecord, RunRecord, ScorerRecord
from handloom.domain.runs import NAME_TAG
from handloom.transfer.archive import Archive
from handloom.transfer.progress import Progress
from handloom.transfer.report import Report
from handloom.transfer.source import FileSet, ImportSource, UnreadableError


def survey(source: ImportSource, with_artifacts: bool) -> Report:
    """Count all records of a source, in the order in which it yields them, and its files if an import copies them."""
    report = Report(dry_run=True)
    report.read["experiments"] = sum(1 for _ in source.experiments())
    progress = Progress("runs", source.count_runs())
    for run in source.runs():
        _add_run(report, run)
        report.read["metric points"] += sum(len(piece.steps) for piece in source.points(run))
        if with_artifacts:
            _add_files(report, f"files of run {run.run_id}", partial(source.files_of_run, run))
        progress.advance()
    progress.close()
    for model in source.logged_models():
        report.read["logged models"] += 1
        if with_artifacts:
            _add_files(report, f"files of logged model {model.model_id}", partial(source.files_of_model, model))
    _add_the_rest(report, source)
    for reason, what in source.skipped():
        report.problem(reason, what)
    report.unsupported = source.unsupported()
    return report


def _add_run(report: Report, run: RunRecord) -> None:
    report.read["runs"] += 1
    report.read["params"] += len(run.params)
    report.read["tags"] += len(run.tags.keys() | {NAME_TAG})
    report.read["datasets"] += len({(given.dataset.name, given.dataset.digest) for given in run.datasets})


def _add_the_rest(report: Report, source: ImportSource) -> None:
    """Count models, traces, evaluation datasets, scorers and notebooks."""
    for model in source.models():
        report.read["models" if isinstance(model, ModelRecord) else "versions"] += 1
    for trace in source.traces():
        report.read["traces"] += 1
        report.read["spans"] += len(trace.spans)
        report.read["assessments"] += len(trace.assessments)
    datasets: set[str] = set()
    for record in source.evaluation():
        if isinstance(record, EvaluationDatasetRecord):
            datasets.add(record.dataset_id)
            report.read["evaluation rows"] += len(record.rows)
        report.read["scorers"] += isinstance(record, ScorerRecord)
    report.read["evaluation datasets"] = len(datasets)
    report.read["webhooks"] = sum(1 for _ in source.webhooks())
    if isinstance(source, Archive):
        report.read["notebooks"] = len(source.manifest.notebooks)


def _add_files(report: Report, what: str, opened: Callable[[], FileSet]) -> None:
    try:
        for file in opened().walk():
            report.read["files"] += 1
            report.read["bytes"] += file.size
    except UnreadableError as error:
        report.problem(error.message, what)
