"""What a session has installed is kept for its workspace, and a notebook chooses among several environments."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import wheels
from e2e import notebook
from e2e.conftest import Sit
from e2e.test_notebook_outputs import made
from e2e.words import ENGLISH, KOREAN, Words
from running import Handloom

KEEP = {ENGLISH: "Keep for this workspace", KOREAN: "이 워크스페이스에 유지"}
BUILD = {ENGLISH: "Build", KOREAN: "빌드"}
NEW = {ENGLISH: "New environment", KOREAN: "새 환경"}
LOG = {ENGLISH: "Log of the last build", KOREAN: "마지막 빌드 로그"}
ENVIRONMENT = {ENGLISH: re.compile("^Environment: Default"), KOREAN: re.compile("^환경: 기본")}
FAILED = {ENGLISH: "The last build failed", KOREAN: "마지막 빌드에 실패했습니다"}


@pytest.mark.parametrize(
    ("words", "dark"),
    [pytest.param(ENGLISH, False, marks=pytest.mark.soak), (KOREAN, True)],
    ids=["english", "korean"],
)
def test_packages_of_a_session_become_those_of_its_workspace(
    sit: Sit, site: Handloom, words: Words, dark: bool
) -> None:
    person, place = sit(words, dark=dark), made(site, "%pip install Files/kept_package-1.0-py3-none-any.whl")
    page, workspace = person.page, Path(place.path).parts[2]
    wheels.build(site.data / "workspaces" / workspace / "Files", "kept-package", "1.0")
    person.go(f"/workspaces/{workspace}?settings=environment")
    person.shot("none")
    person.go(place.path)
    notebook.opened(person)
    notebook.run_all(person)
    page.get_by_role("button", name=words.ready, exact=True).click()
    person.shot("session")
    page.get_by_role("button", name=KEEP[words]).click()
    expect(page.get_by_role("button", name=ENVIRONMENT[words])).to_be_visible()
    person.go(f"/workspaces/{workspace}?settings=environment")
    expect(page.get_by_text("kept-package==1.0")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("textbox").last).to_have_value("Files/kept_package-1.0-py3-none-any.whl")
    person.shot("built")
    page.get_by_role("textbox").last.fill("Files/kept_package-1.0-py3-none-any.whl\nFiles/none-1.0-py3-none-any.whl")
    page.get_by_role("button", name=BUILD[words], exact=True).click()
    expect(page.get_by_text(FAILED[words])).to_be_visible(timeout=60_000)
    expect(page.get_by_text(re.compile("none-1.0-py3-none-any.whl")).last).to_be_visible()
    expect(page.get_by_text("kept-package==1.0")).to_be_visible()
    person.shot("failed")
    page.get_by_text(LOG[words]).click()
    expect(page.locator("pre").last).to_contain_text("none-1.0-py3-none-any.whl")
    choose_another(page, words)
    page.set_viewport_size({"width": 768, "height": 900})
    person.shot("narrow")
    page.set_viewport_size({"width": 1440, "height": 900})
    person.go(place.path)
    notebook.opened(person)
    page.get_by_role("button", name=ENVIRONMENT[words]).click()
    person.shot("choice")
    page.get_by_role("menuitemradio", name="pandas 3", exact=True).click()
    expect(page.get_by_role("button", name="pandas 3")).to_be_visible()


def choose_another(page: Page, words: Words) -> None:
    """Make a second environment beside the default one."""
    page.get_by_role("button", name=NEW[words]).click()
    dialog = page.get_by_role("dialog").last
    dialog.get_by_role("textbox").first.fill("pandas 3")
    dialog.get_by_role("textbox").last.fill("Files/kept_package-1.0-py3-none-any.whl")
    dialog.get_by_role("button", name=BUILD[words], exact=True).click()
    expect(page.get_by_role("button", name=re.compile("^pandas 3"), expanded=True)).to_be_visible()
    expect(page.get_by_text("kept-package==1.0")).to_be_visible(timeout=60_000)
