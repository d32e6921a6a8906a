"""Transactions: acknowledged writes are durable, failures are isolated, and the writer survives every caller."""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text as sql

from handloom.domain.errors import Invalid, Unavailable
from handloom.store.engine.database import Database, Read, Write


@pytest.fixture
def database(empty_database_url: str, tmp_path: Path) -> Database:
    database = Database(empty_database_url, tmp_path)
    number = "BIGSERIAL" if database.engine.dialect.name == "postgresql" else "INTEGER"
    database.write_now(
        lambda tx: tx.connection.exec_driver_sql(f"CREATE TABLE notes (number {number} PRIMARY KEY, text TEXT)")
    )
    return database


@pytest.fixture(autouse=True)
def closed_at_the_end(database: Database) -> object:
    yield
    database.close()


def add(tx: Write, text: str) -> str:
    tx.connection.execute(sql("INSERT INTO notes (text) VALUES (:text)"), {"text": text})
    return text


def notes(tx: Read) -> list[str]:
    return list(tx.connection.execute(sql("SELECT text FROM notes ORDER BY number")).scalars())


def held(database: Database) -> threading.Event:
    """Keep the writer busy until the event is set, so that writes queued meanwhile share a commit."""
    let_go = threading.Event()
    started = threading.Event()

    def wait(tx: Write) -> None:
        started.set()
        assert let_go.wait(30)

    database.write(wait)
    assert started.wait(30)
    return let_go


def test_writes_that_wait_together_share_a_commit_and_keep_their_order(database: Database) -> None:
    let_go = held(database)
    futures = [database.write(partial(add, text=str(n))) for n in range(600)]
    assert not any(future.done() for future in futures)
    let_go.set()
    assert [future.result(30) for future in futures] == [str(n) for n in range(600)]
    assert database.read_now(notes) == [str(n) for n in range(600)]


def test_a_write_that_fails_fails_alone(database: Database) -> None:
    def fail(tx: Write) -> None:
        add(tx, "half")
        raise Invalid("no")

    let_go = held(database)
    before, failing, after = (database.write(w) for w in (lambda tx: add(tx, "a"), fail, lambda tx: add(tx, "b")))
    let_go.set()
    assert (before.result(30), after.result(30)) == ("a", "b")
    with pytest.raises(Invalid, match="no"):
        failing.result(30)
    assert database.read_now(notes) == ["a", "b"]


def test_what_follows_a_write_happens_only_if_it_is_kept(database: Database) -> None:
    seen: list[str] = []

    def work(tx: Write, name: str, error: Exception | None) -> None:
        tx.after_commit(lambda: seen.append(f"{name} kept"))
        tx.on_rollback(lambda: seen.append(f"{name} undone first"))
        tx.on_rollback(lambda: seen.append(f"{name} undone last"))
        tx.changed("notebooks", "w", name)
        if error:
            raise error

    database.listen(lambda changes: seen.extend(f"{change.id} told" for change in changes))
    database.write_now(lambda tx: work(tx, "a", None))
    with pytest.raises(Invalid):
        database.write_now(lambda tx: work(tx, "b", Invalid("no")))
    assert seen == ["a kept", "a told", "b undone last", "b undone first"]


def test_a_caller_that_gives_up_leaves_its_write_undone_and_the_writer_working(database: Database) -> None:
    let_go = held(database)
    given_up: Future[str] = database.write(lambda tx: add(tx, "given up"))
    kept = database.write(lambda tx: add(tx, "kept"))
    assert given_up.cancel()
    let_go.set()
    assert kept.result(30) == "kept"
    with suppress(CancelledError):
        given_up.result(1)
    assert database.write(lambda tx: add(tx, "later")).result(30) == "later"
    assert database.read_now(notes) == ["kept", "later"]


@pytest.mark.on_sqlite
def test_a_full_disk_refuses_the_write_and_keeps_what_was_acknowledged(database: Database) -> None:
    database.write_now(lambda tx: add(tx, "before"))

    def fill(tx: Write) -> None:
        tx.connection.exec_driver_sql("PRAGMA max_page_count = 4")  # as far as SQLite can tell, the disk ends here
        try:
            add(tx, "x" * 1_000_000)
        finally:
            tx.connection.exec_driver_sql("PRAGMA max_page_count = 1000000")

    let_go = held(database)
    full = database.write(fill)
    shared = database.write(lambda tx: add(tx, "shared"))
    let_go.set()
    with pytest.raises(Unavailable, match=r"cannot be written .* Free some space"):
        full.result(30)
    with suppress(Unavailable):  # SQLite may have given up the commit they shared; then this one was not acknowledged
        shared.result(30)
    expected = ["before", *(["shared"] if shared.exception() is None else [])]
    assert database.read_now(notes) == expected
    database.write_now(lambda tx: add(tx, "after"))
    assert database.read_now(notes) == [*expected, "after"]


def test_a_reader_sees_one_moment_however_long_it_reads(database: Database) -> None:
    def read(tx: Read) -> tuple[list[str], list[str]]:
        first = notes(tx)
        database.write_now(lambda w: add(w, "meanwhile"))
        return first, notes(tx)

    assert database.read_now(read) == ([], [])
    assert database.read_now(notes) == ["meanwhile"]


def test_a_reader_cannot_leave_anything_behind(database: Database) -> None:
    with suppress(Unavailable):  # PostgreSQL refuses it at once
        database.read_now(lambda tx: tx.connection.exec_driver_sql("INSERT INTO notes (text) VALUES ('smuggled')"))
    assert database.read_now(notes) == []


def test_closing_finishes_what_is_queued_and_takes_nothing_more(database: Database) -> None:
    let_go = held(database)
    last = database.write(lambda tx: add(tx, "last"))
    closing = threading.Thread(target=database.close)
    closing.start()
    let_go.set()
    closing.join(30)
    assert last.result(1) == "last"
    with pytest.raises(Unavailable, match="stopping"):
        database.write(lambda tx: add(tx, "too late"))
