"""Traces in the database: assembled from parts in any order, isolated by workspace, searched on both databases."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import func, select

from handloom.domain.errors import Invalid, NotFound
from handloom.domain.traces import Span, Trace
from handloom.store.engine.database import Database
from handloom.store.experiments import rows as experiments
from handloom.store.traces import rows as traces
from handloom.store.traces import search as trace_search
from handloom.store.traces import tables as trace_tables
from handloom.store.workspaces import rows as workspaces

MS = 1_000_000


def span(
    trace_id: str, number: int, parent: int | None = None, *, at: int = 10, to: int | None = 20, status: str = "OK"
) -> Span:
    return Span(
        trace_id=trace_id,
        span_id=f"{number:016x}",
        parent_id=None if parent is None else f"{parent:016x}",
        name=f"span {number}",
        type="UNKNOWN",
        status=status,
        started_at=at * MS,
        ended_at=None if to is None else to * MS,
        content=json.dumps({"name": f"span {number}"}),
        request="asked" if parent is None else None,
    )


def test_the_times_of_a_trace_reach_around_its_spans(tracked: Database) -> None:
    for part in (span("a", 2, 1, at=15, to=90), span("a", 3, 1, at=5, to=None), span("a", 1, at=10, to=40)):
        tracked.write_now(lambda tx, part=part: traces.add_spans(tx, "w1", "0", [part], {}))  # type: ignore[misc]
    found = tracked.read_now(lambda tx: traces.get(tx, "w1", "a"))
    assert (found.request_time, found.duration, found.state, found.request_preview) == (5, 85, "OK", "asked")


def test_a_trace_goes_on_until_its_root_ends(tracked: Database) -> None:
    tracked.write_now(lambda tx: traces.add_spans(tx, "w1", "0", [span("a", 2, 1)], {}))
    assert tracked.read_now(lambda tx: traces.get(tx, "w1", "a")).state == "IN_PROGRESS"
    tracked.write_now(lambda tx: traces.add_spans(tx, "w1", "0", [span("a", 1, status="ERROR")], {}))
    assert tracked.read_now(lambda tx: traces.get(tx, "w1", "a")).state == "ERROR"


def test_a_span_that_comes_again_replaces_itself(tracked: Database) -> None:
    for _ in range(2):
        both = [span("a", 1), span("a", 2, 1), span("a", 1)]
        tracked.write_now(lambda tx, both=both: traces.add_spans(tx, "w1", "0", both, {"k": "v"}))  # type: ignore[misc]
    spans = tracked.read_now(lambda tx: traces.spans_of(tx, "w1", ["a"]))["a"]
    assert [json.loads(content)["name"] for content in spans] == ["span 1", "span 2"]


def test_what_a_client_told_of_its_trace_is_not_taken_from_spans(tracked: Database) -> None:
    told = Trace(
        trace_id="a", experiment_id="0", request_time=1, duration=2, state="OK", tags={"mlflow.traceName": "n"}
    )
    tracked.write_now(lambda tx: traces.put(tx, "w1", told))
    tracked.write_now(lambda tx: traces.add_spans(tx, "w1", "0", [span("a", 1, status="ERROR")], {}))
    found = tracked.read_now(lambda tx: traces.get(tx, "w1", "a"))
    assert (found.request_time, found.duration, found.state) == (1, 2, "OK")
    assert found.tags["mlflow.traceName"] == "n"


def test_one_bad_trace_of_an_export_keeps_the_others_out(tracked: Database) -> None:
    both = [span("a", 1), span("../b", 1)]
    with pytest.raises(Invalid):
        tracked.write_now(lambda tx: traces.add_spans(tx, "w1", "0", both, {}))
    with pytest.raises(NotFound):
        tracked.read_now(lambda tx: traces.get(tx, "w1", "a"))


def test_the_same_id_in_two_workspaces_means_two_traces(tracked: Database) -> None:
    for workspace in ("w1", "w2"):
        tracked.write_now(lambda tx, w=workspace: traces.add_spans(tx, w, "0", [span("a", 1)], {"in": w}))  # type: ignore[misc]
    tracked.write_now(lambda tx: traces.remove(tx, "w1", "0", trace_ids=["a"]))
    assert tracked.read_now(lambda tx: traces.get(tx, "w2", "a")).tags["in"] == "w2"
    assert tracked.read_now(lambda tx: traces.many(tx, "w1", ["a"])) == []


def test_traces_go_with_their_workspace(tracked: Database) -> None:
    tracked.write_now(lambda tx: traces.add_spans(tx, "w1", "0", [span("a", 1)], {}))
    tracked.write_now(lambda tx: workspaces.remove(tx, "w1", "w1"))
    tracked.write_now(lambda tx: workspaces.purge(tx, "w1"))
    left = tracked.read_now(
        lambda tx: tx.connection.execute(select(func.count()).select_from(trace_tables.spans)).scalar_one()
    )
    assert left == 0


def test_a_trace_may_move_to_the_experiment_that_its_client_names_later(tracked: Database) -> None:
    other = tracked.write_now(lambda tx: experiments.create(tx, "w1", "other", owner=None)).id
    tracked.write_now(lambda tx: traces.add_spans(tx, "w1", "0", [span("a", 1)], {}))
    told = Trace(trace_id="a", experiment_id=other, request_time=1, state="OK")
    assert tracked.write_now(lambda tx: traces.put(tx, "w1", told)).experiment_id == other
    found, _ = tracked.read_now(lambda tx: trace_search.traces(tx, "w1", [other], limit=10))
    assert [trace.trace_id for trace in found] == ["a"]


def test_many_traces_are_read_and_deleted_at_once(tracked: Database) -> None:
    spans = [span(f"t{number:04}", 1, at=number) for number in range(1_200)]
    tracked.write_now(lambda tx: traces.add_spans(tx, "w1", "0", spans, {}))
    ids = [each.trace_id for each in spans]
    assert [trace.trace_id for trace in tracked.read_now(lambda tx: traces.many(tx, "w1", ids))] == ids
    assert len(tracked.read_now(lambda tx: traces.spans_of(tx, "w1", ids))) == 1_200
    assert tracked.write_now(lambda tx: traces.remove(tx, "w1", "0", trace_ids=ids)) == 1_200


def test_case_and_order_are_the_same_on_either_database(tracked: Database) -> None:
    for number, name in enumerate(["b", "B", "ä", "a"]):
        told = Trace(
            trace_id=f"t{number}", experiment_id="0", request_time=number, state="OK", tags={"mlflow.traceName": name}
        )
        tracked.write_now(lambda tx, told=told: traces.put(tx, "w1", told))  # type: ignore[misc]

    def found(filter: str = "", *order: str) -> list[str]:
        page, _ = tracked.read_now(
            lambda tx: trace_search.traces(tx, "w1", ["0"], filter=filter, order_by=order, limit=10)
        )
        return [trace.tags["mlflow.traceName"] for trace in page]

    assert found("name LIKE 'b'") == ["b"]
    assert sorted(found("name ILIKE 'b'")) == ["B", "b"]
    assert found("", "name") == ["B", "a", "b", "ä"]
    assert found("", "name DESC") == ["ä", "b", "a", "B"]
    assert found("NOT (name = 'a' OR name = 'b')", "timestamp") == ["B", "ä"]
