"""Capacities on the page: an admin defines one, a full one is waited for, and a session that exceeds it says why."""

from __future__ import annotations

import uuid

import httpx
from playwright.sync_api import expect

from e2e import notebook, walk
from e2e.conftest import Sit
from running import Handloom


def test_a_full_capacity_is_waited_for_and_a_session_that_exceeds_its_memory_says_why(sit: Sit, site: Handloom) -> None:
    person, name = sit(), f"Tiny {uuid.uuid4().hex[:6]}"
    page = person.page
    person.go("/capacities")
    page.get_by_role("button", name="Add a capacity").click()
    panel = page.get_by_role("dialog", name="Add a capacity")
    panel.get_by_label("Name").fill(name)
    panel.get_by_label("Memory of a session in MB").fill("600")
    panel.get_by_label("Sessions at once").fill("1")
    person.shot("define")
    panel.get_by_role("button", name="Save").click()
    row = page.get_by_role("row", name=name)
    expect(row).to_contain_text("600 MB")
    expect(row).to_contain_text("0 of 1 running")

    walk.make_workspace(person, f"capacity {uuid.uuid4().hex[:8]}")
    walk.make_notebook(person, "Notebook 1")
    notebook.opened(person)
    workspace = page.url.split("/workspaces/")[1].split("/")[0]
    with site.client() as client:
        holder = _hold_the_place(client, workspace, name)
        cell = notebook.cells(person).last
        notebook.write(person, cell, "print('my turn')")
        cell.get_by_role("button", name=person.words.run_cell).click()
        expect(page.get_by_text(f"1st in the queue for {name}.")).to_be_visible(timeout=30_000)
        expect(page.get_by_text("You are next.")).to_be_visible()
        person.shot("queue")
        page.reload()  # the place in the queue does not depend on the page
        expect(page.get_by_text(f"1st in the queue for {name}.")).to_be_visible(timeout=30_000)
        assert client.delete(holder).status_code == 200
    expect(page.get_by_role("button", name=person.words.ready, exact=True)).to_be_visible(timeout=60_000)
    cell = notebook.cells(person).last
    notebook.write(person, cell, "print('my turn')")
    notebook.run(person, cell)
    expect(page.get_by_label("Status of the notebook")).to_contain_text("of 600 MB", timeout=30_000)

    greedy = notebook.add_code(person)
    notebook.write(person, greedy, "held = bytearray(b'x') * 1_500_000_000")
    page.keyboard.press("ControlOrMeta+Enter")
    expect(notebook.output(greedy)).to_contain_text("used more than its 600 MB of memory", timeout=60_000)
    expect(page.get_by_role("button", name="Restart session").first).to_be_visible()
    person.shot("exceeded")
    expect(page.get_by_role("button", name="Saved", exact=True)).to_be_visible(timeout=30_000)
    page.reload()
    notebook.opened(person)
    expect(notebook.output(notebook.cells(person).last)).to_contain_text("used more than its 600 MB of memory")


def _hold_the_place(client: httpx.Client, workspace: str, name: str) -> str:
    """Choose the capacity for the workspace and start a session in it; its path."""
    known = client.get("/api/v1/capacities").json()["capacities"]
    chosen = next(one["id"] for one in known if one["name"] == name)
    path = f"/api/v1/workspaces/{workspace}"
    assert client.patch(path, json={"capacity": chosen}).status_code == 200
    started = client.post(f"{path}/sessions", json={"name": "holder"}).json()
    assert started["state"] == "idle"
    return f"{path}/sessions/{started['id']}"
