"""A notebook as an HTML file on a disk, without server and network, and on paper: charts and widgets are drawn."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from e2e.conftest import Sit
from e2e.test_gallery import ALTAIR, BOKEH, PLOTLY, SCRIPT, SLIDER, height, run_everything
from e2e.test_notebook_outputs import made, until
from handloom.store.notebooks.html import written
from running import Handloom

FIGURE = """import numpy as np, plotly.graph_objects as go
go.FigureWidget(data=[go.Bar(y=np.array([1.5, 2, 3]))])"""
MANY_POINTS = "px.scatter(x=np.arange(3_000), y=np.arange(3_000))"
TQDM = """from tqdm.notebook import tqdm
for _ in tqdm(range(20)):
    pass"""
CELLS = (SLIDER, TQDM, PLOTLY, FIGURE, MANY_POINTS, ALTAIR, BOKEH, SCRIPT)


def test_an_html_file_has_charts_and_widgets_as_they_were(
    sit: Sit, site: Handloom, browser: Browser, tmp_path: Path
) -> None:
    person, place = sit(), made(site, *CELLS)
    page = person.page
    gallery = run_everything(person, place)
    gallery.slide()
    page.keyboard.press("ControlOrMeta+s")
    until(page, lambda: '"value": 4' in place.file.read_text(encoding="utf-8"))
    page.get_by_role("menuitem", name="Home", exact=True).click()
    with page.expect_download() as downloading:
        page.get_by_role("menuitem", name="Download .html").click()
    downloading.value.save_as(tmp_path / "page.html")
    context = browser.new_context(offline=True)
    file = context.new_page()
    failed: list[str] = []
    file.on("pageerror", lambda error: failed.append(str(error)))
    file.goto((tmp_path / "page.html").as_uri())
    check(file)
    file.screenshot(path=tmp_path / "page.png", full_page=True)
    assert failed == []
    context.close()
    page.context.add_init_script("window.print = () => { document.title = 'printed ' + self.origin }")
    page.get_by_role("menuitem", name="Home", exact=True).click()
    with page.context.expect_page() as opening:
        page.get_by_role("menuitem", name="Print or save as PDF").click()
    paper = opening.value
    expect(paper).to_have_title("printed null", timeout=60_000)  # not before everything is drawn
    check(paper)
    paper.close()


def check(page: Page) -> None:
    """What is to be seen, in the order of the cells."""
    expect(page.locator(".widget").first).to_have_text("n4")
    expect(page.get_by_text("now 4")).to_be_visible()
    expect(page.locator(".widget", has=page.locator("progress")).first).to_contain_text("20/20")
    charts = page.locator(".chart")
    expect(charts.first.locator(".scatterlayer .point")).to_have_count(150, timeout=60_000)
    expect(charts.nth(1).locator(".barlayer .point")).to_have_count(3, timeout=60_000)
    picture = charts.nth(2).locator("img.picture")  # browsers keep few of these drawings alive
    expect(picture).to_be_visible(timeout=60_000)
    assert picture.evaluate("one => one.naturalHeight / one.naturalWidth * one.width") == 450
    expect(charts.nth(3).locator("svg .mark-rect path")).to_have_count(3, timeout=60_000)
    bokeh = page.locator("iframe").nth(1)
    expect(bokeh.content_frame.locator("canvas").first).to_be_visible(timeout=60_000)
    until(page, lambda: 200 <= height(bokeh) < 300)  # as high as what is in it
    expect(page.locator("iframe").nth(2).content_frame.get_by_text("script ran 42")).to_be_visible()


SERIES = [{"name": "", "points": [["서울", 12], ["Busan", 9]]}]
CHART = {"id": "a", "table": 0, "type": "bar", "x": {"name": "city", "at": 0}, "y": [{"name": "price", "at": 1}]}
NUMBERS = {"rows": 442, "axis": "category", "categories": ["서울", "Busan"], "series": SERIES}


def test_charts_of_tables_and_formulas_are_drawn_in_a_file_without_the_network(
    browser: Browser, tmp_path: Path
) -> None:
    charts = [CHART | {"aggregation": "mean", "numbers": NUMBERS}, CHART | {"numbers": None}]
    table = {"output_type": "display_data", "metadata": {}, "data": {"text/html": "<table></table>"}}
    code = {"cell_type": "code", "source": "df", "outputs": [table], "metadata": {"handloom_charts": charts}}
    text = {"cell_type": "markdown", "metadata": {}, "source": r"$e^{i\pi}$ and $\undefinedmacro$"}
    notebook = tmp_path / "n.ipynb"
    notebook.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [text, code]}))
    (tmp_path / "n.html").write_bytes(written("n", notebook, language="ko"))
    context = browser.new_context(offline=True)
    page = context.new_page()
    failed: list[str] = []
    page.on("pageerror", lambda error: failed.append(str(error)))
    page.goto((tmp_path / "n.html").as_uri())
    drawn, missing = page.locator(".chart").all()
    expect(drawn.get_by_role("heading", name="city별 price 평균")).to_be_visible()
    expect(drawn).to_contain_text("전체 442행으로 계산")
    expect(drawn.locator("svg text").get_by_text("서울")).to_be_visible()
    expect(missing).to_contain_text("아직 계산되지 않았습니다")
    expect(page.locator(".math svg").first).to_be_visible()
    assert "$" not in page.locator(".math").first.inner_text()
    assert failed == []
    context.close()
