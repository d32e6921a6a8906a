"""The file of a trace, as MLflow's pages and tools download it: its spans, or what was attached to it."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.responses import Response

from handloom.api import artifact_streams
from handloom.api.mlflow.codec import missing
from handloom.api.mlflow.errors import failure
from handloom.api.routing import Context, Route, live
from handloom.api.server import Server
from handloom.domain import artifacts
from handloom.domain.artifacts import disposition
from handloom.domain.members import Role
from handloom.domain.spans import values_of
from handloom.store.engine.database import Read
from handloom.store.traces import rows as traces

SPANS_FILE = "traces.json"
ATTACHMENTS = "attachments"


class ReadSpanFile(msgspec.Struct):
    request_id: str = ""
    path: str = ""


async def download(server: Server, context: Context, request: ReadSpanFile) -> Response:
    """The spans that the server keeps; else the file that the trace's client uploaded. `path` names an attachment."""
    if not request.request_id:
        raise missing("request_id")

    def find(tx: Read) -> tuple[list[str], str]:
        trace_id = traces.get(tx, context.workspace, request.request_id).trace_id
        spans = [] if request.path else traces.spans_of(tx, context.workspace, [trace_id])[trace_id]
        return spans, "" if spans else traces.folder_of(tx, context.workspace, trace_id)

    spans, folder = await server.read(find)
    name = request.path or SPANS_FILE
    headers = {
        "Content-Type": artifacts.download_type(name),
        "Content-Disposition": disposition(name, "attachment"),
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox",
    }
    if spans:
        return Response(await server.on_thread(lambda: _file(spans)), headers=headers)
    place = artifacts.join(folder, ATTACHMENTS, artifacts.clean_path(name)) if request.path else f"{folder}/{name}"
    return await artifact_streams.artifact_response(server, context.workspace, place, headers, failure)


def _file(spans: list[str]) -> bytes:
    """Spans in the shape of MLflow's file, which has attributes as an object of texts of JSON."""
    return msgspec.json.encode({"spans": [_span(msgspec.json.decode(content)) for content in spans]})


def _span(span: dict[str, Any]) -> dict[str, Any]:
    events = [
        {
            "name": event.get("name", ""),
            "time_unix_nano": event.get("time_unix_nano"),
            "attributes": values_of(event),
        }
        for event in span.get("events", [])
    ]
    status = span.get("status", {})
    return {
        "trace_id": span.get("trace_id"),
        "span_id": span.get("span_id"),
        "parent_span_id": span.get("parent_span_id"),
        "name": span.get("name", ""),
        "start_time_unix_nano": span.get("start_time_unix_nano"),
        "end_time_unix_nano": span.get("end_time_unix_nano"),
        "events": events,
        "status": {"code": status.get("code", "STATUS_CODE_UNSET"), "message": status.get("message", "")},
        "attributes": {key: _json(value) for key, value in values_of(span).items()},
        "links": span.get("links", []),
    }


def _json(value: Any) -> str:
    """A value as a text of JSON. MLflow's clients write their attributes so; those of others are made so."""
    if isinstance(value, str):
        try:
            msgspec.json.decode(value)
        except msgspec.MsgspecError:
            return msgspec.json.encode(value).decode()
        return value
    return msgspec.json.encode(value).decode()


ROUTES: list[Route] = [live("GET", "mlflow/get-trace-artifact", download, role=Role.VIEWER)]
