"""What tests of traces share: a client of one workspace's API, and traces as MLflow and OpenTelemetry send them."""

from __future__ import annotations

from typing import Any

import httpx
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

PROTOBUF = {"content-type": "application/x-protobuf", "x-mlflow-experiment-id": "0"}
SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND


class Api:
    """MLflow's API of one new workspace."""

    def __init__(self, client: httpx.Client, workspace: str) -> None:
        self.client = client
        self.root = f"/mlflow/{workspace}"

    def call(self, method: str, path: str, body: Any = None, version: str = "3.0", **params: Any) -> httpx.Response:
        return self.client.request(method, f"{self.root}/api/{version}/mlflow/{path}", json=body, params=params or None)

    def done(self, method: str, path: str, body: Any = None, version: str = "3.0", **params: Any) -> Any:
        answer = self.call(method, path, body, version, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, answer: httpx.Response, status: int, code: str, message: str) -> None:
        assert (answer.status_code, answer.json()["error_code"]) == (status, code), answer.text
        assert message in answer.json()["message"]

    def export(self, content: bytes, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(f"{self.root}/v1/traces", content=content, headers=PROTOBUF | named)

    def search(self, filter: str = "", **more: Any) -> list[str]:
        place = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "0"}}
        found = self.done("POST", "traces/search", {"locations": [place], "filter": filter, **more})
        return [each["trace_id"] for each in found.get("traces", [])]


def told(trace_id: str, **more: Any) -> dict[str, Any]:
    info = {
        "trace_id": trace_id,
        "trace_location": {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "0"}},
        "request_time": "2023-11-14T22:13:20.123Z",
        "execution_duration": "1.500s",
        "state": "OK",
        "trace_metadata": {"mlflow.user": "kim"},
        "tags": {"mlflow.traceName": "answer", "traceId": "a tag of that name"},
    }
    return {"trace": {"trace_info": info | more}}


def exported(trace: str = "a1", *, error: bool = False, name: str = "root") -> ExportTraceServiceRequest:
    """A trace of two spans, the second inside the first; `trace` is the end of its id."""
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    for key, value in (("service.name", "shop"), ("telemetry.sdk.name", "x"), ("mlflow.trace.spansLocation", "no")):
        resource.resource.attributes.add(key=key).value.string_value = value
    scope = resource.scope_spans.add()
    ids = bytes.fromhex(trace.rjust(32, "0"))
    root = scope.spans.add(trace_id=ids, span_id=b"\0" * 7 + b"\1", name=name)
    root.start_time_unix_nano, root.end_time_unix_nano = START, START + 2 * SECOND
    root.attributes.add(key="mlflow.spanInputs").value.kvlist_value.values.add(key="q").value.string_value = "why?"
    root.attributes.add(key="mlflow.spanOutputs").value.string_value = "because"
    root.attributes.add(key="mlflow.spanType").value.string_value = "CHAIN"
    root.attributes.add(key="mlflow.traceTag.team").value.string_value = "blue"
    root.attributes.add(key="session.id").value.string_value = "s-1"
    root.status.code = 2 if error else 1
    child = scope.spans.add(trace_id=ids, span_id=b"\0" * 7 + b"\2", parent_span_id=root.span_id, name="child ‘ü’")
    child.start_time_unix_nano, child.end_time_unix_nano = START + SECOND, START + 3 * SECOND
    event = child.events.add(name="seen", time_unix_nano=START + SECOND)
    event.attributes.add(key="n").value.int_value = 7
    return request


def id_of(trace: str) -> str:
    return f"tr-{trace.rjust(32, '0')}"
