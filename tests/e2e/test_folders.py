"""Folders of a workspace: made, filled by menu and by drag, opened, removed without what is in them, and undone."""

from __future__ import annotations

import uuid

from playwright.sync_api import Locator, expect

from e2e.browser import Person
from e2e.conftest import Sit
from running import Handloom


def made(site: Handloom) -> str:
    with site.client() as http:
        here = str(http.post("/api/v1/workspaces", json={"name": f"folders {uuid.uuid4()}"}).json()["id"])
        at = f"/api/v1/workspaces/{here}"
        for name in ("sweep-a", "sweep-b", "other"):
            http.post(f"{at}/experiments", json={"name": name}).raise_for_status()
        http.post(f"{at}/notebooks", json={"name": "Train"}).raise_for_status()
    return here


def test_folders_group_what_a_workspace_lists(sit: Sit, site: Handloom) -> None:
    here = made(site)
    person = sit()
    page = person.page

    def row(name: str) -> Locator:
        return page.get_by_role("row", name=name)

    person.go(f"/workspaces/{here}")
    page.get_by_role("button", name="New item").click()
    page.get_by_role("menuitem", name="New folder").click()
    page.get_by_role("dialog").get_by_label("Name").fill("Sweeps")
    page.get_by_role("dialog").get_by_role("button", name="Create").click()
    expect(row("Sweeps")).to_contain_text("0 items")

    # Two ticked rows are dragged together; a toast takes it back.
    for name in ("sweep-a", "sweep-b"):
        page.get_by_role("checkbox", name=f"Pick {name}").check()
    row("sweep-b").drag_to(row("Sweeps"))
    expect(row("Sweeps")).to_contain_text("2 items")
    expect(row("sweep-a")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(row("Sweeps")).to_contain_text("0 items")
    row("sweep-b").drag_to(row("Sweeps"))
    expect(row("Sweeps")).to_contain_text("2 items")

    # By menu, into a new folder in the folder. Toasts, which stay below a pointer, lie over the menu's button.
    for close in page.get_by_role("button", name="Close").all()[::-1]:
        close.click()
    page.get_by_role("button", name="Actions for other").click()
    page.get_by_role("menuitem", name="Move to…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Folder", exact=True).click()
    page.get_by_role("option", name="Sweeps").click()
    dialog.get_by_label("New folder in it").fill("2026")
    dialog.get_by_role("button", name="Move").click()
    expect(row("Sweeps")).to_contain_text("3 items")

    # Open it in place by keyboard; it is open after a reload too.
    row("Sweeps").focus()
    page.keyboard.press("ArrowRight")
    expect(row("2026")).to_have_attribute("aria-level", "2")
    page.reload()
    expect(row("sweep-a")).to_be_visible()
    person.shot("tree")

    walk_and_remove(person, here)


def walk_and_remove(person: Person, here: str) -> None:
    page, site = person.page, person.site

    def row(name: str) -> Locator:
        return page.get_by_role("row", name=name)

    # Walk into it; the path leads back from an item too.
    page.get_by_role("link", name="Sweeps").click()
    page.get_by_role("link", name="2026").click()
    expect(row("other")).to_be_visible()
    expect(row("Train")).to_have_count(0)
    page.get_by_role("link", name="other").click()
    crumbs = page.get_by_role("navigation", name="Place")
    crumbs.get_by_role("link", name="Sweeps").click()
    expect(row("2026")).to_contain_text("1 item")
    page.goto(f"{site.url}/workspaces/{here}?filter=other")
    expect(row("other")).to_have_attribute("aria-level", "3")
    page.goto(f"{site.url}/workspaces/{here}")

    row("Sweeps").focus()
    page.keyboard.press("Delete")
    page.get_by_role("alertdialog").get_by_role("button", name="Remove folder").click()
    expect(row("sweep-a")).to_have_attribute("aria-level", "1")
    page.get_by_role("button", name="Undo").click()
    expect(row("Sweeps")).to_contain_text("3 items")
