"""What a session has installed is kept for its workspace: by the session's menu, seen in the workspace's settings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

import wheels
from e2e import notebook
from e2e.conftest import Sit
from e2e.test_notebook_outputs import made
from e2e.words import ENGLISH, KOREAN, Words
from running import Handloom

KEEP = {ENGLISH: "Keep for this workspace", KOREAN: "이 워크스페이스에 유지"}
BUILD = {ENGLISH: "Build", KOREAN: "빌드"}
FAILED = {ENGLISH: "The last build failed", KOREAN: "마지막 빌드에 실패했습니다"}


@pytest.mark.parametrize(("words", "dark"), [(ENGLISH, False), (KOREAN, True)], ids=["english", "korean"])
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
    page.set_viewport_size({"width": 768, "height": 900})
    person.shot("narrow")
