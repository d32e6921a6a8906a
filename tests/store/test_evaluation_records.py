"""Traces, evaluation datasets and scorers as records: exported page by page, and imported once."""

import json
from functools import partial

import msgspec
import pytest

from handloom.domain.assessments import Assessment
from handloom.domain.errors import AlreadyExists, Invalid
from handloom.domain.evaluation import read_records
from handloom.domain.records import (
    MAX_SPANS,
    EvaluationDatasetRecord,
    EvaluationRow,
    ExperimentRecord,
    ImportedTo,
    Record,
    ScorerRecord,
    TraceRecord,
)
from handloom.store.engine.database import Database, Write
from handloom.store.evaluation import datasets, scorers
from handloom.store.transfer import export_records
from handloom.store.transfer import import_records as records
from handloom.store.workspaces import mounts
from handloom.transfer.mlflow.traces.spans import content_of

ROWS = 130
SPAN = {"trace_id": "AAAAAAAAAAAAAAAAAAAAAQ==", "name": "call", "start_time_unix_nano": 1, "end_time_unix_nano": 2}


def keep(database: Database, workspace: str, *given: Record) -> list[ImportedTo]:
    return database.write_now(lambda tx: records.keep(tx, workspace, None, given))


def exported(database: Database, workspace: str) -> tuple[list[Record], dict[str, int]]:
    found: list[Record] = []
    after: str | None = ""
    while after is not None:
        page = database.read_now(partial(export_records.page, workspace=workspace, after=after))
        found, after, left_out = found + page.records, page.next, page.left_out
    return found, left_out


def span(number: int) -> str:
    return content_of(SPAN | {"span_id": msgspec.json.encode(number.to_bytes(8, "big")).decode().strip('"')})


def test_what_an_export_leaves_out_is_counted(tracked: Database) -> None:
    tracked.write_now(lambda tx: mounts.put(tx, "w1", "s3://lake/", "Files/lake"))
    assert exported(tracked, "w1")[1] == {"mounts": 1}


def test_traces_datasets_and_scorers_leave_and_come_back_the_same(tracked: Database) -> None:
    judged = Assessment(assessment_id="a-1", trace_id="tr-1", kind="feedback", name="good", value="true", created_at=3)
    trace = TraceRecord(
        trace_id="tr-1",
        experiment_id="0",
        request_time=7,
        duration=2,
        assessments=[judged],
        spans=[span(number) for number in range(MAX_SPANS + 1, 0, -1)],
    )
    keep(tracked, "w1", trace)

    def fill(tx: Write) -> None:
        made = datasets.create(tx, "w1", "questions", ["0"], {"team": "red"})
        given = [{"inputs": {"q": number}, "expectations": {"a": number + 1}} for number in range(ROWS)]
        datasets.put_records(tx, "w1", made.dataset_id, read_records(json.dumps(given)))
        for content in ('{"v": 1}', '{"v": 2}'):
            scorers.register(tx, "w1", "0", "polite", content)

    tracked.write_now(fill)
    found, left_out = exported(tracked, "w1")
    assert left_out == {}
    pieces = [record for record in found if isinstance(record, TraceRecord)]
    assert [(len(piece.spans), len(piece.assessments)) for piece in pieces] == [(MAX_SPANS, 1), (1, 0)]
    parts = [record for record in found if isinstance(record, EvaluationDatasetRecord)]
    assert sum(len(part.rows) for part in parts) == ROWS
    assert {(part.name, *part.experiment_ids, *part.tags.items()) for part in parts} == {
        ("questions", "0", ("team", "red"))
    }
    assert [(r.name, r.version, r.content) for r in found if isinstance(r, ScorerRecord)] == [
        ("polite", 1, '{"v": 1}'),
        ("polite", 2, '{"v": 2}'),
    ]
    for _ in range(2):  # the second time, nothing is doubled
        keep(tracked, "w2", *found)
        again, _ = exported(tracked, "w2")
        wanted = (TraceRecord, EvaluationDatasetRecord, ScorerRecord)
        assert [r for r in again if isinstance(r, wanted)] == [r for r in found if isinstance(r, wanted)]


def test_what_is_here_already_does_not_change(tracked: Database) -> None:
    keep(tracked, "w1", ExperimentRecord(id="0", name="Default"))
    scorer = ScorerRecord(experiment_id="0", scorer_id="s", name="polite", version=3, content='{"v": 1}')
    keep(tracked, "w1", scorer)
    with pytest.raises(AlreadyExists, match="another content"):
        keep(tracked, "w1", msgspec.structs.replace(scorer, content='{"v": 2}'))
    row = EvaluationRow(record_id="dr-1", inputs='{"q": 1}', outputs='"mine"')
    dataset = EvaluationDatasetRecord(dataset_id="d-1", name="questions", rows=[row])
    keep(tracked, "w1", dataset)
    other = msgspec.structs.replace(row, record_id="dr-2", outputs='"theirs"')
    (place,) = keep(tracked, "w1", msgspec.structs.replace(dataset, rows=[other], name="renamed"))
    assert (place.existed, place.counts) == (True, {"evaluation rows": 1})
    (found,) = [r for r in exported(tracked, "w1")[0] if isinstance(r, EvaluationDatasetRecord)]
    assert (found.name, found.rows) == ("questions", [row])


@pytest.mark.parametrize(
    "row",
    [
        EvaluationRow(record_id="dr-1", inputs="[1]"),
        EvaluationRow(record_id="dr-1", inputs="{"),
        EvaluationRow(record_id="dr-1", inputs="{}", tags="{"),
    ],
)
def test_rows_that_are_not_json_are_refused(tracked: Database, row: EvaluationRow) -> None:
    with pytest.raises(Invalid):
        keep(tracked, "w1", EvaluationDatasetRecord(dataset_id="d-1", name="questions", rows=[row]))
