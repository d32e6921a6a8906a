"""Charts of displayed frames: made over all rows, kept in the notebook, and shown without a session."""

from __future__ import annotations

import csv
from pathlib import Path

from playwright.sync_api import Locator, expect

from e2e import notebook
from e2e.browser import Person
from e2e.conftest import Sit
from e2e.test_displayed_frames import table
from e2e.test_notebook_outputs import Place, made, state
from e2e.words import KOREAN
from running import Handloom

ROWS = 5_000
CODE = """import pandas as pd
n = range(5000)
df = pd.DataFrame({"city": [f"city {i % 3}" for i in n], "price": [i / 4 for i in n], "size": [i % 90 for i in n]})
df["day"] = pd.date_range("2024-01-01", periods=5000, freq="h")
display(df)"""


def test_charts_are_made_kept_and_shown_without_a_session(sit: Sit, site: Handloom) -> None:
    person, place = sit(), made(site, CODE)
    page = person.page
    person.go(place.path)
    notebook.opened(person)
    page.get_by_role("button", name=person.words.run_all).first.click()
    state(notebook.cells(person).first, "ok")
    frame = table(person, 0)
    recommended(person, frame)
    own(person, frame)
    expect(page.get_by_text("Saved").first).to_be_visible(timeout=30_000)
    page.get_by_role("button", name=person.words.stop_session).first.click()
    expect(page.get_by_text(person.words.not_connected).first).to_be_visible(timeout=30_000)
    page.reload()
    notebook.opened(person)
    frame = table(person, 0)
    frame.get_by_role("tab", name="Mean of price by city").click()
    assert numbers(frame, "Mean of price by city") == MEANS
    expect(frame.get_by_role("button", name="New chart")).to_be_disabled()
    person.shot("without-a-session")
    in_korean_and_dark(sit, place)


MEANS = [["city 1", "625"], ["city 2", "624.875"], ["city 0", "624.75"]]


def numbers(frame: Locator, label: str) -> list[list[str]]:
    """The numbers of a chart, as screen readers get them."""
    spoken = frame.get_by_role("group", name=label).get_by_role("table")
    expect(spoken).to_be_attached()
    rows = spoken.locator("tbody tr").all()
    return [row.locator("td").all_inner_texts() for row in rows]


def recommended(person: Person, frame: Locator) -> None:
    frame.get_by_role("button", name="New chart").click()
    person.page.get_by_role("menuitem", name="Mean of price by day").click()
    expect(frame).to_contain_text("Computed over all 5,000 rows")
    expect(frame).to_contain_text("day is divided into 500 intervals")
    person.shot("line")


def own(person: Person, frame: Locator) -> None:
    page = person.page
    frame.get_by_role("button", name="New chart").click()
    page.get_by_role("menuitem", name="Build my own").click()
    settings = frame.get_by_role("complementary", name="Chart settings")
    settings.get_by_role("combobox", name="Chart type").click()
    page.get_by_role("option", name="Bar", exact=True).click()
    x_axis = settings.get_by_role("combobox", name="X axis")
    x_axis.click()
    page.get_by_role("option", name="city", exact=True).click()
    expect(frame.get_by_role("tab", name="Mean of price by city")).to_be_visible()
    found = numbers(frame, "Mean of price by city")
    assert found == MEANS
    person.shot("bar")
    frame.get_by_role("button", name="Download the chart").click()
    with page.expect_download() as waiting:
        page.get_by_role("menuitem", name="Numbers (CSV)").click()
    with Path(waiting.value.path()).open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file)) == [["city", "Mean of price"], *found]
    frame.get_by_role("button", name="Download the chart").click()
    with page.expect_download() as waiting:
        page.get_by_role("menuitem", name="Picture (PNG)").click()
    assert Path(waiting.value.path()).read_bytes().startswith(b"\x89PNG")


def in_korean_and_dark(sit: Sit, place: Place) -> None:
    other = sit(KOREAN, dark=True)
    other.go(place.path)
    notebook.opened(other)
    frame = table(other, 0, "데이터 표")
    expect(frame).to_contain_text("전체 5,000행으로 계산")
    other.shot("korean")
