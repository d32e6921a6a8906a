"""A run's files as shown to users: its own artifact folder, and its logged models as folders by their names.

MLflow 3 stores a run's model outside the run's folder; here it is shown inside it, as in MLflow 2.
"""

import msgspec

from handloom.domain import artifacts as rules
from handloom.domain import logged_models as naming
from handloom.domain.errors import NotFound
from handloom.store.artifacts import storage as files
from handloom.store.artifacts.storage import Artifacts
from handloom.store.engine.database import Read
from handloom.store.models import logged as logged_models
from handloom.store.runs import rows as runs

DEEPEST = 4
"""Levels of folders that are searched for models."""
MOST_READ = 40
"""Folders that are looked into for models."""


class RunFolder(msgspec.Struct, frozen=True, kw_only=True):
    """Where a run's files are: its own below `root`, and each of its logged models by (id, name, root)."""

    root: str
    models: list[tuple[str, str, str]]


class Location(msgspec.Struct, frozen=True, kw_only=True):
    """The location of a run's path: `path` inside the workspace's artifacts, `inner` inside the run or the model."""

    path: str
    inner: str
    model_id: str | None = None


class RunFileEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of a run's folder. `model` marks a folder that contains a model."""

    path: str
    name: str
    is_dir: bool
    size: int | None
    model: bool


def files_of(tx: Read, workspace: str, run_id: str) -> RunFolder:
    """Return where a run's files are. Raises NotFound, and Invalid if they are stored elsewhere."""
    root = rules.root_of(runs.find(tx, workspace, run_id).artifact_uri)
    models = logged_models.of_run(tx, workspace, run_id)
    return RunFolder(root=root, models=[(m.model_id, m.name, rules.root_of(m.artifact_uri)) for m in models])


def _model_folders(store: Artifacts, workspace: str, run: RunFolder) -> dict[str, tuple[str, str]]:
    """Return (model id, root) of each logged model, by its folder's name; the run's own files have precedence over a
    model's name.
    """
    if not run.models:
        return {}
    own = {f.path for f in store.entries(workspace, run.root)}
    names = naming.folders([(model_id, name) for model_id, name, _ in run.models], own)
    return {names[model_id]: (model_id, root) for model_id, _, root in run.models}


def locate(store: Artifacts, workspace: str, run: RunFolder, path: str) -> Location:
    """Return the location of a run's `path`, whether or not it exists. Like the two functions below, it reads the
    artifact store.
    """
    first, _, rest = path.strip("/").partition("/")
    folders = _model_folders(store, workspace, run)
    if first in folders:
        model_id, root = folders[first]
        inner = rules.clean_path(rest)
        return Location(path=rules.join(root, inner), inner=inner, model_id=model_id)
    inner = rules.clean_path(path)
    return Location(path=rules.join(run.root, inner), inner=inner)


def entries(store: Artifacts, workspace: str, run: RunFolder, path: str) -> list[RunFileEntry]:
    """List a folder of a run, folders first. Raises NotFound if there is no such folder."""
    location = locate(store, workspace, run, path)
    at = path.strip("/")
    is_model_root = location.model_id and not location.inner  # listed from the beginning, also before its files arrive
    if at and not is_model_root and not store.exists(workspace, location.path):
        text = f"There is no folder “{path}” in the files of this run."
        raise NotFound(text).because("no_folder", path=path)
    found = listed(store, workspace, location.path, at)
    if not at:
        for name, (_, root) in _model_folders(store, workspace, run).items():
            model = files.is_model(store, workspace, root)
            found.append(RunFileEntry(path=name, name=name, is_dir=True, size=None, model=model))
    return sorted(found, key=lambda e: (not e.is_dir, e.name))


def models_in(store: Artifacts, workspace: str, run: RunFolder) -> list[str]:
    """Return the folders of a run that contain a model, top-level ones first; model folders are not searched."""
    found: list[str] = []
    level = [""]
    read = 0
    for _ in range(DEEPEST):
        below: list[str] = []
        for path in level[: MOST_READ - read]:
            read += 1
            for entry in entries(store, workspace, run, path):
                if entry.is_dir:
                    (found if entry.model else below).append(entry.path)
        level = below
    return found


def listed(store: Artifacts, workspace: str, place: str, shown: str) -> list[RunFileEntry]:
    """List the artifact folder `place`, with paths as if it were at `shown`, folders first."""
    found = [
        RunFileEntry(
            path=rules.join(shown, f.path),
            name=f.path,
            is_dir=f.is_dir,
            size=f.size,
            model=f.is_dir and files.is_model(store, workspace, rules.join(place, f.path)),
        )
        for f in store.entries(workspace, place)
    ]
    return sorted(found, key=lambda e: (not e.is_dir, e.name))
