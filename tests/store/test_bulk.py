"""Bulk inserts have the same effect as single ones, on both databases."""

from __future__ import annotations

import math

import pytest
from msgspec.structs import astuple

from handloom.store.datasets.tables import datasets
from handloom.store.engine.bulk_insert import Insert, replacing
from handloom.store.engine.database import Database, Read, Write
from handloom.store.metrics.tables import metrics
from handloom.store.runs import rows as runs
from handloom.store.runs.tables import run_documents, run_tags

TAGS = replacing(run_tags, ("run_internal_id", "key", "value"))
POINT = ("run_internal_id", "key", "step", "timestamp", "value", "is_nan")


@pytest.fixture
def run(tracked: Database) -> int:
    return tracked.write_now(lambda tx: runs.create(tx, "w1", "0")).info.internal_id


def tags(tx: Read) -> dict[str, str]:
    return {row.key: row.value for row in tx.fetch("SELECT key, value FROM run_tags WHERE key LIKE 'k%'")}


def insert(database: Database, insert: Insert, rows: list[tuple[object, ...]]) -> int:
    return database.write_now(lambda tx: tx.insert(insert, rows))


@pytest.mark.parametrize("count", [1, 5, 500])
def test_rows_are_added_and_those_that_were_there_are_not_counted(tracked: Database, run: int, count: int) -> None:
    rows: list[tuple[object, ...]] = [(run, f"키 {n}", n, 1 << 60, n / 3, n % 2 == 0) for n in range(count)]
    assert insert(tracked, Insert(metrics, POINT), rows) == count
    new = (run, "new", 0, 0, -math.pi, False)
    assert insert(tracked, Insert(metrics, POINT, "skip"), [*rows, new, new]) == 1
    kept = tracked.read_now(lambda tx: tx.fetch("SELECT * FROM metrics WHERE key <> 'new' ORDER BY step"))
    assert [astuple(row) for row in kept] == rows


def test_of_two_rows_with_one_key_the_last_wins(tracked: Database, run: int) -> None:
    insert(tracked, TAGS, [(run, f"k{n % 20}", str(n)) for n in range(100)])
    assert tracked.read_now(tags) == {f"k{n}": str(80 + n) for n in range(20)}
    assert insert(tracked, TAGS, [(run, f"k{n}", "again") for n in range(20)]) == 20
    assert set(tracked.read_now(tags).values()) == {"again"}


def test_an_update_on_conflict_can_use_both_rows(tracked: Database, run: int) -> None:
    joining = Insert(run_tags, ("run_internal_id", "key", "value"), {"value": "existing.value || excluded.value"})
    for count in (3, 30):
        insert(tracked, joining, [(run, f"k{n}", "a") for n in range(count)])
        insert(tracked, joining, [(run, f"k{n}", "b") for n in range(count)])
    assert (tracked.read_now(tags)["k0"], tracked.read_now(tags)["k20"]) == ("abab", "ab")


def test_no_rows_are_no_statement(tracked: Database) -> None:
    assert insert(tracked, TAGS, []) == 0


def test_missing_values_and_bytes_are_kept_as_they_are(tracked: Database, run: int) -> None:
    others = [tracked.write_now(lambda tx: runs.create(tx, "w1", "0")).info.internal_id for _ in range(20)]
    documents = [(number, 1, bytes([0, 255, n])) for n, number in enumerate(others)]

    def work(tx: Write) -> list[bytes]:
        assert tx.insert(Insert(run_documents, ("run_internal_id", "format", "document")), documents) == 20
        return [bytes(row.document) for row in tx.fetch("SELECT document FROM run_documents ORDER BY run_internal_id")]

    assert tracked.write_now(work) == [document for _, _, document in documents]
    described = Insert(
        datasets, ("experiment_internal_id", "name", "digest", "source_type", "source", "schema", "profile")
    )
    rows: list[tuple[object, ...]] = [
        (1, f"d{n}", "1", "local", "{}", None, None if n % 2 else "{}") for n in range(20)
    ]
    assert insert(tracked, described, rows) == 20
    (row,) = tracked.read_now(lambda tx: tx.fetch("SELECT count(*) AS n FROM datasets WHERE profile IS NULL"))
    assert row.n == 10
