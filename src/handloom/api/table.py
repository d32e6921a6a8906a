"""All routes of our own API, gathered from their nouns."""

from handloom.api.routes import Route
from handloom.api.ui import (
    artifacts,
    deleted,
    experiments,
    items,
    me,
    metrics,
    models,
    mounts,
    notebooks,
    records,
    runs,
    sessions,
    tokens,
    workspaces,
)

_NOUNS = (
    *(me, tokens, workspaces, items, notebooks, sessions, mounts),
    *(experiments, runs, metrics, artifacts, models, records, deleted),
)
ROUTES: list[Route] = [route for noun in _NOUNS for route in getattr(noun, "ROUTES", [])]
