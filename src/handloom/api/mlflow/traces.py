"""MLflow's trace endpoints, versions 2 and 3 of the API, and the OTLP endpoint `/v1/traces`."""

from __future__ import annotations

import asyncio
import contextlib

import msgspec
from starlette.responses import Response

from handloom.api.mlflow import otlp
from handloom.api.mlflow.codec import missing, wrong
from handloom.api.mlflow.encoding import Entry, Reply, pairs
from handloom.api.mlflow.errors import Unprocessable
from handloom.api.mlflow.trace_replies import (
    FullTraceReply,
    OldInfoReply,
    OldReply,
    TraceIn,
    TraceInfoBody,
    TraceLocation,
    TraceReply,
    full_reply,
    info_reply,
    old_reply,
    trace_of,
)
from handloom.api.routing import Context, Empty, Route, body, live, read, write
from handloom.api.server import Server
from handloom.domain import traces as rules
from handloom.domain.errors import Invalid, NotFound
from handloom.domain.members import Role
from handloom.domain.traces import Trace
from handloom.store.engine.database import Read, Write
from handloom.store.traces import rows as traces
from handloom.store.traces import search as trace_search

EXPERIMENT_HEADER = "x-mlflow-experiment-id"
RUN_HEADER = "x-mlflow-run-id"
DEFAULT_RESULTS = 100
MAX_RESULTS = 500
STEP = 500
"""Maximum number of traces that one transaction deletes."""
_PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.5)
"""Seconds to wait for missing spans before each retry, since clients request a trace while it is being exported."""


class StartTrace(msgspec.Struct):
    """Create a trace. MLflow 3 sends a complete one in `trace`; MLflow 2 starts one with the other fields."""

    trace: TraceIn | None = None
    experiment_id: str = ""
    timestamp_ms: int = 0
    request_metadata: list[Entry] = []
    tags: list[Entry] = []


class End(msgspec.Struct):
    request_id: str = ""
    timestamp_ms: int = 0
    status: str | int = ""
    request_metadata: list[Entry] = []
    tags: list[Entry] = []


class TraceById(msgspec.Struct):
    trace_id: str = ""
    allow_partial: bool = False


class TracesByIds(msgspec.Struct):
    trace_ids: list[str] | None = None
    experiment_ids: list[str] | None = None


class MlflowSearchTraces(msgspec.Struct):
    locations: list[TraceLocation] | None = None
    filter: str = ""
    max_results: int = DEFAULT_RESULTS
    order_by: list[str] = []
    page_token: str = ""


class OldSearch(msgspec.Struct):
    experiment_ids: list[str] | None = None
    filter: str = ""
    max_results: int = DEFAULT_RESULTS
    order_by: list[str] = []
    page_token: str = ""


class DeleteTraces(msgspec.Struct):
    experiment_id: str = ""
    max_timestamp_millis: int | None = None
    max_traces: int | None = None
    request_ids: list[str] = []


class SetTraceTag(msgspec.Struct):
    trace_id: str = ""
    key: str = ""
    value: str = ""


class LinkRun(msgspec.Struct):
    trace_ids: list[str] | None = None
    run_id: str = ""


class PromptVersion(msgspec.Struct):
    name: str = ""
    version: str = ""


class LinkPrompts(msgspec.Struct):
    trace_id: str = ""
    prompt_versions: list[PromptVersion] | None = None


class FullTracesReply(Reply):
    traces: list[FullTraceReply] = []


class InfosReply(Reply):
    trace_infos: list[TraceInfoBody] = []


class TracesReply(Reply):
    traces: list[TraceInfoBody] = []
    next_page_token: str = ""


class OldPageReply(Reply):
    traces: list[OldInfoReply] = []
    next_page_token: str = ""


class DeletedTracesReply(Reply):
    traces_deleted: int


def start(tx: Write, context: Context, request: StartTrace) -> TraceReply | OldReply:
    if request.trace is not None:
        return TraceReply(FullTraceReply(info_reply(traces.put(tx, context.workspace, trace_of(request.trace)))))
    if not request.experiment_id:
        raise missing("trace")
    begun = Trace(
        trace_id=rules.new_id(),
        experiment_id=request.experiment_id,
        request_time=request.timestamp_ms,
        tags=pairs(request.tags),
        metadata=pairs(request.request_metadata),
    )
    return OldReply(old_reply(traces.put(tx, context.workspace, begun)))


def end(tx: Write, context: Context, request: End) -> OldReply:
    ended = traces.end(
        tx,
        context.workspace,
        request.request_id,
        ended_at=request.timestamp_ms,
        state=rules.state_of(request.status),
        tags=pairs(request.tags),
        metadata=pairs(request.request_metadata),
    )
    return OldReply(old_reply(ended))


def get(tx: Read, context: Context, request: TraceById) -> TraceReply:
    return TraceReply(FullTraceReply(info_reply(traces.get(tx, context.workspace, request.trace_id))))


def get_old(tx: Read, context: Context, request: TraceById) -> OldReply:
    return OldReply(old_reply(traces.get(tx, context.workspace, request.trace_id)))


async def get_with_spans(server: Server, context: Context, request: TraceById) -> Response:
    """Return a trace with its spans, after waiting for all spans that its client announced. Raises NotFound."""
    for pause in (*_PAUSES, 0.0):
        content = await server.read(lambda tx: _encoded_if_complete(tx, context.workspace, request))
        if content:
            return Response(content, media_type="application/json")
        await asyncio.sleep(pause)
    raise NotFound(f"Trace with ID {request.trace_id} is not fully exported yet, please try again later.")


def _encoded_if_complete(tx: Read, workspace: str, request: TraceById) -> bytes:
    trace = traces.get(tx, workspace, request.trace_id)
    spans = traces.spans_of(tx, workspace, [request.trace_id])[request.trace_id]
    if not request.allow_partial and not _complete(trace, spans):
        return b""
    return msgspec.json.encode(TraceReply(full_reply(trace, spans)))


def _complete(trace: Trace, spans: list[str]) -> bool:
    return len(spans) >= max(1, rules.expected_spans(trace.metadata))


def get_many_with_spans(tx: Read, context: Context, request: TracesByIds) -> FullTracesReply:
    found = _found(tx, context.workspace, request)
    spans = traces.spans_of(tx, context.workspace, [trace.trace_id for trace in found])
    complete = [trace for trace in found if _complete(trace, spans[trace.trace_id])]
    return FullTracesReply([full_reply(trace, spans[trace.trace_id]) for trace in complete])


def get_infos(tx: Read, context: Context, request: TracesByIds) -> InfosReply:
    return InfosReply([info_reply(trace) for trace in _found(tx, context.workspace, request)])


def _found(tx: Read, workspace: str, request: TracesByIds) -> list[Trace]:
    if not request.trace_ids:
        raise missing("trace_ids")
    return traces.many(tx, workspace, request.trace_ids, request.experiment_ids)


def search(tx: Read, context: Context, request: MlflowSearchTraces) -> TracesReply:
    if request.locations is None:
        raise missing("locations")
    ids = [place.experiment_id for place in request.locations if place.experiment_id]
    found, token = _searched(tx, context.workspace, ids, request)
    return TracesReply([info_reply(trace) for trace in found], token)


def search_old(tx: Read, context: Context, request: OldSearch) -> OldPageReply:
    if not request.experiment_ids:
        raise missing("experiment_ids")
    found, token = _searched(tx, context.workspace, request.experiment_ids, request)
    return OldPageReply([old_reply(trace) for trace in found], token)


def _searched(
    tx: Read, workspace: str, ids: list[str], request: MlflowSearchTraces | OldSearch
) -> tuple[list[Trace], str]:
    if request.max_results < 1:
        raise Invalid(
            f"Invalid value {request.max_results} for parameter 'max_results' supplied. It must be a positive integer",
            field="max_results",
        )
    if request.max_results > MAX_RESULTS:
        raise wrong("max_results", request.max_results, f"It must be at most {MAX_RESULTS}.")
    return trace_search.traces(
        tx,
        workspace,
        ids,
        filter=request.filter,
        order_by=request.order_by,
        limit=request.max_results,
        page_token=request.page_token,
    )


async def delete(server: Server, context: Context, given: DeleteTraces) -> DeletedTracesReply:
    """Delete traces in batches of STEP, one transaction each, so that other writes can run in between."""
    rules.check_removal(given.max_timestamp_millis, given.max_traces, given.request_ids)
    left, ids, gone = given.max_traces, given.request_ids, 0
    while True:
        step = None if ids else min(STEP, STEP if left is None else left - gone)

        def remove(tx: Write, at_most: int | None = step) -> int:
            until = given.max_timestamp_millis
            return traces.remove(
                tx, context.workspace, given.experiment_id, until=until, at_most=at_most, trace_ids=ids
            )

        done = await server.write(remove)
        gone += done
        if ids or done < STEP or gone == left:
            return DeletedTracesReply(gone)


def set_tag(tx: Write, context: Context, request: SetTraceTag) -> None:
    traces.set_tag(tx, context.workspace, request.trace_id, request.key, request.value)


def delete_tag(tx: Write, context: Context, request: SetTraceTag) -> None:
    traces.delete_tag(tx, context.workspace, request.trace_id, request.key)


def link_run(tx: Write, context: Context, request: LinkRun) -> None:
    if not request.trace_ids:
        raise missing("trace_ids")
    traces.link(tx, context.workspace, request.trace_ids, request.run_id)


def link_prompts(tx: Write, context: Context, request: LinkPrompts) -> None:
    """Add prompt versions to a tag of the trace, which MLflow's clients read."""
    if not request.prompt_versions:
        raise missing("prompt_versions")
    traces.link_prompts(tx, context.workspace, request.trace_id, [(p.name, p.version) for p in request.prompt_versions])


async def export(server: Server, context: Context, request: Empty) -> Response:
    """Store the spans of an OTLP export, from OpenTelemetry or MLflow, all or none."""
    media = context.http.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in (otlp.PROTOBUF, otlp.JSON):
        raise Invalid(f"Invalid Content-Type: {media}. Expected: {otlp.PROTOBUF} or {otlp.JSON}")
    experiment_id = context.http.headers.get(EXPERIMENT_HEADER, "").strip()
    if not experiment_id:
        raise Unprocessable(f"The header {EXPERIMENT_HEADER} is missing; set it to the id of the traces' experiment.")
    limit = server.settings.max_request_bytes
    content = await body(context.http, limit)
    encoding = context.http.headers.get("content-encoding", "")
    spans, tags = await asyncio.to_thread(lambda: otlp.parse(otlp.plain(content, encoding, limit), media))
    run_id = context.http.headers.get(RUN_HEADER, "").strip()

    def keep(tx: Write) -> None:
        traces.add_spans(tx, context.workspace, experiment_id, spans, tags)
        if run_id:
            with contextlib.suppress(NotFound):  # store the spans even if the run does not exist
                traces.link(tx, context.workspace, sorted({s.trace_id for s in spans if s.parent_id is None}), run_id)

    await server.write(keep)
    return Response(b"{}" if media == otlp.JSON else b"", media_type=media)


_TRACES = "mlflow/traces"
_ONE = f"{_TRACES}/{{trace_id}}"

ROUTES: list[Route] = [
    live("POST", "/v1/traces", export, streams=True, role=Role.CONTRIBUTOR),
    write("POST", _TRACES, start),
    read("GET", _TRACES, search_old),
    live("GET", f"{_TRACES}/get", get_with_spans, required=("trace_id",), role=Role.VIEWER),
    read("GET", f"{_TRACES}/batchGet", get_many_with_spans),
    read("POST", f"{_TRACES}/batchGetInfos", get_infos),
    read("POST", f"{_TRACES}/search", search),
    live(
        "POST",
        f"{_TRACES}/delete-traces",
        delete,
        audit="trace.delete",
        required=("experiment_id",),
        role=Role.CONTRIBUTOR,
    ),
    write("POST", f"{_TRACES}/link-to-run", link_run, required=("run_id",)),
    write("POST", f"{_TRACES}/link-prompts", link_prompts, required=("trace_id",)),
    read("GET", _ONE, get),
    read("GET", f"{_ONE}/info", get_old),
    write("PATCH", f"{_TRACES}/{{request_id}}", end),
    write("PATCH", f"{_ONE}/tags", set_tag, required=("key",)),
    write("DELETE", f"{_ONE}/tags", delete_tag, required=("key",)),
]
