"""A report is written around live charts and tables, read by link, and keeps what two people write at once."""

from __future__ import annotations

import uuid
from typing import Any

import httpx
from playwright.sync_api import Page, expect

from e2e.conftest import Sit
from running import Handloom


def logged(http: httpx.Client, workspace: str, names: list[str]) -> tuple[str, list[str]]:
    """An experiment `trees` with curves: its id, and the ids of its runs."""
    api = f"/mlflow/{workspace}/api/2.0/mlflow"
    number = http.post(f"{api}/experiments/create", json={"name": "trees"}).json()["experiment_id"]
    runs = []
    for n, name in enumerate(names):
        start = {"experiment_id": number, "run_name": name, "start_time": 1_700_000_000_000 + n * 60_000}
        run = http.post(f"{api}/runs/create", json=start).json()["run"]["info"]["run_id"]
        curve = [
            {"key": "loss", "value": 1 / (step + 1) + n / 10, "timestamp": 1_700_000_000_000 + step, "step": step}
            for step in range(20)
        ]
        metrics = [*curve, {"key": "accuracy", "value": 0.6 + n / 20, "timestamp": 1, "step": 0}]
        params = [{"key": "depth", "value": str(2 + n)}, {"key": "model", "value": "tree"}]
        http.post(
            f"{api}/runs/log-batch", json={"run_id": run, "metrics": metrics, "params": params}
        ).raise_for_status()
        runs.append(run)
    return number, runs


def made(site: Handloom) -> tuple[str, str, list[str]]:
    with site.client() as http:
        workspace = http.post("/api/v1/workspaces", json={"name": f"reports {uuid.uuid4()}"}).json()["id"]
        return workspace, *logged(http, workspace, ["oak", "elm", "ash"])


def report(site: Handloom, workspace: str, name: str, blocks: list[dict[str, Any]]) -> str:
    with site.client() as http:
        body = {"name": name, "blocks": blocks}
        return str(http.post(f"/api/v1/workspaces/{workspace}/reports", json=body).raise_for_status().json()["id"])


def test_a_report_is_written_from_charts_and_read_by_link(sit: Sit, site: Handloom) -> None:
    workspace, experiment, runs = made(site)
    person = sit()
    page = person.page
    person.go(f"/workspaces/{workspace}/experiments/{experiment}?runs={','.join(runs)}")
    page.get_by_role("button", name="More actions for loss").click()
    page.get_by_role("menuitem", name="Add to report").click()
    dialog = page.get_by_role("dialog", name="Add to a report")
    dialog.get_by_label("Name").fill("Which tree?")
    dialog.get_by_role("radio", name="Runs that a filter finds, live").click()
    person.shot("add")
    dialog.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("button", name="Open report").click()
    expect(page.get_by_role("figure").filter(has_text="loss").get_by_text("3 of 3 runs")).to_be_visible()
    page.get_by_role("button", name="Edit", exact=True).click()
    write(page)
    person.shot("edited")
    page.get_by_role("button", name="Done").click()
    export(page)
    page.get_by_role("button", name="Share link").click()
    expect(page.get_by_text("Link copied")).to_be_visible()
    link: str = page.evaluate("navigator.clipboard.readText()")
    with site.client() as http:
        http.post(f"/api/v1/workspaces/{workspace}/runs/delete", json={"runs": [runs[2]]}).raise_for_status()
    expect(page.get_by_role("table", name="All trees").get_by_role("link")).to_have_text(["elm"])  # live

    other = sit()
    other.page.goto(link)
    expect(other.page.get_by_role("heading", name="Result")).to_be_visible()
    expect(other.page.get_by_role("figure").filter(has_text="loss").get_by_role("link", name="oak")).to_be_visible()

    person.go(f"/workspaces/{workspace}/experiments/{experiment}?view=compare&runs={','.join(runs[:2])}")
    page.get_by_role("button", name="Add to report").click()
    page.get_by_role("dialog", name="Add to a report").get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("button", name="Open report").click()
    expect(page.get_by_role("table", name="trees", exact=True).get_by_role("link")).to_have_text(["oak", "elm"])


def write(page: Page) -> None:
    """Put a text above the chart and a table below it; remove the text and bring it back."""
    page.get_by_role("button", name="Add text").click()
    box = page.get_by_role("textbox", name="Text in Markdown")
    box.fill("## Result\n\nThe **deepest** tree is best. <script>x</script>")
    page.keyboard.press("Escape")
    result = page.get_by_role("heading", name="Result")
    expect(result).to_be_visible()
    page.get_by_role("button", name="Add table").click()
    panel = page.get_by_role("dialog", name="Add table")
    panel.get_by_label("Title").fill("All trees")
    panel.get_by_role("combobox", name="Filter runs").fill("metrics.accuracy > 0.62")
    panel.get_by_role("button", name="Add", exact=True).click()  # without Enter in the filter
    table = page.get_by_role("table", name="All trees")
    expect(table.get_by_role("link")).to_have_text(["ash", "elm"])
    expect(table.get_by_role("columnheader", name="accuracy")).to_be_visible()
    page.get_by_role("region", name="Block 2: Result").get_by_role("button", name="Move up (Alt+↑)").focus()
    page.keyboard.press("Alt+ArrowUp")
    moved = page.get_by_role("region", name="Block 1: Result")
    expect(moved.get_by_role("button", name="Move up (Alt+↑)")).to_be_focused()
    moved.get_by_role("button", name="Remove").click()
    expect(result).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(result).to_be_visible()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()


def export(page: Page) -> None:
    """Copy the report as Markdown, and print it."""
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Copy as Markdown").click()
    expect(page.get_by_text("Copied as Markdown", exact=True)).to_be_visible()
    copied: str = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("# Which tree?\n\n## Result\n\nThe **deepest** tree")
    assert "| ash | 0.7 " in copied
    page.evaluate("window.print = () => { window.drawn = document.querySelectorAll('[data-chart=drawn]').length }")
    page.keyboard.press("Control+p")
    page.wait_for_function("window.drawn === 1")


def test_changes_of_the_same_text_are_both_kept_and_missing_runs_are_said(sit: Sit, site: Handloom) -> None:
    workspace, experiment, runs = made(site)
    picks = [{"workspace": workspace, "experiment": experiment, "runs": [*runs, "0" * 32]}]
    gone = {"search": {"workspace": workspace, "experiment": "987654"}, "picks": []}
    blocks: list[dict[str, Any]] = [
        {"kind": "text", "id": "t", "text": "First."},
        {"kind": "table", "id": "a", "title": "Named", "columns": ["params.depth"], "runs": {"picks": picks}},
        {"kind": "table", "id": "b", "title": "Gone", "columns": ["params.depth"], "runs": gone},
    ]
    where = f"/workspaces/{workspace}/reports/{report(site, workspace, 'Both', blocks)}"
    person = sit()
    page = person.page
    person.go(f"{where}?edit=1")
    expect(page.get_by_text("1 run is not shown")).to_be_visible()
    expect(page.get_by_text("was deleted, or is not yours to read")).to_be_visible()
    page.get_by_role("region", name="Block 1: First.").get_by_role("button", name="Edit").click()
    box = page.get_by_role("textbox", name="Text in Markdown")
    page.context.set_offline(True)
    box.fill("Mine.")
    expect(page.get_by_text("Not saved")).to_be_visible()
    with site.client() as http:
        kept = http.get(f"/api/v1{where}").json()
        kept["blocks"][0]["text"] = "Theirs."
        body = {"version": kept["version"], "blocks": kept["blocks"]}
        http.put(f"/api/v1{where}/blocks", json=body).raise_for_status()
    page.context.set_offline(False)
    page.keyboard.type(" Now.")
    expect(page.get_by_text("changed the same block")).to_be_visible()
    person.shot("clash")
    page.get_by_role("button", name="Keep both").click()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    with site.client() as http:
        texts = [one["text"] for one in http.get(f"/api/v1{where}").json()["blocks"] if one["kind"] == "text"]
    assert texts == ["Theirs.", "Mine. Now."]


def test_named_runs_are_chosen_in_one_panel_and_the_browser_prints_every_chart(sit: Sit, site: Handloom) -> None:
    workspace, experiment, _ = made(site)
    spec: dict[str, Any] = {
        "title": "",
        "type": "line",
        "x": "step",
        "y": ["loss"],
        "params": [],
        "by": "auto",
        "scale": "linear",
    }
    spec |= {"agg": "last", "sort": "runs", "smooth": 0}
    runs = {"search": {"workspace": workspace, "experiment": experiment}, "picks": []}
    charts: list[dict[str, Any]] = [{"kind": "chart", "id": str(n), "runs": runs, "spec": spec} for n in range(7)]
    person = sit(dark=True)
    page = person.page
    person.go(f"/workspaces/{workspace}/reports/{report(site, workspace, 'Seven', charts)}?edit=1")
    expect(page.get_by_role("figure")).to_have_count(7)
    page.get_by_role("button", name="Add table").click()
    panel = page.get_by_role("dialog", name="Add table")
    panel.get_by_label("Title").fill("Two trees")
    panel.get_by_role("radio", name="Chosen runs").click()
    for name in ("oak", "ash"):
        panel.get_by_role("checkbox", name=name).click()
    expect(panel.get_by_text("2 of 2 runs")).to_be_visible()
    person.shot("chosen")
    panel.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("table", name="Two trees").get_by_role("link")).to_have_text(["oak", "ash"])
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_text("Loading points")).to_have_count(0)
    assert page.locator("article canvas").count() < 7
    said = (
        "({drawn: document.querySelectorAll('article canvas').length, theme: document.documentElement.dataset.theme})"
    )
    page.evaluate(f"addEventListener('beforeprint', () => {{ window.said = {said} }})")
    page.pdf()
    assert page.evaluate("window.said") == {"drawn": 7, "theme": "light"}
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
