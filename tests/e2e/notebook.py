"""The notebook page as a person uses it: cells are written by pasting, run by button or key, and read as they look."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from e2e.browser import Person

RUN_SECONDS = 90


def cells(person: Person) -> Locator:
    return person.page.locator(".jp-Notebook .jp-Cell")


def opened(person: Person) -> None:
    """Wait for the notebook with its first cell."""
    expect(cells(person).first).to_be_visible(timeout=30_000)


def write(person: Person, cell: Locator, text: str) -> None:
    """Replaces a cell's text as one does with a text from elsewhere: select all, paste."""
    page = person.page
    cell.scroll_into_view_if_needed()
    cell.locator(".cm-content").click()
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.press("ControlOrMeta+v")
    expect(cell.locator(".cm-line").first).to_have_text(text.splitlines()[0])


def heading(person: Person, text: str) -> None:
    """Turns the first cell into text with M-down, then edits it with the pencil."""
    words, first = person.words, cells(person).first
    first.click()
    first.get_by_role("button", name=words.to_markdown).click()
    expect(person.page.locator(".jp-MarkdownCell.jp-mod-rendered").first).to_be_visible()
    person.shot("markdown-rendered")
    first.hover()
    first.get_by_role("button", name=words.edit_cell).click()
    write(person, first, text)
    person.page.keyboard.press("ControlOrMeta+Enter")
    expect(first.locator("h1")).to_contain_text(text.lstrip("# "))


def add_code(person: Person) -> Locator:
    """+ Code under the last cell; the new cell."""
    before = cells(person).count()
    last = cells(person).last
    last.scroll_into_view_if_needed()
    last.hover()
    person.page.get_by_role("button", name=person.words.add_code).last.click()
    expect(cells(person)).to_have_count(before + 1)
    return cells(person).last


def run(person: Person, cell: Locator) -> None:
    """Presses the button at the cell's left and waits until it has ended well."""
    cell.get_by_role("button", name=person.words.run_cell).click()
    ended(cell)


def ended(cell: Locator) -> None:
    """Wait for the line under the cell that says it succeeded; a failure raises its traceback."""
    line = cell.locator("[data-chrome=foot] [data-state]")
    expect(line).to_have_attribute(
        "data-state", re.compile("ok|error|refused|lost|cancelled"), timeout=RUN_SECONDS * 1000
    )
    if line.get_attribute("data-state") != "ok":
        raise AssertionError(cell.inner_text())


def run_all(person: Person) -> None:
    """Presses Run all and waits for the last code cell."""
    page = person.page
    page.get_by_role("button", name=person.words.run_all).first.click()
    last = page.locator(".jp-Notebook .jp-CodeCell").last
    ended(last)


def output(cell: Locator) -> Locator:
    return cell.locator(".jp-OutputArea")


def rename(person: Person, name: str) -> None:
    """The gear, the name, the settings closed again."""
    page, words = person.page, person.words
    page.get_by_role("button", name=words.settings, exact=True).click()
    panel = page.get_by_role("dialog")
    box = panel.get_by_role("textbox", name=words.name)
    box.fill(name)
    box.press("Enter")
    person.shot("notebook-settings")
    panel.get_by_role("button", name=words.close).first.click()
    expect(page.get_by_role("heading", name=name).or_(page.get_by_text(name)).first).to_be_visible()


def stop_session(person: Person) -> None:
    page, words = person.page, person.words
    page.get_by_role("button", name=words.stop_session).first.click()
    expect(page.get_by_text(words.not_connected).first).to_be_visible(timeout=30_000)
    expect(page.get_by_role("main").get_by_role("group")).to_have_count(0)  # no warning of what was asked for
