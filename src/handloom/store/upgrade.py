"""Brings the database to this release's schema before it is opened, after a backup of the SQLite file.

Processes that start at the same time on one PostgreSQL wait for each other: one does it, the others find it done.
"""

import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, create_engine, inspect, make_url, text
from sqlalchemy.exc import DatabaseError

from handloom.domain.errors import Invalid, Unavailable
from handloom.store.engine.dialects import POSTGRES, begin, is_damaged, open_engine, shown, translated
from handloom.store.engine.migrations import HEAD, VERSIONS
from handloom.store.tables import metadata

BACKUPS = "backups"
BASE = "base"
OLDEST_POSTGRES = 14
_ALEMBICS_OWN = re.compile("[0-9a-f]{12}")  # versions as Alembic names them, e.g. those of an `mlflow server`


def upgrade(url: str, root: Path, known: Sequence[str] = VERSIONS) -> Path | None:
    """Make or migrate the tables at `url`, the database of the data folder `root`; return the backup, if one was made.

    Costs a few ms where the schema is current. Raise Invalid for a database of a newer release or of something else,
    Unavailable where a migration failed: the database is then as it was.
    """
    root.mkdir(parents=True, exist_ok=True)
    remote = url.startswith(POSTGRES)
    place = shown(url) if remote else str(root)
    # Plain for SQLite: what is there may be no one's to change.
    engine = open_engine(url, 1) if remote else create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with translated(), engine.connect() as connection:
            if remote:
                _check_server(connection)
            else:
                _check_pages(connection, url, root)
            version = _version(connection, place, known)
            if version is None:
                _check_nothing_is_lost(root, remote=remote)
                _create(connection, place, known)
    except Unavailable as error:
        if is_damaged(error.__cause__):
            why = error.__cause__.orig if isinstance(error.__cause__, DatabaseError) else ""
            raise Invalid(f"The database in {place} cannot be opened: {why}. {_restoring(root)}") from error
        message = f"The database {place}: {error.message}"
        raise Unavailable(message if remote else f"{message} {_restoring(root)}") from error
    except DatabaseError as error:
        raise Invalid(f"The database in {place} cannot be opened: {error.orig}. {_restoring(root)}") from error
    finally:
        engine.dispose()
    if version in (None, HEAD):
        return None
    backup = _back_up(url, root, str(version))
    _migrate(url, backup)
    if not remote:
        _let_shrink(url)
    return backup


def check(url: str, root: Path) -> str | None:
    """Return the version of the schema at `url` without changing anything; None for a database without tables.

    Raises Invalid or Unavailable where a start would: for a damaged, foreign or newer database, or one out of reach.
    """
    remote = url.startswith(POSTGRES)
    engine = open_engine(url, 1) if remote else create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with translated(), engine.connect() as connection:
            if remote:
                _check_server(connection)
            else:
                _check_pages(connection, url, root)
            version = _version(connection, shown(url) if remote else str(root), VERSIONS)
            if version is None:
                _check_nothing_is_lost(root, remote=remote)
            return version
    except DatabaseError as error:
        raise Invalid(f"The database in {root} cannot be opened: {error.orig}. {_restoring(root)}") from error
    finally:
        engine.dispose()


CHECKED_BYTES = 64 * 1024 * 1024
"""Size of a SQLite file up to which every page is checked at each start, which takes at most about 0.1 s."""


def _check_pages(connection: Connection, url: str, root: Path) -> None:
    """Raise Invalid where a page of a SQLite file is damaged: a write to it might make things worse."""
    file = make_url(url).database
    if not file or not Path(file).is_file() or Path(file).stat().st_size > CHECKED_BYTES:
        return
    found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    if found != "ok":
        raise Invalid(
            f"The database {file} is damaged ({str(found).splitlines()[-1]}). Nothing was changed. {_restoring(root)}"
        )


def _check_nothing_is_lost(root: Path, *, remote: bool) -> None:
    """Raise Invalid where the database is empty although the folder holds files of workspaces: it is the wrong one,
    or was lost, and a new one would hide these files."""
    entry = next((found for name in ("workspaces", "artifacts") for found in (root / name).glob("[!.]*/*")), None)
    if entry is None:
        return
    if remote:
        advice = "Check the address of --database, or restore a backup into it."
    else:
        advice = f"If these files belong to a PostgreSQL, give it with --database. {_restoring(root)}"
    raise Invalid(
        f"The data folder {root} holds files of an installation, but its database is empty or missing. {advice} "
        "Nothing was changed."
    )


def _restoring(root: Path) -> str:
    """What to do about a database that is damaged or lost."""
    copies = [*(root / BACKUPS).glob("*.db"), *(root / BACKUPS).glob("snapshots/*/manifest.json")]
    newest = max(copies, key=lambda path: path.stat().st_mtime, default=None)
    if newest is None:
        return "There is no backup in the data folder; restore one from elsewhere with: handloom restore."
    return f"The newest backup in the data folder is {newest if newest.suffix == '.db' else newest.parent}."


def _let_shrink(url: str) -> None:
    """Write a SQLite file anew, once, if it was made by a release whose files could only grow."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with translated(), engine.connect() as connection:
            if not connection.exec_driver_sql("PRAGMA auto_vacuum").scalar():
                connection.exec_driver_sql("PRAGMA auto_vacuum=INCREMENTAL")
                connection.exec_driver_sql("VACUUM")
    finally:
        engine.dispose()


def _check_server(connection: Connection) -> None:
    number = int(connection.execute(text("SHOW server_version_num")).scalar_one())
    if number < OLDEST_POSTGRES * 10_000:
        raise Invalid(f"The database is PostgreSQL {number // 10_000}; Handloom needs {OLDEST_POSTGRES} or newer.")
    encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
    if encoding != "UTF8":
        raise Invalid(
            f"The database keeps texts as {encoding}, which not every text fits in. Make one with UTF8: "
            "CREATE DATABASE handloom ENCODING 'UTF8' TEMPLATE template0"
        )


def _create(connection: Connection, place: str, known: Sequence[str]) -> None:
    """All tables and their version at once, so that a start that is cut off leaves no half of them."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA auto_vacuum=INCREMENTAL")  # so that `handloom gc` can shrink the file
    begin(connection)
    if _version(connection, place, known) is None:  # else a process that started at the same time made them
        metadata.create_all(connection)
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
        connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": HEAD})
    connection.exec_driver_sql("COMMIT")


def _version(connection: Connection, place: str, known: Sequence[str]) -> str | None:
    """The schema's version; None where there are no tables yet."""
    tables = inspect(connection).get_table_names()
    if not tables:
        return None
    version = BASE  # what Alembic leaves before the first version
    if "alembic_version" in tables:
        version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or BASE
    if "alembic_version" not in tables or _ALEMBICS_OWN.fullmatch(version):
        raise Invalid(f"The database in {place} was not made by Handloom. Choose another one.")
    if version not in (*known, BASE):
        raise Invalid(
            f"The data in {place} was written by a newer release of Handloom (its schema is {version}, this release "
            f"knows up to {HEAD}). Start that release, or choose another place. Nothing was changed."
        )
    return str(version)


def _back_up(url: str, root: Path, version: str) -> Path | None:
    """A consistent copy of a SQLite file, taken while it may be in WAL mode."""
    file = make_url(url).database
    if not url.startswith("sqlite") or not file:
        return None
    folder = root / BACKUPS
    folder.mkdir(exist_ok=True)
    copy = folder / f"handloom-{version}-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}.db"
    partial = copy.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(partial)) as target:
        source.backup(target)
    partial.rename(copy)
    return copy


def _migrate(url: str, backup: Path | None) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "handloom.store.engine.migrate"], input=url, capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no message"]
        kept = f" The copy made before is {backup}." if backup else ""
        raise Unavailable(f"The database could not be brought to this release's schema: {last[0]}.{kept}")
