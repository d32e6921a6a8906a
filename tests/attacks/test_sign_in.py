"""Sign-in links and tokens: link scanners, expiry, and tokens created by tokens."""

from __future__ import annotations

import httpx

from running import Handloom


def test_a_scanner_that_opens_a_sign_in_link_does_not_use_it_up(server: Handloom) -> None:
    link = server.new_sign_in_url()
    for method in ("HEAD", "GET", "GET"):
        looked = httpx.request(method, link)
        assert (looked.status_code, "set-cookie" in looked.headers) == (200, False)
        assert looked.headers["cache-control"] == "no-store"
    with httpx.Client() as browser:
        assert "set-cookie" in server.sign_in(browser, link).headers
        assert httpx.get(link).status_code == 401


def test_the_page_of_a_link_runs_without_scripts_and_escapes_what_it_is_given(server: Handloom) -> None:
    link = server.new_sign_in_url()
    for language, button in (("en", "Sign in"), ("ko", "로그인")):
        shown = httpx.get(link, headers={"Accept-Language": language}).text
        assert f'<html lang="{language}">' in shown
        assert f">{button}</button>" in shown
        assert "<script" not in shown
    hostile = httpx.get(f"{server.url}/sign-in", params={"token": '"><script>alert(1)</script>'})
    assert hostile.status_code == 401
    assert "alert(1)" not in hostile.text


def test_another_site_cannot_press_the_button(server: Handloom) -> None:
    token = {"token": httpx.URL(server.new_sign_in_url()).params["token"]}
    for origin in ("http://evil.example", "null"):
        assert httpx.post(f"{server.url}/sign-in", data=token, headers={"Origin": origin}).status_code == 403
    with httpx.Client() as browser:
        assert browser.post(f"{server.url}/sign-in", data={"token": "x" * 5_000}).status_code == 400
        assert browser.post(f"{server.url}/sign-in", content=b"token=%ff%00").status_code == 401
        assert browser.post(f"{server.url}/sign-in", data=token).status_code == 303


def test_a_signed_in_browser_goes_on_without_using_up_the_link(server: Handloom) -> None:
    link = server.new_sign_in_url()
    with httpx.Client() as browser, httpx.Client() as other:
        server.sign_in(browser, server.new_sign_in_url())
        opened = browser.get(link)
        assert (opened.status_code, opened.headers["location"]) == (303, "/")
        assert "set-cookie" in server.sign_in(other, link).headers


def test_a_token_made_by_a_token_does_not_outlive_it(server: Handloom) -> None:
    with server.client() as client:
        parent = client.post("/api/v1/tokens", json={"name": "parent", "expires_in_days": 2}).json()
    ends = parent["token"]["expires_at"]
    with server.client(parent["text"]) as client:
        for days, kept in ((None, ends), (365, ends), (1, None)):
            child = client.post("/api/v1/tokens", json={"name": f"child {days}", "expires_in_days": days}).json()
            assert child["token"]["expires_at"] <= ends
            assert kept is None or child["token"]["expires_at"] == kept


def test_a_token_expires_after_ninety_days_unless_another_time_is_chosen(server: Handloom) -> None:
    day = 86_400_000
    with server.client() as client:
        for chosen, days in (({}, 90), ({"expires_in_days": 7}, 7)):
            made = client.post("/api/v1/tokens", json={"name": f"t {chosen}", **chosen}).json()["token"]
            assert round((made["expires_at"] - made["created_at"]) / day) == days
        forever = client.post("/api/v1/tokens", json={"name": "forever", "expires_in_days": None}).json()["token"]
        assert forever["expires_at"] is None


def test_revoking_a_token_revokes_those_that_were_made_with_it(server: Handloom) -> None:
    with server.client() as owner:
        first = owner.post("/api/v1/tokens", json={"name": "first"}).json()
        beside = owner.post("/api/v1/tokens", json={"name": "beside"}).json()
        texts = [first["text"]]
        for name in ("child", "grandchild"):
            with server.client(texts[-1]) as client:
                texts.append(client.post("/api/v1/tokens", json={"name": name}).json()["text"])
        assert owner.delete(f"/api/v1/tokens/{first['token']['id']}").status_code == 200
        names = {token["name"] for token in owner.get("/api/v1/tokens").json()["tokens"]}
    assert not names & {"first", "child", "grandchild"}
    for text, status in (*((text, 401) for text in texts), (beside["text"], 200)):
        with server.client(text) as client:
            assert client.get("/api/v1/me").status_code == status
