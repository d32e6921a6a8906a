"""Version history of a notebook: kept by name, compared per cell, restored, and nothing lost by restoring."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from e2e import notebook
from e2e.browser import Person
from e2e.conftest import Sit
from e2e.test_notebook_outputs import made, state
from e2e.words import KOREAN
from running import Handloom


def test_a_notebook_goes_back_to_a_version_and_forth_again(sit: Sit, site: Handloom) -> None:
    person, place = sit(), made(site, "alpha = 1\nbeta = 2", "gamma = 3")
    page = person.page
    person.go(place.path)
    notebook.opened(person)
    page.get_by_role("menuitem", name="View").click()
    page.get_by_role("menuitem", name="Versions", exact=True).click()
    pane = page.get_by_role("complementary", name="Versions")
    keep(person, pane, "Good state")
    notebook.write(person, notebook.cells(person).nth(0), "alpha = 1\nbeta = 20")
    notebook.write(person, notebook.cells(person).nth(1), "nothing of it is left")
    expect(page.get_by_text("Saved").first).to_be_visible(timeout=30_000)
    pane.get_by_role("button", name="Good state").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("region", name="Cell 1")).to_contain_text("beta = 20")
    expect(dialog.get_by_role("region", name="Cell 2")).to_contain_text("gamma = 3")
    person.shot("compared")
    dialog.get_by_role("button", name="Restore this version").click()
    expect(notebook.cells(person).nth(0)).to_contain_text("beta = 2")
    expect(notebook.cells(person).nth(1)).to_contain_text("gamma = 3")
    expect(pane.get_by_role("button", name="Before restoring the version of")).to_be_visible()
    person.shot("restored")
    back(person, pane)
    marked(person)
    other = sit(KOREAN, dark=True)
    other.go(place.path)
    notebook.opened(other)
    other.page.get_by_role("menuitem", name="보기").click()
    other.page.get_by_role("menuitem", name="버전", exact=True).click()
    other.page.get_by_role("button", name="Good state").click()
    expect(other.page.get_by_role("dialog")).to_contain_text("저장한 버전입니다")
    other.shot("korean")


def keep(person: Person, pane: Locator, name: str) -> None:
    pane.get_by_role("button", name="Keep this version").click()
    dialog = person.page.get_by_role("alertdialog")
    dialog.get_by_role("textbox").fill(name)
    dialog.get_by_role("button", name="Save").click()
    expect(pane.get_by_role("button", name=name)).to_be_visible()


def back(person: Person, pane: Locator) -> None:
    """What restoring replaced can be restored itself."""
    pane.get_by_role("button", name="Before restoring the version of").click()
    person.page.get_by_role("dialog").get_by_role("button", name="Restore this version").click()
    expect(notebook.cells(person).nth(0)).to_contain_text("beta = 20")
    expect(notebook.cells(person).nth(1)).to_contain_text("nothing of it is left")


def marked(person: Person) -> None:
    """A frozen cell is not run, and a locked one is not edited."""
    page = person.page
    first, second = notebook.cells(person).nth(0), notebook.cells(person).nth(1)
    for cell, entry, name in ((second, "Freeze", "Frozen"), (first, "Lock", "Locked")):
        cell.click()
        cell.get_by_role("button", name="More actions").click()
        page.get_by_role("menuitem", name=entry, exact=True).click()
        expect(cell.get_by_text(name, exact=True)).to_be_visible()
    page.get_by_role("button", name=person.words.run_all).first.click()
    state(first, "ok")
    expect(second).to_contain_text("[ ]:")
    first.locator(".cm-content").click()
    page.keyboard.type("typed")
    expect(first).not_to_contain_text("typed")
    person.shot("marked")
