"""Stale cells are marked with their reason, survive a reload, run in order, and a run that comes from them says so."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from e2e import notebook
from e2e.browser import Person
from e2e.conftest import Sit
from e2e.test_notebook_outputs import Place, made, output, state
from e2e.words import KOREAN
from running import Handloom

CELLS = (
    "import mlflow\nrate = 1",
    "price = rate * 10",
    "with mlflow.start_run(run_name=f'run of {price}'):\n    mlflow.log_metric('price', price)\nprint(price)",
    "print('alone')",
)


def stale(cell: Locator) -> Locator:
    return cell.get_by_text(re.compile("^(Stale|오래됨)$"))


def test_stale_cells_are_marked_and_run_in_order(sit: Sit, site: Handloom) -> None:
    person, place = sit(), made(site, *CELLS)
    page = person.page
    person.go(place.path)
    notebook.opened(person)
    cells = notebook.cells(person)
    page.get_by_role("button", name=person.words.run_all).first.click()
    state(cells.nth(3), "ok")
    expect(page.get_by_text(re.compile("stale cell"))).to_have_count(0)
    notebook.write(person, cells.nth(0), "import mlflow\nrate = 2")
    expect(stale(cells.nth(0))).to_be_visible()
    expect(stale(cells.nth(1))).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(stale(cells.nth(0))).to_be_hidden(timeout=30_000)
    stale(cells.nth(1)).hover()
    expect(page.get_by_role("tooltip")).to_have_text("`rate` was changed by cell 1 after this cell ran.")
    person.shot("stale")
    cells.nth(2).get_by_role("button", name="Run cell").click()  # from a stale state
    expect(cells.nth(2)).to_contain_text("[6]:", timeout=30_000)
    state(cells.nth(2), "ok")
    page.reload()
    notebook.opened(person)
    expect(stale(cells.nth(1))).to_be_visible(timeout=30_000)
    expect(stale(cells.nth(2))).to_be_visible()
    in_korean_and_dark(sit, place)
    notebook.cells(person).nth(3).locator(".jp-InputPrompt").click()
    page.keyboard.press("Shift+R")
    expect(cells.nth(2)).to_contain_text("[8]:", timeout=30_000)
    state(cells.nth(2), "ok")
    assert output(cells.nth(2)).strip() == "20"
    expect(cells.nth(3)).to_contain_text("[4]:")
    expect(page.get_by_text(re.compile("stale cell"))).to_have_count(0)
    the_runs_say_so(person, site, place)


def in_korean_and_dark(sit: Sit, place: Place) -> None:
    person = sit(KOREAN, dark=True)
    person.go(place.path)
    notebook.opened(person)
    stale(notebook.cells(person).nth(2)).hover(timeout=30_000)
    expect(person.page.get_by_role("tooltip")).to_have_text("`price` 값을 만든 셀 2의 결과가 오래되었습니다.")
    expect(person.page.get_by_text("오래된 셀 2개")).to_be_visible()
    person.shot("korean")


def the_runs_say_so(person: Person, site: Handloom, place: Place) -> None:
    """Of three runs, the second was logged while the cell of `price` was stale."""
    with site.client() as client:
        runs = client.get(f"/api/v1{place.path}/runs").raise_for_status().json()["runs"]
        workspace = place.path.split("/")[2]
        details = [client.get(f"/api/v1/workspaces/{workspace}/runs/{one['run_id']}").json() for one in runs]
    tags = [one["system_tags"].get("handloom.stale_cells") for one in reversed(details)]
    assert tags == [None, '[{"cell":2,"kind":"changed","name":"rate","by":1}]', None]
    run = runs[1]
    person.go(f"/workspaces/{workspace}/experiments/{run['experiment']}?view=details&run={run['run_id']}")
    expect(person.page.get_by_text("Logged from a stale state.")).to_be_visible()
    expect(person.page.get_by_text("`rate` had been changed by cell 1 after cell 2 ran.")).to_be_visible()
    person.shot("run")
    reproduced(person, run, "0 of 1 metric matches", "Differs")  # its price came from the rate before
    reproduced(person, runs[0], "1 of 1 metric matches", "Equal")


def reproduced(person: Person, run: dict[str, str], words: str, verdict: str) -> None:
    """The run's page runs its snapshot in a new session, and compares."""
    page = person.page
    workspace = page.url.split("/workspaces/")[1].split("/")[0]
    person.go(f"/workspaces/{workspace}/experiments/{run['experiment']}?view=details&run={run['run_id']}")
    section = page.get_by_role("region", name="Reproduce")
    expect(section).to_contain_text("up to cell 3 of 4")
    section.get_by_role("button", name="Run again in a new session").click()
    expect(section).to_contain_text(words, timeout=90_000)
    expect(section.get_by_role("row", name="price")).to_contain_text(verdict)
    person.shot(f"reproduced-{verdict}")
