"""Outputs belong to the server: a page that is closed, reloaded or cut off misses no line."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from e2e import notebook
from e2e.browser import Person, watch
from e2e.conftest import Sit
from e2e.wire import Wire
from e2e.words import ENGLISH
from running import Handloom

TICKS = "import time\nfor n in range(60):\n    print('tick', n)\n    time.sleep(0.15)"
LINES = [f"tick {n}" for n in range(60)]


@dataclass(frozen=True)
class Place:
    """A notebook with two code cells, made over the API."""

    path: str
    file: Path

    def outputs(self, cell: int) -> list[str]:
        content = json.loads(self.file.read_text(encoding="utf-8"))
        outputs: list[dict[str, Any]] = content["cells"][cell]["outputs"]
        return "".join("".join(one.get("text", "")) for one in outputs).splitlines()


def made(site: Handloom, *sources: str) -> Place:
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "id": f"cell{n}",
            "source": source,
            "metadata": {},
            "outputs": [],
            "execution_count": None,
        }
        for n, source in enumerate(sources)
    ]
    with site.client() as client:
        reply = client.post("/api/v1/workspaces", json={"name": f"outputs {uuid.uuid4().hex[:8]}"})
        workspace = reply.raise_for_status().json()["id"]
        reply = client.post(f"/api/v1/workspaces/{workspace}/notebooks", json={"name": "Long"})
        record = reply.raise_for_status().json()
        content = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
        body = {"type": "notebook", "format": "json", "content": content}
        client.put(f"/jupyter/api/contents/{record['path']}", json=body).raise_for_status()
    return Place(f"/workspaces/{workspace}/notebooks/{record['id']}", site.data / "workspaces" / record["path"])


def lines(cell: Locator) -> list[str]:
    return output(cell).splitlines()


def output(cell: Locator) -> str:
    return "\n".join(cell.locator(".jp-OutputArea-output pre").all_inner_texts())


def until(page: Page, true: Callable[[], object], seconds: float = 60) -> None:
    for _ in range(int(seconds * 10)):
        if true():
            return
        page.wait_for_timeout(100)
    raise AssertionError("it did not happen in time")


def state(cell: Locator, states: str) -> None:
    line = cell.locator("[data-chrome=foot] [data-state]")
    expect(line).to_have_attribute("data-state", re.compile(states), timeout=90_000)


def begin(person: Person, place: Place) -> Locator:
    """Open it, press Run all, and wait for the first lines."""
    person.go(place.path)
    notebook.opened(person)
    person.page.get_by_role("button", name=person.words.run_all).first.click()
    cells = notebook.cells(person)
    until(person.page, lambda: "tick 3" in lines(cells.first), seconds=150)
    return cells


def test_a_reloaded_page_shows_every_line_and_goes_on(sit: Sit, site: Handloom, tmp_path: Path) -> None:
    go = tmp_path / "go"
    waits = f"\nimport pathlib\nwhile not pathlib.Path({str(go)!r}).exists():\n    time.sleep(0.1)"
    person, place = sit(), made(site, TICKS + waits, "print('second')")
    begin(person, place)
    person.page.reload()
    cells = notebook.cells(person)
    expect(person.page.get_by_role("button", name="Busy", exact=True)).to_be_visible(timeout=30_000)
    state(cells.first, "running")
    state(cells.nth(1), "queued")
    expect(person.page.get_by_text("Cell 1 runs")).to_contain_text("1 waits")
    person.shot("reloaded")
    go.touch()
    state(cells.nth(1), "ok")
    assert lines(cells.first) == LINES
    assert lines(cells.nth(1)) == ["second"]
    expect(person.page.get_by_role("button", name=ENGLISH.ready, exact=True)).to_be_visible()
    until(person.page, lambda: place.outputs(0) == LINES)
    assert place.outputs(1) == ["second"]


BAR = """import pathlib, time
from tqdm.notebook import tqdm
print('tick 3')
while not pathlib.Path({go!r}).exists():
    time.sleep(0.1)
for _ in tqdm(range(30)):
    time.sleep(0.02)"""


def test_a_progress_bar_of_a_closed_page_is_shown_as_it_ended(sit: Sit, site: Handloom, tmp_path: Path) -> None:
    go = tmp_path / "go"
    person, place = sit(), made(site, BAR.format(go=str(go)))
    begin(person, place)
    person.page.goto("about:blank")
    go.touch()
    until(person.page, lambda: "30/30" in place.file.read_text(encoding="utf-8"))
    person.go(place.path)
    expect(notebook.cells(person).first).to_contain_text("30/30", timeout=30_000)
    notebook.stop_session(person)
    person.page.reload()
    notebook.opened(person)
    expect(notebook.cells(person).first).to_contain_text("100%")
    person.shot("bar-as-it-ended")


def test_a_closed_page_runs_on_and_the_file_has_it_all(sit: Sit, site: Handloom) -> None:
    person, place = sit(), made(site, TICKS, "print('second')")
    begin(person, place)
    other = person.page.context.new_page()
    person.page.close(run_before_unload=False)
    until(other, lambda: place.outputs(1) == ["second"])
    assert place.outputs(0) == LINES
    person.page = other
    watch(person, other)
    person.go(place.path)
    cells = notebook.cells(person)
    expect(person.page.get_by_role("button", name=ENGLISH.ready, exact=True)).to_be_visible(timeout=30_000)
    state(cells.first, "ok")
    assert lines(cells.first) == LINES
    person.shot("opened-again")


@pytest.mark.soak  # a connection that breaks and comes back: tests/kernels/test_channels.py
def test_a_cut_network_loses_no_line_and_asks_nothing(sit: Sit, site: Handloom) -> None:
    person, place = sit(), made(site, TICKS, "print('second')")
    wire = Wire(int(site.url.rpartition(":")[2]))
    person.page.goto(f"http://127.0.0.1:{wire.port}{place.path}")
    notebook.opened(person)
    person.page.get_by_role("button", name=person.words.run_all).first.click()
    cells = notebook.cells(person)
    until(person.page, lambda: "tick 3" in lines(cells.first), seconds=150)
    wire.cut()
    person.page.wait_for_timeout(6_000)
    person.shot("cut")
    wire.mend()
    state(cells.nth(1), "ok")
    assert lines(cells.first) == LINES
    assert lines(cells.nth(1)) == ["second"]
    expect(person.page.get_by_role("alertdialog")).to_have_count(0)
    until(person.page, lambda: place.outputs(0) == LINES and place.outputs(1) == ["second"])
    wire.close()


def test_a_killed_server_ends_the_session_and_the_outputs_stay(sit: Sit, own_server: Handloom) -> None:
    person, place = sit(at=own_server), made(own_server, TICKS, "print('second')")
    cells = begin(person, place)
    shown = len(lines(cells.first))
    own_server.kill()
    until(person.page, lambda: len(place.outputs(0)) >= shown, seconds=15)  # the notebook server's last act
    own_server.start()
    expect(person.page.get_by_text("The session has ended.")).to_be_visible(timeout=60_000)
    state(cells.first, "lost")
    kept = lines(cells.first)
    assert len(kept) >= shown
    assert kept == LINES[: len(kept)]
    person.shot("server-killed")
    person.page.reload()
    cells = notebook.cells(person)
    state(cells.first, "lost")
    assert lines(cells.first)[:shown] == LINES[:shown]


@pytest.mark.soak  # two pages of one kernel: tests/kernels/test_channels.py
def test_two_tabs_see_the_same_outputs_live_and_neither_asks(sit: Sit, site: Handloom) -> None:
    person, place = sit(), made(site, TICKS, "print('second')")
    cells = begin(person, place)
    second = person.page.context.new_page()
    watch(person, second)
    second.goto(site.url + place.path)
    other = notebook.cells(Person(page=second, words=person.words, site=site, story=person.story))
    state(other.nth(1), "ok")
    state(cells.nth(1), "ok")
    assert lines(other.first) == lines(cells.first) == LINES
    second.wait_for_timeout(3_000)
    for page in (person.page, second):
        expect(page.get_by_role("alertdialog")).to_have_count(0)
    assert place.outputs(0) == LINES


def test_an_endless_loop_leaves_the_page_usable_and_stops_at_once(sit: Sit, site: Handloom) -> None:
    person, place = sit(), made(site, "n = 0\nwhile True:\n    print('line', n); n += 1")
    person.go(place.path)
    notebook.opened(person)
    page, cell = person.page, notebook.cells(person).first
    page.get_by_role("button", name=person.words.run_all).first.click()
    note = page.get_by_text(re.compile(r"[\d,]+ lines in all"))
    expect(note).to_be_visible(timeout=60_000)
    page.wait_for_timeout(3_000)
    person.shot("endless")
    cell.get_by_role("button", name="Stop cell").click()
    state(cell, "cancelled")
    expect(cell).to_contain_text("KeyboardInterrupt")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download all").click()
    text = Path(download.value.path()).read_text(encoding="utf-8").splitlines()
    assert text[:3] == ["line 0", "line 1", "line 2"]
    assert len(text) > 100_000
    assert text[-2].startswith("line ")
    person.shot("stopped")


def test_very_long_korean_lines_are_shown_when_the_page_is_opened_again(sit: Sit, site: Handloom) -> None:
    """Laying one such line out used to freeze the page for a minute."""
    print_it = "print('가나다 ' * 60_000)"
    person, place = sit(), made(site, print_it, "'가나다 ' * 200_000", "import json; json.dumps('마바사 ' * 9_000)")
    person.go(place.path)
    notebook.opened(person)
    notebook.run_all(person)
    person.page.reload()
    cells = notebook.cells(person)
    expect(cells.first).to_contain_text("가나다 가나다", timeout=20_000)
    person.page.get_by_role("button", name=person.words.add_code).last.click()
    expect(cells).to_have_count(4)
    printed = cells.first.locator(".jp-OutputArea-output pre").first
    assert printed.evaluate("(node) => node.textContent") == "가나다 " * 60_000 + "\n"
    assert (
        printed.evaluate("(node) => String(getSelection().selectAllChildren(node) ?? getSelection())").count("\n") <= 1
    )
    person.shot("long-korean-lines")
