"""Many rows at once mean the same as one by one, on both databases."""

from __future__ import annotations

import math
from typing import Any

import pytest
from sqlalchemy import text

from handloom.store.engine.database import Database, Read, Write
from handloom.store.runs import rows as runs

TAG = "INSERT INTO run_tags (run_number, key, value) VALUES (?, ?, ?)"
LAST_WINS = " ON CONFLICT (run_number, key) DO UPDATE SET value = excluded.value"
POINT = "INSERT INTO metrics (run_number, key, step, timestamp, value, is_nan) VALUES (?, ?, ?, ?, ?, ?)"


@pytest.fixture
def run(tracked: Database) -> int:
    return tracked.write_now(lambda tx: runs.create(tx, "w1", "0")).info.internal_id


def tags(tx: Read) -> dict[str, str]:
    rows = tx.connection.execute(text("SELECT key, value FROM run_tags WHERE key LIKE 'k%'"))
    return {row.key: row.value for row in rows}


def log(database: Database, statement: str, rows: list[tuple[Any, ...]]) -> int:
    return database.write_now(lambda tx: tx.many(statement, rows))


@pytest.mark.parametrize("count", [1, 5, 500])
def test_rows_are_added_and_those_that_were_there_are_not_counted(tracked: Database, run: int, count: int) -> None:
    rows = [(run, f"키 {n}", n, 1 << 60, n / 3, n % 2 == 0) for n in range(count)]
    assert log(tracked, POINT, rows) == count
    assert log(tracked, f"{POINT} ON CONFLICT DO NOTHING", [*rows, (run, "new", 0, 0, -math.pi, False)]) == 1
    kept = tracked.read_now(
        lambda tx: tx.connection.execute(text("SELECT * FROM metrics WHERE key != 'new' ORDER BY step")).all()
    )
    assert [tuple(row) for row in kept] == rows


def test_of_two_rows_with_one_key_the_last_wins(tracked: Database, run: int) -> None:
    log(tracked, TAG + LAST_WINS, [(run, f"k{n % 20}", str(n)) for n in range(100)])
    assert tracked.read_now(tags) == {f"k{n}": str(80 + n) for n in range(20)}
    log(tracked, TAG + LAST_WINS, [(run, f"k{n}", "again") for n in range(20)])
    assert set(tracked.read_now(tags).values()) == {"again"}


def test_missing_values_and_bytes_are_kept_as_they_are(tracked: Database, run: int) -> None:
    others = [tracked.write_now(lambda tx: runs.create(tx, "w1", "0")).info.internal_id for _ in range(20)]
    documents = [(number, 1, bytes([0, 255, n])) for n, number in enumerate(others)]
    statement = "INSERT INTO run_documents (run_number, format, document) VALUES (?, ?, ?)"

    def work(tx: Write) -> list[bytes]:
        tx.many("DELETE FROM run_documents WHERE run_number = ?", [(number,) for number in others])
        assert tx.many(statement, documents) == 20
        order = text("SELECT document FROM run_documents ORDER BY run_number")
        return [bytes(document) for document in tx.connection.execute(order).scalars()]

    assert tracked.write_now(work) == [document for _, _, document in documents]
    place = (
        "INSERT INTO datasets (experiment_number, name, digest, source_type, source, profile) VALUES (?, ?, ?, ?, ?, ?)"
    )
    rows = [(1, f"d{n}", "1", "local", "{}", None if n % 2 else "{}") for n in range(20)]
    assert log(tracked, place, rows) == 20
    empty = text("SELECT count(*) FROM datasets WHERE profile IS NULL")
    assert tracked.read_now(lambda tx: tx.connection.execute(empty).scalar_one()) == 10
