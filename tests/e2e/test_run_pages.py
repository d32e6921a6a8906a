"""What stays in place, in sight and in words on the pages of runs, and what their rows become elsewhere."""

from __future__ import annotations

import re
import subprocess
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, expect

from e2e.conftest import Sit
from e2e.words import KOREAN
from running import Handloom, environment

RUNS = 60
SOURCE = "s3://lake/churn/2026.parquet"


@dataclass(frozen=True, kw_only=True)
class LoggedRuns:
    workspace: str
    experiment: str
    runs: list[str]
    """The newest first."""

    @property
    def path(self) -> str:
        return f"/workspaces/{self.workspace}/experiments/{self.experiment}"


@pytest.fixture(scope="module")
def logged(site: Handloom) -> LoggedRuns:
    """Runs with a curve each; the oldest has a dataset and a logged model that is still uploaded."""
    with site.client() as http:
        workspace = http.post("/api/v1/workspaces", json={"name": f"run pages {uuid.uuid4().hex[:8]}"}).json()["id"]
        api = f"/mlflow/{workspace}/api/2.0/mlflow"
        experiment = http.post(f"{api}/experiments/create", json={"name": "churn"}).json()["experiment_id"]
        runs: list[str] = []
        for n in range(RUNS):
            start = {"experiment_id": experiment, "run_name": f"trial {n}", "start_time": n + 1}
            run = http.post(f"{api}/runs/create", json=start).json()["run"]["info"]["run_id"]
            points = [
                {"key": "auc", "value": 1 - 1 / (n + step + 2), "timestamp": 1, "step": step} for step in range(9)
            ]
            batch = {
                "run_id": run,
                "metrics": points,
                "params": [{"key": "depth", "value": str(n % 7)}, {"key": "seed", "value": str(n % 5)}],
            }
            http.post(f"{api}/runs/log-batch", json=batch).raise_for_status()
            http.post(f"{api}/runs/update", json={"run_id": run, "status": "FINISHED", "end_time": n + 2})
            runs.insert(0, run)
        dataset = {"name": "churn", "digest": "1a2b", "source_type": "s3", "source": f'{{"uri": "{SOURCE}"}}'}
        inputs = {"run_id": runs[-1], "datasets": [{"dataset": dataset, "tags": []}]}
        http.post(f"{api}/runs/log-inputs", json=inputs).raise_for_status()
        model = {"experiment_id": experiment, "name": "forest", "source_run_id": runs[-1]}
        http.post(f"{api}/logged-models", json=model).raise_for_status()
    return LoggedRuns(workspace=workspace, experiment=experiment, runs=runs)


def top(element: Locator) -> float:
    box = element.bounding_box()
    assert box is not None
    return box["y"]


def test_the_list_stays_where_it_is_when_runs_are_ticked(sit: Sit, logged: LoggedRuns) -> None:
    person = sit()
    page = person.page
    person.go(logged.path)
    grid = page.get_by_role("grid")
    expect(grid.get_by_role("row", name="trial 59")).to_be_visible()
    before = top(grid)
    for n in (59, 58):
        grid.get_by_role("row", name=f"trial {n}").get_by_role("checkbox").click()
    expect(page.get_by_role("button", name="Compare (2)")).to_be_visible()
    assert top(grid) == before
    person.shot("ticked")


def test_curves_are_drawn_over_each_axis_wherever_the_pointer_is(sit: Sit, logged: LoggedRuns) -> None:
    person = sit()
    page = person.page
    person.go(f"{logged.path}?view=details&run={logged.runs[0]}&tab=metrics")
    chart = page.get_by_role("article", name="auc").locator("[data-chart=drawn]")
    axis = page.get_by_label("X axis of curves")
    expect(chart).to_be_visible()
    for name in ("Time", "Step", "Time since start (s)", "Time"):
        chart.hover()
        axis.click()
        page.get_by_role("option", name=name, exact=True).click()
        expect(chart).to_be_visible()
    person.shot("time")
    for name in ("Step", "Time", "Step"):  # the pointer moves on the chart before the new axes are drawn
        axis.click()
        page.get_by_role("option", name=name, exact=True).wait_for()
        page.evaluate(
            """name => {
                const canvas = document.querySelector('article canvas');
                const { left, top, width, height } = canvas.getBoundingClientRect();
                const move = (part) => canvas.dispatchEvent(new PointerEvent('pointermove', {
                    bubbles: true, pointerType: 'mouse', clientX: left + width * part, clientY: top + height / 2,
                }));
                move(0.4);
                [...document.querySelectorAll('[role=option]')].find((one) => one.textContent === name).click();
                for (const part of [0.5, 0.6, 0.7]) move(part);
            }""",
            name,
        )
        expect(chart).to_be_visible()
    assert person.complaints == []


def test_the_run_of_the_address_is_in_sight_of_the_list(sit: Sit, logged: LoggedRuns) -> None:
    person = sit()
    person.go(f"{logged.path}?view=details&run={logged.runs[-1]}")
    picker = person.page.get_by_role("navigation", name="Runs")
    expect(picker.get_by_role("option", selected=True)).to_be_in_viewport()
    expect(picker.get_by_role("option", selected=True)).to_contain_text("trial 0")


def test_datasets_name_their_source_and_logged_models_their_state(sit: Sit, logged: LoggedRuns) -> None:
    person = sit(KOREAN)
    page = person.page
    person.go(f"{logged.path}?view=details&run={logged.runs[-1]}")
    page.get_by_role("region", name="데이터 세트").get_by_role("button", name=re.compile("churn")).click()
    expect(page.get_by_role("dialog")).to_contain_text(SOURCE)
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="모델").click()
    expect(page.get_by_role("row", name="forest")).to_contain_text("대기 중")
    person.shot("models")


def test_a_refused_filter_gives_an_example_of_these_runs(sit: Sit, logged: LoggedRuns) -> None:
    person = sit()
    person.go(f"{logged.path}?filter=nonsense+here")
    expect(person.page.get_by_text("for example metrics.auc > 0.5")).to_be_visible()


def test_a_comparison_has_room_for_its_title(sit: Sit, logged: LoggedRuns) -> None:
    person = sit()
    page = person.page
    person.go(f"/compare?runs={logged.workspace}/{logged.experiment}:{','.join(logged.runs[:2])}")
    heading = page.get_by_role("heading", name="Compare runs")
    expect(page.get_by_role("table").or_(page.get_by_role("grid")).first).to_be_visible()
    assert heading.evaluate(
        "one => [one, ...one.querySelectorAll('*')].every((e) => e.scrollWidth <= e.clientWidth + 1)"
    )
    person.shot("comparison")


def test_buttons_of_a_header_stand_in_one_line_at_400_pixels(sit: Sit, logged: LoggedRuns) -> None:
    person = sit()
    page = person.page
    page.set_viewport_size({"width": 400, "height": 800})
    person.go(logged.path)
    buttons = [page.get_by_role("button", name=name) for name in ("Notify me", "Share link", "More actions")]
    expect(buttons[0].first).to_be_visible()
    assert len({round(top(button.first)) for button in buttons}) == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    person.shot("narrow")


def test_lists_of_a_run_have_one_tab_stop_each_and_copy_by_enter(sit: Sit, logged: LoggedRuns) -> None:
    person = sit()
    page, keys = person.page, person.page.keyboard
    person.go(f"{logged.path}?view=details&run={logged.runs[0]}")
    grid = page.get_by_role("grid", name="Parameters")
    row = grid.get_by_role("row", name="depth")
    expect(row).to_be_visible()
    assert grid.evaluate("one => [...one.querySelectorAll('*')].filter((e) => e.tabIndex === 0).length") == 1
    row.focus()
    for _ in range(3):
        keys.press("ArrowRight")  # the row's cells: name, value, copy
    keys.press("Enter")
    expect(row.get_by_role("button", name="Copied")).to_be_attached()
    assert page.evaluate("navigator.clipboard.readText()") == str((RUNS - 1) % 7)


def test_a_contour_is_drawn_in_a_narrow_window(sit: Sit, logged: LoggedRuns) -> None:
    person = sit(KOREAN)
    page = person.page
    page.set_viewport_size({"width": 768, "height": 1000})
    chart = '{"edit":{"auc":{"type":"contour","params":["depth","seed"]}}}'
    picked = ",".join(logged.runs[:20])
    person.go(f"{logged.path}?view=list&runs={picked}&charts={quote(chart)}")
    drawn = page.get_by_role("region", name="메트릭 비교").locator("article").first.locator("[data-chart=drawn]")
    expect(drawn).to_be_visible()
    box = drawn.bounding_box()
    assert box is not None
    assert box["width"] > 200
    assert box["x"] + box["width"] <= 768
    assert page.evaluate("document.documentElement.scrollWidth") <= 768
    chip = page.get_by_role("region", name="메트릭 비교").get_by_text("trial 59", exact=True).first
    expect(chip).to_be_in_viewport(ratio=1)
    person.shot("contour")


def test_the_copied_python_finds_the_rows_of_the_list(
    sit: Sit, site: Handloom, logged: LoggedRuns, tmp_path: Path
) -> None:
    person = sit()
    page = person.page
    query = "metrics.auc >= 0.98 and params.depth != '3'"
    person.go(f"{logged.path}?order=metrics.auc")
    box = page.get_by_role("combobox", name="Filter")
    box.fill(query)
    box.press("Enter")
    expect(page.get_by_text("17 of 60 runs")).to_be_visible()
    rows = page.get_by_role("grid").get_by_role("link", name=re.compile(r"^trial \d+$"))
    expect(rows.first).to_be_visible()
    shown = rows.all_inner_texts()
    page.get_by_role("button", name="Export").click()
    page.get_by_role("menuitem", name="Python").click()
    expect(page.get_by_text("Python", exact=False).last).to_be_visible()
    code = str(page.evaluate("navigator.clipboard.readText()"))
    assert f"{site.url}/mlflow/{logged.workspace}" in code
    script = tmp_path / "search.py"
    found = "\nprint(*runs['tags.mlflow.runName'], sep='\\n')\n"
    script.write_text(code.replace("# mlflow.set_tracking_uri", "mlflow.set_tracking_uri") + found, encoding="utf-8")
    said = subprocess.run(
        [sys.executable, str(script)],
        env={**environment(), "MLFLOW_TRACKING_TOKEN": site.token},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert said.stdout.split("\n")[:-1] == shown
    assert len(shown) == 17
