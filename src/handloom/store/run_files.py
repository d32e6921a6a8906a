"""A run's files as people see them: its own artifact folder, and its logged models as folders by their names.

MLflow 3 keeps a run's model beside the run; here it appears in the run all the same, as MLflow 2 showed it.
"""

import msgspec

from handloom.domain import artifacts as rules
from handloom.domain import logged_models as naming
from handloom.domain.artifacts import FileInfo
from handloom.domain.errors import NotFound
from handloom.store import artifacts, logged_models, runs
from handloom.store.database import Read


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a path of a run really is: `path` inside the workspace's artifacts, `inner` inside the run or the model."""

    path: str
    inner: str
    model_id: str | None = None


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a run's folder. `model` marks a folder that holds a model."""

    path: str
    name: str
    is_dir: bool
    size: int | None
    model: bool


def _model_folders(tx: Read, workspace: str, run_id: str, own: list[FileInfo]) -> dict[str, tuple[str, str]]:
    """(model id, artifact URI) of each logged model, by the folder's name."""
    models = logged_models.of_run(tx, workspace, run_id)
    names = naming.folders([(m.model_id, m.name) for m in models], {f.path for f in own})
    return {names[m.model_id]: (m.model_id, m.artifact_uri) for m in models}


def find(tx: Read, workspace: str, run_id: str, path: str) -> Place:
    """Where `path` of a run is, whether or not anything is there."""
    root = rules.root_of(runs.find(tx, workspace, run_id).artifact_uri)
    first, _, rest = path.strip("/").partition("/")
    folders = _model_folders(tx, workspace, run_id, artifacts.entries(tx.root, workspace, root))
    if first in folders:
        model_id, uri = folders[first]
        inner = rules.clean_path(rest)
        return Place(path=rules.join(rules.root_of(uri), inner), inner=inner, model_id=model_id)
    inner = rules.clean_path(path)
    return Place(path=rules.join(root, inner), inner=inner)


def entries(tx: Read, workspace: str, run_id: str, path: str) -> list[Entry]:
    """The entries of a folder of a run, folders first. Raises NotFound where there is no such folder."""
    place = find(tx, workspace, run_id, path)
    at = path.strip("/")
    if at and not artifacts.exists(tx.root, workspace, place.path):
        raise NotFound(f"There is no folder “{path}” in the files of this run.")
    found = listed(tx, workspace, place.path, at)
    if not at:
        own = artifacts.entries(tx.root, workspace, place.path)
        for name, (_, uri) in _model_folders(tx, workspace, run_id, own).items():
            model = artifacts.is_model(tx.root, workspace, rules.root_of(uri))
            found.append(Entry(path=name, name=name, is_dir=True, size=None, model=model))
    return sorted(found, key=lambda e: (not e.is_dir, e.name))


def listed(tx: Read, workspace: str, place: str, shown: str) -> list[Entry]:
    """The entries of the artifact folder `place`, with paths as if it were at `shown`; folders first."""
    found = [
        Entry(
            path=rules.join(shown, f.path),
            name=f.path,
            is_dir=f.is_dir,
            size=f.size,
            model=f.is_dir and artifacts.is_model(tx.root, workspace, rules.join(place, f.path)),
        )
        for f in artifacts.entries(tx.root, workspace, place)
    ]
    return sorted(found, key=lambda e: (not e.is_dir, e.name))
