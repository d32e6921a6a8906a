"""Applies schema versions with Alembic: `python -m handloom.store.migrate URL`, a process of its own.

A server that finds its schema current never pays for importing Alembic; see `store.upgrade`.
"""

import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError

from handloom.store.migrations import HEAD


def migrate(url: str, version: str = HEAD) -> None:
    """Bring the database at `url` to `version`, wholly or not at all."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    engine = create_engine(url, isolation_level="AUTOCOMMIT" if url.startswith("sqlite") else "SERIALIZABLE")
    try:
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            if engine.dialect.name != "sqlite":
                command.upgrade(config, version)
                connection.commit()
                return
            # Python's sqlite3 would end its transaction before each CREATE TABLE; begun by hand it holds all of them.
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")  # so that a table can be made anew
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                command.upgrade(config, version)
                connection.exec_driver_sql("COMMIT")
            except BaseException:
                connection.exec_driver_sql("ROLLBACK")
                raise
    finally:
        engine.dispose()


if __name__ == "__main__":
    try:
        migrate(*sys.argv[1:])
    except DBAPIError as error:
        sys.exit(str(error.orig))
