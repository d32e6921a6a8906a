"""What every floor's tests share: databases of both kinds, and real server processes on them."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest

import databases
from databases import KINDS, Postgres
from git_server import GitServer
from handloom.store.upgrade import upgrade
from running import Handloom

signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
"""A shell starts background jobs with SIGINT ignored, and nohup with SIGHUP, which the servers and commands of the
tests would inherit."""

Servers = Callable[[str], Handloom]

ON_BOTH = ("store", "api", "compat")
"""Floors whose tests run once on SQLite and once on PostgreSQL, where they ask for a database or a server."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database_kind" in metafunc.fixturenames:
        floor = metafunc.definition.path.relative_to(Path(__file__).parent).parts[0]
        both = floor in ON_BOTH and not metafunc.definition.get_closest_marker("on_sqlite")
        kinds: list[object] = [*(KINDS if both else KINDS[:1])]
        if metafunc.definition.get_closest_marker("soak_on_postgresql"):
            kinds = [KINDS[0], *(pytest.param(kind, marks=pytest.mark.soak) for kind in kinds[1:])]
        metafunc.parametrize("database_kind", kinds, indirect=True, scope="session")


@pytest.fixture(scope="session")
def database_kind(request: pytest.FixtureRequest) -> str:
    """ "sqlite" or "postgresql": tests of some floors are made for each, see above."""
    return str(request.param)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The one PostgreSQL server of the run, started by the first test that asks for it."""
    with databases.postgres() as server:
        yield server


@pytest.fixture
def database_url(database_kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a new database with today's tables and no rows."""
    if database_kind == "sqlite":
        url = databases.sqlite(tmp_path)
        upgrade(url, tmp_path)
        yield url
        return
    server: Postgres = request.getfixturevalue("postgres")
    url = server.current(tmp_path)
    yield url
    server.drop(url)


@pytest.fixture
def empty_database_url(database_kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a new database without any tables."""
    if database_kind == "sqlite":
        yield databases.sqlite(tmp_path)
        return
    server: Postgres = request.getfixturevalue("postgres")
    url = server.fresh()
    yield url
    server.drop(url)


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Servers]:
    """The run's servers by kind of database. They outlive a change of kind, which comes with each file of tests."""
    with ExitStack() as stack:

        @cache
        def running(kind: str) -> Handloom:
            url = "" if kind == "sqlite" else request.getfixturevalue("postgres").fresh()
            return stack.enter_context(Handloom(tmp_path_factory.mktemp("server") / "data", database=url))

        yield running


@pytest.fixture(scope="session")
def server(database_kind: str, servers: Servers) -> Handloom:
    """One `handloom up` for all tests of a kind; make a workspace of your own in it. No kernel waits in it."""
    return servers(database_kind)


@pytest.fixture
def own_server(database_kind: str, empty_database_url: str, tmp_path: Path) -> Iterator[Handloom]:
    """A `handloom up` for one test, which may stop, kill and restart it."""
    with Handloom(tmp_path / "data", database="" if database_kind == "sqlite" else empty_database_url) as running:
        yield running


@pytest.fixture(scope="module")
def git_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitServer]:
    """A real git server on loopback; see its module."""
    assert shutil.which("git"), "these tests need the program git; install the package git"
    with GitServer(tmp_path_factory.mktemp("git")) as running:
        yield running
