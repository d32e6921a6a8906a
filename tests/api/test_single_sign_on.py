"""Sign-in with a certified OpenID Connect provider on loopback: first sign-in, people whom an admin added, sign-out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import oidc_servers
from running import Handloom

pytestmark = pytest.mark.on_sqlite


@pytest.fixture(scope="module")
def signing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handloom]:
    with oidc_servers.with_provider(tmp_path_factory.mktemp("sso")) as server:
        yield server


def sign_in(server: Handloom, browser: httpx.Client, name: str, then: str = "/") -> httpx.Response:
    """Press the button, pass the provider, and come back."""
    started = browser.get(f"{server.url}/sign-in/oidc", params={"next": then})
    assert started.status_code == 303, started.text
    return browser.get(oidc_servers.pass_provider(browser, started.headers["location"], name))


def audit(server: Handloom, **wanted: Any) -> list[dict[str, Any]]:
    with server.client() as client:
        found: list[dict[str, Any]] = client.get("/api/v1/audit", params=wanted).json()["entries"]
        return found


def test_a_person_signs_in_goes_on_where_they_were_and_comes_back_as_the_same_user(signing: Handloom) -> None:
    page = httpx.get(f"{signing.url}/sign-in", params={"next": "/workspaces/w?a=1"}).text
    assert "Sign in with Example" in page
    assert "/sign-in/oidc?next=%2Fworkspaces%2Fw%3Fa%3D1" in page
    assert httpx.get(f"{signing.url}/sign-in/ways").json() == {"passwords": False, "provider": "Example"}
    ids = set()
    for _ in range(2):
        with httpx.Client() as browser:
            reply = sign_in(signing, browser, "kim", "/workspaces/w?a=1")
            assert (reply.status_code, 'content="0;url=/workspaces/w?a=1"' in reply.text) == (200, True)
            cookie = next(one for one in reply.headers.get_list("set-cookie") if "handloom_session" in one)
            assert "HttpOnly" in cookie
            assert "SameSite=strict" in cookie
            me = browser.get(f"{signing.url}/api/v1/me").json()["user"]
            assert (me["name"], me["display_name"], me["admin"]) == ("kim", "kim Example", False)
            ids.add(me["id"])
            assert browser.post(f"{signing.url}/api/v1/sign-out").json() == {"next": "/"}
            assert browser.get(f"{signing.url}/sign-in/oidc/sign-out").status_code == 404
            assert browser.get(f"{signing.url}/api/v1/me").status_code == 401
    assert len(ids) == 1
    entries = [entry["action"] for entry in audit(signing, user="kim")]
    assert entries == ["sign_in.out", "sign_in.provider", "sign_in.out", "sign_in.provider", "user.create"]


def test_signing_out_ends_the_session_at_the_provider_where_the_server_says_so(tmp_path: Path) -> None:
    with oidc_servers.with_provider(tmp_path, "", "--oidc-sign-out") as server, httpx.Client() as browser:
        sign_in(server, browser, "kim")
        left = browser.post(f"{server.url}/api/v1/sign-out").json()["next"]
        assert left == "/sign-in/oidc/sign-out"
        assert browser.get(f"{server.url}/api/v1/me").status_code == 401
        sent = browser.get(f"{server.url}{left}")
        assert sent.status_code == 303
        home = oidc_servers.leave_provider(browser, sent.headers["location"])
        assert home == f"{server.url}/"
        again = browser.get(f"{server.url}/sign-in/oidc", params={"next": "/"})
        assert 'name="login"' in oidc_servers.shown(browser, again.headers["location"])  # it asks who it is again
        with httpx.Client() as owner:  # whom the provider does not know
            server.sign_in(owner)
            assert owner.post(f"{server.url}/api/v1/sign-out").json() == {"next": "/"}


def test_below_a_path_the_provider_sends_people_back_there(tmp_path: Path) -> None:
    with oidc_servers.with_provider(tmp_path, "/lab") as server, httpx.Client() as browser:
        assert 'href="/lab/sign-in/oidc?' in browser.get(f"{server.url}/lab/sign-in").text
        server.url += "/lab"
        reply = sign_in(server, browser, "kim", "/workspaces/w?a=1")
        assert (reply.status_code, 'content="0;url=/lab/workspaces/w?a=1"' in reply.text) == (200, True)
        assert {cookie.path for cookie in browser.cookies.jar if "handloom" in cookie.name} == {"/lab"}
        assert browser.get(f"{server.url}/api/v1/me").json()["user"]["name"] == "kim"


def test_a_person_whom_an_admin_added_by_email_is_linked_once(signing: Handloom) -> None:
    with signing.client() as admin:
        added = admin.post("/api/v1/users", json={"name": "Lee@Example.com"}).json()["user"]["id"]
    with httpx.Client() as browser:
        sign_in(signing, browser, "lee")
        assert browser.get(f"{signing.url}/api/v1/me").json()["user"]["id"] == added


def test_a_disabled_person_stays_out_and_a_removed_one_starts_anew(signing: Handloom) -> None:
    with httpx.Client() as browser:
        sign_in(signing, browser, "park")
        first = browser.get(f"{signing.url}/api/v1/me").json()["user"]["id"]
    with signing.client() as admin, httpx.Client() as browser:
        assert admin.patch("/api/v1/users/park", json={"disabled": True}).status_code == 200
        refused = sign_in(signing, browser, "park")
        assert (refused.status_code, "disabled" in refused.text) == (403, True)
        assert browser.get(f"{signing.url}/api/v1/me").status_code == 401
        assert admin.delete("/api/v1/users/park").status_code == 200
    with httpx.Client() as browser:
        assert sign_in(signing, browser, "park").status_code == 200
        assert browser.get(f"{signing.url}/api/v1/me").json()["user"]["id"] != first
    assert "sign_in.failed" in [entry["action"] for entry in audit(signing, user="park@example.com")]


def test_an_answer_that_is_sent_again_signs_nobody_in(signing: Handloom) -> None:
    with httpx.Client() as browser:
        started = browser.get(f"{signing.url}/sign-in/oidc")
        pending = httpx.Cookies(browser.cookies)
        address = oidc_servers.pass_provider(browser, started.headers["location"], "choi")
        assert browser.get(address).status_code == 200
        assert browser.get(address).status_code == 403  # the browser has no pending sign-in any more
    with httpx.Client(cookies=pending) as thief:
        again = thief.get(address)
        assert (again.status_code, "handloom_session" in again.headers.get("set-cookie", "")) == (403, False)
        assert "used before" in again.text


def test_groups_follow_the_claim_of_the_provider_at_each_sign_in(signing: Handloom) -> None:
    with signing.client() as admin:
        place = admin.post("/api/v1/workspaces", json={"name": "by claim"}).json()["id"]
        for name, role in (("Data", "viewer"), ("Ops", "contributor"), ("By hand", "viewer")):
            admin.post("/api/v1/groups", json={"name": name, "claim": f"/{name.lower()}"})
            admin.post(f"/api/v1/workspaces/{place}/groups", json={"group": name, "role": role})

        def role_of(browser: httpx.Client) -> str:
            found = browser.get(f"{signing.url}/api/v1/workspaces/{place}")
            return str(found.json()["role"]) if found.status_code == 200 else ""

        def come(browser: httpx.Client, groups: str) -> None:
            """Sign in after the provider's administrator gave Jung these groups, as JSON."""
            issuer = next(flag for flag in signing.flags if flag.startswith("http"))
            told = httpx.get(f"{issuer}/test-groups", params={"account": "jung", "groups": groups})
            assert told.text == "OK"
            assert sign_in(signing, browser, "jung").status_code == 200

        claims = ('["/data", "/ops", "/unknown", 7, ""]', '"/data"', "[]", '["/ops"]', "null")
        for claim, role in zip(claims, ("contributor", "viewer", "", "contributor", ""), strict=True):
            with httpx.Client() as browser:
                come(browser, claim)
                assert role_of(browser) == role
        assert admin.put("/api/v1/groups/By hand/members/jung").status_code == 200
        with httpx.Client() as browser:  # who was added by hand stays without the claim
            come(browser, '["/by hand"]')
            come(browser, "[]")
            assert role_of(browser) == "viewer"
        members = admin.get("/api/v1/groups/By hand").json()["members"]
        assert [(one["name"], one["by_claim"]) for one in members] == [("jung", False)]
        with httpx.Client() as browser:  # another name at the provider ends what the old one gave
            come(browser, '["/ops"]')
            assert role_of(browser) == "contributor"
            admin.patch("/api/v1/groups/Ops", json={"claim": "/operations"})
            assert role_of(browser) == "viewer"
    entries = [(entry["action"], entry["detail"]) for entry in audit(signing, user="jung", area="group")]
    assert ("group.join", {"group": "Ops"}) in entries
    assert ("group.leave", {"group": "Data"}) in entries
