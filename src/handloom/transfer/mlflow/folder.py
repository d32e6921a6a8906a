"""Reads an `mlruns` folder as MLflow's file store writes it: one folder an experiment, one a run, a file a value."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml

from handloom.domain.datasets import Dataset, DatasetInput
from handloom.domain.errors import Invalid
from handloom.domain.metrics import LARGEST
from handloom.domain.records import (
    MAX_POINTS,
    ExperimentRecord,
    LoggedModelRecord,
    MetricRecord,
    ModelRecord,
    PointsRecord,
    RunRecord,
    VersionRecord,
)
from handloom.domain.runs import ModelLink
from handloom.transfer import file_stores
from handloom.transfer.mlflow.mapping import experiment_record, model_status, run_record, stage, to_int, version_record
from handloom.transfer.progress import counted
from handloom.transfer.source import Files

META = "meta.yaml"
TRASH = ".trash"
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class FolderStore:
    """The file store in `root`. Finds files beside their runs, since the folder may have been moved."""

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

    def _experiment_folders(self) -> Iterator[Path]:
        for parent in (self._root, self._root / TRASH):
            for place in sorted(parent.iterdir()) if parent.is_dir() else ():
                if place.name not in (TRASH, "models") and (place / META).is_file():
                    yield place

    def experiments(self) -> Iterator[ExperimentRecord]:
        for place in self._folders:
            yield experiment_record(_meta(place), _pairs(place / "tags"))

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
            meta = _meta(place)
            read = list(self._links(place / "inputs"))
            made = list(self._links(place / "outputs"))
            yield run_record(
                meta | {"run_id": meta.get("run_id") or meta["run_uuid"], "run_name": meta.get("run_name")},
                params=_pairs(place / "params"),
                tags=_pairs(place / "tags"),
                datasets=[d for link in read if link["source_type"] == "DATASET" for d in _dataset(place, link)],
                model_inputs=[_model_link(link) for link in read if link["source_type"] != "DATASET"],
                model_outputs=[_model_link(link) for link in made],
            )

    def _links(self, place: Path) -> Iterator[dict[str, Any]]:
        for entry in sorted(place.iterdir()) if place.is_dir() else ():
            if (entry / META).is_file():
                yield _meta(entry)

    def points(self, run: RunRecord) -> Iterator[PointsRecord]:
        place = self._place_of(run)
        for key, file in _values(place / "metrics"):
            points = dict.fromkeys(_points(file))  # an exact repeat is one point
            at = list(points)
            for begin in range(0, len(at), MAX_POINTS):
                piece = at[begin : begin + MAX_POINTS]
                yield PointsRecord(
                    run_id=run.run_id,
                    key=key,
                    steps=[p[0] for p in piece],
                    timestamps=[p[1] for p in piece],
                    values=[p[2] for p in piece],
                )

    def _place_of(self, run: RunRecord) -> Path:
        for folder in self._folders:
            place = folder / run.run_id
            if place.is_dir():
                return place
        return self._root / run.experiment_id / run.run_id

    def logged_models(self) -> Iterator[LoggedModelRecord]:
        for folder in self._folders:
            models = folder / "models"
            for place in sorted(models.iterdir()) if models.is_dir() else ():
                if (place / META).is_file():
                    yield _logged_model(place)

    def models(self) -> Iterator[ModelRecord | VersionRecord]:
        models = self._root / "models"
        for place in sorted(models.iterdir()) if models.is_dir() else ():
            if (place / META).is_file():
                yield from _registered(place)

    def files_of_run(self, run: RunRecord) -> Files:
        return self._files(run.artifact_uri, self._place_of(run) / "artifacts")

    def files_of_model(self, model: LoggedModelRecord) -> Files:
        for folder in self._folders:
            place = folder / "models" / model.model_id / "artifacts"
            if place.is_dir():
                return self._files(model.artifact_uri, place)
        return file_stores.open_uri(model.artifact_uri, self._artifact_root, self._root.parent)

    def _files(self, uri: str, beside: Path) -> Files:
        parts = urlsplit(uri)
        if parts.scheme in ("", "file"):
            named = Path(unquote(parts.path)) if parts.scheme else self._root.parent / uri
            return file_stores.Folder(named if named.is_dir() and not beside.is_dir() else beside)
        return file_stores.open_uri(uri, self._artifact_root, self._root.parent)

    def unsupported(self) -> list[str]:
        traces = sum(len(list((folder / "traces").glob("*"))) for folder in self._folders)
        return [counted(traces, "trace")] if traces else []

    def close(self) -> None:
        """Nothing is open between calls."""


def _meta(place: Path) -> dict[str, Any]:
    try:
        found = yaml.load((place / META).read_text(encoding="utf-8"), Loader=_LOADER)
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise Invalid(f"{place / META} cannot be read: {str(error).splitlines()[0]}") from error
    if not isinstance(found, dict):
        raise Invalid(f"{place / META} says nothing.")
    return found


def _values(root: Path) -> Iterator[tuple[str, Path]]:
    """Keys and their files; a key with slashes is a path of folders."""
    for place, _, names in os.walk(root):
        for name in sorted(names):
            file = Path(place, name)
            yield file.relative_to(root).as_posix(), file


def _pairs(root: Path) -> dict[str, str]:
    return {key: file.read_text(encoding="utf-8", errors="replace") for key, file in _values(root)}


def _points(file: Path) -> Iterator[tuple[int, int, float | None]]:
    """Lines of `timestamp value step`; old releases wrote no step."""
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        words = line.split()
        if len(words) >= 2:
            value = float(words[1])
            kept = None if math.isnan(value) else max(-LARGEST, min(LARGEST, value))
            yield int(words[2]) if len(words) > 2 else 0, int(words[0]), kept


def _dataset(run: Path, link: dict[str, Any]) -> Iterator[DatasetInput]:
    place = run.parent / "datasets" / link["source_id"]
    if (place / META).is_file():
        row = _meta(place)
        dataset = Dataset(
            name=row["name"],
            digest=row["digest"],
            source_type=row["source_type"],
            source=row["source"],
            schema=row.get("schema"),
            profile=row.get("profile"),
        )
        yield DatasetInput(dataset=dataset, tags={key: str(value) for key, value in (link.get("tags") or {}).items()})


def _model_link(link: dict[str, Any]) -> ModelLink:
    return ModelLink(model_id=link["destination_id"], step=to_int(link.get("step")) or 0)


def _logged_model(place: Path) -> LoggedModelRecord:
    meta = _meta(place)
    metrics = [metric for key, file in _values(place / "metrics") for metric in _model_metrics(key, file)]
    return LoggedModelRecord(
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
        params=_pairs(place / "params"),
        tags=_pairs(place / "tags"),
        metrics=metrics,
    )


def _model_metrics(key: str, file: Path) -> Iterator[MetricRecord]:
    """Lines of `timestamp value step run`, with a dataset's name and digest after them where there was one."""
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
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


def _registered(place: Path) -> Iterator[ModelRecord | VersionRecord]:
    meta = _meta(place)
    aliases = _pairs(place / "aliases")
    versions = sorted((_meta(p) for p in place.glob("version-*") if (p / META).is_file()), key=_number)
    created = to_int(meta.get("creation_timestamp")) or 0
    yield ModelRecord(
        name=meta["name"],
        description=meta.get("description") or "",
        created_at=created,
        modified_at=to_int(meta.get("last_updated_timestamp")) or created,
        next_version=1 + max(map(_number, versions), default=0),
        tags=_pairs(place / "tags"),
    )
    for version in versions:
        if version.get("current_stage") != "Deleted_Internal":
            number = _number(version)
            yield version_record(
                version,
                created="creation_timestamp",
                updated="last_updated_timestamp",
                tags=_pairs(place / f"version-{number}" / "tags"),
                aliases=[alias for alias, target in aliases.items() if target.strip() == str(number)],
            )


def _number(version: dict[str, Any]) -> int:
    return int(version["version"])
