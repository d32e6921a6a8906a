"""MLflow's endpoints about the server: version, health and supported features."""

from starlette.responses import PlainTextResponse, Response

from handloom.api.mlflow.encoding import Reply
from handloom.api.routing import Context, Empty, Route, live
from handloom.api.server import Server
from handloom.domain.members import Role

PROTOCOL = "3.17.2"
"""The MLflow release whose REST protocol this server implements; `/version` returns it."""


class Features(Reply):
    gateway: bool
    scheduled_issue_detection: bool


class ServerInfo(Reply):
    store_type: str
    workspaces_enabled: bool
    trace_archival_enabled: bool
    multipart_uploads_enabled: bool
    multipart_downloads_enabled: bool
    artifact_serving_enabled: bool
    presigned_upload_run_id_supported: bool
    presigned_upload_model_id_supported: bool
    model_artifact_presigned_downloads_supported: bool
    features_enabled: Features
    tracking_auth: str
    artifacts_presigned_only: bool


async def server_info(server: Server, context: Context, request: Empty) -> ServerInfo:
    """Return the supported features, with the fields of MLflow 3.18. The first call tests whether the object store can
    presign URLs, which takes time.
    """
    uploads, downloads = await server.on_thread(
        lambda: (server.artifacts.direct_uploads, server.artifacts.direct_downloads)
    )
    return ServerInfo(
        store_type="SqlStore",
        workspaces_enabled=True,
        trace_archival_enabled=False,
        multipart_uploads_enabled=uploads,
        multipart_downloads_enabled=downloads,
        artifact_serving_enabled=True,
        presigned_upload_run_id_supported=True,
        presigned_upload_model_id_supported=True,
        model_artifact_presigned_downloads_supported=False,
        features_enabled=Features(gateway=False, scheduled_issue_detection=False),
        tracking_auth="",
        artifacts_presigned_only=False,
    )


async def health(server: Server, context: Context, request: Empty) -> Response:
    return PlainTextResponse("OK")


async def version(server: Server, context: Context, request: Empty) -> Response:
    return PlainTextResponse(PROTOCOL, media_type="text/html")


ROUTES: list[Route] = [
    live("GET", "mlflow/server-info", server_info, role=None),
    live("GET", "/health", health, role=Role.VIEWER),  # below a workspace prefix; the root's own needs no token
    live("GET", "/version", version, role=Role.VIEWER),
]
