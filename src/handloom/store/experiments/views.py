"""Saved views of an experiment's run list: a name and the page's query string, stored as tags of the experiment.

MLflow also stores the shared states of its pages as tags; so views are part of exports and copies.
"""

from uuid import uuid4

import msgspec

from handloom.domain.errors import AlreadyExists, Invalid, NotFound
from handloom.domain.experiments import Experiment
from handloom.store.engine.database import Write
from handloom.store.experiments import rows as experiments

PREFIX = "handloom.view."
DEFAULT_TAG = "handloom.defaultView"
MAX_VIEWS = 100


class StoredView(msgspec.Struct, frozen=True, kw_only=True):
    """`search` is the query string of the page: filter, order, columns, groups, charts."""

    id: str
    name: str
    search: str
    is_default: bool


class _StoredView(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    search: str


def of(experiment: Experiment) -> list[StoredView]:
    """Return the views by name. Tags that a client wrote and that are not valid views are ignored."""
    default = experiment.tags.get(DEFAULT_TAG)
    found = []
    for key, value in experiment.tags.items():
        if not key.startswith(PREFIX):
            continue
        try:
            stored = msgspec.json.decode(value, type=_StoredView)
        except msgspec.DecodeError:
            continue
        view_id = key.removeprefix(PREFIX)
        found.append(StoredView(id=view_id, name=stored.name, search=stored.search, is_default=view_id == default))
    return sorted(found, key=lambda view: (view.name.casefold(), view.id))


def save(tx: Write, experiment: Experiment, view_id: str, name: str, search: str, is_default: bool) -> None:
    """Create a view, or change it if `view_id` is given. Raises AlreadyExists if another view has the name."""
    views = of(experiment)
    if view_id:
        _known(views, view_id)
    elif len(views) >= MAX_VIEWS:
        raise Invalid(f"An experiment has at most {MAX_VIEWS} saved views. Delete one first.")
    if any(view.name == name and view.id != view_id for view in views):
        raise AlreadyExists(f"A view named “{name}” exists already. Choose another name.", field="name").because(
            "name_taken", name=name
        )
    tag_id = view_id or uuid4().hex[:12]
    value = msgspec.json.encode(_StoredView(name=name, search=search)).decode()
    experiments.set_tag(tx, experiment.workspace, experiment.id, PREFIX + tag_id, value)
    was_default = experiment.tags.get(DEFAULT_TAG) == tag_id
    if is_default and not was_default:
        experiments.set_tag(tx, experiment.workspace, experiment.id, DEFAULT_TAG, tag_id)
    elif was_default and not is_default:
        experiments.delete_tag(tx, experiment.workspace, experiment.id, DEFAULT_TAG)


def remove(tx: Write, experiment: Experiment, view_id: str) -> None:
    _known(of(experiment), view_id)
    experiments.delete_tag(tx, experiment.workspace, experiment.id, PREFIX + view_id)
    if experiment.tags.get(DEFAULT_TAG) == view_id:
        experiments.delete_tag(tx, experiment.workspace, experiment.id, DEFAULT_TAG)


def _known(views: list[StoredView], view_id: str) -> None:
    if all(view.id != view_id for view in views):
        raise NotFound("This view is gone. Somebody may have deleted it.").because("no_view")
