"""Traces for the UI: pages of an experiment's traces. The page of one trace is in `api.mlflow.trace_page`."""

import contextlib

import msgspec

from handloom.api.routing import Context, Route, read
from handloom.api.ui.experiments import active
from handloom.domain import traces as rules
from handloom.domain.errors import Invalid
from handloom.store.engine.database import Read
from handloom.store.traces import search

MAX_PAGE = 500


class SearchTraces(msgspec.Struct, frozen=True, kw_only=True):
    """Search an experiment's traces. `filter` and `order_by` use the grammar of `mlflow.search_traces`."""

    workspace: str
    experiment: str
    filter: str = ""
    order_by: list[str] = []
    limit: int = 100
    page_token: str = ""


class TraceAssessment(msgspec.Struct, frozen=True, kw_only=True):
    """An assessment that no other one overrides; `value` is JSON."""

    name: str
    value: str


class TraceRow(msgspec.Struct, frozen=True, kw_only=True):
    """A trace in a list. `request` and `response` are the beginnings of its inputs and outputs."""

    trace_id: str
    name: str
    state: str
    """OK, ERROR, IN_PROGRESS or STATE_UNSPECIFIED."""
    request_time: int
    duration: int | None
    """Milliseconds; null while it is in progress."""
    request: str
    response: str
    run_id: str
    """The run that it was logged in; empty if there is none."""
    session: str
    tokens: int | None
    """Tokens of all its model calls, if the client counted them."""
    assessments: list[TraceAssessment]


class TracePage(msgspec.Struct, frozen=True, kw_only=True):
    traces: list[TraceRow]
    next_page_token: str


class _Tokens(msgspec.Struct):
    total_tokens: int | None = None


def page(tx: Read, context: Context, request: SearchTraces) -> TracePage:
    if not 1 <= request.limit <= MAX_PAGE:
        raise Invalid(f"A page holds from 1 to {MAX_PAGE} traces.", field="limit")
    experiment = active(tx, request.workspace, request.experiment)
    found, token = search.traces(
        tx,
        request.workspace,
        [experiment.id],
        filter=request.filter,
        order_by=request.order_by,
        limit=request.limit,
        page_token=request.page_token,
    )
    return TracePage(traces=[_row(trace) for trace in found], next_page_token=token)


def _row(trace: rules.Trace) -> TraceRow:
    return TraceRow(
        trace_id=trace.trace_id,
        name=trace.tags.get(rules.NAME_TAG, ""),
        state=trace.state,
        request_time=trace.request_time,
        duration=trace.duration,
        request=trace.request_preview or "",
        response=trace.response_preview or "",
        run_id=trace.metadata.get(rules.RUN_KEY, ""),
        session=trace.metadata.get(rules.SESSION_KEY, ""),
        tokens=_tokens(trace.metadata.get(rules.TOKENS_KEY, "")),
        assessments=[TraceAssessment(name=one.name, value=one.value) for one in trace.assessments if one.valid],
    )


def _tokens(text: str) -> int | None:
    """Read the total of a client's token counts; a text that is not one counts as none."""
    with contextlib.suppress(msgspec.DecodeError):
        return msgspec.json.decode(text, type=_Tokens).total_tokens
    return None


ROUTES: list[Route] = [
    read(
        "GET",
        "/api/v1/workspaces/{workspace}/experiments/{experiment}/traces",
        page,
        summary="Get a page of an experiment's traces, filtered and ordered in MLflow's grammar.",
    ),
]
