"""Which requests a server process accepts, and the security headers of its responses."""

import base64
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from running import Handloom


@pytest.mark.parametrize("path", ["/api/v1/me", "/api/v1/workspaces", "/api/2.0/mlflow/experiments/search"])
def test_nothing_is_told_without_a_credential(server: Handloom, path: str) -> None:
    assert httpx.get(server.url + path).status_code == 401
    assert httpx.get(server.url + path, headers={"Authorization": "Bearer hl_wrong"}).status_code == 401
    port = server.url.rpartition(":")[2]
    for name in ("handloom_session", f"handloom_session_{port}"):
        assert httpx.get(server.url + path, headers={"Cookie": f"{name}=hl_wrong"}).status_code == 401


@pytest.mark.parametrize("path", ["/jupyter/api/contents", "/mlflow/default/api/2.0/mlflow/experiments/search"])
def test_no_way_in_lies_beside_the_door(server: Handloom, path: str) -> None:
    assert httpx.get(server.url + path).status_code == 401


def test_health_and_version_ask_for_nothing(server: Handloom) -> None:
    assert httpx.get(f"{server.url}/health").text == "OK"
    assert httpx.get(f"{server.url}/version").status_code == 200


def test_a_token_opens_as_bearer_and_as_a_password(server: Handloom) -> None:
    with server.client() as client:
        text = client.post("/api/v1/tokens", json={"name": "laptop"}).json()["text"]
    basic = base64.b64encode(f"anyone:{text}".encode()).decode()
    for value in (f"Bearer {text}", f"Basic {basic}"):
        answer = httpx.get(f"{server.url}/api/v1/me", headers={"Authorization": value})
        assert answer.status_code == 200


def test_a_revoked_token_opens_nothing_from_the_next_request_on(server: Handloom) -> None:
    with server.client() as client:
        made = client.post("/api/v1/tokens", json={"name": "short"}).json()
        with server.client(made["text"]) as other:
            assert other.get("/api/v1/me").status_code == 200
            client.delete(f"/api/v1/tokens/{made['token']['id']}")
            assert other.get("/api/v1/me").status_code == 401


def test_a_token_of_no_more_days_is_refused(server: Handloom) -> None:
    with server.client() as client:
        answer = client.post("/api/v1/tokens", json={"name": "x", "expires_in_days": 0})
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] == "expires_in_days"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "[::1", "evil.example:8484"])
def test_a_foreign_host_name_is_refused_even_with_a_token(server: Handloom, host: str) -> None:
    with server.client() as client:
        answer = client.get("/api/v1/me", headers={"Host": host})
    assert answer.status_code in (400, 403)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:1", "[::1]:8484"])
def test_every_loopback_name_is_known(server: Handloom, host: str) -> None:
    with server.client() as client:
        assert client.get("/api/v1/me", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_page_of_another_origin_changes_nothing(server: Handloom, headers: dict[str, str]) -> None:
    with server.client() as client:
        answer = client.post("/api/v1/workspaces", json={"name": f"from {headers}"}, headers=headers)
        assert answer.status_code == 403
        names = [w["name"] for w in client.get("/api/v1/workspaces").json()["workspaces"]]
    assert f"from {headers}" not in names


def test_a_page_of_another_site_reads_nothing_but_may_link_here(server: Handloom) -> None:
    with server.client() as client:
        assert client.get("/api/v1/me", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
        opened = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
        assert client.get("/api/v1/me", headers=opened).status_code == 200


def test_our_own_page_may(server: Handloom) -> None:
    headers = {"Origin": server.url, "Sec-Fetch-Site": "same-origin"}
    with server.client() as client:
        assert client.post("/api/v1/tokens", json={"name": "own page"}, headers=headers).status_code == 200


def test_a_websocket_of_another_origin_is_refused(server: Handloom) -> None:
    url = server.url.replace("http", "ws") + "/api/v1/events"
    headers = {"Authorization": f"Bearer {server.token}"}
    with pytest.raises(InvalidStatus), connect(url, additional_headers=headers, origin=Origin("http://evil.example")):
        pass
    with pytest.raises(InvalidStatus), connect(url):
        pass


def test_every_answer_is_hardened(server: Handloom) -> None:
    for path in ("/health", "/", "/api/v1/me", "/workspaces/x", "/sign-in"):
        headers = httpx.get(server.url + path).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


def test_a_sign_in_link_works_once_and_sets_a_cookie_that_scripts_cannot_read(own_server: Handloom) -> None:
    with httpx.Client(base_url=own_server.url) as browser:
        answer = own_server.sign_in(browser)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert "path=/" in cookie
        assert browser.get("/api/v1/me").status_code == 200
        assert browser.get(own_server.sign_in_url).headers["location"] == "/"  # signed in: it just goes on
        assert browser.post("/api/v1/sign-out").status_code == 200
        assert browser.get("/api/v1/me").status_code == 401
    again = httpx.get(own_server.sign_in_url, headers={"Accept-Language": "ko-KR,ko;q=0.9,en;q=0.8"})
    assert again.status_code == 401
    assert "handloom token sign-in" in again.text
    assert '<html lang="ko">' in again.text
    assert '<html lang="en">' in httpx.get(own_server.sign_in_url).text


def test_a_browser_stays_signed_in_over_a_restart(own_server: Handloom) -> None:
    with httpx.Client(base_url=own_server.url) as browser:
        own_server.sign_in(browser)
        own_server.kill()
        own_server.start()
        assert browser.get("/api/v1/me").status_code == 200


def test_two_servers_on_one_machine_do_not_sign_each_other_out(own_server: Handloom, tmp_path: Path) -> None:
    with Handloom(tmp_path / "other") as other, httpx.Client() as browser:
        own_server.sign_in(browser)
        other.sign_in(browser)
        assert browser.get(f"{own_server.url}/api/v1/me").status_code == 200
        assert browser.get(f"{other.url}/api/v1/me").status_code == 200


def test_without_sign_in_the_checks_of_origin_and_host_stay(tmp_path: Path) -> None:
    with Handloom(tmp_path / "data", "--no-auth") as running:
        assert httpx.get(f"{running.url}/api/v1/me").json()["auth"] is False
        headers = {"Origin": "http://evil.example"}
        assert httpx.post(f"{running.url}/api/v1/workspaces", json={"name": "x"}, headers=headers).status_code == 403
        assert httpx.get(f"{running.url}/api/v1/me", headers={"Host": "evil.example"}).status_code == 403
        assert httpx.get(f"{running.url}/api/v1/me", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_a_reverse_proxys_name_is_known_once_it_is_allowed(tmp_path: Path) -> None:
    with Handloom(tmp_path / "data", "--allowed-hosts", "lab.example, other.example") as running:
        headers = {"Host": "lab.example", "Origin": "https://lab.example"}
        with running.client() as client:
            assert client.post("/api/v1/tokens", json={"name": "x"}, headers=headers).status_code == 200


def test_tokens_never_stand_in_the_log(own_server: Handloom) -> None:
    with own_server.client() as client:
        text = client.post("/api/v1/tokens", json={"name": "quiet"}).json()["text"]
        client.get("/api/v1/me", headers={"Authorization": f"Bearer {text}"})
    own_server.stop()
    assert text not in own_server.log
    assert own_server.token not in own_server.log
