"""Real sessions for the tests of what runs inside them."""

from __future__ import annotations

import itertools
import os
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from handloom.client.http import Client
from handloom.client.session import RemoteSession
from handloom.session.spark import Spark
from running import Handloom

_numbers = itertools.count(1)
os.environ.setdefault("SPARK_HOME", str(Path(__file__).parent))  # pyspark-client asks for any value when it is imported


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The quick engine's session in this process, in an empty folder that is the current one meanwhile."""
    before = Path.cwd()
    os.chdir(tmp_path_factory.mktemp("quick"))
    manager = Spark()
    try:
        yield manager.session()
    finally:
        manager.stop()
        os.environ.pop("SPARK_REMOTE", None)
        os.chdir(before)


@pytest.fixture(scope="session")
def client(server: Handloom) -> Iterator[Client]:
    client = Client(server.url, server.token)
    yield client
    client.close()


@pytest.fixture(scope="module")
def workspace(client: Client) -> str:
    """The id of a workspace of this module's own."""
    return str(client.ask("POST", "/workspaces", {"name": f"session tests {next(_numbers)}"})["id"])


@pytest.fixture(scope="module")
def session(client: Client, workspace: str) -> Iterator[RemoteSession]:
    """One session for the tests of a module; none of them leaves it broken."""
    with RemoteSession(client, workspace, name="tests") as session:
        yield session


@pytest.fixture
def printed(session: RemoteSession, request: pytest.FixtureRequest) -> Callable[[str], str]:
    """Run a cell, which must not fail, and return its output. A module may give cells other `SECONDS` than 120."""
    seconds: float = getattr(request.module, "SECONDS", 120)

    def run(code: str) -> str:
        ran = session.run(textwrap.dedent(code), seconds=seconds)
        assert ran.error is None, "\n".join(ran.error["traceback"])
        return ran.text.strip()

    return run
