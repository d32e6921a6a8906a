"""The run document cache: stored while a run is finished, invalidated by any write to it."""

from collections.abc import Callable

import pytest

from handloom.domain.datasets import Dataset, DatasetInput
from handloom.domain.metrics import Metric
from handloom.domain.runs import ModelLink, RunInfo
from handloom.store.datasets import rows as datasets
from handloom.store.engine.database import Database, Write
from handloom.store.experiments import rows as experiments
from handloom.store.metrics import rows as metrics
from handloom.store.runs import document_cache
from handloom.store.runs import rows as runs

FORMAT = 7


@pytest.fixture
def kept(tracked: Database) -> RunInfo:
    """A finished run with a document."""
    info = tracked.write_now(lambda tx: runs.create(tx, "w1", "0", tags={"t": "1"})).info
    tracked.write_now(lambda tx: runs.update(tx, "w1", info.run_id, status="FINISHED"))
    tracked.write_now(lambda tx: document_cache.store(tx, [(info.internal_id, b"whole")], FORMAT))
    return tracked.read_now(lambda tx: runs.find(tx, "w1", info.run_id))


def read(database: Database, info: RunInfo, format: int = FORMAT) -> bytes | None:
    return database.read_now(lambda tx: document_cache.read(tx, [info.internal_id, 99], format)).get(info.internal_id)


def test_a_document_is_read_in_its_own_format_alone(tracked: Database, kept: RunInfo) -> None:
    assert read(tracked, kept) == b"whole"
    assert read(tracked, kept, FORMAT + 1) is None
    tracked.write_now(lambda tx: document_cache.store(tx, [(kept.internal_id, b"newer")], FORMAT + 1))
    assert read(tracked, kept, FORMAT + 1) == b"newer"
    assert read(tracked, kept) is None


DATA = DatasetInput(dataset=Dataset(name="d", digest="1", source_type="code", source="{}"), tags={})
WRITES: dict[str, Callable[[Write, RunInfo], object]] = {
    "a metric": lambda tx, info: metrics.log(tx, info, [Metric("m", 1.0, 0, 0)]),
    "a param": lambda tx, info: runs.put_params(tx, info, {"p": "1"}),
    "a tag": lambda tx, info: runs.put_tags(tx, info, {"t": "2"}),
    "no tag": lambda tx, info: runs.delete_tag(tx, info, "t"),
    "a name": lambda tx, info: runs.update(tx, "w1", info.run_id, name="new"),
    "an end": lambda tx, info: runs.update(tx, "w1", info.run_id, end_time=5),
    "a start over": lambda tx, info: runs.update(tx, "w1", info.run_id, status="RUNNING"),
    "a dataset": lambda tx, info: datasets.log_inputs(tx, info, [DATA]),
    "a model read": lambda tx, info: datasets.log_inputs(tx, info, models=[ModelLink(model_id="m-1")]),
    "a model made": lambda tx, info: datasets.log_outputs(tx, info, [ModelLink(model_id="m-1")]),
}


@pytest.mark.parametrize("what", WRITES)
def test_whatever_is_written_to_a_run_takes_its_document_away(tracked: Database, kept: RunInfo, what: str) -> None:
    tracked.write_now(lambda tx: WRITES[what](tx, kept))
    assert read(tracked, kept) is None


def test_any_report_of_a_changed_run_takes_its_document_away(tracked: Database, kept: RunInfo) -> None:
    """Every write to a run's tables calls `tx.changed`; nothing else is needed."""
    tracked.write_now(lambda tx: tx.changed("runs", "w1", "another", "0"))
    assert read(tracked, kept) == b"whole"
    tracked.write_now(lambda tx: tx.changed("runs", "w1", kept.run_id, "0"))
    assert read(tracked, kept) is None


def test_a_write_that_fails_leaves_the_document(tracked: Database, kept: RunInfo) -> None:
    def fail(tx: Write) -> None:
        runs.put_tags(tx, kept, {"t": "2"})
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        tracked.write_now(fail)
    assert read(tracked, kept) == b"whole"


def test_a_deleted_run_has_no_document_until_it_is_back(tracked: Database, kept: RunInfo) -> None:
    tracked.write_now(lambda tx: experiments.delete_experiment(tx, "w1", "0"))
    assert read(tracked, kept) is None
    tracked.write_now(lambda tx: experiments.restore(tx, "w1", "0"))
    assert read(tracked, kept) == b"whole"


def test_what_is_done_later_is_done_once_and_never_after_the_end(tracked: Database) -> None:
    done: list[str] = []

    def fail(tx: Write) -> None:
        raise RuntimeError("no")

    def ask(tx: object) -> None:
        tracked.background_writes.add("bad", fail)
        for _ in range(3):
            tracked.background_writes.add("good", lambda _: done.append("good"))

    tracked.read_now(ask)
    tracked.background_writes.drain()
    assert 1 <= done.count("good") <= 3
    tracked.close()
    before = len(done)
    tracked.background_writes.add("late", lambda _: done.append("late"))
    tracked.background_writes.drain()
    assert len(done) == before
