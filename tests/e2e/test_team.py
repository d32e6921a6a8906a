"""A team: an admin invites two people, gives them roles, and one of them leaves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from e2e.browser import SIZE, Person, watch
from e2e.conftest import Sit
from e2e.words import ENGLISH, KOREAN, Words
from running import Handloom


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handloom]:
    with Handloom(tmp_path_factory.mktemp("team") / "data", "--passwords") as running:
        yield running


def newcomer(browser: Browser, lab: Handloom, link: str, words: Words = ENGLISH, *, dark: bool = False) -> Person:
    """Somebody who was sent a link, in a browser of their own."""
    look: Literal["dark", "light"] = "dark" if dark else "light"
    context = browser.new_context(locale=words.locale, viewport=SIZE, color_scheme=look, reduced_motion="reduce")
    context.set_default_timeout(20_000)
    person = Person(page=context.new_page(), words=words, site=lab, story="team")
    watch(person, person.page)
    person.page.goto(link)
    person.page.get_by_role("button").press("Enter")
    person.page.wait_for_url(lab.url + "/")
    return person


def invite(page: Page, name: str, display_name: str) -> str:
    """Add a person on the page People; the link that it shows."""
    page.get_by_role("button", name="Add a person").click()
    panel = page.get_by_role("dialog", name="Add a person")
    panel.get_by_role("textbox", name=re.compile("^Name")).fill(name)
    panel.get_by_label("Display name").fill(display_name)
    panel.get_by_role("button", name="Add", exact=True).click()
    link = panel.get_by_label("Sign-in link").input_value()
    panel.get_by_role("button", name="Done").click()
    return link


def test_three_people_of_three_roles_work_together(browser: Browser, sit: Sit, lab: Handloom) -> None:
    boss = sit(at=lab, story="team")
    page = boss.page
    with lab.client() as local:
        workspace = local.post("/api/v1/workspaces", json={"name": "diabetes-lab"}).json()["id"]
        local.post(f"/api/v1/workspaces/{workspace}/notebooks", json={"name": "Train"})
        local.post(f"/api/v1/workspaces/{workspace}/experiments", json={"name": "trials"})

    boss.go("/people")
    links = {name: invite(page, name, shown) for name, shown in (("kim", "김지은"), ("lee", "Lee Minho"))}
    expect(page.get_by_role("row").filter(has_text="김지은")).to_contain_text("Invited")
    boss.shot("people")

    boss.go(f"/workspaces/{workspace}")
    page.get_by_role("button", name="Manage access").first.click()
    access = page.get_by_role("dialog", name="Manage access")
    access.get_by_role("combobox", name="Add a person").click()
    access.get_by_role("option", name="Lee Minho (lee)").click()
    access.get_by_role("combobox", name="Role of the new person").click()
    page.get_by_role("option", name=re.compile("^Contributor")).click()
    access.get_by_role("button", name="Add", exact=True).click()
    expect(access.get_by_role("combobox", name="Role of Lee Minho (lee)")).to_be_visible()
    expect(access.get_by_text("The only admin")).to_be_visible()
    expect(access.get_by_role("button", name="Leave this workspace")).to_be_disabled()
    boss.shot("access")

    kim = newcomer(browser, lab, links["kim"], KOREAN, dark=True)
    lee = newcomer(browser, lab, links["lee"])
    try:
        asks_for_access(kim, boss, workspace)
        looks_and_changes_nothing(kim, workspace)
        lee.go(f"/workspaces/{workspace}")
        expect(lee.page.get_by_role("button", name="New item")).to_be_visible()
        lee.go("/people")
        expect(lee.page.get_by_text("This page is for admins")).to_be_visible()
        signs_in_with_a_password(lee)

        boss.go("/people")
        page.get_by_role("button", name="Lee Minho").click()
        panel = page.get_by_role("dialog", name="Lee Minho")
        expect(panel.get_by_text("diabetes-lab")).to_be_visible()
        boss.shot("person")
        panel.get_by_role("button", name="Disable").click()
        page.get_by_role("alertdialog", name="Disable Lee Minho?").get_by_role("button", name="Disable").click()
        expect(panel.get_by_text("Disabled", exact=True).first).to_be_visible(timeout=20_000)
        expect(lee.page.get_by_text("Your session has ended")).to_be_visible(timeout=30_000)
        lee.shot("signed-out")
        everything_is_in_the_log(boss, kim, workspace)
        writes_by_a_group(boss, kim, workspace)
        assert [*kim.complaints, *lee.complaints] == []
    finally:
        kim.page.context.close()
        lee.page.context.close()


def asks_for_access(stranger: Person, boss: Person, workspace: str) -> None:
    """Somebody who was sent a link has no role: they ask, the admin sees it at once and gives them one."""
    stranger.go(f"/workspaces/{workspace}")
    expect(stranger.page.get_by_text("이 워크스페이스에 액세스할 수 없습니다")).to_be_visible()
    stranger.page.get_by_role("button", name="액세스 요청").click()
    dialog = stranger.page.get_by_role("dialog", name="액세스 요청")
    dialog.get_by_label("메시지(선택 사항)").fill("보고서를 준비하고 있습니다")
    stranger.shot("ask")
    dialog.get_by_role("button", name="보내기").click()
    expect(stranger.page.get_by_role("status").filter(has_text="액세스를 요청했습니다")).to_be_visible()
    stranger.shot("asked")
    asking = boss.page.get_by_role("list", name="Asking for access").get_by_role("listitem")
    expect(asking).to_contain_text("보고서를 준비하고 있습니다", timeout=30_000)
    boss.shot("request")
    asking.get_by_role("button", name="Give access to 김지은 (kim)").click()
    people = boss.page.get_by_role("list", name="People with access")
    expect(people.get_by_role("combobox", name="Role of 김지은 (kim)")).to_be_visible()
    expect(stranger.page.get_by_role("heading", name="diabetes-lab")).to_be_visible(timeout=40_000)


def writes_by_a_group(boss: Person, viewer: Person, workspace: str) -> None:
    """A group gets a role in a workspace; who joins it has this role at once, on an open page."""
    page = boss.page
    boss.go("/people?tab=groups")
    page.get_by_role("button", name="Add a group").click()
    dialog = page.get_by_role("dialog", name="Add a group")
    dialog.get_by_role("textbox").fill("Data team")
    dialog.get_by_role("button", name="Add", exact=True).click()
    panel = page.get_by_role("dialog", name="Data team")
    expect(panel.get_by_text("Nobody is in this group yet.")).to_be_visible()

    boss.go(f"/workspaces/{workspace}")
    page.get_by_role("button", name="Manage access").first.click()
    access = page.get_by_role("dialog", name="Manage access")
    access.get_by_role("combobox", name="Add a person or a group").click()
    access.get_by_role("option", name="Data team").click()
    access.get_by_role("combobox", name="Role of the new person").click()
    page.get_by_role("option", name=re.compile("^Contributor")).click()
    access.get_by_role("button", name="Add", exact=True).click()
    expect(access.get_by_role("combobox", name="Role of Data team")).to_be_visible()
    boss.shot("group-access")
    has_an_account_for_ci(boss)

    viewer.go(f"/workspaces/{workspace}")
    expect(viewer.page.get_by_role("link", name="Train", exact=True)).to_be_visible()
    expect(viewer.page.get_by_role("button", name="새 항목")).to_have_count(0)
    boss.go("/people?tab=groups")
    page.get_by_role("button", name="Data team").click()
    panel.get_by_role("combobox", name="Add a person to the group").click()
    panel.get_by_role("option", name="김지은").click()
    panel.get_by_role("button", name="Add", exact=True).click()
    expect(panel.get_by_role("button", name="Remove 김지은")).to_be_visible()
    expect(viewer.page.get_by_role("button", name="새 항목")).to_be_visible(timeout=30_000)
    boss.shot("group")
    panel.get_by_role("button", name="Close").click()
    boss.shot("groups")


def has_an_account_for_ci(boss: Person) -> None:
    """An admin adds a service account in the open panel, sees its token once, and revokes it."""
    access = boss.page.get_by_role("dialog", name="Manage access")
    access.get_by_role("button", name="Add a service account").click()
    access.get_by_role("textbox", name="Name").fill("nightly build")
    access.get_by_role("button", name="Create", exact=True).click()
    expect(access.get_by_text("shown only this once")).to_be_visible()
    boss.shot("service-account")
    access.get_by_role("button", name="Done").click()
    access.get_by_role("button", name="Manage nightly build").click()
    access.get_by_role("button", name="Revoke nightly build").click()
    expect(access.get_by_text("Contributor · 0 tokens")).to_be_visible()
    boss.shot("service-account-managed")


def everything_is_in_the_log(boss: Person, viewer: Person, workspace: str) -> None:
    """An admin reads and filters the log of the installation and of a workspace; a viewer is told who may."""
    page = boss.page
    boss.go("/audit")
    log = page.get_by_role("grid", name="Audit log")
    expect(log.get_by_role("row").filter(has_text="Changed a person")).to_contain_text("lee")
    boss.shot("audit")
    page.get_by_role("combobox", name="Kind of action").click()
    page.get_by_role("option", name="Access", exact=True).click()
    expect(log.get_by_role("row").filter(has_text="Gave access")).to_have_count(2)
    expect(log.get_by_role("row").filter(has_text="Changed a person")).to_have_count(0)
    page.get_by_role("searchbox", name="What, by name").fill("KIM")
    expect(log.get_by_role("row").filter(has_text="Gave access")).to_have_count(1)
    expect(log.get_by_role("row").filter(has_text="role: Viewer")).to_have_count(1)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download CSV").click()
    lines = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 2
    assert "member.add,diabetes-lab,kim,role=viewer" in lines[1]

    boss.go(f"/workspaces/{workspace}")
    page.get_by_role("button", name="Audit log").first.click()
    expect(log.get_by_role("row").filter(has_text="Gave access")).to_have_count(2)
    expect(log.get_by_role("row").filter(has_text="Changed a person")).to_have_count(0)
    viewer.go(f"/workspaces/{workspace}/audit")
    expect(viewer.page.get_by_text("관리자만 감사 로그를 볼 수 있습니다")).to_be_visible()


def looks_and_changes_nothing(viewer: Person, workspace: str) -> None:
    page = viewer.page
    viewer.go(f"/workspaces/{workspace}")
    expect(page.get_by_role("link", name="Train")).to_be_visible()
    expect(page.get_by_role("button", name="새 항목")).to_have_count(0)
    page.get_by_role("button", name="액세스 관리").first.click()
    access = page.get_by_role("dialog", name="액세스 관리")
    expect(access.get_by_text("Lee Minho")).to_be_visible()
    expect(access.get_by_role("combobox")).to_have_count(0)
    viewer.shot("viewer-access")
    page.keyboard.press("Escape")

    page.get_by_role("link", name="Train").click()
    expect(page.get_by_text("보기 전용")).to_be_visible(timeout=60_000)
    expect(page.locator(".jp-Cell").first).to_be_visible(timeout=60_000)
    expect(page.get_by_role("button", name="모두 실행")).to_have_count(0)
    page.locator(".jp-Cell").first.click()
    expect(page.get_by_role("button", name="셀 실행")).to_have_count(0)
    page.keyboard.press("Escape")
    for key in ("b", "Shift+Enter"):  # insert a cell, run
        page.keyboard.press(key)
    expect(page.locator(".jp-Cell")).to_have_count(1)
    viewer.shot("viewer-notebook")

    viewer.go(f"/workspaces/{workspace}")
    page.get_by_role("link", name="trials").click()
    expect(page.get_by_role("heading", name="trials")).to_be_visible()
    expect(page.get_by_role("button", name="공유")).to_be_visible()
    expect(page.get_by_role("button", name="이름 바꾸기")).to_have_count(0)
    viewer.shot("viewer-experiment")
    page.set_viewport_size({"width": 768, "height": 900})
    viewer.go("/profile")
    expect(page.get_by_role("heading", name="프로필")).to_be_visible()
    viewer.shot("profile-768")


def signs_in_with_a_password(person: Person) -> None:
    page = person.page
    person.go("/profile")
    page.get_by_label("New password").fill("a long enough secret")
    page.get_by_role("button", name="Set password").click()
    expect(page.get_by_role("button", name="Change password")).to_be_visible()
    person.shot("profile")
    page.context.clear_cookies()
    person.go("/profile")
    page.wait_for_url("**/sign-in?next=%2Fprofile")
    page.get_by_label("Name").fill("lee")
    page.get_by_label("Password").fill("not the secret")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    person.shot("sign-in")
    page.get_by_label("Password").fill("a long enough secret")
    page.keyboard.press("Enter")
    page.wait_for_url("**/profile")
    expect(page.get_by_role("heading", name="Profile")).to_be_visible()
