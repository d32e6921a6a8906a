"""Runs of several experiments and workspaces side by side by link, and notices of runs that a person asked for."""

from __future__ import annotations

import re
import time
import uuid

from playwright.sync_api import expect

from e2e.conftest import Sit
from running import Handloom


def logged(site: Handloom, workspace_name: str, experiment: str, names: list[str]) -> tuple[str, str, list[str]]:
    """An experiment in a workspace of its own: both ids, and the ids of its runs."""
    with site.client() as http:
        workspace = http.post("/api/v1/workspaces", json={"name": f"{workspace_name} {uuid.uuid4()}"}).json()["id"]
        api = f"/mlflow/{workspace}/api/2.0/mlflow"
        number = http.post(f"{api}/experiments/create", json={"name": experiment}).json()["experiment_id"]
        runs = []
        for n, name in enumerate(names):
            start = {"experiment_id": number, "run_name": name, "start_time": n + 1}
            run = http.post(f"{api}/runs/create", json=start).json()["run"]["info"]["run_id"]
            points = [{"key": "accuracy", "value": 0.5 + n / 10, "timestamp": 1, "step": 0}]
            pairs = [{"key": "model", "value": name.split()[0]}]
            body = {"run_id": run, "metrics": points, "params": pairs}
            assert http.post(f"{api}/runs/log-batch", json=body).status_code == 200
            runs.append(run)
    return workspace, number, runs


def test_runs_of_two_workspaces_are_compared_by_a_link(sit: Sit, site: Handloom) -> None:
    home, experiment, runs = logged(site, "home", "trees", ["tree 1", "tree 2"])
    away, _, _ = logged(site, "away", "forests", ["forest 1", "forest 2"])
    with site.client() as http:
        away_name = http.get(f"/api/v1/workspaces/{away}").json()["name"]
    person = sit()
    page = person.page
    person.go(f"/workspaces/{home}/experiments/{experiment}?view=compare&runs={','.join(runs)}")
    page.get_by_role("button", name="Add runs of other experiments").click()
    page.get_by_role("button", name="Add runs", exact=True).click()
    panel = page.get_by_role("dialog", name="Add runs")
    panel.get_by_label("Workspace").fill(away_name)
    page.get_by_role("option", name=away_name).click()
    panel.get_by_label("Experiment").click()
    page.get_by_role("option", name="forests").click()
    panel.get_by_role("searchbox").fill("forest 2")
    expect(panel.get_by_role("checkbox")).to_have_count(1)
    panel.get_by_role("checkbox", name="forest 2").click()
    person.shot("add")
    panel.get_by_role("button", name="Close").last.click()
    table = page.get_by_role("grid", name="Runs side by side")
    for name in ("tree 1", "tree 2", "forest 2"):
        expect(table.get_by_role("link", name=name)).to_be_visible()
    expect(table.get_by_role("row").filter(has_text="model")).to_contain_text("forest")
    page.get_by_label("Name of the comparison").fill("Trees and forests")
    expect(page.get_by_role("heading", name="Trees and forests")).to_be_visible()
    person.shot("compared")
    page.get_by_role("tab", name="Charts").click()
    chart = page.get_by_role("article", name="accuracy")
    expect(chart.get_by_role("cell", name="forest 2").first).to_be_attached()  # what screen readers are told
    person.shot("charts")
    page.get_by_role("tab", name="Parameters and metrics").click()
    page.get_by_role("button", name="Copy as Python").click()
    assert "handloom.metrics()" in page.evaluate("navigator.clipboard.readText()")
    page.get_by_role("button", name="Copy link").click()
    link: str = page.evaluate("navigator.clipboard.readText()")

    other = sit()
    other.page.goto(link)
    expect(other.page.get_by_role("heading", name="Trees and forests")).to_be_visible()
    shared = other.page.get_by_role("grid", name="Runs side by side")
    expect(shared.get_by_role("link", name="forest 2")).to_be_visible()
    other.page.goto(link.replace(home, "gone"))
    expect(other.page.get_by_text("2 runs cannot be shown")).to_be_visible()
    expect(other.page.get_by_role("grid").get_by_role("link", name="forest 2")).to_be_visible()


def test_a_comparison_is_named_and_found_again_by_others(sit: Sit, site: Handloom) -> None:
    home, experiment, runs = logged(site, "home", "trees", ["tree 1", "tree 2", "tree 3"])
    elsewhere, other, others = logged(site, "away", "forests", ["forest 1"])
    page = sit().page
    own = f"{site.url}/workspaces/{home}/experiments/{experiment}"
    page.goto(f"{own}?view=compare&runs={','.join(runs[:2])}&baseline={runs[0]}")
    page.get_by_role("button", name="Views").click()
    page.get_by_role("menuitem", name="Save as a named comparison").click()
    page.get_by_role("dialog").get_by_label("Name").fill("Depth one against two")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="View: Depth one against two", exact=True)).to_be_visible()
    page.goto(f"{site.url}/compare?runs={home}/{experiment}:{runs[2]}&runs={elsewhere}/{other}:{others[0]}")
    page.get_by_role("button", name="Save comparison").click()
    page.get_by_role("dialog").get_by_label("Name").fill("Trees and forests")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Trees and forests")).to_be_visible()

    # Somebody else, who has no link.
    person = sit()
    page = person.page
    page.goto(own)
    page.get_by_role("button", name="Views").click()
    expect(page.get_by_role("menuitemradio")).to_have_count(2)
    person.shot("views")
    page.get_by_role("menuitemradio", name="Depth one against two").click()
    table = page.get_by_role("grid", name="Runs side by side")
    expect(table.get_by_role("link")).to_have_count(2)
    expect(page).to_have_url(re.compile(f"baseline={runs[0]}"))
    page.get_by_role("button", name="View: Depth one against two").click()
    page.get_by_role("menuitemradio", name="Trees and forests Comparison of 2 runs").click()
    expect(page.get_by_role("heading", name="Trees and forests")).to_be_visible()
    expect(table.get_by_role("link", name="forest 1")).to_be_visible()


def test_the_bell_tells_of_a_run_that_failed_once_a_rule_asks_for_it(sit: Sit, site: Handloom) -> None:
    workspace, experiment, _ = logged(site, "bell", "nightly", ["before"])
    person = sit()
    page = person.page
    person.go(f"/workspaces/{workspace}/experiments/{experiment}")
    page.get_by_role("button", name="Notify me").click()
    panel = page.get_by_role("dialog", name="Notify me")
    panel.get_by_role("button", name="Add rule").click()
    expect(panel.get_by_role("list", name="Your rules")).to_contain_text("A run fails")
    person.shot("rules")
    page.keyboard.press("Escape")
    with site.client() as http:
        api = f"/mlflow/{workspace}/api/2.0/mlflow"
        start = {"experiment_id": experiment, "run_name": "night 7", "start_time": int(time.time() * 1_000)}
        run = http.post(f"{api}/runs/create", json=start).json()["run"]["info"]["run_id"]
        http.post(f"{api}/runs/update", json={"run_id": run, "status": "FAILED"}).raise_for_status()
    expect(page.get_by_text("night 7 failed").first).to_be_visible()
    page.get_by_role("button", name="Open the run").first.click()
    expect(page).to_have_url(re.compile(f"run={run}"))
    person.shot("told")
