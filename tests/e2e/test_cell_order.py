"""Cells under a heading are folded, and cells are moved with the mouse."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, expect

from e2e import notebook
from e2e.browser import Person
from e2e.conftest import Sit
from e2e.test_notebook_outputs import made
from e2e.words import KOREAN
from running import Handloom

CELLS = ["# One", "a = 1", "b = 2", "# Two", "def c():\n    return 'text'"]


def shown(cells: Locator) -> list[str]:
    """The first line of the source of each cell that is seen."""
    return [one.locator(".cm-line").first.inner_text() for one in cells.all() if one.is_visible()]


def opened(sit: Sit, site: Handloom) -> tuple[Person, Path]:
    """Someone in a notebook that names no language, and its file."""
    cells: list[dict[str, Any]] = [
        {"cell_type": "markdown", "id": f"cell{number}", "source": source, "metadata": {}}
        if source.startswith("#")
        else {
            "cell_type": "code",
            "id": f"cell{number}",
            "source": source,
            "metadata": {},
            "outputs": [],
            "execution_count": None,
        }
        for number, source in enumerate(CELLS)
    ]
    with site.client() as client:
        workspace = client.post("/api/v1/workspaces", json={"name": f"cells {uuid.uuid4().hex[:8]}"}).json()["id"]
        document = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        body = {"name": "Order", "content": document}
        made = client.post(f"/api/v1/workspaces/{workspace}/notebooks", json=body).json()
    file = site.data / "workspaces" / made["path"]
    person = sit()
    person.go(f"/workspaces/{workspace}/notebooks/{made['id']}")
    notebook.opened(person)
    return person, file


def is_saved(person: Person) -> None:
    expect(person.page.get_by_role("button", name="Saved", exact=True)).to_be_visible(timeout=30_000)


def test_headings_fold_what_is_under_them(sit: Sit, site: Handloom) -> None:
    person, _ = opened(sit, site)
    page, all_cells = person.page, notebook.cells(person)
    colored = all_cells.nth(4).locator(".cm-line span[class]")
    expect(colored.first).to_be_visible()  # before any session, although the document names no language
    all_cells.first.hover()
    page.get_by_role("button", name="Fold what is under this heading").first.click()
    expect(page.get_by_role("button", name="Hidden cells: 2")).to_be_visible()
    assert shown(all_cells) == ["# One", "# Two", "def c():"]
    person.shot("folded")
    page.keyboard.press("ArrowRight")
    expect(all_cells.nth(1)).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(all_cells.nth(1)).to_be_hidden()
    is_saved(person)
    page.reload()
    notebook.opened(person)
    expect(page.get_by_role("button", name="Hidden cells: 2")).to_be_visible()
    all_cells.first.locator("h1").click()
    page.keyboard.press("ControlOrMeta+f")  # what leads to a folded cell unfolds it
    page.get_by_placeholder("Find").fill("b = 2")
    expect(page.get_by_text("1/1")).to_be_visible()
    page.keyboard.press("Enter")
    expect(all_cells.nth(2)).to_be_visible()
    page.keyboard.press("Escape")

    page.get_by_role("menuitem", name="View", exact=True).click()
    page.get_by_role("menuitem", name="Fold all headings", exact=True).click()
    expect(page.get_by_role("button", name="Hidden cells: 1")).to_be_visible()
    is_saved(person)
    other = sit(KOREAN, dark=True)
    other.page.set_viewport_size({"width": 768, "height": 900})
    other.page.goto(page.url)
    expect(other.page.get_by_role("button", name="숨겨진 셀 1개")).to_be_visible()
    other.shot("korean")


def test_cells_are_dragged_with_the_mouse(sit: Sit, site: Handloom) -> None:
    person, file = opened(sit, site)
    page, all_cells = person.page, notebook.cells(person)
    prompt, target = all_cells.nth(4).locator(".jp-InputPrompt"), all_cells.nth(1)
    start, end = prompt.bounding_box(), target.bounding_box()
    assert start is not None
    assert end is not None
    page.mouse.move(start["x"] + 30, start["y"] + 10)
    page.mouse.down()
    page.mouse.move(start["x"] + 30, start["y"] - 40, steps=4)
    page.mouse.move(end["x"] + 150, end["y"] + 10, steps=8)
    person.shot("dragged")
    page.mouse.up()
    expect(all_cells.nth(1)).to_contain_text("def c()")
    assert shown(all_cells) == ["# One", "def c():", "a = 1", "b = 2", "# Two"]
    is_saved(person)
    saved = json.loads(file.read_text(encoding="utf-8"))["cells"]
    assert [cell["id"] for cell in saved] == ["cell0", "cell4", "cell1", "cell2", "cell3"]


def test_the_last_cell_of_a_large_notebook_is_reached_while_others_are_drawn(sit: Sit, site: Handloom) -> None:
    person, place = sit(), made(site, *[f"cell({n})\n" * 30 for n in range(400)])
    person.go(place.path)
    notebook.opened(person)
    notebook.cells(person).first.locator(".jp-InputPrompt").click()
    person.page.keyboard.press("Escape")
    person.page.keyboard.press("ControlOrMeta+End")
    last = notebook.cells(person).filter(has_text="cell(399)")
    expect(last).to_be_in_viewport()
    expect(notebook.cells(person)).to_have_count(400, timeout=60_000)
    expect(last).to_be_in_viewport()  # also when the cells above it have grown


def test_find_scrolls_to_the_first_match_and_leaves_the_keys_to_the_field(sit: Sit, site: Handloom) -> None:
    person, place = sit(), made(site, *[f"row({n})" for n in range(60)])
    page = person.page
    person.go(place.path)
    notebook.opened(person)
    far = notebook.cells(person).filter(has_text="row(57)")
    expect(notebook.cells(person)).to_have_count(60, timeout=60_000)
    expect(far).not_to_be_in_viewport()
    notebook.cells(person).first.locator(".jp-InputPrompt").click()
    page.keyboard.press("ControlOrMeta+f")
    field = page.locator(".handloom-search .jp-DocumentSearch-input").first
    expect(field).to_be_focused()
    field.press_sequentially("row(57", delay=300)
    expect(far).to_be_in_viewport()
    expect(field).to_have_value("row(57")
    expect(field).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".jp-Notebook .jp-mod-active")).to_contain_text("row(57)")
