"""Every page, full and empty, in both themes: axe finds nothing serious."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from e2e import notebook
from e2e.browser import Person
from e2e.conftest import Sit
from e2e.test_notebook_outputs import made, state
from running import ROOT, Handloom

AXE = ROOT / "tests" / "node_modules" / "axe-core" / "axe.min.js"
COUNTED = ("serious", "critical")
# Fluent keeps elements that catch the focus at the ends of a dialog or a list; nobody meets them.
FOUND = """
async rules => {
  const found = await axe.run({ exclude: ['[data-tabster-dummy]'] }, { resultTypes: ['violations'], ...rules });
  return found.violations.flatMap(rule => rule.nodes.map(node => ({
    impact: rule.impact, rule: rule.id, html: node.html.slice(0, 300), why: (node.failureSummary || '').slice(0, 400),
  })));
}
"""


class Filled:
    """A workspace with something of each kind, and the addresses of its pages."""

    def __init__(self, site: Handloom) -> None:
        with site.client() as http:
            self.id = http.post("/api/v1/workspaces", json={"name": f"axe {uuid.uuid4().hex[:8]}"}).json()["id"]
            api = f"/mlflow/{self.id}/api/2.0/mlflow"

            def post(path: str, **body: Any) -> dict[str, Any]:
                answer: dict[str, Any] = http.post(f"{api}/{path}", json=body).raise_for_status().json()
                return answer

            self.experiment = post("experiments/create", name="trees")["experiment_id"]
            self.empty = post("experiments/create", name="nothing yet")["experiment_id"]
            self.runs: list[str] = []
            for n in range(4):
                parent = [{"key": "mlflow.parentRunId", "value": self.runs[0]}] if n == 3 else []
                tags = [*parent, {"key": "mlflow.note.content", "value": "**Good** [link](https://example.com)"}]
                start = {"experiment_id": self.experiment, "run_name": f"tree {n}", "start_time": n + 1, "tags": tags}
                run = post("runs/create", **start)["run"]["info"]["run_id"]
                points = [
                    {"key": key, "value": n + step / 10, "timestamp": step, "step": step}
                    for key in ("accuracy", "loss")
                    for step in range(20)
                ]
                pairs = [{"key": "depth", "value": str(n)}, {"key": "kind", "value": "tree" if n % 2 else "line"}]
                post("runs/log-batch", run_id=run, metrics=points, params=pairs)
                post("runs/update", run_id=run, status=("FINISHED", "FAILED")[n % 2], end_time=n + 60_000)
                self.runs.append(run)
            matrix = ",cat,dog,bird\ncat,40,3,1\ndog,6,31,0\nbird,0,2,17\n"
            files = f"/mlflow/{self.id}/api/2.0/mlflow-artifacts/artifacts/{self.experiment}"
            for run in self.runs[:2]:
                http.put(f"{files}/{run}/artifacts/confusion_matrix.csv", content=matrix).raise_for_status()
                http.put(f"{files}/{run}/artifacts/name.txt", content=f"name\n{run}\n").raise_for_status()
            post("registered-models/create", name="wood", description="A model.")
            post("registered-models/create", name="bare")
            for run in self.runs[:2]:
                post("model-versions/create", name="wood", source=f"runs:/{run}/model", run_id=run)
            post("registered-models/alias", name="wood", alias="champion", version="1")
            self.report = self._report(http)
            items = http.get(f"/api/v1/workspaces/{self.id}/items").json()["items"]
            self.models = {one["name"]: one["id"] for one in items if one["kind"] == "model"}

    def _report(self, http: httpx.Client) -> str:
        """A report with a block of each kind."""
        picks = [{"workspace": self.id, "experiment": self.experiment, "runs": self.runs}]
        runs = {"search": None, "picks": picks}
        spec = {"title": "", "type": "line", "x": "step", "y": ["loss"], "params": [], "by": "auto"}
        look = {"scale": "linear", "agg": "last", "sort": "runs", "smooth": 0}
        columns = ["metrics.loss", "params.depth", "status"]
        blocks = [
            {"kind": "text", "id": "t", "text": "# Result\n\nSee [here](/)."},
            {"kind": "chart", "id": "c", "runs": runs, "spec": spec | look},
            {"kind": "table", "id": "b", "title": "Runs", "runs": runs, "columns": columns},
        ]
        made = http.post(f"/api/v1/workspaces/{self.id}/reports", json={"name": "Report", "blocks": blocks})
        return str(made.raise_for_status().json()["id"])

    @property
    def pages(self) -> dict[str, str]:
        """The address of each page by a name for pictures."""
        here = f"/workspaces/{self.id}"
        runs = ",".join(self.runs)
        trees = f"{here}/experiments/{self.experiment}"
        return {
            "home": "/",
            "create": "/create",
            "workspaces": "/workspaces",
            "workspace": here,
            "run list": f"{trees}?view=list",
            "charts": f"{trees}?view=list&runs={runs}",
            "compare": f"{trees}?view=compare&runs={runs}",
            "run": f"{trees}?view=details&run={self.runs[0]}",
            "files of a run": f"{trees}?view=details&run={self.runs[0]}&tab=artifacts",
            "empty experiment": f"{here}/experiments/{self.empty}",
            "traces": f"{trees}?view=traces",
            "model": f"{here}/models/{self.models['wood']}",
            "model without versions": f"{here}/models/{self.models['bare']}",
            "files": f"{here}/files",
            "tables": f"{here}/tables",
            "report": f"{here}/reports/{self.report}",
            "edited report": f"{here}/reports/{self.report}?edit=1",
            "compared": f"/compare?runs={self.id}/{self.experiment}:{runs}",
            "compared tables": f"{trees}?view=compare&side=files&file=confusion_matrix.csv&runs={runs}",
            "compared texts": f"{trees}?view=compare&side=files&file=name.txt&runs={runs}",
            "compared code": f"/compare?view=code&runs={self.id}/{self.experiment}:{runs}",
            "bin": f"{here}/bin",
            "audit of a workspace": f"{here}/audit",
            "sessions of a workspace": f"{here}/sessions",
            "schedules": f"{here}/schedules",
            "git": f"{here}/git",
            "webhooks": f"{here}/webhooks",
            "all bins": "/bin",
            "sessions": "/sessions",
            "audit": "/audit",
            "capacities": "/capacities",
            "people": "/people",
            "profile": "/profile",
            "no such page": "/nowhere",
        }


LOOKS: dict[str, dict[str, list[str]]] = {"light": {}, "dark": {"runOnly": ["color-contrast"]}}


def faults(person: Person, name: str, looks: Sequence[str] = tuple(LOOKS)) -> list[str]:
    """What axe finds on the page as it stands, in the light, and its colours in the dark."""
    page = person.page
    expect(page.get_by_role("progressbar")).to_have_count(0)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = []
    for theme in looks:
        wear(page, theme)
        person.shot(f"{name}-{theme}")
        for one in page.evaluate(FOUND, LOOKS[theme]):
            if one["impact"] in COUNTED:
                found.append(f"{name}, {theme}: {one['rule']}\n  {one['html']}\n  {one['why']}")
    wear(page, "light")
    return found


def wear(page: Page, theme: str) -> None:
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
    page.wait_for_function(f"document.documentElement.dataset.theme === '{theme}'")


@pytest.fixture(scope="module", autouse=True)
def _needs_axe() -> None:
    if not AXE.exists():
        pytest.skip("tests/node_modules is not there: `make test` makes it")


@pytest.mark.parametrize("look", ["light", pytest.param("dark", marks=pytest.mark.soak)])
def test_no_page_has_a_serious_fault(sit: Sit, site: Handloom, look: str) -> None:
    person, filled = sit(), Filled(site)
    found = []
    for name, address in filled.pages.items():
        person.go(address)
        expect(person.page.get_by_role("main")).to_be_visible()
        person.page.wait_for_load_state("networkidle")
        found += faults(person, name, [look])
    assert not found, "\n".join(found)


def test_a_confusion_matrix_is_a_heat_map_without_a_serious_fault(sit: Sit, site: Handloom) -> None:
    person, filled = sit(), Filled(site)
    page = person.page
    person.go(filled.pages["files of a run"])
    page.get_by_role("treeitem", name="confusion_matrix.csv").click()
    heat = page.get_by_role("table", name="Heat map")
    expect(heat.get_by_role("row").filter(has=page.get_by_role("rowheader", name="dog"))).to_contain_text("83.8%")
    expect(heat.get_by_role("columnheader", name="Predicted")).to_be_visible()
    found = faults(person, "heat map")
    page.get_by_role("tab", name="As logged").click()
    expect(page.get_by_role("grid", name="Table").get_by_role("row")).to_have_count(4)
    assert not found, "\n".join(found)


def test_a_notebook_with_every_kind_of_cell_has_no_serious_fault(sit: Sit, site: Handloom) -> None:
    code = (
        "import logging; logging.warning('careful')",
        "import pandas; display(pandas.DataFrame({'a': [1, 2]}))",
        "1 / 0",
    )
    person, place = sit(), made(site, *code)
    person.go(place.path)
    notebook.opened(person)
    person.page.get_by_role("button", name=person.words.run_all).first.click()
    state(notebook.cells(person).nth(2), "error")
    found = faults(person, "notebook")
    assert not found, "\n".join(found)
