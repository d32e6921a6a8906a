"""The database is migrated to the current schema or left unchanged."""

import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

import handloom.store.engine.migrations
from handloom.domain.errors import Invalid, Unavailable
from handloom.store.engine.migrate import migrate
from handloom.store.engine.migrations import HEAD, VERSIONS
from handloom.store.upgrade import upgrade


def url_of(file: Path) -> str:
    return f"sqlite:///{file}"


def tables_of(file: Path) -> dict[str, str]:
    with closing(sqlite3.connect(file)) as db:
        rows = db.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {name: _sorted_lines(sql) for name, sql in rows if name != "alembic_version"}


def _sorted_lines(sql: str) -> str:
    """The order of a table's constraints and quotes say nothing; the order of columns and everything else does."""
    sql = sql.replace('"', "")  # RENAME COLUMN quotes the new name
    sql = re.sub(r", (?=\w+ [A-Z])", ",\n", sql)  # where ALTER TABLE writes a column that it adds
    lines = [re.sub(r"\s+", " ", line).strip().rstrip(",") for line in sql.splitlines()]
    columns = [line for line in lines if not line.startswith(("CONSTRAINT", "FOREIGN", "UNIQUE", "PRIMARY"))]
    return "\n".join(columns + sorted(set(lines) - set(columns)))


def test_a_fresh_database_equals_a_migrated_one(tmp_path: Path) -> None:
    upgrade(url_of(tmp_path / "fresh.db"), tmp_path)
    migrate(url_of(tmp_path / "migrated.db"))
    fresh = tables_of(tmp_path / "fresh.db")
    assert len(fresh) > 20
    assert fresh == tables_of(tmp_path / "migrated.db")


def test_the_list_of_versions_is_the_chain_of_migration_files() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(handloom.store.engine.migrations.__file__).parent))
    chain = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    assert tuple(reversed(chain)) == VERSIONS


def test_a_current_database_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "handloom.db"
    assert upgrade(url_of(file), tmp_path) is None
    before = file.read_bytes()
    assert upgrade(url_of(file), tmp_path) is None
    assert file.read_bytes() == before


def test_checking_a_current_database_imports_no_alembic(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from handloom.store.upgrade import upgrade; "
        f"upgrade({url_of(tmp_path / 'handloom.db')!r}, pathlib.Path({str(tmp_path)!r})); "
        "sys.exit('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_database_of_a_newer_release_is_refused_untouched(tmp_path: Path) -> None:
    file = tmp_path / "handloom.db"
    upgrade(url_of(file), tmp_path)
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")
    before = file.read_bytes()
    with pytest.raises(Invalid, match="newer release"):
        upgrade(url_of(file), tmp_path)
    assert file.read_bytes() == before


def test_a_database_of_something_else_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "handloom.db"
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("CREATE TABLE runs (id TEXT)")
    with pytest.raises(Invalid, match="not made by Handloom"):
        upgrade(url_of(file), tmp_path)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "handloom.db").write_text("this is not a database, but it is long enough to be read as one" * 100)
    with pytest.raises(Invalid, match="cannot be opened"):
        upgrade(url_of(tmp_path / "handloom.db"), tmp_path)


def older_database(file: Path, version: str | None) -> None:
    """A database from before the first version, with a row to keep."""
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
        db.execute("CREATE TABLE note (text TEXT)")
        db.execute("INSERT INTO note VALUES ('kept')")
        if version:
            db.execute("INSERT INTO alembic_version VALUES (?)", (version,))


def test_an_older_database_is_copied_before_it_is_migrated(tmp_path: Path) -> None:
    file = tmp_path / "handloom.db"
    older_database(file, None)
    backup = upgrade(url_of(file), tmp_path)
    assert backup is not None
    with closing(sqlite3.connect(backup)) as db:
        assert db.execute("SELECT text FROM note").fetchone() == ("kept",)
        assert db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'runs'").fetchone() == (0,)
    with closing(sqlite3.connect(file)) as db:
        assert db.execute("SELECT version_num FROM alembic_version").fetchone() == (HEAD,)
        assert db.execute("SELECT text FROM note").fetchone() == ("kept",)


def test_a_migration_that_fails_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "handloom.db"
    older_database(file, None)
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("CREATE TABLE runs (id TEXT)")  # in the way of the first version's own table
    before = tables_of(file)
    with pytest.raises(Unavailable, match=r"already exists.*The copy made before is"):
        upgrade(url_of(file), tmp_path)
    assert tables_of(file) == before
    with closing(sqlite3.connect(file)) as db:
        assert db.execute("SELECT text FROM note").fetchone() == ("kept",)
