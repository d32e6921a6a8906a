"""Notebooks of other projects are opened in the browser, run as a whole, and looked at."""

from __future__ import annotations

import json
import shutil
import uuid
from typing import Any

import pytest
from playwright.sync_api import expect

import real_notebooks
from e2e import notebook
from e2e.conftest import Sit
from e2e.test_notebook_outputs import made, state, until
from handloom.domain.parameters import MAY_FAIL, may_fail, source
from running import Handloom


@pytest.mark.soak
@pytest.mark.parametrize("path", [real_notebooks.WIDGETS, *real_notebooks.QUICK, *real_notebooks.OTHERS])
def test_a_notebook_of_a_package_is_opened_and_run_in_the_page(sit: Sit, site: Handloom, path: str) -> None:
    document = real_notebooks.read(path)
    with site.client() as client:
        workspace = client.post("/api/v1/workspaces", json={"name": f"real {uuid.uuid4().hex[:8]}"}).json()["id"]
        reply = client.post(f"/api/v1/workspaces/{workspace}/notebooks", json={"name": "real", "content": document})
        record = reply.raise_for_status().json()
    folder = site.data / "workspaces" / workspace
    for file in real_notebooks.beside(path):
        shutil.copy(file, folder)
    person = sit(story=f"real {path.rpartition('/')[2]}")
    person.page.set_viewport_size({"width": 1440, "height": 3000})
    person.go(f"/workspaces/{workspace}/notebooks/{record['id']}")
    notebook.opened(person)
    person.page.get_by_role("button", name=person.words.run_all).first.click()

    def cells() -> list[dict[str, Any]]:
        content = json.loads((folder / "real.ipynb").read_text(encoding="utf-8"))
        return [cell for cell in content["cells"] if cell["cell_type"] == "code" and source(cell).strip()]

    def ended() -> bool:
        states = [cell["metadata"].get("handloom", {}).get("state") for cell in cells()]
        return all(states) or (
            "error" in states
            and not any(state is None and not may_fail(cell) for cell, state in zip(cells(), states, strict=True))
        )

    until(person.page, ended, seconds=240)
    person.shot("top")
    notebook.cells(person).last.scroll_into_view_if_needed()
    person.shot("end")
    failed = [
        (source(cell)[:80], [output["evalue"] for output in cell["outputs"] if output["output_type"] == "error"])
        for cell in cells()
        if cell["metadata"]["handloom"]["state"] != "ok" and not may_fail(cell)
    ]
    assert failed == []


def test_run_all_goes_on_after_a_cell_that_fails_on_purpose(sit: Sit, site: Handloom) -> None:
    place = made(site, "1 / 0", "print('after')", "2 / 0", "print('never')")
    document = json.loads(place.file.read_text(encoding="utf-8"))
    document["cells"][0]["metadata"]["tags"] = [MAY_FAIL]
    place.file.write_text(json.dumps(document), encoding="utf-8")
    person = sit()
    person.go(place.path)
    notebook.opened(person)
    person.page.get_by_role("button", name=person.words.run_all).first.click()
    cells = notebook.cells(person)
    state(cells.nth(3), "cancelled")
    state(cells.nth(1), "ok")
    assert place.outputs(3) == []
    expect(person.page.get_by_text("session ready in")).to_have_count(1)  # where it started, and nowhere else
