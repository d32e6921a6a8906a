"""Pages of runs compared with a plain sort in Python: every run once and in order, with every search strategy."""

import itertools
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

import pytest

from handloom.domain.errors import Invalid
from handloom.domain.metrics import Metric
from handloom.domain.pages import token_after, token_of
from handloom.domain.search import RUNS, parse_filter, parse_order
from handloom.store.engine.database import Database, Read, Write
from handloom.store.experiments import rows as experiments
from handloom.store.metrics import rows as metrics
from handloom.store.runs import listing as run_pages
from handloom.store.runs import moves, search, sort_indexes
from handloom.store.runs import rows as runs

RUNS_EACH = 70
VALUES = [0.0, 1.0, 1.0, 2.0, 2.5, -3.0, math.nan, math.inf, -math.inf, None, None]


@dataclass
class Known:
    """A run as the test knows it; `series` maps each metric to its values, ordered by step."""

    number: int
    run_id: str
    experiment: str
    start: int
    end: int | None
    stage: str = "active"
    params: dict[str, str] = field(default_factory=dict)
    series: dict[str, list[float]] = field(default_factory=dict)

    def last(self, key: str) -> float | None:
        return self.series[key][-1] if key in self.series else None

    def numbers(self, key: str) -> list[float]:
        return [value for value in self.series.get(key, []) if not math.isnan(value)]


@pytest.fixture
def known(tracked: Database) -> list[Known]:
    return tracked.write_now(_fill)


def _fill(tx: Write) -> list[Known]:
    chance = random.Random(7)
    made = []
    other = experiments.create(tx, "w1", "other", owner=None).id
    for at in range(2 * RUNS_EACH):
        experiment = other if at % 2 else "0"
        info = runs.create(tx, "w1", experiment, start_time=chance.randrange(9), user_id="kim").info
        run = Known(info.internal_id, info.run_id, experiment, info.start_time, None)
        for key in ("a", "b"):
            series = [value for value in chance.sample(VALUES, 2) if value is not None]
            metrics.log(tx, info, [Metric(key, value, 1, step) for step, value in enumerate(series)])
            run.series |= {key: series} if series else {}
        if chance.random() < 0.7:
            run.params["p"] = chance.choice("xyz")
            runs.put_params(tx, info, run.params)
        if chance.random() < 0.5:
            run.end = chance.randrange(9, 20)
            runs.update(tx, "w1", info.run_id, end_time=run.end)
        if at % 10 == 0:
            run.stage = "deleted"
            runs.delete(tx, "w1", info.run_id)
        made.append(run)
    return made


Test = Callable[[Known], bool]


def more(value: float | None, than: float) -> bool:
    return value is not None and value > than


FILTERS: list[tuple[str, Test]] = [
    ("", lambda _: True),
    ("metrics.a > 1", lambda r: more(r.last("a"), 1)),
    ("metrics.a = 2.5", lambda r: r.last("a") == 2.5),
    ("metrics.a != 1", lambda r: r.last("a") not in (None, 1.0)),
    ("metrics.a > 0 AND metrics.b < 2 AND params.p = 'x'", lambda r: FILTERS[1][1](r) or r.last("a") == 1.0),
    ("metrics.a = 2.5 OR params.p = 'x'", lambda r: r.last("a") == 2.5 or r.params.get("p") == "x"),
    ("NOT params.p = 'x'", lambda r: r.params.get("p") != "x"),
    ("NOT end_time > 12", lambda r: not more(r.end, 12)),
    (
        "NOT (metrics.a > 1 OR NOT params.p = 'x') AND start_time < 5",
        lambda r: not (more(r.last("a"), 1) or r.params.get("p") != "x") and r.start < 5,
    ),
    ("max(metrics.a) > 1", lambda r: bool(r.numbers("a")) and max(r.numbers("a")) > 1),
    ("MIN(metrics.`a`) <= -3", lambda r: bool(r.numbers("a")) and min(r.numbers("a")) <= -3),
    ("NOT min(metrics.a) <= -3", lambda r: not (r.numbers("a") and min(r.numbers("a")) <= -3)),
]
FILTERS[4] = (
    FILTERS[4][0],
    lambda r: (
        more(r.last("a"), 0) and r.last("b") is not None and r.last("b") < 2 and r.params.get("p") == "x"  # type: ignore[operator]
    ),
)

ORDERS: list[list[str]] = [
    [],
    ["start_time"],
    ["metrics.a"],
    ["metrics.a DESC"],
    ["metrics.a DESC", "metrics.b"],
    ["metrics.b", "start_time ASC"],
    ["params.p DESC", "metrics.a"],
    ["end_time DESC"],
    ["max(metrics.a) DESC", "min(metrics.b)"],
    ["min(metrics.a)", "metrics.a DESC"],
]


def _place(run: Known, text: str) -> tuple[int, float | str]:
    """The rank and the value by which a run is sorted."""
    order = parse_order(text, RUNS)
    value: float | str | None
    match order.entity, order.best:
        case "metric", "":
            value = run.last(order.key)
        case "metric", best:
            numbers = run.numbers(order.key)
            value = (min if best == "min" else max)(numbers) if numbers else math.nan
            value = None if order.key not in run.series else value
        case "param", _:
            value = run.params.get(order.key)
        case _:
            value = {"start_time": run.start, "end_time": run.end}[order.key]
    if value is None:
        return 2, "" if order.entity == "param" else 0
    return (1, 0) if isinstance(value, float) and math.isnan(value) else (0, value)


def expected(known: list[Known], test: Test, orders: list[str], ids: list[str], stages: tuple[str, ...]) -> list[int]:
    found = [run for run in known if test(run) and run.experiment in ids and run.stage in stages]
    found.sort(key=lambda run: run.run_id)
    if not any("start_time" in text for text in orders):
        found.sort(key=lambda run: run.start, reverse=True)
    for text in reversed(orders):
        found.sort(key=lambda run: _place(run, text)[1], reverse=text.endswith("DESC"))
        found.sort(key=lambda run: _place(run, text)[0])
    return [run.number for run in found]


def all_pages(
    tx: Read, ids: list[str], filter: str, orders: list[str], stages: tuple[str, ...], size: int
) -> list[int]:
    found: list[int] = []
    token = ""
    while True:
        page, token = search.runs(
            tx, "w1", ids, filter=filter, order_by=orders, stages=stages, limit=size, page_token=token
        )
        found += page
        if not token:
            return found
        assert len(page) == size


WHERE: list[tuple[list[str], tuple[str, ...], int]] = [
    (["0"], ("active",), 7),
    (["0", "1"], ("active",), 40),
    (["1"], ("active", "deleted"), 25),
]


def test_pages_hold_what_a_plain_sort_gives(tracked: Database, known: list[Known]) -> None:
    for text, test in FILTERS:
        for orders, (ids, stages, size) in itertools.product(ORDERS, WHERE):
            pages = partial(all_pages, ids=ids, filter=text, orders=orders, stages=stages, size=size)
            whole = expected(known, test, orders, ids, stages)
            assert tracked.read_now(pages) == whole, (text, orders, ids)
        count = partial(search.total, workspace="w1", experiment_ids=["0", "1"], filter=text)
        assert tracked.read_now(count) == len(expected(known, test, [], ["0", "1"], ("active",)))


@pytest.mark.soak_on_postgresql
def test_a_short_stretch_of_the_order_changes_nothing(tracked: Database, known: list[Known]) -> None:
    """With stretches of a few runs, scanning the index stops early, and the filter is used first where possible."""
    for (text, test), orders in itertools.product(FILTERS, ORDERS[:6]):
        run_query = run_pages.RunQuery(
            conditions=parse_filter(text, RUNS),
            orders=[parse_order(order, RUNS) for order in orders],
            stages=("active",),
            limit=3,
            stretch=0,
        )
        found = tracked.read_now(partial(_follow, run_query=run_query))
        assert found == expected(known, test, orders, ["0"], ("active",)), (text, orders)


INDEXED = [
    ["params.p DESC", "metrics.a"],
    ["max(metrics.a) DESC", "min(metrics.b)"],
    ["min(metrics.a)", "metrics.a DESC"],
    ["max(metrics.a) DESC"],
    ["max(metrics.a)"],
    ["params.p"],
    ["params.p DESC"],
]


@pytest.mark.soak_on_postgresql
def test_sort_indexes_change_no_page(tracked: Database, known: list[Known]) -> None:
    """Half of the runs have ended, some after the indexes were made; open runs are in none."""

    def end(tx: Write, which: range) -> None:
        for at in which:
            if known[at].stage == "active":
                runs.update(tx, "w1", known[at].run_id, status=("FINISHED", "FAILED", "3")[at % 3])

    tracked.write_now(partial(end, which=range(0, 60, 2)))
    for orders, experiment in itertools.product(INDEXED, ("0", "1")):
        tracked.write_now(partial(_index, order=orders[0], experiment=experiment))
    tracked.write_now(partial(end, which=range(1, 80, 3)))
    _check_indexed(tracked, known)
    for at in (0, 2, 4):  # an ended run gets another value, a new one, and is open again
        run = known[at]
        info = tracked.read_now(partial(runs.find, workspace="w1", run_id=run.run_id))
        assert at == 0 or info.status != "RUNNING"
        point = Metric("a", 9.0 + at, 1, 50)
        if run.stage == "active":
            tracked.write_now(partial(metrics.log, info=info, given=[point]))
            run.series.setdefault("a", []).append(point.value)
            if "p" not in run.params:
                tracked.write_now(partial(runs.put_params, info=info, params={"p": "w"}))
                run.params["p"] = "w"
    tracked.write_now(partial(runs.update, workspace="w1", run_id=known[4].run_id, status="RUNNING"))
    moved = next(run for run in known if run.experiment == "1" and run.stage == "active")
    tracked.write_now(partial(runs.update, workspace="w1", run_id=moved.run_id, status="FINISHED"))
    default = tracked.read_now(partial(experiments.get, workspace="w1", experiment_id="0"))
    tracked.write_now(partial(moves.move, workspace="w1", run_ids=[moved.run_id], target=default))
    moved.experiment = "0"
    _check_indexed(tracked, known)


def _check_indexed(database: Database, known: list[Known]) -> None:
    for (text, test), orders in itertools.product((FILTERS[0], FILTERS[5]), INDEXED):
        for ids, stages, size in ((["0"], ("active",), 9), (["0", "1"], ("active", "deleted"), 30)):
            pages = partial(all_pages, ids=ids, filter=text, orders=orders, stages=stages, size=size)
            assert database.read_now(pages) == expected(known, test, orders, ids, stages), (text, orders, ids)


def _index(tx: Write, order: str, experiment: str) -> None:
    number = experiments.get(tx, "w1", experiment).internal_id
    parsed = parse_order(order, RUNS)
    sort_indexes.build(tx, number, parsed)
    assert sort_indexes.find(tx, number, parsed) is not None


def test_open_runs_are_found_by_their_index(tracked: Database, known: list[Known]) -> None:
    def plan(tx: Read) -> str:
        compiled = run_pages.open_runs(1).compile(tx.connection, compile_kwargs={"literal_binds": True})
        how = "EXPLAIN QUERY PLAN" if tx.connection.dialect.name == "sqlite" else "EXPLAIN"
        if how == "EXPLAIN":
            tx.connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # the table is small
        return str(tx.connection.exec_driver_sql(f"{how} {compiled}").all())

    assert "ix_runs_open" in tracked.read_now(plan)


def test_an_order_of_long_texts_has_no_index(tracked: Database, known: list[Known]) -> None:
    run = next(run for run in known if run.stage == "active" and run.experiment == "0")
    tracked.write_now(partial(_index, order="tags.t", experiment="0"))
    info = tracked.read_now(partial(runs.find, workspace="w1", run_id=run.run_id))
    for value, is_used in (("x" * 256, True), ("x" * 257, False)):
        tracked.write_now(partial(runs.put_tags, info=info, tags={"t": value}))
        tracked.write_now(partial(runs.update, workspace="w1", run_id=run.run_id, status="FINISHED"))
        order = parse_order("tags.t", RUNS)
        find = partial(sort_indexes.find, experiment=info.experiment_internal_id, order=order)
        assert (tracked.read_now(find) is not None) == is_used
        page = partial(all_pages, ids=["0"], filter="", orders=["tags.t"], stages=("active",), size=40)
        assert tracked.read_now(page)[0] == run.number


def test_the_order_that_was_not_used_for_longest_makes_room(tracked: Database, known: list[Known]) -> None:
    number = tracked.read_now(partial(experiments.get, workspace="w1", experiment_id="0")).internal_id
    orders = [parse_order(f"params.`{at}`", RUNS) for at in range(sort_indexes.MAX_INDEXES + 1)]
    for order in orders:
        for _ in range(2):  # the second step of the last one makes it, the first makes room
            tracked.write_now(partial(sort_indexes.build, experiment=number, order=order))
    kept = [tracked.read_now(partial(sort_indexes.find, experiment=number, order=order)) for order in orders]
    assert [index is None for index in kept] == [True] + [False] * sort_indexes.MAX_INDEXES


def _follow(tx: Read, run_query: run_pages.RunQuery) -> list[int]:
    number = experiments.get(tx, "w1", "0").internal_id
    found: list[int] = []
    while rows := run_pages.rows(tx, run_query, number):
        found += [row[0] for row in rows]
        run_query = replace(run_query, after=rows[-1][1:])
    return found


def test_runs_of_very_many_experiments_come_in_one_order(tracked: Database) -> None:
    def fill(tx: Write) -> None:
        for at in range(search.MANY + 1):
            experiment = experiments.create(tx, "w1", f"e{at}", owner=None)
            runs.create(tx, "w1", experiment.id, name=f"{at}", start_time=at)

    tracked.write_now(fill)
    ids = [str(at + 1) for at in range(search.MANY + 1)]
    pages = partial(all_pages, ids=ids, filter="", orders=["start_time"], stages=("active",), size=20)
    found = tracked.read_now(pages)
    assert [run.info.start_time for run in tracked.read_now(lambda tx: runs.by_internal_ids(tx, found))] == list(
        range(search.MANY + 1)
    )


def test_a_page_begins_where_the_last_ended_though_runs_came_in_between(tracked: Database) -> None:
    for at in range(4):
        create = partial(runs.create, workspace="w1", experiment_id="0", name=f"{at}", start_time=at)
        tracked.write_now(create)
    find = partial(search.runs, workspace="w1", experiment_ids=["0"], limit=2)
    _, token = tracked.read_now(find)
    tracked.write_now(partial(runs.create, workspace="w1", experiment_id="0", name="new", start_time=9))
    rest, _ = tracked.read_now(partial(find, page_token=token))
    assert [run.info.name for run in tracked.read_now(lambda tx: runs.by_internal_ids(tx, rest))] == ["1", "0"]


def test_a_token_of_mlflows_own_is_an_offset(tracked: Database, known: list[Known]) -> None:
    whole = expected(known, FILTERS[0][1], ["metrics.a"], ["0", "1"], ("active",))
    for ids in (["0", "1"], ["0"]):
        whole = expected(known, FILTERS[0][1], ["metrics.a"], ids, ("active",))
        find = partial(search.runs, workspace="w1", experiment_ids=ids, order_by=["metrics.a"], limit=5)
        found, _ = tracked.read_now(partial(find, page_token="eyJvZmZzZXQiOiAzfQ=="))
        assert found == whole[3:8]


def test_a_token_of_another_order_is_refused(tracked: Database, known: list[Known]) -> None:
    find = partial(search.runs, workspace="w1", experiment_ids=["0"], limit=2)
    _, token = tracked.read_now(partial(find, order_by=["metrics.a"]))
    for orders in (["metrics.b"], ["metrics.a DESC"], [], ["metrics.a", "params.p"]):
        with pytest.raises(Invalid, match="another order_by"):
            tracked.read_now(partial(find, order_by=orders, page_token=token))
    for wrong in ("x", "bm90IGpzb24=", "e30=", "eyJhZnRlciI6IDF9"):
        with pytest.raises(Invalid, match="page token"):
            tracked.read_now(partial(find, page_token=wrong))


@pytest.mark.parametrize(
    "after", [["x", 1, 1, "id"], [0, "1", 1, "id"], [0, 1 << 70, 1, "id"], [0, 1, 1, 5], [None] * 4, [0, 1, None, "id"]]
)
def test_a_token_with_foreign_values_is_refused(tracked: Database, after: list[int | float | str | None]) -> None:
    find = partial(search.runs, workspace="w1", experiment_ids=["0"], limit=2, order_by=["metrics.a"])
    with pytest.raises(Invalid, match="another order_by"):
        tracked.read_now(partial(find, page_token=token_after(["metrics.a"], after)))
    assert tracked.read_now(partial(find, page_token=token_after(["metrics.a"], [2, None, 1, "id"]))) == ([], "")
    assert tracked.read_now(partial(find, page_token=token_after(["metrics.a"], [0, None, 1, "id"]))) == ([], "")


def test_an_offset_beyond_every_list_is_refused(tracked: Database) -> None:
    with pytest.raises(Invalid, match="page token"):
        tracked.read_now(
            partial(search.runs, workspace="w1", experiment_ids=["0"], limit=2, page_token=token_of(1 << 64))
        )
