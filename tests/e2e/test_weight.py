"""Pages with large amounts of data: number of DOM nodes, longest task, and requests when idle."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from bench import pages
from playwright.sync_api import Page, expect

from e2e.browser import Person
from e2e.conftest import Sit
from running import Handloom
from tracing import PROTOBUF, exported

NODES = 5_000
IDLE = 3.0  # seconds in which a page that nobody logs to may ask for nothing


@dataclass(frozen=True, kw_only=True)
class Lab:
    """Experiments of generated weight, each by its path."""

    wide: str
    deep: str
    nested: str
    heavy_run: str
    other: str
    other_page: str
    workspace: str


class Logger:
    """Logs as an MLflow client does."""

    def __init__(self, site: Handloom) -> None:
        self.client = httpx.Client(base_url=site.url, headers=dict(site.client().headers), timeout=60)
        made = self.client.post("/api/v1/workspaces", json={"name": "weight"}).raise_for_status().json()
        self.workspace: str = made["id"]

    def mlflow(self, path: str, body: dict[str, Any]) -> Any:
        answer = self.client.post(f"/mlflow/{self.workspace}/api/2.0/mlflow/{path}", json=body)
        return answer.raise_for_status().json()

    def experiment(self, name: str) -> str:
        experiment: str = self.mlflow("experiments/create", {"name": name})["experiment_id"]
        return experiment

    def run(self, experiment: str, name: str, at: int, parent: str = "") -> str:
        tags = [{"key": "mlflow.parentRunId", "value": parent}] if parent else []
        body = {"experiment_id": experiment, "run_name": name, "start_time": at, "tags": tags}
        run_id: str = self.mlflow("runs/create", body)["run"]["info"]["run_id"]
        return run_id

    def log(self, run_id: str, metrics: dict[str, float], params: dict[str, str], *, step: int = 0) -> None:
        points = [{"key": key, "value": value, "timestamp": 1, "step": step} for key, value in metrics.items()]
        given = [{"key": key, "value": value} for key, value in params.items()]
        for first in range(0, max(len(points), len(given)), 900):
            part = {"metrics": points[first : first + 900], "params": given[first : first + 100] if not first else []}
            self.mlflow("runs/log-batch", {"run_id": run_id, **part})
        for first in range(100, len(given), 100):
            self.mlflow("runs/log-batch", {"run_id": run_id, "params": given[first : first + 100]})


@pytest.fixture(scope="module")
def lab(site: Handloom) -> Iterator[Lab]:
    logger = Logger(site)
    wide, deep, nested, other = (logger.experiment(name) for name in ("wide", "deep", "nested", "other"))
    for n in range(60):
        run_id = logger.run(wide, f"run-{n:04d}", n)
        logger.log(
            run_id, {f"m{k:03d}": n + k / 1000 for k in range(400)}, {f"p{k:03d}": str(n % 7) for k in range(400)}
        )
    heavy = logger.run(deep, "five thousand metrics", 1)
    for step in range(2):
        logger.log(heavy, {f"group{k % 10}/metric-{k:04d}": k + step for k in range(5_000)}, {}, step=step)
    for n in range(3):
        parent = logger.run(nested, f"sweep-{n}", n)
        logger.log(parent, {"best_score" if n == 2 else "r2": 0.5}, {})
        for child in range(60):
            inner = logger.run(nested, f"trial-{n}-{child}", 10 + child, parent)
            logger.log(inner, {"r2": child / 100}, {"depth": str(child)})
    logger.log(logger.run(other, "elsewhere", 1), {"loss": 1}, {})
    base = f"/workspaces/{logger.workspace}/experiments/"
    yield Lab(
        wide=base + wide,
        deep=base + deep,
        nested=base + nested,
        heavy_run=heavy,
        other=other,
        other_page=base + other,
        workspace=logger.workspace,
    )
    logger.client.close()


def weigh(page: Page, what: str) -> int:
    """The number of DOM nodes, printed with the longest task since the page was opened."""
    nodes = pages.nodes(page)
    print(f"{what}: {nodes:,} nodes, longest task {pages.longest_task(page):.0f} ms")
    return nodes


def opened(sit: Sit, path: str) -> Person:
    person = sit()
    person.page.add_init_script(pages.WATCH)
    person.go(path)
    return person


def test_a_list_of_eight_hundred_columns_draws_what_is_in_sight(sit: Sit, lab: Lab) -> None:
    columns = ",".join([f"metrics.m{k:03d}" for k in range(400)] + [f"params.p{k:03d}" for k in range(400)])
    began = time.monotonic()
    page = opened(sit, f"{lab.wide}?columns={columns}").page
    page.get_by_role("row").nth(1).wait_for()
    print(f"first row of 800 columns after {time.monotonic() - began:.1f} s")
    assert weigh(page, "800 columns") < NODES
    grid = page.get_by_role("grid", name="Runs")
    assert grid.get_attribute("aria-colcount") == "803"
    grid.evaluate("element => element.scrollLeft = element.scrollWidth")
    expect(page.get_by_role("columnheader", name="p399")).to_be_visible()
    assert weigh(page, "800 columns, scrolled to the last") < NODES


def test_what_a_page_shows_first_is_asked_for_once(sit: Sit, lab: Lab) -> None:
    page = sit().page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.partition("/api/v1")[2]))
    page.goto(page.url.partition("/workspaces")[0].rstrip("/") + lab.wide)
    page.get_by_role("row").nth(1).wait_for()
    answers = [one for one in asked if one]
    assert {f"{lab.wide}", f"{lab.wide}/columns", f"/workspaces/{lab.workspace}"} <= set(answers)
    assert len(answers) == len(set(answers)), sorted(answers)


def test_twenty_runs_of_four_hundred_metrics_are_compared(sit: Sit, lab: Lab) -> None:
    page = opened(sit, lab.wide).page
    first = page.get_by_role("row").nth(1)
    first.wait_for()
    first.get_by_role("checkbox").click()
    page.get_by_role("row").nth(20).get_by_role("checkbox").click(modifiers=["Shift"])
    page.get_by_role("article").first.wait_for()
    assert weigh(page, "20 runs x 400 metrics") < NODES
    page.get_by_role("button", name="Compare (20)").click()
    page.get_by_role("grid", name="Runs side by side").wait_for()
    assert weigh(page, "20 runs side by side") < NODES


def test_a_run_of_five_thousand_metrics_is_ticked_and_opened(sit: Sit, lab: Lab) -> None:
    page = opened(sit, lab.deep).page
    page.get_by_role("row").nth(1).get_by_role("checkbox").click()
    page.get_by_role("article").first.wait_for()
    assert weigh(page, "a run of 5,000 metrics, ticked") < NODES
    page.goto(page.url.split("?")[0] + f"?view=details&run={lab.heavy_run}")
    page.get_by_role("grid", name="Metrics").wait_for()
    assert weigh(page, "page of a run of 5,000 metrics") < NODES
    page.get_by_role("tab", name="Metrics").click()
    charts = page.get_by_role("group", name="Metrics", exact=True)
    charts.get_by_role("article").first.wait_for()
    for _ in range(20):
        charts.evaluate("element => element.scrollBy(0, 1200)")
        page.wait_for_timeout(50)
    page.wait_for_timeout(500)
    assert weigh(page, "5,000 curves, scrolled") < NODES
    assert page.locator("canvas").count() < 40


def test_nested_runs_are_a_tree(sit: Sit, lab: Lab) -> None:
    page = opened(sit, lab.nested).page
    grid = page.get_by_role("treegrid", name="Runs")
    expect(grid).to_have_attribute("aria-rowcount", "4")
    row = page.get_by_role("row", name="sweep-1")
    expect(row).to_contain_text("60")
    row.focus()
    page.keyboard.press("ArrowRight")
    expect(grid).to_have_attribute("aria-rowcount", "64")
    page.get_by_role("link", name="trial-1-59", exact=True).click()
    expect(page.get_by_role("heading", name="trial-1-59")).to_be_visible()
    page.get_by_role("link", name="sweep-1").click()
    expect(page.get_by_role("grid", name="Child runs")).to_have_attribute("aria-rowcount", "61")
    page.get_by_role("button", name="More actions").first.click()
    page.goto(page.url.partition("?")[0])
    page.get_by_role("link", name="sweep-2").click()  # has a metric of its own: its children are shown with theirs
    expect(page.get_by_role("grid", name="Child runs").get_by_role("columnheader", name="r2")).to_be_visible()


def test_a_filtered_tree_shows_the_runs_above_and_names_change_and_come_back(sit: Sit, lab: Lab) -> None:
    page = opened(sit, f"{lab.nested}?filter=params.depth+=+'59'").page
    grid = page.get_by_role("treegrid", name="Runs")
    expect(grid).to_have_attribute("aria-rowcount", "7")  # three matching runs, each below its parent
    expect(grid.get_by_role("row", name="sweep-1")).to_contain_text("shown for runs below it")
    grid.get_by_role("row", name="trial-1-59").get_by_role("checkbox").click()
    page.get_by_role("button", name="Edit (1)").click()
    page.get_by_role("menuitem", name="Rename").click()
    page.get_by_label("New name").first.fill("best of {name}")
    page.get_by_role("dialog").get_by_role("button", name="Rename").click()
    expect(grid.get_by_role("row", name="best of trial-1-59")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(grid.get_by_role("link", name="trial-1-59", exact=True)).to_be_visible()


def test_a_run_is_stopped_from_its_page_and_the_best_values_are_columns(sit: Sit, lab: Lab, site: Handloom) -> None:
    page = opened(sit, f"{lab.other_page}?columns=metrics.loss").page
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("checkbox", name="loss (min)").click()
    page.get_by_role("button", name="Less of loss is better. Change").click()
    expect(page.get_by_role("checkbox", name="loss (max)")).to_be_visible()
    page.get_by_role("button", name="More of loss is better. Change").click()
    page.get_by_role("button", name="Close").last.click()
    expect(page.get_by_role("columnheader", name="loss (min)")).to_be_visible()
    page.get_by_role("button", name="Actions for elsewhere").click()
    page.get_by_role("menuitem", name="Pin to the top").click()
    expect(page.get_by_role("link", name="elsewhere", exact=True)).to_have_count(2)  # on top, and in its place
    page.get_by_role("link", name="elsewhere", exact=True).first.click()
    page.get_by_role("button", name="Stop run").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Stop run").click()
    expect(page.get_by_role("definition").filter(has_text="Stopped")).to_be_visible()
    with httpx.Client(base_url=site.url, headers=dict(site.client().headers)) as client:
        found = client.get(f"/api/v1/workspaces/{lab.workspace}/experiments/{lab.other}/runs").json()
        body = {"run_id": found["runs"][0]["run_id"], "key": "loss", "value": 1, "timestamp": 1}
        refused = client.post(f"/mlflow/{lab.workspace}/api/2.0/mlflow/runs/log-metric", json=body)
        assert refused.status_code == 400
        resumed = {"run_id": body["run_id"], "status": "RUNNING"}
        client.post(f"/mlflow/{lab.workspace}/api/2.0/mlflow/runs/update", json=resumed).raise_for_status()


def test_traces_are_listed_filtered_and_opened_as_a_tree_of_spans(sit: Sit, lab: Lab, site: Handloom) -> None:
    headers = dict(site.client().headers) | PROTOBUF | {"x-mlflow-experiment-id": lab.other}
    with httpx.Client(base_url=site.url, headers=headers) as client:
        for trace, error in (("a1", False), ("a2", True)):
            content = exported(trace, error=error, name=f"answer {trace}").SerializeToString()
            client.post(f"/mlflow/{lab.workspace}/v1/traces", content=content).raise_for_status()
    person = sit()  # without the script that watches tasks, which a frame without scripts refuses
    person.go(lab.other_page)
    page = person.page
    page.get_by_role("tab", name="Traces").click()
    grid = page.get_by_role("grid", name="Traces")
    expect(grid).to_have_attribute("aria-rowcount", "3")
    page.get_by_role("searchbox", name="Filter traces").fill("status = 'ERROR'")
    page.keyboard.press("Enter")
    expect(grid).to_have_attribute("aria-rowcount", "2")
    grid.get_by_role("button", name="answer a2").click()
    page.reload()  # the address holds the filter and the opened trace
    expect(grid).to_have_attribute("aria-rowcount", "2")
    spans = page.frame_locator("iframe[title='Spans of the trace']")
    expect(spans.get_by_text("why?")).to_be_visible()
    expect(spans.get_by_text("child")).to_be_visible()
    page.get_by_role("searchbox", name="Filter traces").fill("nonsense")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()


def test_a_page_that_nobody_logs_to_asks_for_nothing(sit: Sit, lab: Lab, site: Handloom) -> None:
    with site.client() as client:  # sessions that earlier tests left change now and then, which every page is told
        for session in client.get("/api/v1/sessions").raise_for_status().json()["sessions"]:
            client.delete(f"/api/v1/workspaces/{session['workspace']}/sessions/{session['id']}").raise_for_status()
    page = opened(sit, lab.wide).page
    page.get_by_role("row").nth(1).wait_for()
    page.wait_for_timeout(3_000)
    assert pages.idle_requests(page, IDLE) == []
    with httpx.Client(base_url=site.url, headers=dict(site.client().headers)) as client:
        found = client.get(f"/api/v1/workspaces/{lab.workspace}/experiments/{lab.other}/runs").json()
        run_id = found["runs"][0]["run_id"]
        for step in range(10):
            body = {"run_id": run_id, "key": "loss", "value": 1, "timestamp": step, "step": step}
            client.post(f"/mlflow/{lab.workspace}/api/2.0/mlflow/runs/log-metric", json=body).raise_for_status()
    asked = [url for url in pages.idle_requests(page, IDLE) if "/experiments/" in url or "/runs" in url]
    print(f"requests while another experiment logs: {len(asked)}")
    assert asked == []
