"""A notebook is scheduled from its page, run now, and the executed notebook opened from the history."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from e2e import notebook
from e2e.browser import Person
from e2e.conftest import Sit
from e2e.test_notebook_outputs import Place, made
from e2e.words import KOREAN
from running import Handloom

CHOSEN = re.compile("^(Built-in packages|Apache Spark)$")


def outputs_are_shown(executed: Locator) -> None:
    """What a cell printed, a widget as it ended, and a displayed table."""
    for text in ("rows 7", "9/9", "of the frame"):
        expect(executed).to_contain_text(text, timeout=30_000)


def test_a_notebook_is_scheduled_run_now_and_its_executed_copy_is_read(sit: Sit, site: Handloom) -> None:
    person = sit()
    place = made(
        site,
        "import mlflow\nwith mlflow.start_run(run_name='nightly'): mlflow.log_metric('n', rows)",
        "print('rows', rows)\nfrom tqdm.notebook import tqdm\nfor _ in tqdm(range(9)): pass",
        "import pandas as pd\ndisplay(pd.DataFrame({'shown': ['of the frame']}))",
    )
    page = person.page
    with_environment(site, place)
    person.go(place.path)
    notebook.opened(person)
    page.get_by_role("button", name="Schedules", exact=True).click()
    page.get_by_role("button", name="New schedule").click()
    dialog = page.get_by_role("dialog", name="Schedule")
    dialog.get_by_label("Time", exact=True).fill("06:30")
    expect(dialog.get_by_role("status")).to_contain_text("Every day at 06:30")
    dialog.get_by_role("button", name="Add a parameter").click()
    dialog.get_by_label("Name").fill("rows")
    dialog.get_by_label("Value").fill("7")
    choose_session(person)
    person.shot("dialog")
    dialog.get_by_role("button", name="Create").click()
    panel = page.get_by_role("list", name="Schedules")
    expect(panel).to_contain_text("Every day at 06:30")
    person.shot("panel")
    panel.get_by_role("button", name="Run").click()
    panel.get_by_role("link", name="Every day at 06:30").click()
    history = page.get_by_role("grid", name="History")
    expect(history.get_by_role("link", name="Succeeded")).to_be_visible(timeout=90_000)
    expect(page.get_by_role("definition").filter(has_text=CHOSEN)).to_have_count(2)
    person.shot("history")
    history.get_by_role("link", name="Succeeded").click()
    executed = page.locator("[data-executed]")
    outputs_are_shown(executed)
    expect(page.get_by_role("link", name="nightly")).to_be_visible()
    executed.locator(".cm-content").first.click()
    page.keyboard.type("not written")
    expect(executed).not_to_contain_text("not written")
    person.shot("executed")
    executed_at = page.url.removeprefix(site.url)

    with_parameters(person, place)
    other = sit(KOREAN, dark=True)
    other.go(executed_at)
    expect(other.page.locator("[data-executed]")).to_contain_text("rows 7", timeout=30_000)
    other.shot("korean")
    other.go(place.path.partition("/notebooks/")[0] + "/schedules")
    expect(other.page.get_by_role("grid", name="예약 실행")).to_contain_text("매일 06:30")
    expect(other.page.get_by_role("grid", name="예약 실행")).to_contain_text("기본 제공 패키지, Apache Spark")
    other.shot("korean-list")
    other.go(place.path)
    notebook.opened(other)
    other.page.get_by_role("menuitem", name="실행", exact=True).click()
    other.page.get_by_role("menuitem", name="매개 변수로 실행").click()
    expect(other.page.get_by_role("dialog").get_by_label("이름")).to_have_value("rows")
    other.shot("korean-parameters")


def with_environment(site: Handloom, place: Place) -> None:
    """Give the workspace an environment, whose build fails."""
    with site.client() as client:
        environments = "/api/v1" + place.path.partition("/notebooks/")[0] + "/environments"
        client.post(environments, json={"name": "course", "requirements": ["Files/none.whl"]}).raise_for_status()


def choose_session(person: Person) -> None:
    person.page.get_by_role("combobox", name="Environment").click()
    expect(person.page.get_by_role("option", name="course")).to_be_visible()
    person.page.get_by_role("option", name="Built-in packages").click()
    person.page.get_by_role("combobox", name="Spark engine").click()
    person.page.get_by_role("option", name="Apache Spark").click()


def with_parameters(person: Person, place: Place) -> None:
    """The dialog knows the names of the parameter cell, and the run has the typed value."""
    page = person.page
    person.go(place.path)
    notebook.opened(person)
    cells = notebook.cells(person)
    cells.first.click()
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    notebook.write(person, cells.first, "rows = 3")
    cells.first.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Mark as parameters").click()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run with parameters").click()
    dialog = page.get_by_role("dialog", name="Run with parameters")
    expect(dialog.get_by_label("Name")).to_have_value("rows")
    expect(dialog.get_by_label("Value")).to_have_value("3")
    dialog.get_by_label("Value").fill("11")
    person.shot("parameters")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Follow it").click()
    expect(page.locator("[data-executed]")).to_contain_text("rows 11", timeout=90_000)
