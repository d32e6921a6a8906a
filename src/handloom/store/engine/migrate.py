"""Applies schema versions with Alembic, in a process of its own that reads the URL from standard input.

A server that finds its schema current never pays for importing Alembic; see `store.upgrade`.
"""

import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError

from handloom.store.engine.dialects import begin
from handloom.store.engine.migrations import HEAD


def migrate(url: str, version: str = HEAD) -> None:
    """Bring the database at `url` to `version`, wholly or not at all."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    # Python's sqlite3 would end its transaction before each CREATE TABLE; begun by hand it holds all of them.
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            if engine.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA foreign_keys=OFF")  # so that a table can be made anew
            begin(connection)  # whoever starts at the same time waits here, and then finds it done
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
        migrate(sys.stdin.read())  # not an argument: other people of the machine could read a password in it
    except DBAPIError as error:
        sys.exit(str(error.orig))
