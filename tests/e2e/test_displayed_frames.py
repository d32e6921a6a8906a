"""`display(df)` on the page: every row can be reached, ordered, filtered, summed up and downloaded."""

from __future__ import annotations

import csv
from pathlib import Path

from playwright.sync_api import Locator, expect

from e2e import notebook
from e2e.browser import Person
from e2e.conftest import Sit
from e2e.test_notebook_outputs import Place, made, state
from e2e.words import KOREAN
from running import Handloom

ROWS = 5_000
PANDAS = """import pandas as pd
df = pd.DataFrame({"n": range(5000), "text": [f"row {i}" for i in range(5000)]})
df["real"] = (df["n"] / 7).where(df["n"] % 5 != 0)
display(df)"""
SPARK = "display(spark.range(3000).selectExpr('id', 'id % 3 as part'))"


def table(person: Person, cell: int, label: str = "Table of data") -> Locator:
    found = notebook.cells(person).nth(cell)
    found.scroll_into_view_if_needed()
    return found.get_by_role("region", name=label)


def first_row(frame: Locator) -> Locator:
    return frame.get_by_role("row").nth(1)


def test_every_row_of_a_displayed_frame_can_be_reached(sit: Sit, site: Handloom) -> None:
    person, place = sit(), made(site, PANDAS, SPARK)
    page = person.page
    person.go(place.path)
    notebook.opened(person)
    page.get_by_role("button", name=person.words.run_all).first.click()
    for cell in notebook.cells(person).all():
        state(cell, "ok")
    frame = table(person, 0)
    expect(frame).to_contain_text("5,000 rows, 3 columns")
    frame.get_by_role("table").focus()
    page.keyboard.press("End")
    expect(frame.get_by_role("cell", name="row 4999")).to_be_visible()
    person.shot("last-row")
    ordered(frame)
    searched(frame)
    summed_up(person, frame)
    person.shot("statistics")
    downloaded(person, frame)
    of_spark(person)
    after_a_reload(person)
    in_korean_and_dark(sit, place)
    without_a_session(person)


def ordered(frame: Locator) -> None:
    head = frame.get_by_role("columnheader", name="n", exact=True).get_by_role("button")
    head.click()
    head.click()
    expect(first_row(frame)).to_contain_text("row 4999")
    expect(first_row(frame).get_by_role("cell").nth(2)).to_have_text("714.143")
    expect(first_row(frame).get_by_role("cell").nth(2)).to_have_attribute("title", "714.1428571428571")


def searched(frame: Locator) -> None:
    frame.get_by_role("searchbox", name="Filter by keyword").fill("ROW 499")
    expect(frame).to_contain_text("11 of 5,000 rows match")
    expect(first_row(frame)).to_contain_text("row 4999")
    frame.get_by_role("searchbox", name="Filter by keyword").fill("")
    expect(frame).to_contain_text("5,000 rows, 3 columns")


def summed_up(person: Person, frame: Locator) -> None:
    frame.get_by_role("button", name="Statistics of a column").click()
    pane = frame.get_by_role("complementary", name="Statistics of a column")
    expect(pane).to_contain_text("Median2499.5")
    pane.get_by_role("combobox", name="Column").click()
    person.page.get_by_role("option", name="real").click()
    expect(pane).to_contain_text("1,000 (20%)")
    pane.get_by_role("group", name="Distribution").get_by_role("button").first.click()
    expect(frame).to_contain_text("200 of 5,000 rows match")
    pane.get_by_label("Condition").select_option("<")
    pane.get_by_role("textbox", name="Value").fill("1")
    pane.get_by_role("button", name="Add filter").click()
    expect(frame).to_contain_text("5 of 5,000 rows match")
    expect(pane).to_contain_text("0.142857")


def downloaded(person: Person, frame: Locator) -> None:
    assert rows_of_csv(person, frame) == ["6", "4", "3", "2", "1"]
    frame.get_by_role("button", name="Remove all").click()
    assert rows_of_csv(person, frame) == [str(n) for n in reversed(range(ROWS))]


def rows_of_csv(person: Person, frame: Locator) -> list[str]:
    frame.get_by_role("button", name="Download all rows").click()
    with person.page.expect_download() as waiting:
        person.page.get_by_role("menuitem", name="CSV").click()
    assert waiting.value.suggested_filename.endswith(".csv")
    with Path(waiting.value.path()).open(encoding="utf-8", newline="") as file:
        return [row["n"] for row in csv.DictReader(file)]


def of_spark(person: Person) -> None:
    frame = table(person, 1)
    expect(frame).to_contain_text("3,000 rows, 2 columns")
    head = frame.get_by_role("columnheader", name="id", exact=True).get_by_role("button")
    head.click()
    head.click()
    expect(first_row(frame).get_by_role("cell").first).to_have_text("2999")


def after_a_reload(person: Person) -> None:
    expect(person.page.get_by_text("Saved").first).to_be_visible(timeout=30_000)
    person.page.reload()
    notebook.opened(person)
    frame = table(person, 0)
    ordered(frame)


def in_korean_and_dark(sit: Sit, place: Place) -> None:
    other = sit(KOREAN, dark=True)
    other.go(place.path)
    notebook.opened(other)
    frame = table(other, 0, "데이터 표")
    frame.get_by_role("button", name="열 통계").click()
    expect(frame).to_contain_text("최솟값")
    other.shot("statistics-korean")


def without_a_session(person: Person) -> None:
    notebook.stop_session(person)
    frame = table(person, 0)
    expect(frame).to_contain_text("Run the cell to reach all of them.")
    expect(frame).to_contain_text("1,000 of 5,000 rows, 3 columns")
    person.shot("saved-rows")
