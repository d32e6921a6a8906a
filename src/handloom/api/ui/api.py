"""Our own API under /api/v1: the routes of all nouns in one list, and how its requests and errors are shaped."""

from __future__ import annotations

from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import Response

from handloom.api import errors
from handloom.api.authenticator import require_unbound
from handloom.api.routing import Api, Match, Method, Reader, Route
from handloom.api.ui import (
    access_requests,
    artifacts,
    audit,
    backups,
    capacities,
    code_analysis,
    comments,
    copied_runs,
    deleted,
    drain,
    engines,
    environments,
    experiments,
    folders,
    git,
    git_pull,
    groups,
    items,
    jobs,
    lake_files,
    me,
    members,
    metrics,
    models,
    mounts,
    notebook_runs,
    notebook_versions,
    notebooks,
    notices,
    param_importance,
    program_accounts,
    records,
    recycle_bin,
    reports,
    reproductions,
    restart,
    retention,
    run_changes,
    run_groups,
    runs,
    schedules,
    session_list,
    sessions,
    storage,
    tables,
    tokens,
    traces,
    tracking_tables,
    users,
    version_copies,
    views,
    webhooks,
    workspaces,
)
from handloom.api.ui.codec import UiReader
from handloom.domain.errors import NotFound
from handloom.domain.members import Caller, Role

PREFIX = "/api/v1"
ROUTES: list[Route] = [
    *me.ROUTES,
    *tokens.ROUTES,
    *users.ROUTES,
    *groups.ROUTES,
    *program_accounts.ROUTES,
    *workspaces.ROUTES,
    *storage.ROUTES,
    *capacities.ROUTES,
    *members.ROUTES,
    *access_requests.ROUTES,
    *items.ROUTES,
    *notebooks.ROUTES,
    *notebook_versions.ROUTES,
    *reproductions.ROUTES,
    *sessions.ROUTES,
    *session_list.ROUTES,
    *schedules.ROUTES,
    *jobs.ROUTES,
    *git.ROUTES,
    *git_pull.ROUTES,
    *engines.ROUTES,
    *backups.ROUTES,
    *drain.ROUTES,
    *restart.ROUTES,
    *environments.ROUTES,
    *tables.ROUTES,
    *code_analysis.ROUTES,
    *lake_files.ROUTES,
    *mounts.ROUTES,
    *experiments.ROUTES,
    *views.ROUTES,
    *notices.ROUTES,
    *comments.ROUTES,
    *reports.ROUTES,
    *folders.ROUTES,
    *retention.ROUTES,
    *webhooks.ROUTES,
    *runs.ROUTES,
    *run_changes.ROUTES,
    *copied_runs.ROUTES,
    *run_groups.ROUTES,
    *notebook_runs.ROUTES,
    *param_importance.ROUTES,
    *metrics.ROUTES,
    *tracking_tables.ROUTES,
    *traces.ROUTES,
    *artifacts.ROUTES,
    *models.ROUTES,
    *version_copies.ROUTES,
    *records.ROUTES,
    *deleted.ROUTES,
    *recycle_bin.ROUTES,
    *audit.ROUTES,
]


def owns(path: str) -> bool:
    """Whether this API serves the path."""
    return path.startswith(PREFIX) and path[len(PREFIX) : len(PREFIX) + 1] in ("", "/")


class UiApi(Api):
    """Our own API. `{workspace}` in a path is an id; a token limited to one workspace may not use routes without it."""

    name = "ui"
    in_query: frozenset[Method] = frozenset({"GET", "DELETE"})

    def reader(self, route: Route) -> Reader:
        return UiReader(route.request)

    def failure(self, error: BaseException) -> Response:
        return errors.failure(error)

    async def enter(self, caller: Caller, match: Match, http: Request) -> tuple[str, Role | None]:
        workspace = match.path.get("workspace")
        if workspace is None:
            if match.entry is not None:
                require_unbound(caller)
            return "", None
        return workspace, await self.authenticator.member(caller, workspace)

    def missing(self, http: Request, match: Match, workspace: str) -> Response:
        methods = self.allowed(match.rest)
        if not methods:
            raise NotFound(f"Nothing is served at {unquote(match.rest)}.")
        reply = errors.refusal(405, "invalid", f"{match.rest} takes {', '.join(methods)}, not {http.method}.")
        reply.headers["allow"] = ", ".join(methods)
        return reply
