"""The browser, and a server as a user starts it: with the built pages and one kernel waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from e2e.browser import Person, launch, sit_down
from e2e.words import ENGLISH, Words
from running import ROOT, Handloom

Sit = Callable[..., Person]

expect.set_options(timeout=20_000)
"""As long as an action waits: on a busy machine, pages take more than Playwright's five seconds to show."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for one module: Playwright runs an event loop on the main thread, which other tests need."""
    with sync_playwright() as playwright:
        running = launch(playwright.chromium)
        yield running
        running.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handloom]:
    if not (ROOT / "src" / "handloom" / "static" / "index.html").exists():
        pytest.fail("the pages are not built; run `make install` first")
    with Handloom(tmp_path_factory.mktemp("site") / "data", warm_kernels=1) as running:
        yield running


@pytest.fixture
def sit(browser: Browser, site: Handloom, request: pytest.FixtureRequest) -> Iterator[Sit]:
    """`sit()` opens a fresh browser for a person; at the end, its console must have no errors."""
    people: list[Person] = []
    request.node.failed = False

    def one(
        words: Words = ENGLISH, *, at: Handloom | None = None, story: str | None = None, dark: bool = False
    ) -> Person:
        person = sit_down(browser, at or site, words, story or request.node.name, dark=dark)
        people.append(person)
        return person

    yield one
    failed = getattr(request.node, "failed", False)
    for person in people:
        if failed:
            person.shot("failed", always=True)
        person.page.context.close()
    if not failed:
        assert [complaint for person in people for complaint in person.complaints] == []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A browser story that fails is told once more; the summary lists it as RERUN: see docs/decisions/0193."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if report.when == "call" and report.failed:  # type: ignore[attr-defined]
        item.failed = True  # type: ignore[attr-defined]
    return report
