"""A PostgreSQL database is migrated to the current schema or left unchanged, with any number of starting processes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData, create_engine, inspect, text

from databases import Postgres
from handloom.domain.errors import Invalid, Unavailable
from handloom.store.engine.migrate import migrate
from handloom.store.engine.migrations import HEAD, VERSIONS
from handloom.store.tables import metadata
from handloom.store.upgrade import upgrade
from running import environment


@pytest.fixture
def url(postgres: Postgres) -> Iterator[str]:
    url = postgres.fresh()
    yield url
    postgres.drop(url)


def ask(url: str, *statements: str) -> list[Any]:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            for statement in statements:
                result = connection.execute(text(statement))
            return [tuple(row) for row in result] if result.returns_rows else []
    finally:
        engine.dispose()


def described(url: str) -> dict[str, Any]:
    """Every column, key and index of every table."""
    columns = ask(
        url,
        "SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default, "
        "collation_name FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2",
    )
    keys = ask(
        url,
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2",
    )
    indexes = ask(
        url, "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2"
    )
    found = {"columns": columns, "keys": keys, "indexes": indexes}
    return {kind: [row for row in rows if row[0] != "alembic_version"] for kind, rows in found.items()}


def test_a_fresh_database_equals_a_migrated_one(url: str, postgres: Postgres, tmp_path: Path) -> None:
    upgrade(url, tmp_path)
    fresh = described(url)
    migrated = postgres.fresh()
    try:
        migrate(migrated)
        assert fresh == described(migrated)
    finally:
        postgres.drop(migrated)
    assert {row[0] for row in fresh["columns"]} == set(metadata.tables)


def test_texts_are_ordered_by_their_bytes_whatever_language_the_database_speaks(url: str, tmp_path: Path) -> None:
    upgrade(url, tmp_path)
    texts = [row for row in described(url)["columns"] if row[2] in ("text", "character varying")]
    assert len(texts) > 50
    assert {row[6] for row in texts} == {"C"}


def test_rows_of_the_first_schema_are_carried_over(url: str, tmp_path: Path) -> None:
    migrate(url, VERSIONS[0])
    row = {"id": "w1", "name": "ë ㄱ", "description": "", "capacity": "this-machine", "created_at": 1, "modified_at": 2}
    engine = create_engine(url)
    first = MetaData()
    first.reflect(engine, only=["workspaces", "experiments", "runs", "latest_metrics", "metrics"])
    place = {"workspace_id": "w1", "lifecycle_stage": "active"}
    with engine.begin() as connection:
        connection.execute(first.tables["workspaces"].insert().values(row))
        experiment = {"number": 1, "experiment_id": 0, "name": "Default", "artifact_location": "mlflow-artifacts:/0"}
        times = {"creation_time": 1, "last_update_time": 1}
        connection.execute(first.tables["experiments"].insert().values(experiment | times | place))
        run = {"number": 1, "run_id": "r" * 32, "experiment_number": 1, "name": "calm", "user_id": "", "start_time": 3}
        ended = {"status": "FINISHED", "artifact_uri": "mlflow-artifacts:/0/r"}
        connection.execute(first.tables["runs"].insert().values(run | ended | place))
        point = {"run_number": 1, "key": "loss", "step": 1, "timestamp": 5, "value": 0.25, "is_nan": False}
        connection.execute(first.tables["metrics"].insert().values(point))
        summary = {"experiment_number": 1, "min_value": 0.25, "max_value": 0.25, "count": 1}
        connection.execute(first.tables["latest_metrics"].insert().values(point | summary))
    engine.dispose()
    upgrade(url, tmp_path)
    assert ask(url, "SELECT version_num FROM alembic_version") == [(HEAD,)]
    assert ask(url, "SELECT name FROM workspaces") == [("ë ㄱ",)]
    assert ask(url, "SELECT key, value, count FROM latest_metrics") == [("loss", 0.25, 1)]


@pytest.mark.parametrize("version", [None, VERSIONS[0]])
def test_processes_that_start_at_once_wait_for_the_one_that_does_it(
    url: str, tmp_path: Path, version: str | None
) -> None:
    if version:
        migrate(url, version)
    code = (
        f"import pathlib; from handloom.store.upgrade import upgrade; upgrade({url!r}, pathlib.Path({str(tmp_path)!r}))"
    )
    starts = [
        subprocess.Popen([sys.executable, "-c", code], env=environment(), stderr=subprocess.PIPE) for _ in range(4)
    ]
    said = [process.communicate(timeout=120)[1].decode() for process in starts]
    assert [process.returncode for process in starts] == [0] * 4, said
    assert ask(url, "SELECT version_num FROM alembic_version") == [(HEAD,)]


def test_a_migration_that_fails_leaves_the_database_as_it_was(url: str, tmp_path: Path) -> None:
    migrate(url, VERSIONS[0])
    ask(url, "CREATE TABLE run_documents (id TEXT)")  # in the way of a later version's own table
    before = described(url)
    with pytest.raises(Unavailable, match=r"could not be brought .* already exists"):
        upgrade(url, tmp_path)
    assert described(url) == before
    assert ask(url, "SELECT version_num FROM alembic_version") == [(VERSIONS[0],)]


@pytest.mark.parametrize(
    ("statements", "message"),
    [
        (["CREATE TABLE runs (id TEXT)"], "not made by Handloom"),
        (
            ["CREATE TABLE alembic_version (version_num TEXT)", "INSERT INTO alembic_version VALUES ('0a1b2c3d4e5f')"],
            "not made",
        ),
        (
            ["CREATE TABLE alembic_version (version_num TEXT)", "INSERT INTO alembic_version VALUES ('9999')"],
            "newer release",
        ),
    ],
)
def test_what_is_not_ours_or_newer_is_refused_untouched(
    url: str, tmp_path: Path, statements: list[str], message: str
) -> None:
    ask(url, *statements)
    before = described(url)
    with pytest.raises(Invalid, match=message):
        upgrade(url, tmp_path)
    assert described(url) == before


def test_a_database_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as told:
        upgrade("postgresql+psycopg://kim:hush@127.0.0.1:9/lab", tmp_path)
    assert "kim:***@127.0.0.1:9/lab" in told.value.message
    assert "cannot be reached" in told.value.message
    assert "hush" not in told.value.message


def test_a_database_that_cannot_keep_every_text_is_refused(postgres: Postgres, tmp_path: Path) -> None:
    url = postgres.fresh(encoding="LATIN1")
    try:
        with pytest.raises(Invalid, match="keeps texts as LATIN1"):
            upgrade(url, tmp_path)
        engine = create_engine(url)
        assert inspect(engine).get_table_names() == []
        engine.dispose()
    finally:
        postgres.drop(url)
