"""Charts of picked runs: bands of groups and smoothed curves, order by keyboard and by drag, importance of params."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

from playwright.sync_api import Page, expect

from e2e.browser import Person
from running import Handloom

Sit = Callable[..., Person]
RUNS = 12


def logged(site: Handloom) -> tuple[str, list[str]]:
    """An experiment whose loss depends on the learning rate: its address, and its runs."""
    with site.client() as http:
        workspace = http.post("/api/v1/workspaces", json={"name": f"charts {uuid.uuid4()}"}).json()["id"]
        api = f"/mlflow/{workspace}/api/2.0/mlflow"
        experiment = http.post(f"{api}/experiments/create", json={"name": "rates"}).json()["experiment_id"]
        runs = []
        for n in range(RUNS):
            run = http.post(
                f"{api}/runs/create", json={"experiment_id": experiment, "run_name": f"rate {n}", "start_time": n + 1}
            ).json()["run"]["info"]["run_id"]
            losses = [10 / (step + 1 + n) + ((step * 7 + n) % 5) / 10 for step in range(40)]
            points = [
                {"key": key, "value": value + offset, "timestamp": step + 1, "step": step}
                for offset, key in enumerate(("accuracy", "loss", "recall"))
                for step, value in enumerate(losses)
            ]
            params = {"rate": n / 10, "model": "tree" if n % 2 else "line", "seed": (n * 5) % 7}
            pairs = [{"key": key, "value": str(value)} for key, value in params.items()]
            body = {"run_id": run, "metrics": points, "params": pairs}
            assert http.post(f"{api}/runs/log-batch", json=body).status_code == 200
            runs.append(run)
    return f"/workspaces/{workspace}/experiments/{experiment}", runs


def titles(page: Page) -> list[str]:
    return page.get_by_role("group", name="Metric comparison").get_by_role("heading", level=3).all_inner_texts()


def test_charts_show_ranges_are_ordered_by_hand_and_params_are_explained(sit: Sit, site: Handloom) -> None:
    address, runs = logged(site)
    person = sit()
    page = person.page
    person.go(f"{address}?view=list&runs={','.join(runs[:4])}")
    pane = page.get_by_role("region", name="Metric comparison")
    expect(pane.get_by_role("article")).to_have_count(3, timeout=20_000)
    assert titles(page) == ["accuracy", "loss", "recall"]

    handle = page.get_by_role("button", name="Move accuracy")
    handle.focus()
    page.keyboard.press("ArrowRight")
    expect(pane.get_by_role("heading", level=3).first).to_have_text("loss")
    expect(handle).to_be_focused()
    page.get_by_role("button", name="Move recall").drag_to(pane.get_by_role("article", name="loss"))
    expect(pane.get_by_role("heading", level=3).first).to_have_text("recall")
    assert titles(page) == ["recall", "loss", "accuracy"]
    page.reload()
    expect(pane.get_by_role("heading", level=3).first).to_have_text("recall", timeout=20_000)

    pane.get_by_role("button", name="Edit loss").click()
    panel = page.get_by_role("dialog", name="Edit chart")
    panel.get_by_label("Group").fill("model")
    page.get_by_role("option", name="model").click()
    panel.get_by_role("button", name="Replace").click()
    expect(pane.get_by_role("article", name="loss").get_by_role("table")).to_contain_text("tree")
    page.wait_for_timeout(600)
    person.shot("bands")

    pane.get_by_role("button", name="Importance").click()
    panel = page.get_by_role("dialog", name="Parameter importance")
    expect(panel.get_by_role("row").nth(1)).to_contain_text("rate", timeout=60_000)
    expect(panel).to_contain_text(re.compile(f"Over {RUNS} runs of the experiment"))
    person.shot("importance")


def test_a_metric_over_two_params_is_a_contour(sit: Sit, site: Handloom) -> None:
    address, runs = logged(site)
    person = sit()
    page = person.page
    person.go(f"{address}?view=list&runs={','.join(runs)}")
    pane = page.get_by_role("region", name="Metric comparison")
    pane.get_by_role("button", name="Edit loss").click()
    panel = page.get_by_role("dialog", name="Edit chart")
    panel.get_by_label("Visualization type").click()
    page.get_by_role("option", name="Contour").click()
    for axis, param in (("X axis", "rate"), ("Y axis", "seed")):
        expect(panel.get_by_label(axis)).to_have_value(param)  # it begins with those that differ
    expect(panel.locator("[data-chart=drawn]")).to_be_visible()
    person.shot("editor")
    panel.get_by_role("button", name="Replace").click()
    chart = pane.get_by_role("article", name="loss by rate and seed")
    expect(chart.get_by_role("row")).to_have_count(RUNS + 1)  # what screen readers are told
    page.reload()
    expect(chart.locator("[data-chart=drawn]")).to_be_visible()
    chart.get_by_role("button", name="More actions").click()
    with page.expect_download() as saved:
        page.get_by_role("menuitem", name="Export as SVG").click()
    assert "inverse distance weighting" in saved.value.path().read_text(encoding="utf-8")
    chart.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Full screen").click()
    large = page.get_by_role("dialog").locator("[data-chart=drawn]")
    expect(large).to_be_visible()
    box = large.bounding_box()
    assert box is not None
    assert box["height"] > 500
    person.shot("large")
