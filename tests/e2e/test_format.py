"""Cells are formatted by key and by menu, invalid ones stay with a notice, and undo takes it back."""

from __future__ import annotations

from playwright.sync_api import expect

from e2e import notebook
from e2e.conftest import Sit
from e2e.test_notebook_outputs import made
from e2e.words import KOREAN
from running import Handloom

CELLS = ("x  = {  'a':1 }", "%%time\ny  =  2", "def f(:\n  pass", "z  =  3")


def test_cells_are_formatted_and_undo_takes_it_back(sit: Sit, site: Handloom) -> None:
    person, place = sit(), made(site, *CELLS)
    page = person.page
    person.go(place.path)
    notebook.opened(person)
    cells = notebook.cells(person)
    cells.nth(0).locator(".cm-content").click()
    page.keyboard.press("Shift+Alt+F")
    expect(cells.nth(0).locator(".cm-content")).to_have_text('x = {"a": 1}')
    expect(cells.nth(3).locator(".cm-content")).to_have_text("z  =  3")
    page.keyboard.press("ControlOrMeta+z")
    expect(cells.nth(0).locator(".cm-content")).to_have_text("x  = {  'a':1 }")
    page.get_by_role("menuitem", name="Edit", exact=True).click()
    person.shot("menu")
    page.get_by_role("menuitem", name="Format notebook").click()
    expect(page.get_by_text("1 cell is not valid Python and was not formatted", exact=True)).to_be_visible()
    expect(page.get_by_text("Cell 3: Line 1: Expected a parameter").last).to_be_visible()
    for at, text in ((0, 'x = {"a": 1}'), (1, "%%timey = 2"), (2, "def f(:  pass"), (3, "z = 3")):
        expect(cells.nth(at).locator(".cm-content")).to_have_text(text)
    person.shot("formatted")
    cells.nth(0).locator(".cm-content").click()
    page.keyboard.press("ControlOrMeta+f")
    expect(page.locator(".handloom-search")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".handloom-search")).to_have_count(0)
    page.get_by_role("menuitem", name="Edit", exact=True).click()
    page.get_by_role("menuitem", name="Insert snippet").click()
    person.shot("snippets")
    page.get_by_role("dialog").get_by_role("button", name="Progress bar").click()
    expect(cells.nth(1)).to_contain_text("from tqdm.auto import tqdm")
    other = sit(KOREAN, dark=True)
    other.go(place.path)
    notebook.opened(other)
    other.page.get_by_role("menuitem", name="편집", exact=True).click()
    expect(other.page.get_by_role("menuitem", name="셀 서식 정리")).to_be_visible()
    other.shot("korean")
    other.page.get_by_role("menuitem", name="코드 조각 삽입").click()
    expect(other.page.get_by_role("dialog").get_by_role("button", name="SQL로 조회")).to_be_visible()
    other.shot("korean-snippets")
