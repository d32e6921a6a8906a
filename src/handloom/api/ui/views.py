"""Saved views of an experiment's run list as pages see them."""

import msgspec

from handloom.api.routing import Context, Route, read, write
from handloom.api.ui.experiments import ExperimentPath, active
from handloom.domain.errors import Invalid
from handloom.domain.names import clean_name
from handloom.store.engine.database import Read, Write
from handloom.store.experiments import views


class SavedView(msgspec.Struct, frozen=True, kw_only=True):
    """`search` is the query of the experiment page's address, or with `view=across` of the page that compares runs of
    several experiments. The default view opens where the address names none."""

    id: str
    name: str
    search: str
    is_default: bool


class SavedViews(msgspec.Struct, frozen=True, kw_only=True):
    views: list[SavedView]


class SaveView(msgspec.Struct, frozen=True, kw_only=True):
    """Makes a view, or changes the one with this `view`."""

    workspace: str
    experiment: str
    name: str
    search: str
    view: str = ""
    is_default: bool = False


class RemoveView(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    experiment: str
    view: str


MAX_SEARCH = 16_000


def _reply(tx: Read, workspace: str, experiment: str) -> SavedViews:
    found = views.of(active(tx, workspace, experiment))
    return SavedViews(
        views=[SavedView(id=one.id, name=one.name, search=one.search, is_default=one.is_default) for one in found]
    )


def list_views(tx: Read, context: Context, request: ExperimentPath) -> SavedViews:
    return _reply(tx, request.workspace, request.experiment)


def save(tx: Write, context: Context, request: SaveView) -> SavedViews:
    if len(request.search) > MAX_SEARCH:
        text = "This view holds too much: pick fewer runs, columns or charts, then save it."
        raise Invalid(text, field="search").because("view_large")
    name = clean_name(request.name, what="view name")
    experiment = active(tx, request.workspace, request.experiment)
    views.save(tx, experiment, request.view, name, request.search, request.is_default)
    return _reply(tx, request.workspace, request.experiment)


def remove(tx: Write, context: Context, request: RemoveView) -> SavedViews:
    views.remove(tx, active(tx, request.workspace, request.experiment), request.view)
    return _reply(tx, request.workspace, request.experiment)


_VIEWS = "/api/v1/workspaces/{workspace}/experiments/{experiment}/views"

ROUTES: list[Route] = [
    read("GET", _VIEWS, list_views, summary="List the saved views of an experiment's run list."),
    write("POST", _VIEWS, save, summary="Create or change a saved view."),
    write("DELETE", _VIEWS + "/{view}", remove, summary="Delete a saved view."),
]
