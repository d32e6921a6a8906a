"""A database of the first release is migrated to the current schema with all its data."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData, create_engine, select

import databases
from databases import Postgres
from handloom.domain.metrics import Metric
from handloom.store.engine.database import Database, Read, Write
from handloom.store.engine.migrate import migrate
from handloom.store.environments import rows as environments
from handloom.store.metrics import rows as metrics
from handloom.store.models import rows as models
from handloom.store.models import versions as model_versions
from handloom.store.models.versions import NewVersion
from handloom.store.runs import rows as runs
from handloom.store.runs import search
from handloom.store.upgrade import upgrade

FIRST = "0001"


@pytest.fixture
def first_release(database_kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a database with the tables of the first release and no rows."""
    if database_kind == "sqlite":
        (tmp_path / "old").mkdir()
        url = databases.sqlite(tmp_path / "old")
        migrate(url, FIRST)
        yield url
        return
    server: Postgres = request.getfixturevalue("postgres")
    url = server.fresh()
    migrate(url, FIRST)
    yield url
    server.drop(url)


def fill(tx: Write) -> None:
    for at in range(40):
        run = runs.create(tx, "w1", "0", name=f"run {at}", start_time=at, user_id="kim", tags={"odd": str(at % 2)})
        runs.put_params(tx, run.info, {"rate": f"0.{at}"})
        points = [Metric("loss", 1.0 / (step + 1) + at, step, step) for step in range(200)]
        metrics.log(tx, run.info, [*points, Metric("bad", math.nan if at % 3 else float(at), 0, 0)])
        if at % 2:
            runs.update(tx, "w1", run.info.run_id, status="FINISHED", end_time=1000 + at)
    models.create(tx, "w1", "diabetes", owner="u1", tags={"team": "a"})
    model_versions.create(tx, "w1", "diabetes", NewVersion(source="s3://bucket/model"))
    models.set_alias(tx, "w1", "diabetes", "best", 1)


def everything(tx: Read) -> list[Any]:
    """What a client would see of it."""
    told: list[Any] = []
    for chosen, order in (
        ("", "metrics.loss DESC"),
        ("metrics.loss < 30 AND tags.odd = '1'", "metrics.bad ASC"),
        ("params.rate LIKE '0.1%'", "start_time ASC"),
        ("max(metrics.loss) > 20", "min(metrics.loss) ASC"),
    ):
        numbers, _ = search.runs(tx, "w1", ["0"], filter=chosen, order_by=[order], limit=50)
        found = runs.by_internal_ids(tx, numbers)
        told.append([repr(run) for run in found])
        told.append([repr(point) for run in found[:2] for point in metrics.history(tx, run.info, "loss")])
    told.append(repr(models.get(tx, "w1", "diabetes")))
    told.append(repr(model_versions.get(tx, "w1", "diabetes", 1)))
    return told


def renamed(column: str) -> str:
    """The name that a column of the first release has today."""
    return re.sub(r"(?<!is_)number$", "internal_id", column)


def copy(source: str, target: str) -> int:
    """All rows, in the columns that the target has; how many there were."""
    now, old = create_engine(source), create_engine(target)
    tables = MetaData()
    tables.reflect(old)
    tables.remove(tables.tables["alembic_version"])
    today = MetaData()
    copied = 0
    with now.connect() as reading, old.begin() as writing:
        today.reflect(reading, only=list(tables.tables))
        for table in tables.sorted_tables:
            columns = [today.tables[table.name].c[renamed(column.name)].label(column.name) for column in table.columns]
            rows = [dict(row._mapping) for row in reading.execute(select(*columns))]
            if rows:
                writing.execute(table.insert(), rows)
                if old.dialect.name == "postgresql" and "number" in table.c:  # its own count goes on after these
                    sequence = f"pg_get_serial_sequence('{table.name}', 'number')"
                    writing.exec_driver_sql(f"SELECT setval({sequence}, max(number)) FROM {table.name}")
            copied += len(rows)
    now.dispose()
    old.dispose()
    return copied


def test_everything_of_a_first_release_is_there_after_the_upgrade(
    tracked: Database, database_url: str, first_release: str, tmp_path: Path
) -> None:
    tracked.write_now(fill)
    expected = tracked.read_now(everything)
    assert copy(database_url, first_release) > 40 * 200
    upgrade(first_release, tmp_path / "old")
    upgraded = Database(first_release, tmp_path / "old")
    try:
        assert upgraded.read_now(everything) == expected
        upgraded.write_now(lambda tx: runs.create(tx, "w1", "0", name="after", start_time=99, user_id="kim"))
        numbers, _ = upgraded.read_now(lambda tx: search.runs(tx, "w1", ["0"], filter="run_name = 'after'", limit=5))
        assert len(numbers) == 1
    finally:
        upgraded.close()


def test_the_one_environment_of_a_workspace_becomes_its_default(first_release: str, tmp_path: Path) -> None:
    migrate(first_release, "0021")
    engine = create_engine(first_release)
    described = "'', 'this-machine', 1, 1"
    with engine.begin() as connection:
        for workspace in ("w1", "w2"):
            connection.exec_driver_sql(
                "INSERT INTO workspaces (id, name, description, capacity, created_at, modified_at) "
                f"VALUES ('{workspace}', '{workspace}', {described})"
            )
        connection.exec_driver_sql(
            "INSERT INTO environments (workspace_id, requirements, state, message, packages, bytes, changed_at, "
            "changed_by) VALUES ('w1', 'a\nb', 'failed', 'why', 'a==1', 7, 5, 'Kim')"
        )
    engine.dispose()
    migrate(first_release)
    upgraded = Database(first_release, tmp_path / "old")
    try:
        found = upgraded.read_now(lambda tx: environments.of_session(tx, "w1", notebook=None))
        assert found is not None
        assert (found.id, found.name, found.is_default, found.built_at) == ("w1", "Default", True, None)
        assert (found.requirements, found.packages, found.message) == (["a", "b"], ["a==1"], "why")
        assert upgraded.read_now(lambda tx: environments.of_session(tx, "w2", notebook=None)) is None
    finally:
        upgraded.close()
