"""What the server says of itself to MLflow's clients."""

from dataclasses import replace

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from handloom.api.mlflow.encoding import Reply
from handloom.api.mlflow.endpoints import Endpoint, live, read
from handloom.api.server import Server
from handloom.domain.members import Caller, Role
from handloom.store.database import Read

PROTOCOL = "3.17.2"
"""The MLflow release whose REST protocol this server speaks; `/version` answers it."""


class Nothing(msgspec.Struct):
    pass


class Features(Reply):
    gateway: bool


class ServerInfo(Reply):
    store_type: str
    workspaces_enabled: bool
    trace_archival_enabled: bool
    multipart_uploads_enabled: bool
    multipart_downloads_enabled: bool
    presigned_upload_run_id_supported: bool
    presigned_upload_model_id_supported: bool
    features_enabled: Features


def server_info(tx: Read, caller: Caller, workspace: str, request: Nothing) -> ServerInfo:
    return ServerInfo(
        store_type="SqlStore",
        workspaces_enabled=True,
        trace_archival_enabled=False,
        multipart_uploads_enabled=False,
        multipart_downloads_enabled=False,
        presigned_upload_run_id_supported=False,
        presigned_upload_model_id_supported=False,
        features_enabled=Features(gateway=False),
    )


async def health(server: Server, caller: Caller, workspace: str, request: Nothing, http: Request) -> Response:
    return PlainTextResponse("OK")


async def version(server: Server, caller: Caller, workspace: str, request: Nothing, http: Request) -> Response:
    return PlainTextResponse(PROTOCOL, media_type="text/html")


ENDPOINTS: list[Endpoint] = [
    replace(read("GET", "mlflow/server-info", Nothing, server_info), role=None),
    live("GET", "/health", Nothing, health, role=Role.VIEWER),  # below a workspace; the router's own asks for no token
    live("GET", "/version", Nothing, version, role=Role.VIEWER),
]
