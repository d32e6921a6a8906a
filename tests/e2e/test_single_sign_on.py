"""People sign in and out at a certified OpenID Connect provider, by clicks in a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from e2e.browser import Person, watch
from e2e.words import ENGLISH, KOREAN, Words
from oidc_servers import with_provider


@pytest.mark.parametrize("words", [ENGLISH, KOREAN], ids=["en", "ko"])
def test_signing_out_ends_the_session_here_and_at_the_provider(browser: Browser, words: Words, tmp_path: Path) -> None:
    korean = words is KOREAN
    with with_provider(tmp_path, "", "--oidc-sign-out") as server:
        page = browser.new_context(locale=words.locale).new_page()
        page.set_default_timeout(20_000)
        person = Person(page=page, words=words, site=server, story=f"single-sign-on-{words.locale}")
        watch(person, page)
        person.go("/workspaces?from=mail")
        provider = page.get_by_role("link", name="Example")
        expect(provider).to_be_visible()
        person.shot("sign-in")
        provider.click()
        page.get_by_placeholder("Enter any login").fill("kim")
        page.get_by_placeholder("and password").fill("any")
        page.get_by_role("button", name="Sign-in").click()
        page.get_by_role("button", name="Continue").click()
        page.wait_for_url(f"{server.url}/workspaces?from=mail")
        page.get_by_role("button", name="kim Example").click()
        leave = page.get_by_role("menuitem", name="로그아웃" if korean else "Sign out")
        expect(leave).to_be_visible()
        person.shot("menu")
        leave.click()
        page.get_by_role("button", name="Yes, sign me out").click()
        expect(provider).to_be_visible()
        person.shot("signed-out")
        person.go("/workspaces")
        provider.click()
        expect(page.get_by_placeholder("Enter any login")).to_be_visible()  # the provider asks who it is again
        page.context.close()
        assert person.complaints == []
