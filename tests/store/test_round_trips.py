"""On PostgreSQL, a write waits for the database as seldom as it can; errors of what is sent together hit the right one,
and a connection that the database closed is replaced before anything was done on it.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from databases import Postgres, cut
from handloom.domain.errors import Invalid, Unavailable
from handloom.domain.metrics import Metric
from handloom.store.engine.database import Database, Together, Write
from handloom.store.experiments import rows as experiments
from handloom.store.metrics import rows as metrics
from handloom.store.runs import rows as runs
from handloom.store.runs.logging_together import Logged, log
from store.conftest import fill
from store.test_logging_together import together


class CountingProxy:
    """A TCP proxy to the server's socket file that counts how often a client waits for an answer."""

    def __init__(self, socket_file: str) -> None:
        self.round_trips = 0
        self._socket_file = socket_file
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._socket_file)
            sent = threading.Event()
            for pair in ((client, server), (server, client)):
                threading.Thread(target=self._pass, args=(*pair, sent, pair[0] is server), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, sent: threading.Event, answers: bool) -> None:
        with source, target:
            try:
                while data := source.recv(1 << 16):
                    if not answers:
                        sent.set()
                    elif sent.is_set() and data[:1] != b"A":  # a notification is no answer
                        sent.clear()
                        self.round_trips += 1
                    target.sendall(data)
            except OSError:
                return


@contextmanager
def opened(url: str, root: Path) -> Iterator[Database]:
    database = Database(url, root)
    try:
        yield database
    finally:
        database.close()


@pytest.fixture
def url(postgres: Postgres, tmp_path: Path) -> Iterator[str]:
    url = postgres.current(tmp_path)
    yield url
    postgres.drop(url)


@pytest.fixture
def database(url: str, tmp_path: Path) -> Iterator[Database]:
    with opened(url, tmp_path) as database:
        database.write_now(fill)
        yield database


def new_run(database: Database) -> str:
    return database.write_now(lambda tx: runs.create(tx, "w1", "0")).info.run_id


def test_requests_that_log_wait_twice(url: str, tmp_path: Path) -> None:
    proxy = CountingProxy(f"{make_url(url).query['host']}/.s.PGSQL.5432")
    through = f"postgresql+psycopg://postgres@127.0.0.1:{proxy.port}/{make_url(url).database}"
    with opened(through, tmp_path) as database:
        database.write_now(fill)
        run = new_run(database)
        taken = []
        for step in range(3):
            before = proxy.round_trips
            given = [Logged(workspace="w1", run_id=run, metrics=[Metric("loss", 1.0, step, step)], tags={"a": "b"})]
            assert together(database, given * 8) == [""] * 8
            taken.append(proxy.round_trips - before)
    proxy.close()
    assert max(taken) <= 2  # the write that keeps the writer busy has no statement and waits for nothing


def test_a_connection_that_the_database_closed_is_replaced(database: Database, url: str) -> None:
    run = new_run(database)
    for _ in range(3):  # also all those that wait in the pool
        cut(url)
        assert together(database, [Logged(workspace="w1", run_id=run, tags={"a": "b"})]) == [""]
        cut(url)
        assert database.read(lambda tx: runs.get(tx, "w1", run)).result().tags["a"] == "b"


def test_a_connection_that_ends_within_a_write_refuses_it(database: Database, url: str) -> None:
    run = new_run(database)

    def work(tx: Write) -> None:
        info = runs.active(tx, "w1", run)
        tx.execute_later("UPDATE runs SET name = :name WHERE internal_id = :run", name="lost", run=info.internal_id)
        cut(url)

    with pytest.raises(Unavailable):
        database.write_now(work)
    assert database.read_now(lambda tx: runs.find(tx, "w1", run)).name != "lost"
    database.write_now(lambda tx: runs.put_tags(tx, runs.active(tx, "w1", run), {"after": "1"}))


def test_the_error_of_a_queued_statement_hits_its_own_request(database: Database) -> None:
    first, second = new_run(database), new_run(database)
    given = [
        Logged(workspace="w1", run_id=first, metrics=[Metric("loss", 1.0, 1, 1)]),
        Logged(workspace="w1", run_id=second, tags={"a": "b\0c"}),
        Logged(workspace="w1", run_id=first, tags={"a": "b"}),
    ]
    errors = together(database, given)
    assert [bool(error) for error in errors] == [False, True, False]
    assert "NUL" in errors[1]
    kept = database.read_now(lambda tx: runs.get(tx, "w1", first))
    assert (kept.tags["a"], [point.value for point in kept.metrics]) == ("b", [1.0])


def test_the_error_of_a_queued_statement_leaves_other_kinds_of_writes(database: Database) -> None:
    run = new_run(database)
    wrong = "INSERT INTO params (run_internal_id, key, value) VALUES (:run, 'a', '1')"

    def failing(tx: Write, given: list[Logged]) -> list[BaseException | None]:
        found = log(tx, given)
        for _ in range(2):
            tx.execute_later(wrong, run=runs.active(tx, "w1", run).internal_id)
        return list(found)

    free = threading.Event()
    busy = database.write(lambda tx: free.wait(20))
    before = database.write(lambda tx: runs.put_tags(tx, runs.active(tx, "w1", run), {"before": "1"}))
    outcomes: list[BaseException | None] = []
    settled = threading.Event()

    def settle(found: object) -> None:
        outcomes.extend(error for _, error in found)  # type: ignore[attr-defined]
        settled.set()

    database.write_together(Together(failing), Logged(workspace="w1", run_id=run), None, settle)  # type: ignore[arg-type]
    after = database.write(lambda tx: runs.put_tags(tx, runs.active(tx, "w1", run), {"after": "1"}))
    free.set()
    for future in (busy, before, after):
        future.result(20)
    assert settled.wait(20)
    assert isinstance(outcomes[0], DBAPIError)
    tags = database.read_now(lambda tx: runs.get(tx, "w1", run)).tags
    assert (tags["before"], tags["after"]) == ("1", "1")
    assert not database.read_now(lambda tx: runs.get(tx, "w1", run)).params


def test_a_write_without_statements_can_fail_beside_others(database: Database) -> None:
    free = threading.Event()

    def refuse(tx: Write) -> None:
        raise Invalid("no")

    busy = database.write(lambda tx: free.wait(20))
    refused = database.write(refuse)
    failed = database.write(lambda tx: experiments.create_default(tx, "w9", "u1"))
    empty = database.write(lambda tx: None)
    made = database.write(lambda tx: runs.create(tx, "w1", "0"))
    free.set()
    busy.result(20)
    with pytest.raises(Invalid, match="no"):
        refused.result(20)
    with pytest.raises(DBAPIError):  # there is no such workspace
        failed.result(20)
    empty.result(20)
    run = made.result(20)
    assert database.read_now(lambda tx: runs.find(tx, "w1", run.info.run_id))


def test_a_repeated_batch_is_counted_once(database: Database) -> None:
    run = new_run(database)
    points = [Metric("loss", float(step), step, step) for step in range(20)]
    for first, last in ((0, 10), (5, 15), (0, 20), (0, 20)):
        given = [Logged(workspace="w1", run_id=run, metrics=points[first:last])]
        assert together(database, given) == [""]
    (summary,) = database.read_now(lambda tx: metrics.summaries(tx, "w1", [run]))
    assert (summary.count, summary.min, summary.max, summary.step) == (20, 0.0, 19.0, 19)
