"""What every floor's tests share: real server processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from running import Handloom


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handloom]:
    """One `handloom up` for the whole run; make a workspace of your own in it. No kernel waits in it."""
    with Handloom(tmp_path_factory.mktemp("server") / "data") as running:
        yield running


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Handloom]:
    """A `handloom up` for one test, which may stop, kill and restart it."""
    with Handloom(tmp_path / "data") as running:
        yield running
