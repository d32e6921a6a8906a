"""The console below a notebook: code on the same session, history by keys, a flood, a reload, and a clean file."""

from __future__ import annotations

from playwright.sync_api import expect

from e2e import notebook
from e2e.conftest import Sit
from e2e.test_notebook_outputs import made
from e2e.words import KOREAN
from running import Handloom


def test_code_is_typed_beside_the_notebook_and_a_flood_leaves_it_usable(sit: Sit, site: Handloom) -> None:
    person, place = sit(), made(site, "x = 20")
    page = person.page
    person.go(place.path)
    notebook.opened(person)
    notebook.run(person, notebook.cells(person).first)
    page.get_by_role("menuitem", name="View", exact=True).click()
    page.get_by_role("menuitem", name="Console").click()
    console = page.get_by_role("region", name="Console")
    entries = console.locator(".handloom-console-entries .jp-Cell")
    prompt = console.locator(".handloom-console-prompt .cm-content")
    expect(prompt).to_be_focused()
    page.keyboard.type("x + 1")
    page.keyboard.press("Enter")
    expect(entries.last.locator(".jp-OutputArea-output").last).to_have_text("21")
    page.keyboard.type("for n in range(60000):")
    page.keyboard.press("Enter")
    page.keyboard.type("print(n)")
    page.keyboard.press("Shift+Enter")
    expect(entries.last).to_contain_text("60,000 lines", timeout=60_000)
    expect(entries.last.get_by_text("59999")).to_be_in_viewport()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(prompt).to_contain_text("for n in range(60000):")
    page.keyboard.press("ArrowUp")
    expect(prompt).to_have_text("x + 1")
    page.keyboard.press("Enter")
    expect(entries).to_have_count(3)
    expect(entries.last.locator(".jp-OutputArea-output").last).to_have_text("21")
    person.shot("console")
    page.set_viewport_size({"width": 768, "height": 1024})
    person.shot("narrow")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.reload()
    notebook.opened(person)
    page.get_by_role("menuitem", name="View", exact=True).click()
    page.get_by_role("menuitem", name="Console").click()
    expect(entries).to_have_count(3)
    expect(entries.last.locator(".jp-OutputArea-output").last).to_have_text("21")
    assert "x + 1" not in place.file.read_text()
    other = sit(KOREAN, dark=True)
    other.go(place.path)
    notebook.opened(other)
    other.page.get_by_role("menuitem", name="보기", exact=True).click()
    other.page.get_by_role("menuitem", name="콘솔").click()
    expect(other.page.get_by_role("region", name="콘솔").get_by_text("x + 1").first).to_be_visible()
    other.shot("korean")
