"""Several processes on one PostgreSQL database: one writes at a time, all are notified, and all reconnect."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import create_engine, insert, make_url, text

from databases import Postgres, away, beside, cut
from handloom.domain.changes import ANYTHING, Change
from handloom.domain.errors import Invalid, Unavailable
from handloom.domain.metrics import Metric
from handloom.store.engine.database import Database, Read, Write
from handloom.store.experiments import rows as experiments
from handloom.store.metrics import rows as metrics
from handloom.store.runs import rows as runs
from handloom.store.users import rows as people
from handloom.store.users import tables as user_tables
from handloom.store.workspaces import rows as workspaces

Pair = tuple[Database, Database]


@pytest.fixture
def url(postgres: Postgres, tmp_path: Path) -> Iterator[str]:
    url = postgres.current(tmp_path)
    yield url
    postgres.drop(url)


@pytest.fixture
def pair(url: str, tmp_path: Path) -> Iterator[Pair]:
    """The databases of two servers, which share their data folder as well."""
    both = (Database(url, tmp_path), Database(url, tmp_path))
    yield both
    for database in both:
        database.close()


@pytest.fixture
def workspace(pair: Pair) -> str:
    def make(tx: Write) -> str:
        return workspaces.create(tx, people.create(tx, "kim", admin=True).id, "lab").id

    return pair[0].write_now(make)


def until(true: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def changed(tx: Write, id: str) -> None:
    tx.changed("runs", "w", id)


def test_a_commit_is_heard_by_the_other_and_once_by_its_own(pair: Pair) -> None:
    heard: tuple[list[Change], list[Change]] = ([], [])
    for database, changes in zip(pair, heard, strict=True):
        database.listen(changes.extend)
    pair[0].write_now(partial(changed, id="a"))
    pair[1].write_now(partial(changed, id="b"))
    until(lambda: all(len(changes) == 2 for changes in heard))
    pair[0].write_now(partial(changed, id="c"))
    until(lambda: all(len(changes) == 3 for changes in heard))
    assert {change.id for change in heard[0]} == {change.id for change in heard[1]} == {"a", "b", "c"}
    assert all(change.workspace == "w" for change in heard[1])


def test_what_was_not_kept_is_not_heard(pair: Pair) -> None:
    def fail(tx: Write) -> None:
        changed(tx, "lost")
        raise Invalid("no")

    heard: list[Change] = []
    pair[1].listen(heard.extend)
    with pytest.raises(Invalid):
        pair[0].write_now(fail)
    pair[0].write_now(partial(changed, id="kept"))
    until(lambda: bool(heard))
    assert [change.id for change in heard] == ["kept"]


def test_ten_thousand_changes_at_once_are_heard_as_their_list(pair: Pair) -> None:
    def many(tx: Write) -> None:
        for number in range(10_000):
            changed(tx, f"실행 {number}")

    heard: list[Change] = []
    pair[1].listen(heard.extend)
    pair[0].write_now(many)
    until(lambda: bool(heard))
    assert heard == [Change(noun="runs", workspace="w")]


def test_strangers_on_the_channel_do_no_harm(pair: Pair, url: str) -> None:
    heard: list[Change] = []
    pair[0].listen(heard.extend)
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("NOTIFY handloom, 'somebody [1, 2'"))
        connection.execute(text("NOTIFY handloom"))
    engine.dispose()
    pair[1].write_now(partial(changed, id="after"))
    until(lambda: any(change.id == "after" for change in heard))
    assert heard[0] == ANYTHING  # whoever it was may have meant something


def test_numbers_made_by_several_are_never_given_twice(pair: Pair, workspace: str) -> None:
    def make(number: int) -> str:
        work = partial(experiments.create, workspace=workspace, name=f"e{number}", owner=None)
        return pair[number % 2].write_now(work).id

    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(make, range(60)))
    assert sorted(map(int, made)) == list(range(1, 61))


def test_the_latest_point_and_the_count_are_right_whoever_logs(pair: Pair, workspace: str) -> None:
    info = pair[0].write_now(lambda tx: runs.create(tx, workspace, "0")).info

    def log(step: int) -> None:
        # Every point comes twice, from both: as a client sends again whose answer was lost.
        for database in pair:
            database.write_now(lambda tx: metrics.log(tx, info, [Metric("loss", step / 2, 1_000 - step, step)]))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(log, range(80)))
    (summary,) = pair[1].read_now(lambda tx: metrics.summaries(tx, workspace, [info.run_id]))
    assert (summary.step, summary.value, summary.count, summary.min, summary.max) == (79, 39.5, 80, 0, 39.5)


def test_a_database_that_was_started_anew_is_met_without_an_error(pair: Pair, url: str) -> None:
    for database in pair:
        for _ in range(3):
            database.read_now(lambda tx: tx.connection.execute(text("SELECT 1")))
            database.write_now(partial(changed, id="x"))
    cut(url)
    assert pair[0].write_now(lambda tx: people.create(tx, "after", admin=True)).name == "after"
    assert pair[1].read_now(people.owner) is not None


def test_while_the_database_is_away_it_is_told_and_afterwards_everything_works(pair: Pair, url: str) -> None:
    heard: list[Change] = []
    pair[0].listen(heard.extend)
    assert pair[0].in_sync
    with away(url):
        with pytest.raises(Unavailable, match="cannot be reached"):
            pair[0].write_now(lambda tx: people.create(tx, "nobody", admin=True))
        with pytest.raises(Unavailable, match="cannot be reached"):
            pair[0].read_now(people.owner)
        until(lambda: not pair[0].in_sync and ANYTHING in heard)
        heard.clear()
    assert pair[0].write_now(lambda tx: people.create(tx, "somebody", admin=True)).name == "somebody"
    until(lambda: pair[0].in_sync and ANYTHING in heard)
    pair[1].write_now(partial(changed, id="later"))
    until(lambda: any(change.id == "later" for change in heard))


def test_a_connection_that_is_lost_in_a_write_keeps_nothing_of_it_and_tells_all_who_shared_it(
    pair: Pair, url: str
) -> None:
    cut_off, held = threading.Event(), threading.Event()

    def hold(tx: Write) -> None:
        held.set()
        assert cut_off.wait(30)

    def create(tx: Write, name: str) -> None:
        people.create(tx, name, admin=True)

    def lose(tx: Write) -> None:
        people.create(tx, "half", admin=True)
        cut(url)
        people.create(tx, "other half", admin=True)

    pair[0].write(hold)
    assert held.wait(30)
    futures = [
        pair[0].write(partial(create, name="shared")),
        pair[0].write(lose),
        pair[0].write(partial(create, name="too")),
    ]
    cut_off.set()
    for future in futures:
        with pytest.raises(Unavailable, match="cannot be reached"):
            future.result(30)
    assert pair[0].read_now(people.owner) is None
    pair[0].write_now(partial(create, name="after"))
    assert pair[1].read_now(people.owner) is not None


def test_an_acknowledged_write_is_on_disk_whatever_the_database_was_told(url: str, tmp_path: Path) -> None:
    def said(tx: Read) -> list[str]:
        names = ("synchronous_commit", "idle_in_transaction_session_timeout", "lock_timeout")
        return [str(tx.connection.execute(text(f"SHOW {name}")).scalar()) for name in names]

    with beside(url) as connection:
        connection.execute(text(f"ALTER DATABASE {make_url(url).database} SET synchronous_commit = off"))
    database = Database(url, tmp_path)
    try:
        assert [database.read_now(said), database.write_now(said)] == [["on", "2min", "10s"], ["on", "8s", "10s"]]
    finally:
        database.close()


def test_what_does_not_fit_is_told_in_words(pair: Pair) -> None:
    def ask(tx: Read, statement: str, **values: object) -> object:
        return tx.connection.execute(text(statement), values).scalar()

    with pytest.raises(Invalid, match="too large"):
        pair[0].read_now(lambda tx: ask(tx, "SELECT CAST(:n AS BIGINT)", n=1 << 70))
    with pytest.raises(Invalid, match="NUL"):
        pair[0].read_now(lambda tx: ask(tx, "SELECT :s", s="a\0b"))
    with pytest.raises(Invalid, match="half of a character"):
        pair[0].read_now(lambda tx: ask(tx, "SELECT :s", s="\ud800"))
    long = "".join(map(chr, range(0x4E00, 0x4E00 + 9_000)))
    row = insert(user_tables.users).values(id="long", name=long, display_name="", created_at=1)
    with pytest.raises(Invalid, match="too long"):
        pair[0].write_now(lambda tx: tx.connection.execute(row).rowcount)
