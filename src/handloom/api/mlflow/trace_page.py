"""HTML page of traces without scripts, which MLflow's client shows in an iframe below a traced notebook cell."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

import msgspec
from starlette.responses import HTMLResponse, Response

from handloom.api.html_pages import preferred
from handloom.api.routing import Context, Route, live
from handloom.api.server import Server
from handloom.domain.assessments import Assessment
from handloom.domain.members import Role
from handloom.domain.spans import value_of
from handloom.domain.traces import IN_PROGRESS, SPANS_HERE, SPANS_TAG, Trace, expected_spans
from handloom.store.engine.database import Read
from handloom.store.traces import rows as traces

PATH = "/static-files/lib/notebook-trace-renderer/index.html"
MAX_TRACES = 10
MAX_SPANS = 500
MAX_TEXT = 20_000
_TRIES, _PAUSE = 6, 0.5

# Notebooks of this server and of others on the user's machine may frame it. Clickjacking is no risk: it has no buttons.
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self' http://localhost:* http://127.0.0.1:*; "
    "base-uri 'none'; form-action 'none'"
)
_DARK = "@media (prefers-color-scheme:dark)"
_STYLE = """
:root{color-scheme:light dark;font:13px/1.5 "Segoe UI",system-ui,"Apple SD Gothic Neo","Malgun Gothic",sans-serif}
body{margin:0;padding:12px;background:#fff;color:#242424}h1{font-size:15px;margin:0 0 2px}p{margin:0 0 10px}
small,.quiet{color:#616161}.error{color:#b10e1c}
details{margin:0 0 2px calc(var(--d)*18px);border-left:2px solid #e0e0e0;padding:1px 0 1px 8px}
summary{cursor:pointer}summary b{font-weight:600}h2{font-size:12px;margin:6px 0 2px}
pre{margin:0 0 6px;padding:6px 8px;background:#f5f5f5;border-radius:4px;white-space:pre-wrap;overflow-wrap:anywhere;
max-height:260px;overflow:auto;font:12px/1.5 ui-monospace,Consolas,monospace}
i{display:block;height:4px;margin:2px 0;border-radius:2px;background:#0f6cbd;margin-left:var(--l);width:var(--w);
min-width:2px}
table{border-collapse:collapse;margin:0 0 12px;width:100%}
th,td{text-align:left;vertical-align:top;padding:3px 16px 3px 0;font-weight:400;border-bottom:1px solid #e0e0e0;
overflow-wrap:anywhere;word-break:keep-all}
th,td:last-child{overflow-wrap:break-word;max-width:16em}th{font-weight:600}
@media (prefers-color-scheme:dark){body{background:#1f1f1f;color:#f0f0f0}pre{background:#2e2e2e}
details,th,td{border-color:#3d3d3d}small,.quiet{color:#adadad}.error{color:#f1707b}i{background:#479ef5}}
"""
_WORDS = {
    "en": {
        "inputs": "Inputs",
        "outputs": "Outputs",
        "attributes": "Attributes",
        "assessments": "Assessments",
        "feedback": "Feedback",
        "expectation": "Expectation",
        "issue": "Issue",
        "replaced": "replaced",
        "failed": "no value",
        "HUMAN": "person",
        "CODE": "code",
        "LLM_JUDGE": "LLM judge",
        "late": "This trace is not here yet. Run the cell again if it does not come.",
        "file": "The client of this trace stores its spans as a file, which this page does not read: use "
        "mlflow.get_trace, or MLflow 3 to log the next ones.",
        "more": "… {count} more spans",
        "cut": "… {count} more characters",
    },
    "ko": {
        "inputs": "입력",
        "outputs": "출력",
        "attributes": "속성",
        "assessments": "평가",
        "feedback": "피드백",
        "expectation": "기대값",
        "issue": "문제",
        "replaced": "대체됨",
        "failed": "값 없음",
        "HUMAN": "사람",
        "CODE": "코드",
        "LLM_JUDGE": "LLM 심사",
        "late": "추적이 아직 도착하지 않았습니다. 계속 나타나지 않으면 셀을 다시 실행하세요.",
        "file": "이 추적의 클라이언트는 스팬을 파일로 저장하며, 이 페이지는 그 파일을 읽지 않습니다. "
        "mlflow.get_trace를 사용하거나 MLflow 3으로 로깅하세요.",
        "more": "… 스팬 {count}개 더",
        "cut": "… {count}자 더",
    },
}


class PageRequest(msgspec.Struct):
    """`theme` (light or dark) and `language` (en or ko) are the page's that frames it; by default the browser's."""

    trace_id: list[str] = []
    theme: str = ""
    language: str = ""


class SpanFields(msgspec.Struct, kw_only=True):
    """The fields of a span's JSON that the page uses."""

    span_id: str = ""
    parent_span_id: str = ""
    name: str = ""
    start_time_unix_nano: int = 0
    end_time_unix_nano: int = 0
    attributes: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    status: dict[str, Any] = {}


async def page(server: Server, context: Context, request: PageRequest) -> Response:
    words = _WORDS.get(request.language) or _WORDS[preferred(context.http.headers.get("accept-language", ""))]
    media = {"light": "@media not all", "dark": "@media all"}.get(request.theme, _DARK)
    ids = request.trace_id[:MAX_TRACES]
    found: list[tuple[Trace, list[str]]] = []
    in_files = 0
    for _ in range(_TRIES):
        found, in_files = await server.read(lambda tx: _complete_traces(tx, context.workspace, ids))
        if len(found) + in_files == len(ids):
            break
        await asyncio.sleep(_PAUSE)
    parts = [part for trace, spans in found for part in _trace(trace, spans, words)]
    if in_files:
        parts.append(f'<p class="quiet">{words["file"]}</p>')
    if len(found) + in_files < len(ids) or not ids:
        parts.append(f'<p class="quiet">{words["late"]}</p>')
    html = (
        '<!doctype html><html><head><meta charset="utf-8"><title>Trace</title>'
        f"<style>{_STYLE.replace(_DARK, media)}</style></head><body>{''.join(parts)}</body></html>"
    )
    return HTMLResponse(html, headers={"content-security-policy": _POLICY, "cache-control": "no-store"})


def _complete_traces(tx: Read, workspace: str, ids: Sequence[str]) -> tuple[list[tuple[Trace, list[str]]], int]:
    """Return the traces whose spans have all arrived, with the spans' JSON, and the number of those whose spans are a
    file.
    """
    known = traces.many(tx, workspace, ids)
    spans = traces.spans_of(tx, workspace, [trace.trace_id for trace in known])
    pairs = [(trace, spans[trace.trace_id]) for trace in known]
    complete = [(trace, spans) for trace, spans in pairs if len(spans) >= max(1, expected_spans(trace.metadata))]
    return complete, sum(
        not spans and trace.state != IN_PROGRESS and trace.tags.get(SPANS_TAG) != SPANS_HERE for trace, spans in pairs
    )


def _trace(trace: Trace, contents: Sequence[str], words: dict[str, str]) -> Iterator[str]:
    spans = [msgspec.json.decode(content, type=SpanFields) for content in contents[:MAX_SPANS]]
    name = trace.tags.get("mlflow.traceName") or trace.trace_id
    state = f' · <span class="error">{escape(trace.state)}</span>' if trace.state == "ERROR" else ""
    yield f"<h1>{escape(name)}</h1><p><small>{escape(trace.trace_id)} · {trace.duration or 0} ms{state}</small></p>"
    yield _assessments(trace, {_hex(span.span_id): span.name for span in spans}, words)
    start = min(span.start_time_unix_nano for span in spans)
    length = max(1, max(span.end_time_unix_nano for span in spans) - start)
    for depth, span in _ordered(spans):
        yield _span(span, depth, start, length, words)
    if len(contents) > MAX_SPANS:
        yield f'<p class="quiet">{words["more"].format(count=len(contents) - MAX_SPANS)}</p>'


def _hex(span_id: str) -> str:
    """Convert a span's id from base64, as in its JSON, to hex, as in MLflow's clients."""
    return base64.b64decode(span_id).hex()


def _assessments(trace: Trace, names: dict[str, str], words: dict[str, str]) -> str:
    """Render the trace's assessments as a table; nothing without assessments."""
    if not trace.assessments:
        return ""
    rows = "".join(_assessment(each, names, words) for each in trace.assessments[:MAX_SPANS])
    return f"<h2>{words['assessments']}</h2><table>{rows}</table>"


def _assessment(of: Assessment, names: dict[str, str], words: dict[str, str]) -> str:
    source = " · ".join(part for part in (words.get(of.source_type, ""), of.source_id) if part and part != "default")
    notes = [words[of.kind], source, names.get(of.span_id, of.span_id)] + ([] if of.valid else [words["replaced"]])
    value = msgspec.json.decode(of.value)
    if of.failure is not None:
        reason = of.failure.error_message or of.failure.error_code
        shown = f'<span class="error">{words["failed"]}: {escape(reason[:MAX_TEXT])}</span>'
    else:
        shown = escape((value if isinstance(value, str) else of.value)[:MAX_TEXT])
    return (
        f"<tr{'' if of.valid else ' class=quiet'}><th>{escape(of.name)}</th><td>{shown}</td>"
        f"<td>{escape(of.rationale[:MAX_TEXT])}</td>"
        f"<td><small>{escape(' · '.join(note for note in notes if note))}</small></td></tr>"
    )


def _ordered(spans: Sequence[SpanFields]) -> Iterator[tuple[int, SpanFields]]:
    """Yield the spans with their depth, each after its parent. A span without a known parent is at the top level."""
    known = {span.span_id for span in spans}
    below: dict[str, list[SpanFields]] = {}
    for span in spans:
        below.setdefault(span.parent_span_id if span.parent_span_id in known else "", []).append(span)
    todo = [(0, span) for span in reversed(below.pop("", []))]
    while todo:
        depth, span = todo.pop()
        yield depth, span
        todo += [(depth + 1, child) for child in reversed(below.pop(span.span_id, []))]


def _span(span: SpanFields, depth: int, start: int, length: int, words: dict[str, str]) -> str:
    values = {each.get("key", ""): value_of(each.get("value", {})) for each in span.attributes}
    kind = str(values.pop("mlflow.spanType", None) or "UNKNOWN")
    label = "" if kind == "UNKNOWN" else f"{escape(kind)} · "
    given, made = values.pop("mlflow.spanInputs", None), values.pop("mlflow.spanOutputs", None)
    failed = span.status.get("code") == "STATUS_CODE_ERROR"
    took = max(0, span.end_time_unix_nano - span.start_time_unix_nano)
    left = 100 * (span.start_time_unix_nano - start) / length
    others = {key: value for key, value in values.items() if not key.startswith("mlflow.")}
    blocks = [("inputs", given), ("outputs", made), ("attributes", others or None)]
    body = "".join(f"<h2>{words[name]}</h2>{_pre(value, words)}" for name, value in blocks if value not in (None, {}))
    if failed:
        body = f'<p class="error">{escape(str(span.status.get("message", "")))[:MAX_TEXT]}</p>' + body
    return (
        f'<details style="--d:{depth}"{" open" if depth == 0 else ""}><summary>'
        f"<b{' class=error' if failed else ''}>{escape(span.name)}</b> <small>{label}{took / 1e6:,.1f} ms"
        f'</small><i style="--l:{left:.2f}%;--w:{100 * took / length:.2f}%"></i></summary>{body}</details>'
    )


def _pre(value: Any, words: dict[str, str]) -> str:
    text = value if isinstance(value, str) else msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    cut = f"\n{words['cut'].format(count=len(text) - MAX_TEXT)}" if len(text) > MAX_TEXT else ""
    return f"<pre>{escape(text[:MAX_TEXT])}{cut}</pre>"


ROUTES: list[Route] = [live("GET", PATH, page, role=Role.VIEWER)]
