"""Mistakes and failures in the UI: each shows a clear message, and nothing is lost."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, expect

from e2e import walk
from e2e.browser import Person
from e2e.conftest import Sit
from e2e.words import ENGLISH, KOREAN, Words
from running import Handloom


def new_workspace_panel(person: Person) -> Locator:
    person.go("/workspaces")
    person.page.get_by_role("main").get_by_role("button", name=person.words.new_workspace).first.click()
    return person.page.get_by_role("dialog")


@pytest.mark.parametrize("words", [ENGLISH, KOREAN], ids=lambda words: words.language)
def test_a_taken_name_is_refused_at_its_field(sit: Sit, words: Words) -> None:
    person = sit(words)
    panel = new_workspace_panel(person)
    panel.get_by_label(words.name).fill("default")
    panel.get_by_role("button", name=words.create).click()
    expect(panel.get_by_text("“default”")).to_be_visible()
    expect(panel.get_by_label(words.name)).to_have_attribute("aria-invalid", "true")
    person.shot("taken-name")


def test_an_empty_name_is_refused_at_its_field(sit: Sit) -> None:
    person = sit()
    panel = new_workspace_panel(person)
    panel.get_by_label(ENGLISH.name).fill("  ")
    panel.get_by_role("button", name=ENGLISH.create).click()
    expect(panel.get_by_text("Type a name.")).to_be_visible()
    person.shot("empty-name")


def test_refusals_of_the_server_are_in_the_language_of_the_page(sit: Sit, site: Handloom) -> None:
    with site.client() as client:
        workspace = client.post("/api/v1/workspaces", json={"name": f"w {uuid4().hex[:8]}"}).json()["id"]
        root = f"/api/v1/workspaces/{workspace}"
        experiment = client.post(f"{root}/experiments", json={"name": "first"}).json()["id"]
        client.post(f"{root}/experiments", json={"name": "second"}).raise_for_status()
        logged = client.post(
            f"/mlflow/{workspace}/api/2.0/mlflow/runs/create", json={"experiment_id": experiment, "run_name": "one"}
        )
        logged.raise_for_status()
    person = sit(KOREAN)
    page = person.page
    person.go(f"/workspaces/{workspace}/experiments/{experiment}")
    box = page.get_by_role("combobox", name="실행 필터")
    for typed, said in (
        ("metrics.r2 > > 1", "“r2” 필드는 숫자와 비교합니다. 14번째 글자의 값: >"),
        ("estimator = 'tree'", "1번째 글자의 “estimator” 속성은 없습니다."),
        ("params.depth = 3", "“depth” 필드는 'my-value'처럼 따옴표로 묶은 텍스트와 비교합니다. 16번째 글자의 값: 3"),
        ("metrics.r2 >", "필터가 비교 도중에 끝납니다."),
        ("params.a = 'x", "12번째 글자의 따옴표가 닫히지 않았습니다."),
    ):
        box.fill(typed)
        box.press("Enter")
        expect(page.get_by_text(said)).to_be_visible()
    person.shot("filter")
    person.go(f"/workspaces/{workspace}/experiments/{experiment}?view=details&run=nosuchrun")
    expect(page.get_by_text("ID가 nosuchrun인 실행이 없습니다.")).to_be_visible()
    person.go(f"/workspaces/{workspace}/experiments/999")
    expect(page.get_by_text("ID가 999인 실험이 없습니다.")).to_be_visible()
    person.shot("gone")


def test_a_page_says_that_its_workspace_was_removed_meanwhile(sit: Sit, site: Handloom) -> None:
    person = sit()
    walk.make_workspace(person, "soon gone")
    workspace = person.page.url.rpartition("/")[2]
    with site.client() as client:
        client.delete(f"/api/v1/workspaces/{workspace}", params={"name": "soon gone"}).raise_for_status()
    expect(person.page.get_by_text("This workspace does not exist any more")).to_be_visible()
    person.shot("workspace-gone")


def test_a_page_reconnects_to_a_restarted_server_and_shows_what_is_new(sit: Sit, own_server: Handloom) -> None:
    person = sit(at=own_server)
    walk.make_workspace(person, "before")
    workspace = person.page.url.rpartition("/")[2]
    own_server.kill()
    expect(person.page.get_by_text("Offline. Reconnecting")).to_be_visible(timeout=20_000)
    person.shot("offline")
    own_server.start()
    expect(person.page.get_by_text("Offline. Reconnecting")).to_be_hidden(timeout=30_000)
    with own_server.client() as client:
        client.post(f"/api/v1/workspaces/{workspace}/experiments", json={"name": "made elsewhere"}).raise_for_status()
    expect(person.page.get_by_role("link", name="made elsewhere")).to_be_visible()
    person.shot("reconnected")


def test_an_address_that_leads_nowhere_says_so_and_leads_home(sit: Sit) -> None:
    person = sit()
    for path in ("/nowhere", "/workspaces/nosuch", "/workspaces/nosuch/experiments/1"):
        person.go(path)
        expect(
            person.page.get_by_role("main").get_by_text(re.compile(r"no page|not exist|no access")).first
        ).to_be_visible()
        person.shot("nowhere")
