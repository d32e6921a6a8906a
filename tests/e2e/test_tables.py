"""The tables of a workspace in the browser: found, looked into, gone back to an older version, and deleted."""

from __future__ import annotations

import uuid
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake
from playwright.sync_api import Page, expect

from e2e import notebook
from e2e.browser import Person
from e2e.conftest import Sit
from e2e.test_notebook_outputs import made
from e2e.test_side_pane import open_pane, pane
from e2e.words import KOREAN
from running import Handloom


def furnished(site: Handloom) -> tuple[str, Path]:
    """A workspace with a table of three versions and some others."""
    with site.client() as client:
        reply = client.post("/api/v1/workspaces", json={"name": f"lake {uuid.uuid4().hex[:8]}"})
        workspace = reply.raise_for_status().json()["id"]
    tables = site.data / "workspaces" / workspace / "Tables"
    names = [f"person {number}" for number in range(600)]
    rows = pa.table(
        {
            "id": range(600),
            "name": names,
            "spent": [number * 1.25 for number in range(600)],
            "day": ["mon", "tue"] * 300,
        }
    )
    description = "Everybody who has bought something"
    write_deltalake(tables / "customers", rows, partition_by=["day"], description=description)
    write_deltalake(tables / "customers", rows.slice(0, 200), mode="append")
    write_deltalake(tables / "customers", rows.slice(0, 2), mode="overwrite")
    for place in ("orders", "returns", "gold/customers_by_day"):
        write_deltalake(tables / place, rows.slice(0, 3))
    return workspace, tables


def opened(page: Page, name: str) -> None:
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible(timeout=30_000)


def test_a_table_is_looked_into_restored_and_deleted(sit: Sit, site: Handloom) -> None:
    person = sit()
    page = person.page
    workspace, tables = furnished(site)
    person.go(f"/workspaces/{workspace}")
    page.get_by_role("button", name="Tables", exact=True).click()
    listed = page.get_by_role("tree", name="Tables")
    expect(listed.get_by_role("treeitem")).to_have_text(
        ["dbo", "customers", "orders", "returns", "gold", "customers_by_day"]
    )
    page.get_by_role("searchbox", name="Filter by name").fill("CUSTOM")
    expect(listed.get_by_role("treeitem")).to_have_text(["dbo", "customers", "gold", "customers_by_day"])
    listed.get_by_role("treeitem", name="customers", exact=True).click()
    opened(page, "dbo.customers")
    rows = page.get_by_role("grid", name="Rows of customers")
    expect(rows.get_by_role("gridcell", name="person 1", exact=True)).to_be_visible()
    expect(rows).to_have_attribute("aria-rowcount", "3")
    person.shot("preview")

    page.get_by_role("tab", name="Columns (4)").click()
    expect(page.get_by_role("row", name="day (partition) string yes")).to_be_visible()
    page.get_by_role("tab", name="History").click()
    history = page.get_by_role("grid", name="History")
    expect(history.get_by_role("row").nth(1)).to_contain_text("newest")
    expect(history.get_by_role("row").nth(2)).to_contain_text("200 rows added")
    person.shot("history")
    history.get_by_role("row").nth(2).get_by_role("button", name="Preview").click()
    expect(page.get_by_text("This is version 1, not the newest one.")).to_be_visible()
    rows.get_by_role("gridcell").first.click()
    for _ in range(3):
        page.keyboard.press("Control+End")
        page.wait_for_timeout(300)
    expect(rows).not_to_have_attribute("aria-rowcount", "101")
    person.shot("an-older-version")
    page.reload()
    expect(page.get_by_text("This is version 1, not the newest one.")).to_be_visible()

    page.get_by_role("button", name="Restore", exact=True).click()
    dialog = page.get_by_role("alertdialog")
    expect(dialog).to_contain_text("Restore version 1 of dbo.customers?")
    person.shot("restore-asks")
    dialog.get_by_role("button", name="Restore").click()
    expect(page.get_by_text("Version 1 of dbo.customers was restored, as version 3", exact=True).last).to_be_visible()
    expect(page.get_by_text("Delta, version 3")).to_be_visible()
    assert DeltaTable(tables / "customers").count() == 800
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Delta, version 4")).to_be_visible()
    assert DeltaTable(tables / "customers").count() == 2

    code_and_deletion(person)
    assert not (tables / "customers").exists()


def code_and_deletion(person: Person) -> None:
    page = person.page
    page.get_by_role("tab", name="Code").click()
    expect(page.get_by_text('spark.read.table("customers")')).to_be_visible()
    page.get_by_role("tab", name="Runs").click()
    expect(page.get_by_text("No run has logged this table")).to_be_visible()
    page.get_by_role("button", name="Delete", exact=True).click()
    dialog = page.get_by_role("alertdialog")
    expect(dialog.get_by_role("button", name="Delete")).to_be_disabled()
    dialog.get_by_role("textbox").fill("customers")
    person.shot("delete-asks")
    dialog.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("dbo.customers was deleted", exact=True).last).to_be_visible()


def test_tables_and_files_are_dragged_into_cells_or_inserted_as_code(sit: Sit, site: Handloom, tmp_path: Path) -> None:
    person, place = sit(), made(site, "", "1 + 1")
    page = person.page
    folder = place.file.parent
    write_deltalake(folder / "Tables" / "sales", pa.table({"id": [1, 2], "day": ["mon", "tue"]}))
    person.go(place.path)
    notebook.opened(person)
    open_pane(person, "View", "Data")
    tree = pane(person, "Data").get_by_role("tree", name="Data")
    sales = tree.get_by_role("treeitem", name="sales", exact=True)
    cells = notebook.cells(person)
    cells.first.click()
    sales.click()
    expect(tree.get_by_role("treeitem", name="day string")).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="Preview").click()
    dialog = page.get_by_role("dialog", name="dbo.sales")
    expect(dialog.get_by_role("gridcell", name="tue")).to_be_visible()
    person.shot("table-previewed")
    page.keyboard.press("Escape")
    sales.focus()
    page.get_by_role("button", name="Insert code").press("Enter")
    expect(cells.first).to_contain_text('df = spark.read.table("sales")')

    raw = tmp_path / "판매 raw.csv"
    raw.write_text("id,day\n1,mon\n")
    pane(person, "Data").get_by_label("Upload files to Files").set_input_files(raw)
    file = tree.get_by_role("treeitem", name="판매 raw.csv")
    expect(file).to_be_visible(timeout=20_000)
    assert (folder / "Files" / "판매 raw.csv").read_text() == raw.read_text()
    raw.write_text("id,day\n1,tue\n")
    pane(person, "Data").get_by_label("Upload files to Files").set_input_files(raw)
    page.get_by_role("alertdialog").get_by_role("button", name="Replace").click()
    expect(page.get_by_role("alertdialog")).to_be_hidden()
    file.drag_to(cells.nth(1).locator(".cm-content"))
    lines = cells.nth(1).locator(".cm-line")
    expect(lines).to_have_text(
        ["1 + 1", "import pandas as pd", "", 'df = pd.read_csv("/lakehouse/default/Files/판매 raw.csv")', "display(df)"]
    )
    file.click()
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("dialog").get_by_role("gridcell", name="tue")).to_be_visible()
    person.shot("file-previewed")
    page.keyboard.press("Escape")
    assert (folder / "Files" / "판매 raw.csv").read_text() == raw.read_text()
    files_are_kept_in_order(person, folder / "Files", tmp_path)
    other = sit(KOREAN, dark=True)
    other.page.set_viewport_size({"width": 768, "height": 900})
    other.go(place.path)
    notebook.opened(other)
    open_pane(other, "보기", "데이터")
    pane(other, "데이터").get_by_role("treeitem", name="sales", exact=True).click()
    expect(other.page.get_by_role("button", name="코드 삽입")).to_be_visible()
    other.shot("pane-narrow")


def files_are_kept_in_order(person: Person, files: Path, tmp_path: Path) -> None:
    """A folder is uploaded, and files are renamed, moved and deleted by keyboard, and come back by Undo."""
    page = person.page
    tree = pane(person, "Data").get_by_role("tree", name="Data")
    (tmp_path / "year" / "may").mkdir(parents=True)
    (tmp_path / "year" / "may" / "b.csv").write_text("1")
    (tmp_path / "year" / ".hidden").write_text("1")
    tree.get_by_role("treeitem", name="Files", exact=True).click()
    pane(person, "Data").locator("input[webkitdirectory]").set_input_files(tmp_path / "year")
    expect(page.get_by_text("1 hidden file was left out.").last).to_be_visible(timeout=20_000)
    assert (files / "year" / "may" / "b.csv").read_text() == "1"
    assert not (files / "year" / ".hidden").exists()
    tree.get_by_role("treeitem", name="Files", exact=True).click()
    page.get_by_role("button", name="New folder in Files").click()
    page.get_by_role("dialog").get_by_role("textbox").fill("old")
    page.keyboard.press("Enter")
    expect(tree.get_by_role("treeitem", name="old")).to_be_visible()
    tree.get_by_role("treeitem", name="year").focus()
    page.keyboard.press("F2")
    name = page.get_by_role("dialog").get_by_role("textbox")
    name.fill("old")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("already")
    name.fill("2024")
    page.keyboard.press("Enter")
    renamed = tree.get_by_role("treeitem", name="2024")
    expect(renamed).to_be_visible()
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_role("button", name="Move", exact=True).click()
    target = page.get_by_role("tree", name="To the folder")
    target.get_by_role("treeitem", name="2024").click()
    expect(page.get_by_role("button", name="Move", exact=True).last).to_be_disabled()
    target.get_by_role("treeitem", name="old").click()
    person.shot("file-moved")
    page.get_by_role("dialog").get_by_role("button", name="Move", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert (files / "old" / "2024" / "may" / "b.csv").exists()
    tree.get_by_role("treeitem", name="old").focus()
    page.keyboard.press("Delete")
    page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("alertdialog")).to_be_hidden()
    expect(tree.get_by_role("treeitem", name="old")).to_be_hidden()
    assert not (files / "old").exists()
    page.get_by_role("button", name="Undo").click()
    expect(tree.get_by_role("treeitem", name="old")).to_be_visible()
    assert (files / "old" / "2024" / "may" / "b.csv").exists()


def test_the_tables_in_korean_and_dark(sit: Sit, site: Handloom) -> None:
    person = sit(KOREAN, dark=True)
    page = person.page
    workspace, _ = furnished(site)
    person.go(f"/workspaces/{workspace}/tables/dbo/customers?tab=history")
    expect(page.get_by_text("행 200개 추가")).to_be_visible(timeout=30_000)
    person.shot("history")
    page.set_viewport_size({"width": 768, "height": 900})
    person.shot("history-narrow")
    page.get_by_role("tab", name="미리 보기").click()
    expect(page.get_by_role("gridcell", name="person 1", exact=True)).to_be_visible()
    person.shot("preview-narrow")
    page.get_by_role("tab", name="코드").click()
    person.shot("code-narrow")
