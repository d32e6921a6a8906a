"""Apply schema versions with Alembic, in a separate process that reads the database's URL from standard input.

A server whose schema is current never imports Alembic; see `store.upgrade`.
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
    """Migrate the database at `url` to `version` in one transaction."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    # Python's sqlite3 commits before each CREATE TABLE unless the transaction is begun explicitly.
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            if engine.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA foreign_keys=OFF")  # so that a table can be recreated
            begin(connection)  # another server that starts at the same time waits here, then finds the schema current
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
        migrate(sys.stdin.read())  # not an argument, because other accounts could read the password in the process list
    except DBAPIError as error:
        sys.exit(str(error.orig))
