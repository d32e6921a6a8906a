"""MLflow's REST API: the routes of all nouns in one list, how a request selects its workspace, and unknown paths.

The prefix `/mlflow/<id or name>` of the path selects the workspace, or MLflow's header; else it is the default one.
"""

from __future__ import annotations

from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from handloom.api import text_check
from handloom.api.mlflow import (
    about,
    analytics,
    artifacts,
    assessments,
    direct,
    errors,
    evaluation_datasets,
    experiments,
    graphql,
    inputs,
    logged_models,
    metrics,
    model_versions,
    models,
    runs,
    scorers,
    span_files,
    trace_page,
    traces,
    webhooks,
    workspaces,
)
from handloom.api.mlflow.codec import MlflowReader
from handloom.api.mlflow.unsupported import sentence_of
from handloom.api.routing import Api, Match, Method, Reader, Route
from handloom.domain.errors import Invalid, NotFound
from handloom.domain.members import Caller, Role
from handloom.domain.workspaces import DEFAULT_NAME

ROUTES: list[Route] = [
    *about.ROUTES,
    *experiments.ROUTES,
    *runs.ROUTES,
    *metrics.ROUTES,
    *inputs.ROUTES,
    *artifacts.ROUTES,
    *direct.ROUTES,
    *logged_models.ROUTES,
    *models.ROUTES,
    *model_versions.ROUTES,
    *traces.ROUTES,
    *assessments.ROUTES,
    *evaluation_datasets.ROUTES,
    *scorers.ROUTES,
    *analytics.ROUTES,
    *span_files.ROUTES,
    *trace_page.ROUTES,
    *workspaces.ROUTES,
    *webhooks.ROUTES,
    *graphql.ROUTES,
]
ROOTS = ("/api/2.0/", "/api/3.0/", "/ajax-api/2.0/", "/ajax-api/3.0/")
WORKSPACE_HEADER = "X-MLFLOW-WORKSPACE"
_PREFIX = "/mlflow/"
_OWNED = (_PREFIX, *(f"{root}mlflow" for root in ROOTS))
_AT_ROOT = frozenset(route.path for route in ROUTES if route.path.startswith("/")) - {"/health", "/version"}
"""Paths outside of ROOTS. `/health` and `/version` at the server's root are left to RootRoutes: they need no token."""


def owns(path: str) -> bool:
    """Whether this API serves the path."""
    return path.startswith(_OWNED) or path in _AT_ROOT


class MlflowApi(Api):
    """MLflow's REST API. Routes are served below its four roots; HEAD, GET and query strings work as in its server."""

    name = "mlflow"
    roots = ROOTS
    in_query: frozenset[Method] = frozenset({"GET"})

    def reader(self, route: Route) -> Reader:
        return MlflowReader(route.request, route.required)

    def failure(self, error: BaseException) -> Response:
        return errors.failure(error)

    def check_content_type(self, http: Request) -> None:
        """Accept JSON only, which a form on another site cannot send (CSRF)."""
        kind = http.headers.get("content-type")
        if kind is None:
            if http.method in ("DELETE", "PATCH"):
                return
            raise Invalid("Bad Request. Content-Type header is missing.")
        if kind.partition(";")[0].strip().lower() != "application/json":
            raise Invalid("Bad Request. Content-Type must be one of ['application/json'].")

    def split(self, path: str) -> tuple[str | None, str]:
        if not path.startswith(_PREFIX):
            return None, path
        reference, slash, rest = path[len(_PREFIX) :].partition("/")
        return unquote(reference), slash + rest or "/"

    async def enter(self, caller: Caller, match: Match, http: Request) -> tuple[str, Role | None]:
        needs_none = match.entry is not None and match.entry.route.role is None
        named = "" if needs_none else self._header_workspace(match, http)
        text_check.check(named, WORKSPACE_HEADER)
        if match.prefix is None:
            if needs_none:
                return "", None
            return await self._workspace_and_role(caller, named or DEFAULT_NAME, _no_workspace(named or DEFAULT_NAME))
        workspace, role = await self._workspace_and_role(
            caller, match.prefix, f"There is no workspace “{match.prefix}”."
        )
        if named and (await self._workspace_and_role(caller, named, _no_workspace(named)))[0] != workspace:
            raise Invalid(
                f"The path names the workspace “{match.prefix}”, but the header {WORKSPACE_HEADER} names “{named}”. "
                "Name one of them only."
            )
        return workspace, role

    def missing(self, http: Request, match: Match, workspace: str) -> Response:
        path = unquote(match.rest)
        if http.method in ("GET", "HEAD") and match.prefix is not None and path == "/":
            # Clients print links such as `<tracking URI>/#/experiments/1`; browsers keep what follows the #.
            return RedirectResponse(f"/workspaces/{workspace}")
        if (sentence := sentence_of(path)) is not None:
            return errors.refusal("NOT_IMPLEMENTED", 501, sentence)
        if self.allowed(match.rest):
            return errors.refusal("BAD_REQUEST", 405, f"{path} does not support {http.method}.")
        return errors.refusal("ENDPOINT_NOT_FOUND", 404, f"This server has no endpoint {path}.")

    def _header_workspace(self, match: Match, http: Request) -> str:
        """The workspace in MLflow's header, or in the query for a page in an iframe, which cannot set headers."""
        value = http.headers.get(WORKSPACE_HEADER, "").strip()
        if not value:
            return http.query_params.get("workspace", "") if match.rest == trace_page.PATH else ""
        try:
            return value.encode("latin-1").decode()  # clients send raw UTF-8
        except UnicodeError:
            return value

    async def _workspace_and_role(self, caller: Caller, reference: str, unknown: str) -> tuple[str, Role]:
        """Return the workspace's id and the caller's role. Raises NotFound without a role, to hide that it exists."""
        try:
            workspace = await self.authenticator.workspace(reference)
        except NotFound as error:
            raise NotFound(unknown) from error
        role = await self.authenticator.role(caller, workspace)
        if role is None:
            raise NotFound(unknown)
        return workspace, role


def _no_workspace(name: str) -> str:
    return f"Workspace '{name}' not found"
