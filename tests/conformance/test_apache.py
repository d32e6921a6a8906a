"""Apache Spark through a session of ours: our rewriting of its plans leaves its answers as they are.

A sample is played with every run of the tests, all cases by `make soak`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

import apache_handloom
from conformance import apache, cases
from conformance.compare import Played, compare, counts, listed
from conformance.conftest import player
from handloom.client.http import Client
from handloom.client.session import RemoteSession

pytestmark = pytest.mark.timeout(3600)
EACH = 40
"""Which cases the sample has: one in so many."""
DIFFERS = ("different", "fails")


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RemoteSession]:
    if not apache.PYTHON.exists():
        pytest.skip(".venv-spark is not there: `make test` makes it")
    data = tmp_path_factory.mktemp("apache") / "data"
    with apache_handloom.start(data) as server:
        client = Client(server.url, server.token)
        workspace = client.ask("POST", "/workspaces", {"name": "conformance of Apache Spark"})["id"]
        client.ask("PATCH", f"/workspaces/{workspace}", {"engine": "apache"})
        with RemoteSession(client, workspace, name="conformance") as session:
            assert session.run(apache_handloom.QUICK, seconds=600).error is None
            yield session
        client.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("apache")


def _played(session: RemoteSession, folder: Path, groups: list[str], step: int) -> list[Played]:
    play = player(session, folder, step)
    return list(chain.from_iterable(compare(group, play(group), step) for group in groups))


def _new(played: list[Played]) -> list[str]:
    known = listed("apache")
    return [one.report for one in played if one.outcome in DIFFERS and one.case.id not in known]


def test_a_sample_of_the_answers_is_the_recorded_one(session: RemoteSession, folder: Path) -> None:
    new = _new(_played(session, folder, cases.groups(), EACH))
    assert not new, "\n".join(new)


@pytest.mark.soak
@pytest.mark.parametrize("group", cases.groups())
def test_all_answers_are_the_recorded_ones(session: RemoteSession, folder: Path, group: str) -> None:
    played = _played(session, folder, [group], 1)
    print(f"Apache Spark, {group}: {counts(played, listed('apache', intended=True))}")
    new = _new(played)
    assert not new, "\n".join(new)
    differs = {one.case.id for one in played if one.outcome in DIFFERS}
    of_group = {case for case in listed("apache") if case.startswith(f"{group}: ")}
    assert not sorted(of_group - differs), "these rows of known_differences.toml can go"
