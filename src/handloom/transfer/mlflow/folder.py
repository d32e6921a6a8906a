"""Read an `mlruns` folder of MLflow's file store: a folder per experiment and run, a file per metric, param and tag."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from handloom.domain.datasets import Dataset, DatasetInput
from handloom.domain.errors import Invalid
from handloom.domain.metrics import LARGEST
from handloom.domain.records import (
    MAX_POINTS,
    EvaluationDatasetRecord,
    ExperimentRecord,
    LoggedModelRecord,
    MetricRecord,
    ModelRecord,
    PointsRecord,
    RunRecord,
    ScorerRecord,
    TraceRecord,
    VersionRecord,
)
from handloom.domain.runs import ModelLink
from handloom.store.engine import plain_yaml
from handloom.transfer import file_stores
from handloom.transfer.mlflow.mapping import (
    experiment_record,
    model_status,
    run_record,
    stage,
    to_int,
    validated,
    version_record,
)
from handloom.transfer.mlflow.traces import folder as folder_traces
from handloom.transfer.mlflow.traces.spans import MALFORMED, spans_in
from handloom.transfer.source import FileSet, SourceWebhook, UnreadableError

META = "meta.yaml"
TRASH = ".trash"
MAX_TEXT = 1_000_000
"""Maximum bytes of a param, a tag or a meta.yaml."""
MAX_LINE = 10_000
"""Maximum bytes of a line, which is one point of a metric."""


class FileStoreFolder:
    """The file store in `root`. Looks for files in their run's folder first, since `root` may have been moved."""

    def __init__(self, root: Path, artifact_root: str | None = None) -> None:
        self._root = root.absolute()
        self._artifact_root = artifact_root
        self.name = str(self._root)
        if not self._root.is_dir():
            raise Invalid(f"There is no folder {root}.")
        self._folders = list(self._experiment_folders())
        if not self._folders:
            raise Invalid(f"{root} is not an mlruns folder of MLflow: no experiment is in it.")
        self._runs: list[Path] = []
        self._places: dict[str, Path] = {}
        self._models: dict[str, Path] = {}
        self._skipped: list[tuple[str, str]] = []

    def _experiment_folders(self) -> Iterator[Path]:
        for parent in (self._root, self._root / TRASH):
            for place in sorted(parent.iterdir()) if parent.is_dir() else ():
                if place.name not in (TRASH, "models") and (place / META).is_file():
                    yield place

    def experiments(self) -> Iterator[ExperimentRecord]:
        for place in self._folders:
            with self._reported(place):
                yield experiment_record(self._meta(place), self._pairs(place / "tags"))

    def count_runs(self) -> int:
        self._runs = [
            place
            for folder in self._folders
            for place in sorted(folder.iterdir())
            if place.name not in ("tags", "datasets", "models", "traces") and (place / META).is_file()
        ]
        return len(self._runs)

    def runs(self) -> Iterator[RunRecord]:
        if not self._runs:
            self.count_runs()
        for place in self._runs:
            with self._reported(place):
                run = self._run(place)
                self._places[run.run_id] = place
                yield run

    def _run(self, place: Path) -> RunRecord:
        meta = self._meta(place)
        read = list(self._links(place / "inputs"))
        made = list(self._links(place / "outputs"))
        return run_record(
            meta | {"run_id": meta.get("run_id") or meta["run_uuid"], "run_name": meta.get("run_name")},
            params=self._pairs(place / "params"),
            tags=self._pairs(place / "tags"),
            datasets=[d for link in read if link["source_type"] == "DATASET" for d in self._dataset(place, link)],
            model_inputs=[_model_link(link) for link in read if link["source_type"] != "DATASET"],
            model_outputs=[_model_link(link) for link in made],
        )

    def _links(self, place: Path) -> Iterator[dict[str, Any]]:
        for entry in sorted(place.iterdir()) if place.is_dir() else ():
            if (entry / META).is_file():
                yield self._meta(entry)

    def points(self, run: RunRecord) -> Iterator[PointsRecord]:
        for key, file in self._values(self._places[run.run_id] / "metrics"):
            with self._reported(file):
                points = list(dict.fromkeys(_points(file)))  # without duplicate points
                for begin in range(0, len(points), MAX_POINTS):
                    piece = points[begin : begin + MAX_POINTS]
                    yield PointsRecord(
                        run_id=run.run_id,
                        key=key,
                        steps=[p[0] for p in piece],
                        timestamps=[p[1] for p in piece],
                        values=[p[2] for p in piece],
                    )

    def logged_models(self) -> Iterator[LoggedModelRecord]:
        for folder in self._folders:
            models = folder / "models"
            for place in sorted(models.iterdir()) if models.is_dir() else ():
                if (place / META).is_file():
                    with self._reported(place):
                        model = self._logged_model(place)
                        self._models[model.model_id] = place
                        yield model

    def models(self) -> Iterator[ModelRecord | VersionRecord]:
        models = self._root / "models"
        for place in sorted(models.iterdir()) if models.is_dir() else ():
            if (place / META).is_file():
                with self._reported(place):
                    yield from self._registered(place)

    def traces(self) -> Iterator[TraceRecord]:
        for folder in self._folders:
            root = folder / "traces"
            for place in sorted(root.iterdir()) if root.is_dir() else ():
                with self._reported(place):
                    yield self._trace(place)

    def _trace(self, place: Path) -> TraceRecord:
        assessments = place / "assessments"
        return folder_traces.record(
            self._yaml(place / folder_traces.INFO_FILE),
            tags=self._pairs(place / "tags"),
            metadata=self._pairs(place / "request_metadata"),
            assessments=[self._yaml(file) for file in (sorted(assessments.iterdir()) if assessments.is_dir() else ())],
            spans=self._spans(place),
        )

    def _spans(self, place: Path) -> list[str]:
        """The spans in the file of a trace; none if there is no file."""
        try:
            files = file_stores.Folder(place / "artifacts", file_stores.allowed_roots(self._artifact_root, self._root))
            return spans_in(files)
        except (UnreadableError, *MALFORMED) as error:
            self._skipped.append((f"its spans cannot be read ({str(error)[:200]})", f"trace {place.name}"))
            return []

    def evaluation(self) -> Iterator[EvaluationDatasetRecord | ScorerRecord]:
        """Yield nothing: MLflow's file store has no evaluation datasets and no scorers."""
        return iter(())

    def webhooks(self) -> Iterator[SourceWebhook]:
        """Yield nothing: MLflow's file store has no webhooks."""
        return iter(())

    def files_of_run(self, run: RunRecord) -> FileSet:
        return self._files(run.artifact_uri, self._places[run.run_id] / "artifacts")

    def files_of_model(self, model: LoggedModelRecord) -> FileSet:
        return self._files(model.artifact_uri, self._models[model.model_id] / "artifacts")

    def _files(self, uri: str, beside: Path) -> FileSet:
        """Open the files in the run's or model's folder, or else at its URI, since the folder may have been moved."""
        if (named := file_stores.local_path(uri)) is not None:
            folder = self._root.parent / named
            roots = file_stores.allowed_roots(self._artifact_root, self._root)
            return file_stores.Folder(folder if uri and folder.is_dir() and not beside.is_dir() else beside, roots)
        return file_stores.open_uri(uri, self._artifact_root, self._root)

    def skipped(self) -> list[tuple[str, str]]:
        skipped, self._skipped = self._skipped, []
        return skipped

    @contextmanager
    def _reported(self, place: Path) -> Iterator[None]:
        """Report a malformed folder or file as skipped, and continue with the next one."""
        try:
            yield
        except Invalid as error:
            self._skipped.append((error.message, str(place.relative_to(self._root))))
        except (msgspec.ValidationError, KeyError, TypeError, ValueError, AttributeError, OSError) as error:
            reason = f"{place / META} or a file beside it is malformed ({type(error).__name__}: {error})"
            self._skipped.append((reason, str(place.relative_to(self._root))))

    def unsupported(self) -> list[str]:
        return []

    def close(self) -> None:
        """Do nothing: no file is open between calls."""

    def _meta(self, place: Path) -> dict[str, Any]:
        return self._yaml(place / META)

    def _yaml(self, path: Path) -> dict[str, Any]:
        try:
            found = plain_yaml.load(self._text(path))
        except Invalid as error:
            raise Invalid(f"{path} cannot be read: {error.message.splitlines()[0]}") from error
        if not isinstance(found, dict):
            raise Invalid(f"{path} has no fields.")
        return found

    def _text(self, path: Path) -> str:
        """Read a small file. Raises Invalid for a symbolic link to outside of the source, and for a large file."""
        if not file_stores.is_inside(path, self._root):
            raise Invalid(f"{path} is a symbolic link to outside of the source.")
        with path.open("rb") as file:
            content = file.read(MAX_TEXT + 1)
        if len(content) > MAX_TEXT:
            raise Invalid(f"{path} has more than {MAX_TEXT:,} bytes.")
        return content.decode("utf-8", "replace")

    def _values(self, root: Path) -> Iterator[tuple[str, Path]]:
        """Yield keys and their files; a key with slashes is a path of folders. Reports symbolic links to outside of the
        source.
        """
        for place, _, names in os.walk(root):
            for name in sorted(names):
                file = Path(place, name)
                if file_stores.is_inside(file, self._root):
                    yield file.relative_to(root).as_posix(), file
                else:
                    reason = "it is a symbolic link to outside of the source"
                    self._skipped.append((reason, f"file {file.relative_to(self._root)}"))

    def _pairs(self, root: Path) -> dict[str, str]:
        return {key: self._text(file) for key, file in self._values(root)}

    def _dataset(self, run: Path, link: dict[str, Any]) -> Iterator[DatasetInput]:
        place = run.parent / "datasets" / Path(link["source_id"]).name
        if (place / META).is_file():
            row = self._meta(place)
            dataset = Dataset(
                name=row["name"],
                digest=row["digest"],
                source_type=row["source_type"],
                source=row["source"],
                schema=row.get("schema"),
                profile=row.get("profile"),
            )
            tags = {key: str(value) for key, value in (link.get("tags") or {}).items()}
            yield DatasetInput(dataset=dataset, tags=tags)

    def _logged_model(self, place: Path) -> LoggedModelRecord:
        meta = self._meta(place)
        metrics = [metric for key, file in self._values(place / "metrics") for metric in _model_metrics(key, file)]
        return validated(
            LoggedModelRecord(
                model_id=meta["model_id"],
                experiment_id=str(meta["experiment_id"]),
                name=meta["name"],
                artifact_uri=meta.get("artifact_location") or "",
                status=model_status(meta.get("status")),
                status_message=meta.get("status_message"),
                model_type=meta.get("model_type") or "",
                source_run_id=meta.get("source_run_id") or "",
                created_at=to_int(meta.get("creation_timestamp")) or 0,
                modified_at=to_int(meta.get("last_updated_timestamp")) or 0,
                lifecycle_stage=stage(meta.get("lifecycle_stage")),
                params=self._pairs(place / "params"),
                tags=self._pairs(place / "tags"),
                metrics=metrics,
            )
        )

    def _registered(self, place: Path) -> Iterator[ModelRecord | VersionRecord]:
        meta = self._meta(place)
        aliases = self._pairs(place / "aliases")
        versions = sorted((self._meta(p) for p in place.glob("version-*") if (p / META).is_file()), key=_number)
        created = to_int(meta.get("creation_timestamp")) or 0
        yield validated(
            ModelRecord(
                name=meta["name"],
                description=meta.get("description") or "",
                created_at=created,
                modified_at=to_int(meta.get("last_updated_timestamp")) or created,
                next_version=1 + max(map(_number, versions), default=0),
                tags=self._pairs(place / "tags"),
            )
        )
        for version in versions:
            if version.get("current_stage") != "Deleted_Internal":
                number = _number(version)
                yield version_record(
                    version,
                    created="creation_timestamp",
                    updated="last_updated_timestamp",
                    tags=self._pairs(place / f"version-{number}" / "tags"),
                    aliases=[alias for alias, target in aliases.items() if target.strip() == str(number)],
                )


def _points(file: Path) -> Iterator[tuple[int, int, float | None]]:
    """Parse lines of `timestamp value step`; old releases wrote no step."""
    for line in _lines(file):
        words = line.split()
        if len(words) >= 2:
            value = float(words[1])
            kept = None if math.isnan(value) else max(-LARGEST, min(LARGEST, value))
            yield int(words[2]) if len(words) > 2 else 0, int(words[0]), kept


def _lines(file: Path) -> Iterator[str]:
    with file.open("rb") as stream:
        while line := stream.readline(MAX_LINE + 1):
            if len(line) > MAX_LINE:
                raise Invalid(f"{file} has a line of more than {MAX_LINE:,} bytes.")
            yield line.decode("utf-8", "replace")


def _model_link(link: dict[str, Any]) -> ModelLink:
    return ModelLink(model_id=link["destination_id"], step=to_int(link.get("step")) or 0)


def _model_metrics(key: str, file: Path) -> Iterator[MetricRecord]:
    """Parse lines of `timestamp value step run`, optionally followed by a dataset's name and digest."""
    for line in _lines(file):
        words = line.split()
        if len(words) >= 4:
            value = float(words[1])
            yield MetricRecord(
                key=key,
                value=None if math.isnan(value) else max(-LARGEST, min(LARGEST, value)),
                timestamp=int(words[0]),
                step=int(words[2]),
                run_id=words[3],
                dataset_name=words[4] if len(words) > 5 else "",
                dataset_digest=words[5] if len(words) > 5 else "",
            )


def _number(version: dict[str, Any]) -> int:
    return int(version["version"])
