"""Rewrite the file URIs of registered versions to the imported runs and logged models."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

import msgspec

from handloom.domain import artifacts
from handloom.domain.models import IS_PROMPT
from handloom.domain.records import ExistingRun, ImportedTo, VersionRecord
from handloom.transfer.report import Report
from handloom.transfer.target import Target


@dataclass(slots=True)
class Relocation:
    """Rewrite source and location of versions. `models` are the imported logged models by their ids in the source."""

    target: Target
    models: dict[str, ImportedTo]
    _runs: dict[str, ExistingRun | None] = field(default_factory=dict)

    def of(self, version: VersionRecord, report: Report) -> VersionRecord:
        """Return the version with its URIs in this workspace. Reports files that no imported run or model has."""
        run, model = self._run(version.run_id), self.models.get(version.model_id)
        source = _moved(version.source, run, model)
        location = _moved(version.location or version.source, run, model)
        if model is not None and location.startswith("models:/"):
            location = model.uri
        if not version.tags.get(IS_PROMPT) and self._lost(location, run, model):
            name = f"files of version {version.version} of model {version.name}"
            report.problem(f"they are at {location}, which belongs to no imported run or logged model", name)
        return msgspec.structs.replace(version, source=source, location=location)

    def _lost(self, location: str, run: ExistingRun | None, model: ImportedTo | None) -> bool:
        """Whether only the source's machine or server can read the location."""
        roots = [place.uri for place in (run, model) if place is not None]
        return urlsplit(location).scheme in ("", "file", artifacts.SCHEME) and not location.startswith(tuple(roots))

    def _run(self, run_id: str) -> ExistingRun | None:
        if run_id and run_id not in self._runs:
            self._runs[run_id] = next(iter(self.target.existing([run_id])), None)
        return self._runs.get(run_id)


def _moved(uri: str, run: ExistingRun | None, model: ImportedTo | None) -> str:
    if run is not None and uri.startswith("runs:/"):
        return uri.replace(run.id, run.target, 1)
    if model is not None and uri.startswith("models:/"):
        return uri.replace(model.id, model.target, 1)
    if model is not None and (inside := _below(uri, f"/{model.id}/artifacts")) is not None:
        return model.uri + inside
    if run is not None and (inside := _below(uri, f"/{run.id}/artifacts")) is not None:
        return run.uri + inside
    return uri


def _below(uri: str, root: str) -> str | None:
    """Return the part of a URI below `root`; None if it is not below."""
    before, found, rest = uri.partition(root)
    return rest if found and before and (not rest or rest.startswith("/")) else None
