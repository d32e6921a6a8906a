"""SQL as text: named parameters, lists, rows read by name, on both databases."""

from __future__ import annotations

import pytest

from handloom.store.engine.bulk_insert import Insert
from handloom.store.engine.database import Database
from handloom.store.engine.statements import Row
from handloom.store.runs import rows as runs
from handloom.store.runs.tables import run_tags


class Tag(Row, frozen=True):
    key: str
    value: str


@pytest.fixture
def run(tracked: Database) -> int:
    """A run with the tags a to e and two texts that look like parts of SQL."""
    made = tracked.write_now(lambda tx: runs.create(tx, "w1", "0", tags={key: key * 2 for key in "abcde"}))
    odd = [(made.info.internal_id, ":value", "100% '?'"), (made.info.internal_id, "%s", "?")]
    tracked.write_now(lambda tx: tx.insert(Insert(run_tags, ("run_internal_id", "key", "value")), odd))
    return made.info.internal_id


SOME = "SELECT key, value FROM run_tags WHERE key IN :keys AND run_internal_id = :run AND value <> :other ORDER BY key"


@pytest.mark.parametrize(("keys", "found"), [([], []), (["b"], ["b"]), (["d", "a", "?", "e"], ["a", "d"])])
def test_a_list_may_have_any_length(tracked: Database, run: int, keys: list[str], found: list[str]) -> None:
    rows = tracked.read_now(lambda tx: tx.fetch(SOME, Tag, run=run, other="ee", keys=keys))
    assert rows == [Tag(key, key * 2) for key in found]


def test_a_list_of_numbers_may_have_any_length_and_size(tracked: Database, run: int) -> None:
    query = "SELECT count(*) AS n FROM runs WHERE internal_id IN :numbers"
    for numbers, count in (([], 0), ([run], 1), ([run, 1 << 62, -5], 1), (list(range(3_000)), 1)):
        (row,) = tracked.read_now(lambda tx, numbers=numbers: tx.fetch(query, numbers=numbers))  # type: ignore[misc]
        assert row.n == count


def test_a_parameter_may_be_used_twice_and_values_are_never_read_as_sql(tracked: Database, run: int) -> None:
    query = "SELECT value FROM run_tags WHERE run_internal_id = :run AND (key = :key OR value = :key) ORDER BY value"
    for key, found in ((":value", ["100% '?'"]), ("%s", ["?"]), ("?", ["?"]), ("' OR 1=1 --", [])):
        rows = tracked.read_now(lambda tx, key=key: tx.fetch(query, run=run, key=key))  # type: ignore[misc]
        assert [row.value for row in rows] == found


def test_percent_signs_and_casts_of_the_statement_itself_stay(tracked: Database, run: int) -> None:
    query = "SELECT key FROM run_tags WHERE value LIKE '100%' AND run_internal_id = :run AND ':key' <> value"
    assert [row.key for row in tracked.read_now(lambda tx: tx.fetch(query, run=run))] == [":value"]


def test_a_missing_value_and_a_wrong_row_type_are_refused(tracked: Database, run: int) -> None:
    with pytest.raises(KeyError, match="other"):
        tracked.read_now(lambda tx: tx.fetch(SOME, run=run, keys=["a"]))
    with pytest.raises(TypeError, match="Tag has"):
        tracked.read_now(lambda tx: tx.fetch("SELECT value, key FROM run_tags", Tag))


def test_execute_returns_the_number_of_changed_rows(tracked: Database, run: int) -> None:
    change = "UPDATE run_tags SET value = :value WHERE run_internal_id = :run AND key IN :keys"
    assert tracked.write_now(lambda tx: tx.execute(change, value="x", run=run, keys=["a", "b", "none"])) == 2
    assert tracked.write_now(lambda tx: tx.execute(change, value="x", run=run, keys=[])) == 0
