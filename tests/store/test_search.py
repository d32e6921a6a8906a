"""Searches in a real database: matching runs and their order."""

import math
from functools import partial

import pytest

from handloom.domain.datasets import Dataset, DatasetInput
from handloom.domain.errors import Invalid
from handloom.domain.metrics import Metric
from handloom.domain.search import MAX_COMPARISONS, MAX_DEPTH, MAX_LIST
from handloom.store.datasets import rows as datasets
from handloom.store.engine.database import Database, Write
from handloom.store.experiments import rows as experiments
from handloom.store.metrics import rows as metrics
from handloom.store.runs import rows as runs
from handloom.store.runs import search

VALUES = {"a": 1.0, "b": 2.0, "c": math.nan, "d": None, "e": math.inf, "f": -math.inf}


@pytest.fixture
def database(tracked: Database) -> Database:
    tracked.write_now(_fill)
    return tracked


def _fill(tx: Write) -> None:
    for at, (name, value) in enumerate(VALUES.items()):
        tags, client = {"odd": name} if at % 2 else {}, f"mlflow-python-client/3.{at}.0"
        run = runs.create(tx, "w1", "0", name=name, start_time=at, user_id="kim", tags=tags, client=client)
        runs.put_params(tx, run.info, {"p": name.upper(), **({"only b": "x%y"} if name == "b" else {})})
        if value is not None:
            metrics.log(tx, run.info, [Metric("m", value, 0, 0)])
        if name in "ab":
            dataset = Dataset(name=f"data {name}", digest="1", source_type="code", source="{}")
            given = DatasetInput(dataset=dataset, tags={"mlflow.data.context": "train" if name == "a" else "eval"})
            datasets.log_inputs(tx, run.info, [given])
        if name != "f":
            runs.update(tx, "w1", run.info.run_id, status="FINISHED", end_time=100 - at)
    runs.create(tx, "w2", "0", name="elsewhere")


def found(database: Database, filter: str = "", *order_by: str, limit: int = 50) -> str:
    """The names of the runs, in order, in one string."""
    numbers, _ = database.read_now(
        lambda tx: search.runs(tx, "w1", ["0"], filter=filter, order_by=order_by, limit=limit)
    )
    return "".join(run.info.name for run in database.read_now(lambda tx: runs.by_internal_ids(tx, numbers)))


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        ("", "abcdef"),
        ("metrics.m > 1", "be"),
        ("metrics.m >= 1", "abe"),
        ("metrics.m < 100", "abf"),
        ("metrics.m != 1", "bcef"),
        ("metrics.m = 0", ""),
        ("metrics.none != 5", ""),
        ("params.p = 'B'", "b"),
        ("params.p != 'B'", "acdef"),
        ("params.`only b` != 'z'", "b"),
        ("params.`only b` IS NULL", "acdef"),
        ("params.`only b` IS NOT NULL", "b"),
        ("params.`only b` LIKE 'x%y'", "b"),
        ("tags.odd LIKE 'b'", "b"),
        ("tags.odd LIKE 'B'", ""),
        ("tags.odd ILIKE 'B'", "b"),
        ("tags.odd LIKE '_'", "bdf"),
        ("tags.odd IS NULL", "ace"),
        ("tags.odd = ''", ""),
        ("run_name LIKE '*'", ""),
        ("run_name = 'c'", "c"),
        ("status = 'RUNNING'", "f"),
        ("status != 'RUNNING'", "abcde"),
        ("start_time >= 2 and start_time < 4", "cd"),
        ("end_time > 97", "abc"),
        ("end_time != 5", "abcde"),
        ("duration > 95", "abc"),
        ("user_id = 'kim' AND metrics.m = 1.0", "a"),
        ("client LIKE '%/3.2.%' OR client = 'mlflow-python-client/3.4.0'", "ce"),
        ("run_id IN ('x')", ""),
        ("run_id NOT IN ('x')", "abcdef"),
        ("datasets.name LIKE 'data%'", "ab"),
        ("dataset.context IN ('train', 'test')", "a"),
        ("dataset.digest != '2' AND dataset.name = 'data b'", "b"),
    ],
)
def test_a_filter_finds(database: Database, filter: str, expected: str) -> None:
    assert "".join(sorted(found(database, filter))) == expected
    assert database.read_now(lambda tx: search.total(tx, "w1", ["0"], filter=filter)) == len(expected)


@pytest.mark.parametrize(
    ("order_by", "expected"),
    [
        ([], "fedcba"),
        (["start_time"], "abcdef"),
        (["metrics.m ASC"], "fabecd"),
        (["metrics.m DESC"], "ebafcd"),
        (["metrics.none"], "fedcba"),
        (["tags.odd"], "bdfeca"),
        (["tags.odd DESC"], "fdbeca"),
        (["params.p DESC"], "fedcba"),
        (["run_name"], "abcdef"),
        (["end_time"], "edcbaf"),
        (["end_time DESC"], "abcdef"),
        (["duration"], "edcbaf"),
        (["client"], "abcdef"),
        (["status DESC", "metrics.m"], "fabecd"),
    ],
)
def test_an_order_puts_missing_values_last(database: Database, order_by: list[str], expected: str) -> None:
    assert found(database, "", *order_by) == expected


def test_a_key_is_ordered_by_once(database: Database) -> None:
    with pytest.raises(Invalid, match="duplicate fields"):
        found(database, "", "metrics.m", "metrics.`m` DESC")


def test_pages_follow_one_another(database: Database) -> None:
    seen: list[int] = []
    token = ""
    for size in (4, 2):
        work = partial(search.runs, workspace="w1", experiment_ids=["0"], order_by=["metrics.m"], limit=4)
        page, token = database.read_now(partial(work, page_token=token))
        assert len(page) == size
        seen += page
    assert token == ""
    assert "".join(run.info.name for run in database.read_now(lambda tx: runs.by_internal_ids(tx, seen))) == "fabecd"


def test_no_experiments_hold_no_runs(database: Database) -> None:
    assert database.read_now(lambda tx: search.runs(tx, "w1", [], limit=9)) == ([], "")
    assert database.read_now(lambda tx: search.runs(tx, "w1", ["7"], limit=9)) == ([], "")
    with pytest.raises(Invalid, match="valid integer"):
        database.read_now(lambda tx: search.runs(tx, "w1", ["x"], limit=9))


def test_deleted_runs_are_found_where_they_are_asked_for(database: Database) -> None:
    numbers, _ = database.read_now(lambda tx: search.runs(tx, "w1", ["0"], filter="run_name = 'a'", limit=1))
    (run,) = database.read_now(lambda tx: runs.by_internal_ids(tx, numbers))
    database.write_now(lambda tx: runs.delete(tx, "w1", run.info.run_id))
    assert found(database) == "fedcb"
    assert database.read_now(lambda tx: search.total(tx, "w1", ["0"], stages=["deleted"])) == 1
    assert database.read_now(lambda tx: search.total(tx, "w1", ["0"], stages=["active", "deleted"])) == 6


def test_more_runs_than_one_statement_names_come_whole_and_in_order(database: Database) -> None:
    def fill(tx: Write) -> None:
        for at in range(1_000):
            runs.put_params(tx, runs.create(tx, "w1", "0", start_time=1_000 + at).info, {"at": str(at)})

    database.write_now(fill)
    numbers, token = database.read_now(lambda tx: search.runs(tx, "w1", ["0"], limit=1_000))
    found = database.read_now(lambda tx: runs.by_internal_ids(tx, numbers))
    assert [run.params["at"] for run in found] == [str(at) for at in reversed(range(1_000))]
    assert token


def test_the_largest_filter_there_may_be_is_answered(database: Database) -> None:
    deep = "metrics.m > 1"
    for at in range(MAX_DEPTH):
        deep = f"(tags.t IS NULL AND {deep})" if at % 2 else f"(tags.t = 'x' OR {deep})"
    assert "".join(sorted(found(database, deep))) == "be"
    twice = "metrics.m > 1"
    for _ in range(MAX_DEPTH // 2):
        twice = f"NOT (tags.t = 'x' OR {twice})"
    assert "".join(sorted(found(database, twice))) == "be"
    for joint in (" AND ", " OR "):
        many = joint.join(["metrics.m >= 2"] * MAX_COMPARISONS)
        assert "".join(sorted(found(database, many))) == "be"
    ids = ", ".join(f"'{at:032x}'" for at in range(MAX_LIST))
    assert found(database, f"run_id IN ({ids})") == ""


def test_experiments_are_searched_by_name_id_time_and_tag(database: Database) -> None:
    for name in ("alpha", "beta", "Gamma"):
        create = partial(experiments.create, workspace="w1", name=name, owner=None, tags={"t": name[0]})
        database.write_now(create)

    def names(filter: str = "", *order_by: str, stages: tuple[str, ...] = ("active",)) -> list[str]:
        page, _ = database.read_now(
            lambda tx: search.experiments(tx, "w1", filter=filter, order_by=order_by, stages=stages, limit=9)
        )
        return [experiment.name for experiment in page]

    assert names("name LIKE '%a'", "name") == ["Gamma", "alpha", "beta"]
    assert names("name ILIKE 'g%'") == ["Gamma"]
    assert names("experiment_id IN ('1', '3')", "experiment_id DESC") == ["Gamma", "alpha"]
    assert names("experiment_id != '0'", "name") == ["Gamma", "alpha", "beta"]
    assert names("tags.t = 'b'") == ["beta"]
    assert names("tag.t IS NULL") == ["Default"]
    assert names("NOT tags.t = 'b' AND (name = 'Gamma' OR name = 'beta')") == ["Gamma"]
    assert names("creation_time > 0 AND attribute.name = 'beta'") == ["beta"]
    database.write_now(lambda tx: experiments.delete_experiment(tx, "w1", "1"))
    assert names(stages=("deleted",)) == ["alpha"]
    with pytest.raises(Invalid, match="numeric attribute"):
        names("creation_time > 1.5")
