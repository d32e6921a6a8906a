"""Four people of the four roles at one workspace, in two browsers: each sees and does what their role allows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from e2e import notebook
from e2e.browser import Person, launch
from e2e.test_team import newcomer
from e2e.words import ENGLISH, KOREAN
from running import Handloom

ROLES = ("admin", "member", "contributor", "viewer")
CELL: dict[str, Any] = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handloom]:
    with Handloom(tmp_path_factory.mktemp("roles") / "data", warm_kernels=1) as running:
        yield running


@pytest.fixture
def other_browser(browser: Browser) -> Iterator[Browser]:
    """A second process of the browser."""
    running = launch(browser.browser_type)
    yield running
    running.close()


def _add(lab: Handloom, workspace: str, role: str) -> str:
    """Add a person named as their role to the workspace; the address of their sign-in link."""
    with lab.client() as local:
        made = local.post("/api/v1/users", json={"name": role, "display_name": role.title()}).json()
        member = {"user": made["user"]["id"], "role": role}
        assert local.post(f"/api/v1/workspaces/{workspace}/members", json=member).status_code in (200, 201)
    return f"{lab.url}{made['path']}"


def _access(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^(Manage access|액세스 관리)$")).first.click()


def test_each_of_four_roles_sees_and_does_what_it_allows(
    browser: Browser, other_browser: Browser, lab: Handloom
) -> None:
    with lab.client() as local:
        workspace = local.post("/api/v1/workspaces", json={"name": "Roles"}).json()["id"]
        content = {"cells": [CELL | {"source": "print(6 * 7)"}], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
        body = {"name": "Train", "content": content}
        made = local.post(f"/api/v1/workspaces/{workspace}/notebooks", json=body).json()
        local.post("/api/v1/users", json={"name": "guest", "display_name": "Guest"})
    links = {role: _add(lab, workspace, role) for role in ROLES}
    admin = newcomer(browser, lab, links["admin"])
    member = newcomer(other_browser, lab, links["member"])
    contributor = newcomer(browser, lab, links["contributor"])
    viewer = newcomer(other_browser, lab, links["viewer"], KOREAN, dark=True)
    people = {"admin": admin, "member": member, "contributor": contributor, "viewer": viewer}
    try:
        for person in people.values():
            person.story = "four-roles"
            person.go(f"/workspaces/{workspace}")
            expect(person.page.get_by_role("link", name="Train", exact=True)).to_be_visible()
        _who_makes_items_and_gives_access(people)
        _a_contributor_runs_and_a_viewer_watches(contributor, viewer, f"/workspaces/{workspace}/notebooks/{made['id']}")
        _a_role_that_is_taken_is_gone_at_once(admin, contributor, workspace)
        assert [complaint for person in people.values() for complaint in person.complaints] == []
    finally:
        for person in people.values():
            person.page.context.close()


def _who_makes_items_and_gives_access(people: dict[str, Person]) -> None:
    for role, person in people.items():
        page, words = person.page, ENGLISH if role != "viewer" else KOREAN
        new = page.get_by_role("button", name="New item" if words is ENGLISH else "새 항목")
        expect(new).to_have_count(0 if role == "viewer" else 1)
        expect(page.get_by_role("link", name="Workspace settings")).to_have_count(0)
        _access(page)
        access = page.get_by_role("dialog", name=re.compile("Manage access|액세스 관리"))
        expect(access.get_by_role("listitem").filter(has_text="contributor")).to_be_visible()
        candidates = access.get_by_role("combobox", name="Add a person")
        expect(candidates).to_have_count(1 if role in ("admin", "member") else 0)
        changing = access.get_by_role("combobox", name="Role of Viewer (viewer)")
        expect(changing).to_have_count(1 if role == "admin" else 0)
        if role in ("admin", "member"):
            candidates.click()
            access.get_by_role("option", name="Guest (guest)").click()
            access.get_by_role("combobox", name="Role of the new person").click()
            admins = page.get_by_role("option", name=re.compile("^Admin"))
            expect(page.get_by_role("option", name=re.compile("^Viewer"))).to_be_visible()
            expect(admins).to_have_count(1 if role == "admin" else 0)  # only admins make admins
            page.keyboard.press("Escape")
        person.shot(f"access-of-{role}")
        page.keyboard.press("Escape")


def _a_contributor_runs_and_a_viewer_watches(contributor: Person, viewer: Person, path: str) -> None:
    for person in (contributor, viewer):
        person.go(path)
        notebook.opened(person)
    notebook.run(contributor, notebook.cells(contributor).first)
    expect(notebook.output(notebook.cells(contributor).first)).to_contain_text("42")
    expect(viewer.page.get_by_text("보기 전용")).to_be_visible()
    viewer.page.reload()
    notebook.opened(viewer)
    expect(notebook.output(notebook.cells(viewer).first)).to_contain_text("42", timeout=40_000)
    expect(viewer.page.get_by_role("button", name="모두 실행")).to_have_count(0)
    expect(viewer.page.get_by_text("잠김", exact=True)).to_have_count(0)  # the cell is nobody's locked one
    viewer.page.wait_for_timeout(4_000)  # the page saves within this time what it takes for changes
    expect(viewer.page.get_by_text("저장하지 못했습니다")).to_have_count(0)
    viewer.shot("viewer-sees-the-output")


def _a_role_that_is_taken_is_gone_at_once(admin: Person, contributor: Person, workspace: str) -> None:
    page = admin.page
    admin.go(f"/workspaces/{workspace}")
    _access(page)
    page.get_by_role("combobox", name="Role of Contributor (contributor)").click()
    page.get_by_role("option", name=re.compile("^Viewer")).click()
    expect(contributor.page.get_by_role("button", name="Run all")).to_have_count(0, timeout=40_000)
    contributor.shot("now-a-viewer")
    page.get_by_role("combobox", name="Role of Contributor (contributor)").click()
    page.get_by_role("option", name=re.compile("^Contributor")).click()
    expect(contributor.page.get_by_role("button", name="Run all")).to_have_count(1, timeout=40_000)
    contributor.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    notebook.write(contributor, notebook.cells(contributor).first, "print(7 * 7)")  # not locked by what was before
    notebook.run(contributor, notebook.cells(contributor).first)
    expect(notebook.output(notebook.cells(contributor).first)).to_contain_text("49")
