"""The page of a workspace's files: upload, drop, move, rename, delete, look into, by mouse and by keyboard."""

from __future__ import annotations

import uuid
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from e2e.browser import Person
from e2e.conftest import Sit
from e2e.words import KOREAN
from running import Handloom


def drop(page: Page, target: Locator, file: Path) -> None:
    """Drop a file of the person's computer as the system's own file manager does, by the browser's input."""
    box = target.bounding_box()
    assert box is not None
    browser = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(file)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
        browser.send("Input.dispatchDragEvent", {"type": kind, "data": data, **place})


def test_files_are_uploaded_dropped_moved_and_found_again(sit: Sit, site: Handloom, tmp_path: Path) -> None:
    with site.client() as client:
        workspace = client.post("/api/v1/workspaces", json={"name": f"Field data {uuid.uuid4().hex[:6]}"}).json()["id"]
    files = site.data / "workspaces" / workspace / "Files"
    person = sit()
    page = person.page
    person.go(f"/workspaces/{workspace}")
    page.get_by_role("main").get_by_role("button", name="Files", exact=True).click()
    tree = page.get_by_role("tree", name="Files")
    expect(tree.get_by_text("This folder is empty.")).to_be_visible()
    expect(page.get_by_text("Drop files and folders of your computer")).to_be_visible()
    person.shot("empty")

    table, large = tmp_path / "점수.csv", tmp_path / "large.bin"
    table.write_text("name,score\nkim,3\n")
    large.write_bytes(bytes(14_000_000))
    page.locator("input[type=file]").first.set_input_files([table, large])
    row = tree.get_by_role("treeitem", name="점수.csv")
    expect(row).to_be_visible(timeout=60_000)
    assert (files / "large.bin").stat().st_size == 14_000_000
    row.click()
    expect(page.get_by_role("gridcell", name="kim").or_(page.get_by_role("cell", name="kim"))).to_be_visible()
    expect(page.get_by_text('pd.read_csv("/lakehouse/default/Files/점수.csv")')).to_be_visible()
    person.shot("opened")

    tree.get_by_role("treeitem", name="Files", exact=True).click()  # closes it, and is where the folder goes
    tree.get_by_role("treeitem", name="Files", exact=True).press("ArrowRight")
    page.get_by_role("button", name="New folder in Files").click()
    page.get_by_role("dialog").get_by_role("textbox").fill("year")
    page.keyboard.press("Enter")
    year = tree.get_by_role("treeitem", name="year")
    expect(year).to_be_visible()
    row.drag_to(year)
    expect(page.get_by_text("“점수.csv” was moved to Files/year").last).to_be_visible()
    assert (files / "year" / "점수.csv").exists()
    page.get_by_role("button", name="Undo").last.click()
    expect(row).to_be_visible()
    expect(row).to_have_attribute("aria-level", "2")
    elsewhere = tmp_path / "dropped.txt"
    elsewhere.write_text("from elsewhere")
    drop(page, year, elsewhere)
    expect(page.get_by_text("1 file was uploaded to Files/year").last).to_be_visible()
    assert (files / "year" / "dropped.txt").read_text() == "from elsewhere"
    by_keyboard(person, files)

    found_again(person, files, row)
    other = sit(KOREAN, dark=True)
    other.page.set_viewport_size({"width": 768, "height": 900})
    other.go(f"/workspaces/{workspace}/files?file=Files/year/dropped.txt")
    expect(other.page.get_by_text("from elsewhere")).to_be_visible()
    other.shot("narrow")


def found_again(person: Person, files: Path, row: Locator) -> None:
    """The address of a file opens it, and says where it is gone."""
    page = person.page
    row.click()
    page.reload()
    expect(row).to_have_attribute("aria-selected", "true")
    expect(page.get_by_text('pd.read_csv("/lakehouse/default/Files/점수.csv")')).to_be_visible()
    (files / "점수.csv").unlink()
    page.reload()
    expect(page.get_by_text("“Files/점수.csv” is not there any more")).to_be_visible()


def by_keyboard(person: Person, files: Path) -> None:
    """Open a folder, rename a file in it, delete it, and take that back."""
    page = person.page
    tree = page.get_by_role("tree", name="Files")
    year = tree.get_by_role("treeitem", name="year")
    year.focus()
    if year.get_attribute("aria-expanded") == "false":  # one that something is held over opens by itself
        page.keyboard.press("ArrowRight")
    dropped = tree.get_by_role("treeitem", name="dropped.txt")
    expect(dropped).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(dropped).to_be_focused()
    page.keyboard.press("F2")
    name = page.get_by_role("dialog").get_by_role("textbox")
    name.fill("renamed.txt")
    name.press("Enter")
    renamed = tree.get_by_role("treeitem", name="renamed.txt")
    expect(renamed).to_be_visible()
    renamed.focus()
    page.keyboard.press("Delete")
    page.get_by_role("alertdialog").get_by_role("button", name="Delete").press("Enter")
    expect(renamed).to_be_hidden()
    assert not (files / "year" / "renamed.txt").exists()
    page.get_by_role("button", name="Undo").last.click()
    expect(renamed).to_be_visible()
    renamed.focus()
    page.keyboard.press("F2")
    name.fill("dropped.txt")
    name.press("Enter")
    expect(dropped).to_be_visible()
