"""Files and code of runs side by side: pictures by step, tables with their rows matched, and texts of two runs."""

from __future__ import annotations

import io
import json
import re
import uuid
from typing import Any

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import expect

from e2e.conftest import Sit
from running import Handloom

NAMES = ("small tree", "large tree", "forest")


def picture(step: int, of: int) -> bytes:
    """A sphere that gets sharper with each step."""
    image = Image.new("RGB", (160, 120), (245, 248, 248))
    draw = ImageDraw.Draw(image)
    for ring in range(40, 0, -1):
        shade = 255 - round((40 - ring) * (1 + step / 12))
        draw.ellipse((80 - ring, 60 - ring, 80 + ring, 60 + ring), fill=(shade, 200 - 60 * of, 180 - ring))
    held = io.BytesIO()
    image.save(held, "PNG")
    return held.getvalue()


class Logged:
    """Three runs with files, and the address of their comparison. The third lacks some, and two have notebooks."""

    def __init__(self, site: Handloom) -> None:
        with site.client() as http:
            self.http = http
            name = f"files {uuid.uuid4().hex[:8]}"
            self.workspace = http.post("/api/v1/workspaces", json={"name": name}).json()["id"]
            notebook = self.post(f"/api/v1/workspaces/{self.workspace}/notebooks", name="training")["id"]
            self.experiment = self.mlflow("experiments/create", name="trees")["experiment_id"]
            self.runs = []
            for n, name in enumerate(NAMES):
                tags = self.kept(notebook, n) if n < 2 else {}
                given = [{"key": key, "value": value} for key, value in tags.items()]
                start = {"experiment_id": self.experiment, "run_name": name, "start_time": n + 1, "tags": given}
                self.runs.append(self.mlflow("runs/create", **start)["run"]["info"]["run_id"])
                self.files(n)
        self.place = f"/workspaces/{self.workspace}/experiments/{self.experiment}"
        self.page = f"{self.place}?view=compare&runs={','.join(self.runs)}"
        self.across = f"/compare?runs={self.workspace}/{self.experiment}:{','.join(self.runs)}"

    def post(self, path: str, **body: Any) -> Any:
        return self.http.post(path, json=body).raise_for_status().json()

    def mlflow(self, path: str, **body: Any) -> Any:
        return self.post(f"/mlflow/{self.workspace}/api/2.0/mlflow/{path}", **body)

    def kept(self, notebook: str, n: int) -> dict[str, str]:
        """Tags of a run whose notebook was kept, as a session does."""
        sources = ["import pandas", f"depth = {3 + 5 * n}\ntrain(depth)", "print('done')"]
        cells: list[dict[str, Any]] = [
            {
                "cell_type": "code",
                "id": f"c{at}",
                "metadata": {},
                "source": text,
                "outputs": [],
                "execution_count": None,
            }
            for at, text in enumerate(sources)
        ]
        document = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
        path = f"/api/v1/workspaces/{self.workspace}/notebooks/{notebook}/snapshots"
        packages = ["numpy==2.1", f"pandas==2.{n}"]
        digest = self.post(path, document=document, ran=["c0", "c1"], python="3.12", packages=packages)["digest"]
        return {"handloom.snapshot": digest, "handloom.cell.id": "c1", "handloom.notebook.id": notebook}

    def files(self, n: int) -> None:
        root = f"/mlflow/{self.workspace}/api/2.0/mlflow-artifacts/artifacts/{self.experiment}/{self.runs[n]}/artifacts"

        def put(path: str, content: bytes | str) -> None:
            self.http.put(f"{root}/{path}", content=content).raise_for_status()

        for step in (0, 10, 20 + n):
            put(f"images/sample~front+step+{step}+timestamp+{step}+{uuid.uuid4()}.png", picture(step, n))
        put("plots/residuals.png", picture(20, n))
        answers = [["red", 1, True], ["green", 2 + n, n > 0], ["blue", 3, True]]
        data = answers if n < 2 else answers[::-1]
        put("answers.json", json.dumps({"columns": ["question", "length", "correct"], "data": data}))
        put("train.py", f"import trees\n\ntrees.grow(depth={3 + 5 * n})\n")
        if n == 2:
            put("notes.txt", "only here\n")


@pytest.fixture(scope="module")
def logged(site: Handloom) -> Logged:
    return Logged(site)


def test_files_of_runs_stand_side_by_side(sit: Sit, logged: Logged) -> None:
    person = sit()
    page = person.page
    person.go(logged.page)
    page.get_by_role("tab", name="Files").click()
    tree = page.get_by_role("tree", name="Files to compare")
    expect(tree.get_by_role("treeitem", name="notes.txt")).to_contain_text("1 of 3")
    tree.get_by_role("treeitem", name="images").click()
    tree.get_by_role("treeitem", name="sample/front").click()
    expect(page.get_by_role("figure").get_by_role("img")).to_have_count(3)
    slider = page.get_by_role("slider", name="Step")
    expect(slider).to_have_attribute("aria-valuetext", "Step 22")
    slider.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("img", name="sample/front at step 10 of forest")).to_be_visible()
    person.shot("images")
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("figure", name="large tree")).to_contain_text("Step 21")
    expect(page.get_by_role("figure", name="forest")).to_contain_text("Step 10")  # its next one is at 22

    tree.get_by_role("treeitem", name="answers.json").click()
    table = page.get_by_role("grid", name="Tables side by side")
    expect(page.get_by_text("3 of 3 rows differ")).to_be_visible()
    expect(table.get_by_role("row")).to_have_count(4)
    page.get_by_label("Match rows by").click()
    page.get_by_role("option", name="question").click()
    expect(page.get_by_text("1 of 3 rows differs")).to_be_visible()
    page.get_by_role("switch", name="Differing rows only").click()
    expect(table.get_by_role("row").nth(1)).to_contain_text(re.compile("green.*2.*3.*4"))
    expect(table.get_by_role("row")).to_have_count(2)
    person.shot("tables")

    tree.get_by_role("treeitem", name="notes.txt").click()
    expect(page.get_by_text("Only forest has this file")).to_be_visible()
    tree.get_by_role("treeitem", name="train.py").click()
    expect(page.get_by_text("trees.grow(depth=8)")).to_be_visible()
    page.get_by_label("Second of the two").click()
    page.get_by_role("option", name="forest").click()
    expect(page.get_by_text("trees.grow(depth=13)")).to_be_visible()
    person.shot("texts")
    expect(page).to_have_url(re.compile(r"file=train.py&pair="))
    page.reload()
    expect(page.get_by_text("trees.grow(depth=13)")).to_be_visible()


def test_pictures_by_step_have_a_slider_on_the_page_of_the_run(sit: Sit, logged: Logged) -> None:
    person = sit()
    page = person.page
    person.go(f"{logged.place}?view=details&run={logged.runs[0]}&tab=artifacts")
    tree = page.get_by_role("tree", name="Files of the run")
    tree.get_by_role("treeitem", name="images").click()
    series = tree.get_by_role("treeitem", name="sample/front")
    expect(series).to_contain_text("3 steps")
    series.click()
    expect(page.get_by_role("img", name="sample/front at step 20")).to_be_visible()
    page.get_by_role("slider", name="Step").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("img", name="sample/front at step 10")).to_be_visible()
    person.shot("run-images")


def test_code_of_runs_is_compared_cell_by_cell(sit: Sit, logged: Logged) -> None:
    person = sit()
    page = person.page
    person.go(f"{logged.across}&view=code")
    expect(page.get_by_text("small tree: cell 2 of 3 of training, Python 3.12")).to_be_visible()
    expect(page.get_by_text("pandas 2.0 → 2.1")).to_be_visible()
    cell = page.get_by_role("region", name="Cell 2")
    expect(cell).to_contain_text("depth = 8")
    person.shot("code")
    page.get_by_role("button", name="Swap the two").click()
    expect(page.get_by_text("pandas 2.1 → 2.0")).to_be_visible()
    page.get_by_label("Second of the two").click()
    page.get_by_role("option", name="forest").click()
    expect(page.get_by_text("No code was kept of forest")).to_be_visible()
    page.get_by_role("button", name="Go to files").click()
    expect(page.get_by_role("tree", name="Files to compare")).to_be_visible()
