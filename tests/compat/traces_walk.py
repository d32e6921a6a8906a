"""What a script with `@mlflow.trace` does, in one process: trace, look the traces up, search, tag, link and delete."""

import contextlib
import time
from typing import Any

import mlflow
from mlflow import MlflowClient

NEW = not mlflow.__version__.startswith("2.")
client = MlflowClient()
experiment_id = mlflow.set_experiment("traced").experiment_id


@mlflow.trace(name="answer", span_type="CHAIN", attributes={"model": "small", "nested": {"a": [1, 2.5, None, True]}})
def answer(question: str) -> dict[str, object]:
    if question == "fail":
        raise ValueError("no answer")
    return {"answer": look_up(question), "number": 42}


@mlflow.trace(span_type="RETRIEVER")
def look_up(question: str) -> list[str]:
    with mlflow.start_span("inner") as span:
        span.set_attribute("depth", 3)
        span.set_outputs("ünï ‘text’")
    return [question.upper()]


def last_id() -> str:
    return str(mlflow.get_last_active_trace_id())


def logged() -> list[str]:
    with mlflow.start_run() as run:
        answer("one")
    first = last_id()
    for question in ("two", "three"):
        time.sleep(0.01)  # times are kept in ms, and the order of traces is looked at below
        answer(question)
    time.sleep(0.01)
    with contextlib.suppress(ValueError):
        answer("fail")
    failed = last_id()
    mlflow.flush_trace_async_logging()
    return [run.info.run_id, first, failed]


run_id, first, failed = logged()

trace = client.get_trace(first)
assert trace.info.status == "OK", trace.info
assert [span.name for span in trace.data.spans] == ["answer", "look_up", "inner"], trace.data.spans
root, second, third = trace.data.spans
assert root.inputs == {"question": "one"}
assert root.outputs == {"answer": ["ONE"], "number": 42}
assert root.attributes["nested"] == {"a": [1, 2.5, None, True]}
assert (root.span_type, second.span_type) == ("CHAIN", "RETRIEVER")
assert second.parent_id == root.span_id
assert third.outputs == "ünï ‘text’"
assert third.get_attribute("depth") == 3
assert trace.info.tags["mlflow.traceName"] == "answer"
assert trace.info.execution_time_ms >= 0
assert abs(trace.info.timestamp_ms / 1000 - time.time()) < 300

broken = client.get_trace(failed)
assert broken.info.status == "ERROR"
assert "no answer" in str(broken.data.spans[0].events[0].attributes)

found = client.search_traces(experiment_ids=[experiment_id])
assert len(found) == 4, found
assert found[0].info.request_id == failed
assert len(client.search_traces([experiment_id], filter_string="status = 'ERROR'")) == 1
assert len(client.search_traces([experiment_id], filter_string="trace.status = 'OK'")) == 3
assert len(client.search_traces([experiment_id], filter_string="attributes.name = 'answer'")) == 4
oldest = client.search_traces([experiment_id], order_by=["timestamp_ms ASC"], max_results=1)
assert oldest[0].info.request_id == first
page = client.search_traces([experiment_id], max_results=3)
rest = client.search_traces([experiment_id], max_results=3, page_token=page.token)
assert len({t.info.request_id for t in [*page, *rest]}) == 4

frame = mlflow.search_traces(experiment_ids=[experiment_id])
assert len(frame) == 4
in_run = mlflow.search_traces(experiment_ids=[experiment_id], run_id=run_id)
assert len(in_run) == 1

client.set_trace_tag(first, "kind", "a good one")
assert len(client.search_traces([experiment_id], filter_string="tags.kind LIKE 'a good%'")) == 1
client.delete_trace_tag(first, "kind")
assert "kind" not in client.get_trace(first).info.tags

if NEW:
    assert len(client.search_traces(locations=[experiment_id], filter_string="span.name = 'inner'")) == 3
    assert len(client.search_traces(locations=[experiment_id], filter_string="trace.text LIKE '%‘text’%'")) == 3
    client.link_traces_to_run([failed], run_id)
    assert len(client.search_traces(locations=[experiment_id], run_id=run_id)) == 2

named: dict[str, Any] = {"trace_ids" if NEW else "request_ids": [first]}
assert client.delete_traces(experiment_id, **named) == 1
assert client.delete_traces(experiment_id, max_timestamp_millis=int(time.time() * 1000) + 1000, max_traces=2) == 2
assert len(client.search_traces(experiment_ids=[experiment_id])) == 1
print("walked traces")
