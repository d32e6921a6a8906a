"""Traces of other servers, kept with their spans and assessments: nothing twice, and nothing here changes."""

import json
from typing import Any

import msgspec
import pytest

from handloom.domain.assessments import Assessment
from handloom.domain.errors import Invalid
from handloom.domain.records import ExperimentRecord, ImportedTo, Record, RunRecord, TraceRecord, other_run_id, split
from handloom.domain.traces import Trace
from handloom.store.engine.database import Database
from handloom.store.traces import rows as traces
from handloom.store.traces import search
from handloom.store.transfer import import_records as records
from handloom.transfer.mlflow.traces.spans import content_of

A = "a" * 32
SPAN: dict[str, Any] = {
    "trace_id": "AAAAAAAAAAAAAAAAAAAAAQ==",
    "span_id": "AAAAAAAAAAE=",
    "parent_span_id": None,
    "name": "call",
    "start_time_unix_nano": 1_700_000_000_000_000_000,
    "end_time_unix_nano": 1_700_000_001_000_000_000,
    "events": [{"name": "seen", "time_unix_nano": 5, "attributes": {"n": 7}}],
    "status": {"code": "STATUS_CODE_ERROR", "message": "no"},
    "attributes": {"mlflow.spanType": '"CHAIN"', "mlflow.spanInputs": '{"q": "why?", "deep": [1.5, null, true]}'},
}
JUDGED = Assessment(assessment_id="a-1", trace_id="tr-1", kind="feedback", name="good", value="true", created_at=3)
TRACE = TraceRecord(
    trace_id="tr-1",
    experiment_id="7",
    request_time=1_700_000_000_000,
    duration=1_000,
    state="ERROR",
    request_preview="why?",
    tags={"team": "red", "mlflow.artifactLocation": "/elsewhere", "mlflow.traceName": "call"},
    metadata={"mlflow.sourceRun": A},
    run_ids=[A],
    assessments=[JUDGED],
    spans=[content_of(SPAN)],
)
EXPERIMENT = ExperimentRecord(id="7", name="lab", creation_time=5)
RUN = RunRecord(run_id=A, experiment_id="7", name="first", status="FINISHED")


def keep(database: Database, *given: Record, workspace: str = "w1") -> list[ImportedTo]:
    return database.write_now(lambda tx: records.keep(tx, workspace, "u1", given))


def found(database: Database, filter: str, workspace: str = "w1") -> list[Trace]:
    return database.read_now(lambda tx: search.traces(tx, workspace, ["7"], filter=filter, limit=10))[0]


def test_a_trace_keeps_its_times_tags_spans_and_assessments(tracked: Database) -> None:
    *_, placed = keep(tracked, EXPERIMENT, RUN, TRACE)
    assert (placed.kind, placed.target, placed.existed) == ("trace", "tr-1", False)
    assert placed.counts == {"spans": 1, "assessments": 1}
    for condition in (
        "trace.status = 'ERROR' AND tags.team = 'red' AND name = 'call'",
        "span.type = 'CHAIN' AND span.status = 'ERROR'",
        "trace.text LIKE '%why%'",
        "feedback.good = 'true'",
        f"run_id = '{A}'",
    ):
        (trace,) = found(tracked, condition)
        assert (trace.request_time, trace.duration, trace.request_preview) == (1_700_000_000_000, 1_000, "why?")
        assert trace.assessments == [JUDGED]
        assert trace.tags["mlflow.artifactLocation"] != "/elsewhere"
    (span,) = tracked.read_now(lambda tx: traces.spans_of(tx, "w1", ["tr-1"]))["tr-1"]
    assert json.loads(span)["attributes"][1]["value"]["kvlist_value"]["values"][0]["value"] == {"string_value": "why?"}


def test_a_trace_that_comes_again_changes_nothing_that_is_here(tracked: Database) -> None:
    keep(tracked, EXPERIMENT, TRACE)
    tracked.write_now(lambda tx: traces.set_tag(tx, "w1", "tr-1", "team", "mine"))
    more = content_of(SPAN | {"span_id": "AAAAAAAAAAI=", "parent_span_id": "AAAAAAAAAAE=", "name": "inside"})
    changed = msgspec.structs.replace(
        TRACE,
        state="OK",
        tags={"team": "blue", "new": "1"},
        assessments=[msgspec.structs.replace(JUDGED, value="false")],
        spans=[content_of(SPAN | {"name": "other"}), more],
    )
    (placed,) = keep(tracked, changed)
    assert (placed.existed, placed.counts) == (True, {"spans": 2, "assessments": 1})
    (trace,) = found(tracked, "span.name = 'call' AND span.name = 'inside'")
    assert (trace.state, trace.tags["team"], trace.tags["new"]) == ("ERROR", "mine", "1")
    assert trace.assessments == [JUDGED]


def test_a_trace_in_a_deleted_experiment_and_of_a_run_with_another_id_is_kept(tracked: Database) -> None:
    keep(tracked, EXPERIMENT, RUN, TRACE)
    gone = msgspec.structs.replace(EXPERIMENT, lifecycle_stage="deleted")
    keep(tracked, gone, RUN, TRACE, workspace="w2")
    (trace,) = found(tracked, "", workspace="w2")
    assert trace.metadata["mlflow.sourceRun"] == other_run_id("w2", A)


@pytest.mark.parametrize(
    "span",
    ["{", "[]", "{}", content_of(SPAN | {"span_id": "AA=="}), content_of(SPAN).replace(":17", ':"x17', 1)],
)
def test_what_is_no_span_is_refused(tracked: Database, span: str) -> None:
    keep(tracked, EXPERIMENT)
    with pytest.raises(Invalid, match="tr-1"):
        keep(tracked, msgspec.structs.replace(TRACE, spans=[span]))
    assert found(tracked, "") == []


def test_a_span_of_mlflow_2_is_the_same_span() -> None:
    old = {
        "name": "call",
        "context": {"trace_id": "0x1", "span_id": "0x1"},
        "parent_id": None,
        "start_time": SPAN["start_time_unix_nano"],
        "end_time": SPAN["end_time_unix_nano"],
        "status_code": "StatusCode.ERROR",
        "status_message": "no",
        "attributes": SPAN["attributes"],
        "events": [],
    }
    assert content_of(old) == content_of(SPAN | {"events": []})


def test_a_trace_is_split_by_the_number_and_the_size_of_its_spans() -> None:
    pieces = list(split(msgspec.structs.replace(TRACE, spans=["1" * 10] * 7), most=3, most_bytes=25))
    assert [len(piece.spans) for piece in pieces] == [2, 2, 2, 1]
    assert [len(piece.assessments) for piece in pieces] == [1, 0, 0, 0]
    assert [piece.spans for piece in split(msgspec.structs.replace(TRACE, spans=[]), most=3, most_bytes=25)] == [[]]
