"""What can go wrong under an open notebook: told plainly, mended with one click, and no cell is lost."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from azurite import free_port
from e2e import notebook, walk
from e2e.browser import Person, watch
from e2e.conftest import Sit
from e2e.words import ENGLISH
from running import Handloom


@pytest.fixture
def person(sit: Sit) -> Person:
    """Someone in a new notebook of a new workspace."""
    return settled(sit())


def settled(person: Person) -> Person:
    walk.make_workspace(person, f"trouble {uuid.uuid4().hex[:8]}")
    walk.make_notebook(person, "Notebook 1")
    notebook.opened(person)
    return person


def write_and_run(person: Person, source: str) -> None:
    cell = notebook.cells(person).last
    notebook.write(person, cell, source)
    notebook.run(person, cell)


def saved(page: Page) -> None:
    expect(page.get_by_role("button", name="Saved", exact=True)).to_be_visible(timeout=30_000)


def file_of(site: Handloom, person: Person) -> Path:
    workspace = person.page.url.split("/workspaces/")[1].split("/")[0]
    return site.data / "workspaces" / workspace / "Notebook 1.ipynb"


def test_a_dead_kernel_is_told_and_one_click_brings_a_new_one(person: Person) -> None:
    page = person.page
    write_and_run(person, "kept = 1")
    cell = notebook.add_code(person)
    notebook.write(person, cell, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    page.keyboard.press("ControlOrMeta+Enter")
    expect(page.get_by_text("The session's kernel has died.")).to_be_visible(timeout=30_000)
    person.shot("dead")
    page.get_by_role("button", name="Restart session").first.click()
    expect(page.get_by_role("button", name=ENGLISH.ready, exact=True)).to_be_visible(timeout=60_000)
    last = notebook.add_code(person)
    notebook.write(person, last, "print('here again', 'kept' in globals())")
    notebook.run(person, last)
    expect(notebook.output(last)).to_contain_text("here again False")
    assert notebook.cells(person).count() == 3


def test_a_failing_cell_shows_its_traceback_and_the_session_goes_on(person: Person) -> None:
    cell = notebook.cells(person).last
    notebook.write(person, cell, "spark.read.parquet('Files/no such folder')")
    person.page.keyboard.press("ControlOrMeta+Enter")
    expect(cell.locator('[data-chrome=foot] [data-state="error"]')).to_be_visible(timeout=60_000)
    expect(notebook.output(cell)).to_contain_text("PATH_NOT_FOUND")
    person.shot("path-not-found")
    after = notebook.add_code(person)
    notebook.write(person, after, "print(6 * 7)")
    notebook.run(person, after)
    expect(notebook.output(after)).to_contain_text("42")


def test_two_tabs_that_save_one_notebook_end_in_a_question_and_both_are_kept(person: Person, site: Handloom) -> None:
    first = person.page
    notebook.write(person, notebook.cells(person).first, "first = 'tab'")
    saved(first)
    second = first.context.new_page()
    watch(person, second)
    second.goto(first.url)
    other = Person(page=second, words=person.words, site=site, story=person.story + "-second")
    notebook.opened(other)
    first.context.set_offline(True)
    first.bring_to_front()
    notebook.write(person, notebook.cells(person).first, "mine = 'from the first tab'")
    first.wait_for_timeout(3_000)
    first.context.set_offline(False)
    second.bring_to_front()
    notebook.write(other, notebook.cells(other).first, "theirs = 'from the second tab'")
    asked = asked_of(first, second)
    asked.bring_to_front()
    expect(asked.get_by_role("alertdialog")).to_contain_text("was changed elsewhere")
    (person if asked is first else other).shot("conflict")
    asked.get_by_role("button", name="Save mine as a copy").click()
    expect(asked.get_by_role("alertdialog")).to_be_hidden(timeout=20_000)
    folder = file_of(site, person).parent
    texts = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.ipynb"))
    assert "from the first tab" in texts
    assert "from the second tab" in texts


def asked_of(*pages: Page) -> Page:
    """The one of these pages that asks a question."""
    for _ in range(200):
        for page in pages:
            if page.get_by_role("alertdialog").is_visible():
                return page
        pages[0].wait_for_timeout(500)
    raise AssertionError("no page asks which version should stay")


def test_a_workspace_removed_under_an_open_notebook_is_told_and_the_cells_stay_on_the_page(
    person: Person, site: Handloom
) -> None:
    notebook.write(person, notebook.cells(person).first, "precious = 1")
    saved(person.page)
    workspace = person.page.url.split("/workspaces/")[1].split("/")[0]
    with site.client() as client:
        name = client.get(f"/api/v1/workspaces/{workspace}").json()["name"]
        client.delete(f"/api/v1/workspaces/{workspace}", params={"name": name}).raise_for_status()
    expect(person.page.get_by_text("This notebook does not exist any more").first).to_be_visible(timeout=20_000)
    expect(notebook.cells(person).first).to_contain_text("precious")
    person.shot("removed-under-notebook")


def test_a_broken_file_is_told_and_can_be_restored(person: Person, site: Handloom) -> None:
    page = person.page
    notebook.write(person, notebook.cells(person).first, "survivor = 1")
    saved(page)
    path = file_of(site, person)
    address = page.url
    person.go("/")
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole[: whole.index("survivor") + 30], encoding="utf-8")
    page.goto(address)
    expect(page.get_by_text("cannot be read as a notebook")).to_be_visible(timeout=20_000)
    person.shot("broken")
    page.get_by_role("button", name="Restore as a new notebook").click()
    notebook.opened(person)
    expect(page.get_by_role("main")).to_contain_text("survivor")
    assert path.exists()


def test_unsaved_cells_outlive_a_restart_of_the_server(sit: Sit, own_server: Handloom) -> None:
    person = settled(sit(at=own_server))
    page = person.page
    saved(page)
    own_server.kill()
    notebook.write(person, notebook.cells(person).first, "typed = 'while it was down'")
    page.wait_for_timeout(4_000)
    person.shot("server-down")
    own_server.start()
    expect(notebook.cells(person).first).to_contain_text("while it was down")
    saved(page)
    assert "while it was down" in file_of(own_server, person).read_text(encoding="utf-8")
    write_and_run(person, "print('runs again')")
    expect(notebook.output(notebook.cells(person).last)).to_contain_text("runs again")
    person.shot("server-back")


CAPACITIES = """
[lab]
kind = "spark-connect"
name = "Lab cluster"
url = "sc://127.0.0.1:{port}"
"""


def test_a_silent_cluster_is_left_with_a_click_and_the_cell_runs_on_this_machine(sit: Sit, tmp_path: Path) -> None:
    file = tmp_path / "capacities.toml"
    file.write_text(CAPACITIES.format(port=free_port()))
    with Handloom(tmp_path / "data", "--capacities", str(file)) as running:
        person = settled(sit(at=running))
        page = person.page
        workspace = page.url.split("/workspaces/")[1].split("/")[0]
        with running.client() as client:
            chosen = client.patch(f"/api/v1/workspaces/{workspace}", json={"engine": "lab"})
            assert chosen.status_code == 200, chosen.text
        cell = notebook.cells(person).last
        notebook.write(person, cell, "print(spark.range(7).count())")
        page.keyboard.press("ControlOrMeta+Enter")
        ways = cell.get_by_role("group", name="What you can do")
        expect(ways.get_by_role("button", name="Try again")).to_be_visible(timeout=60_000)
        person.shot("silent")
        ways.get_by_role("button", name="Run on Quick engine").click()
        expect(notebook.output(cell)).to_have_text("7", timeout=60_000)
        expect(page.get_by_label("Status of the notebook")).to_contain_text("Quick engine")

        refused = notebook.add_code(person)
        notebook.write(person, refused, "spark.readStream.format('rate').load().writeStream.start()")
        page.keyboard.press("ControlOrMeta+Enter")
        refused.get_by_role("button", name="Run on Apache Spark").click(timeout=60_000)
        dialog = page.get_by_role("alertdialog", name="Restart with another Spark engine")
        expect(dialog).to_contain_text("Variables and temporary views are lost")
        person.shot("restart")
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
