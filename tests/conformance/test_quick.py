"""The quick engine beside Apache Spark: each answer is equal, refused with the way out, or listed as a difference."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import pytest

from conformance import cases, document
from conformance.compare import Played, compare, counts, listed, recorded
from conformance.conftest import Play, player
from handloom.client.http import Client
from handloom.client.session import RemoteSession

pytestmark = pytest.mark.timeout(900)
"""The first test plays every case, which takes minutes where other tests run beside it."""


@pytest.fixture(scope="module")
def play(client: Client, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Play]:
    workspace = client.ask("POST", "/workspaces", {"name": "conformance of the quick engine"})["id"]
    with RemoteSession(client, workspace, name="conformance") as session:
        yield player(session, tmp_path_factory.mktemp("quick"))


@pytest.fixture(scope="module")
def played(play: Play) -> dict[str, list[Played]]:
    return {group: compare(group, play(group)) for group in cases.groups()}


def test_the_answers_are_those_of_todays_cases() -> None:
    for group in cases.groups():
        of_now = [(case.name, case.code) for case in cases.load(group)]
        assert [(answer["case"], answer["code"]) for answer in recorded(group).values()] == of_now, group


def test_there_are_at_least_600_cases_and_no_two_of_one_name() -> None:
    names = [case.id for case in cases.load_all()]
    assert len(names) >= 600
    assert len(set(names)) == len(names)


def test_the_page_about_engines_lists_todays_differences() -> None:
    page = document.PAGE.read_text(encoding="utf-8")
    assert page == document.written(page), "run tests/conformance/document.py"


@pytest.mark.parametrize("group", cases.groups())
def test_answers_equal_apache_sparks_or_name_the_way_out(played: dict[str, list[Played]], group: str) -> None:
    print(f"quick engine, {group}: {counts(played[group], listed('quick', intended=True))}")
    known = listed("quick")
    new = [one.report for one in played[group] if one.outcome in ("different", "fails") and one.case.id not in known]
    assert not new, "\n".join(new)


def test_each_listed_difference_still_is_one(played: dict[str, list[Played]]) -> None:
    every = list(chain.from_iterable(played.values()))
    print(f"quick engine: {counts(every, listed('quick', intended=True))}")
    differs = {one.case.id for one in every if one.outcome in ("different", "fails")}
    assert not sorted(listed("quick").keys() - differs), "these rows of known_differences.toml can go"
