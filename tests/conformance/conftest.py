"""A session whose kernel plays the conformance cases."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from handloom.client.http import Client
from handloom.client.session import RemoteSession
from running import ROOT, Handloom

Play = Callable[[str], list[dict[str, Any]]]
GROUP_SECONDS = 600


@pytest.fixture(scope="session")
def client(server: Handloom) -> Iterator[Client]:
    client = Client(server.url, server.token)
    yield client
    client.close()


def player(session: RemoteSession, folder: Path, step: int = 1) -> Play:
    """Plays each `step`th case of a group in the session's kernel; the answers."""
    ran = session.run(
        f"import sys; sys.path.insert(0, {str(ROOT / 'tests')!r})\nfrom conformance.in_kernel import play"
    )
    assert ran.error is None, ran.error

    def play(group: str) -> list[dict[str, Any]]:
        answers = folder / f"{group}.json"
        code = f"play(spark, {group!r}, {str(folder / 'files')!r}, {str(answers)!r}, {step})"
        ran = session.run(code, seconds=GROUP_SECONDS)
        assert ran.error is None, "\n".join(ran.error["traceback"])
        found: list[dict[str, Any]] = json.loads(answers.read_text(encoding="utf-8"))
        return found

    return play
