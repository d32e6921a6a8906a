"""Beside the cells: variables of the session, and contents with what runs and what failed. By keyboard, too."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from e2e import notebook
from e2e.browser import Person
from e2e.conftest import Sit
from e2e.test_notebook_outputs import Place, made, state
from e2e.words import KOREAN
from running import Handloom

CELLS = (
    "import pandas as pd\nframe = pd.DataFrame({'n': range(3000)})\nlength, name = 12, 'Ada'",
    "import time\nfor _ in range(600):\n    time.sleep(0.1)",
    "1 / 0",
)


def pane(person: Person, label: str) -> Locator:
    return person.page.get_by_role("complementary", name=label, exact=True)


def open_pane(person: Person, menu: str, entry: str) -> None:
    person.page.get_by_role("menubar").get_by_role("menuitem", name=menu, exact=True).click()
    person.page.get_by_role("menuitem", name=entry, exact=True).click()


def test_variables_and_contents_stand_beside_the_cells(sit: Sit, site: Handloom) -> None:
    person, place = sit(), made(site, *CELLS)
    page = person.page
    person.go(place.path)
    notebook.opened(person)
    open_pane(person, "View", "Variables")
    variables = pane(person, "Variables")
    expect(variables).to_contain_text("Run a cell")
    cells = notebook.cells(person)
    cells.first.get_by_role("button", name="Run cell").click()
    state(cells.first, "ok")
    row = variables.get_by_role("row", name=re.compile("^frame"))
    expect(row).to_contain_text("DataFrame")
    expect(row).to_contain_text("3000 × 1")
    variables.get_by_role("button", name="Name", exact=True).click()
    expect(variables.get_by_role("row").nth(1)).to_contain_text("name")
    variables.get_by_role("searchbox").fill("frame")
    expect(variables.get_by_role("row")).to_have_count(2)
    person.shot("variables")
    variables.get_by_role("button", name="frame", exact=True).press("Enter")
    dialog = page.get_by_role("dialog", name="frame")
    expect(dialog).to_contain_text("3,000 rows, 1 column")
    person.shot("variable-viewed")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    contents(person, variables)
    in_korean_and_dark(sit, place)


def contents(person: Person, variables: Locator) -> None:
    variables.get_by_role("tab", name="Contents").click()
    listed = person.page.get_by_role("navigation", name="Contents")
    cells = notebook.cells(person)
    cells.nth(1).get_by_role("button", name="Run cell").click()
    expect(listed.get_by_role("button", name="import time").get_by_role("img", name="Running")).to_be_visible()
    person.shot("running")
    person.page.get_by_role("button", name="Interrupt", exact=True).click()
    state(cells.nth(1), "cancelled")
    cells.nth(2).get_by_role("button", name="Run cell").click()
    state(cells.nth(2), "error")
    failed = listed.get_by_role("button", name="1 / 0")
    expect(failed.get_by_role("img", name="Failed")).to_be_visible()
    listed.get_by_role("button").first.focus()
    person.page.keyboard.press("ArrowDown")
    person.page.keyboard.press("ArrowDown")
    expect(failed).to_be_focused()
    person.page.keyboard.press("Enter")
    expect(failed).to_have_attribute("aria-current", "true")


def in_korean_and_dark(sit: Sit, place: Place) -> None:
    other = sit(KOREAN, dark=True)
    other.go(place.path)
    notebook.opened(other)
    open_pane(other, "보기", "변수")
    expect(pane(other, "변수").get_by_role("row", name=re.compile("^frame"))).to_be_visible()
    other.shot("variables-korean")
