"""A notebook is made, written, run, interrupted and saved without the mouse."""

from __future__ import annotations

import uuid

from playwright.sync_api import expect

from e2e import notebook
from e2e.browser import Person
from e2e.conftest import Sit
from e2e.test_notebook_outputs import state, until
from running import Handloom

UNDO_STEP = 700
"""Milliseconds after which a change of cells is undone by itself; quicker ones are undone together."""


def test_a_notebook_is_made_written_and_run_by_keys(sit: Sit, site: Handloom) -> None:
    with site.client() as client:
        made = client.post("/api/v1/workspaces", json={"name": f"keys {uuid.uuid4().hex[:8]}"}).json()
    person = sit()
    page, keys = person.page, person.page.keyboard
    person.go(f"/workspaces/{made['id']}")
    page.get_by_role("button", name=person.words.new_notebook).focus()
    keys.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("textbox", name=person.words.name)).to_be_focused()
    keys.type("By keys")
    keys.press("Enter")
    notebook.opened(person)
    cells = notebook.cells(person)
    expect(cells.first.locator(".cm-content")).to_be_focused()  # typing goes where the page shows it
    keys.type("x = 41")
    keys.press("Shift+Enter")
    state(cells.first, "ok")
    expect(cells).to_have_count(2)
    keys.type("x + 1")
    keys.press("Control+Enter")
    state(cells.nth(1), "ok")
    expect(cells.nth(1)).to_contain_text("42")
    keys.press("b")
    keys.press("m")
    keys.press("Enter")
    keys.type("# Heading")
    keys.press("Shift+Enter")
    expect(page.get_by_role("heading", name="Heading")).to_be_visible()
    keys.press("Escape")
    keys.press("Control+Home")
    keys.press("c")
    keys.press("v")
    expect(cells).to_have_count(5)
    page.wait_for_timeout(UNDO_STEP)
    keys.press("d")
    keys.press("d")
    expect(cells).to_have_count(4)
    keys.press("z")
    expect(cells).to_have_count(5)
    interrupted(person)
    keys.press("Control+s")
    expect(page.get_by_text("Saved").first).to_be_visible()
    keys.press("h")
    expect(page.get_by_role("dialog", name="Keybindings")).to_be_visible()
    keys.press("Escape")
    until(page, lambda: page.evaluate("document.activeElement.closest('.jp-Cell') !== null"))
    person.shot("by-keys")


def interrupted(person: Person) -> None:
    """Write an endless loop into the last cell and stop it."""
    keys, last = person.page.keyboard, notebook.cells(person).last
    keys.press("Control+End")
    keys.press("Enter")
    keys.type("import time\nwhile True: time.sleep(0.1)")
    keys.press("Control+Enter")
    state(last, "running")
    keys.press("i")
    keys.press("i")
    state(last, "cancelled")
