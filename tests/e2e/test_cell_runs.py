"""Runs that cells of a notebook make: listed under their cell, compared, and stopped from their page."""

from __future__ import annotations

import re
import uuid

import pytest
from playwright.sync_api import expect

from e2e import notebook
from e2e.conftest import Sit
from e2e.words import ENGLISH, KOREAN
from running import Handloom

TRAIN = """import mlflow
mlflow.set_experiment("ridge")
for alpha in (0.1, 1.0):
    with mlflow.start_run(run_name=f"ridge-{alpha}"):
        mlflow.log_metrics({"r2": 0.5 - alpha / 10, "mae": 44.5})"""
LONG = """import time
with mlflow.start_run(run_name="long"):
    for step in range(3_000):
        mlflow.log_metric("loss", 1 / (step + 1), step=step)
        time.sleep(0.1)"""


def created(site: Handloom) -> str:
    """The path of a new notebook in a workspace of its own."""
    with site.client() as http:
        workspace = http.post("/api/v1/workspaces", json={"name": f"cells {uuid.uuid4().hex[:8]}"}).json()["id"]
        found = http.post(f"/api/v1/workspaces/{workspace}/notebooks", json={"name": "train"}).json()["id"]
    return f"/workspaces/{workspace}/notebooks/{found}"


@pytest.mark.timeout(300)
def test_runs_stand_under_the_cell_that_made_them_and_are_compared_or_stopped(sit: Sit, site: Handloom) -> None:
    path = created(site)
    person = sit()
    page = person.page
    person.go(path)
    notebook.opened(person)
    first = notebook.cells(person).first
    notebook.write(person, first, TRAIN)
    notebook.run(person, first)
    made = first.get_by_role("region", name="Runs of this cell in ridge")
    expect(made.get_by_role("listitem")).to_have_count(2)
    expect(made).to_contain_text("2 runs in")
    expect(made.get_by_role("listitem").first).to_contain_text(re.compile(r"ridge-0\.1.*r2\s*0\.49.*mae\s*44\.5"))
    person.shot("runs-of-a-cell")
    other = sit(KOREAN, dark=True)
    other.page.set_viewport_size({"width": 768, "height": 900})
    other.go(path)
    notebook.opened(other)
    expect(other.page.get_by_role("region", name="이 셀이 ridge 실험에 만든 실행")).to_contain_text("실행 2개")
    other.shot("korean")

    notebook.run(person, first)  # what the cell made before is its past
    expect(made.get_by_role("listitem")).to_have_count(2)
    second = notebook.add_code(person)
    notebook.write(person, second, LONG)
    second.get_by_role("button", name=ENGLISH.run_cell).click()
    run = second.get_by_role("listitem").filter(has_text="long")
    expect(run.get_by_role("img", name="Running")).to_be_visible(timeout=60_000)
    address = run.get_by_role("link", name="long").get_attribute("href")
    assert address is not None
    visitor = sit()
    visitor.go(address)
    visitor.page.get_by_role("button", name="Stop run").click()
    visitor.page.get_by_role("alertdialog").get_by_role("button", name="Stop run").click()
    expect(visitor.page.get_by_role("definition").filter(has_text="Stopped")).to_be_visible()
    expect(second.locator("[data-chrome=foot] [data-state=cancelled]")).to_be_visible(timeout=60_000)
    expect(run.get_by_role("img", name="Stopped")).to_be_visible()

    made.get_by_role("link", name="Compare").click()
    expect(page).to_have_url(re.compile(r"/experiments/\d+\?view=list&runs="))
    expect(page.get_by_role("row").get_by_role("checkbox", checked=True)).to_have_count(2)
    names = page.get_by_role("row").filter(has=page.get_by_role("checkbox", checked=True))
    expect(names.filter(has_text="ridge-0.1")).to_have_count(1)
    expect(names.filter(has_text="ridge-1.0")).to_have_count(1)
    person.shot("compared")
