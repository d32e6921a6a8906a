"""Code is completed, explained and checked before a session runs."""

from __future__ import annotations

from playwright.sync_api import expect

from e2e import notebook
from e2e.conftest import Sit
from e2e.test_notebook_outputs import made
from e2e.words import KOREAN
from running import Handloom

CELLS = ("import math\nvalue = 3", "print(never_defined)\nmath.no_such", "math.fl")


def test_code_is_completed_and_checked_without_a_session(sit: Sit, site: Handloom) -> None:
    person, place = sit(), made(site, *CELLS)
    page = person.page
    person.go(place.path)
    notebook.opened(person)
    cells = notebook.cells(person)
    cells.nth(2).locator(".cm-content").click()
    page.keyboard.press("End")
    page.keyboard.press("Tab")
    expect(page.locator(".jp-Completer")).to_contain_text("floor")
    person.shot("completion")
    page.keyboard.press("Escape")
    page.keyboard.type("oor(")
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_label("About the name at the cursor")).to_contain_text("largest integer")
    person.shot("explained")
    page.keyboard.press("Escape")
    cells.nth(2).locator(".cm-line").hover(position={"x": 60, "y": 8})
    tip = page.locator(".handloom-explanation")
    expect(tip).to_contain_text("largest integer")
    person.shot("hover")
    page.mouse.move(5, 5)
    expect(tip).to_have_count(0)
    page.keyboard.type("2")
    expect(page.get_by_role("button", name="2 problems")).to_be_visible()
    expect(cells.nth(1).locator(".cm-lintRange-error")).to_have_text("never_defined")
    page.get_by_role("button", name="2 problems").click()
    listed = page.get_by_role("navigation", name="Problems")
    expect(listed.get_by_role("button")).to_have_count(2)
    person.shot("problems")
    listed.get_by_role("button", name="The module math has no no_such.").click()
    cells.nth(1).locator(".cm-line").nth(1).click()
    page.keyboard.press("End")
    page.keyboard.press("Shift+Home")
    page.keyboard.type("never_defined = 1")
    expect(listed.get_by_role("button")).to_have_count(1)
    other = sit(KOREAN, dark=True)
    other.go(place.path)
    notebook.opened(other)
    other.page.get_by_role("menuitem", name="보기", exact=True).click()
    other.page.get_by_role("menuitem", name="문제").click()
    expect(other.page.get_by_text("정의되지 않은 이름입니다: never_defined")).to_be_visible()
    notebook.cells(other).nth(1).locator(".cm-lintRange-error").hover()
    other.shot("korean")
