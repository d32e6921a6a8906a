"""X-Forwarded-For and X-Forwarded-Proto: believed from a proxy that the setting names, and from nobody else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets.sync.client
from websockets.typing import Origin

from reverse_proxy import DOCUMENTED, documented, nginx
from running import Handloom, handloom

PASSWORD = "correct horse battery"


@pytest.fixture
def anas(tmp_path: Path) -> Any:
    """`anas(*flags)`: a running server with passwords and the user ana."""

    @contextmanager
    def start(*flags: str) -> Iterator[Handloom]:
        with Handloom(tmp_path / "data", "--passwords", *flags) as server:
            with server.client() as client:
                client.post("/api/v1/users", json={"name": "ana"})
                client.put("/api/v1/users/ana/password", json={"password": PASSWORD})
            yield server

    return start


def sign_in(url: str, password: str, **headers: str) -> httpx.Response:
    form = {"name": "ana", "password": password}
    return httpx.post(f"{url}/sign-in", data=form, headers={"Origin": url, **headers}, timeout=60)


def addresses(server: Handloom) -> list[str]:
    """Where the log says that people tried to sign in from, newest first."""
    with server.client() as client:
        entries = client.get("/api/v1/audit", params={"area": "sign_in"}).json()["entries"]
        return [entry["address"] for entry in entries]


def test_nobody_chooses_an_address_to_guess_passwords_from(anas: Any) -> None:
    with anas() as server:
        for number in range(5):
            assert sign_in(server.url, "wrong", **{"X-Forwarded-For": f"10.0.0.{number}"}).status_code == 401
        assert sign_in(server.url, "wrong", **{"X-Forwarded-For": "10.0.0.9"}).status_code == 429
        assert set(addresses(server)) == {"127.0.0.1"}


def test_the_environment_of_the_http_server_changes_nothing(anas: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    with anas() as server:
        reply = sign_in(server.url, PASSWORD, **{"X-Forwarded-For": "10.0.0.1", "X-Forwarded-Proto": "https"})
        assert reply.status_code == 303
        assert "secure" not in reply.headers["set-cookie"].lower()
        assert addresses(server) == ["127.0.0.1"]


def test_a_proxy_that_is_named_says_who_asks_and_by_which_scheme(anas: Any) -> None:
    with anas("--trusted-proxies", "127.0.0.0/8") as server:
        secure = server.url.replace("http:", "https:")
        headers = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https", "Origin": secure}
        reply = sign_in(server.url, PASSWORD, **headers)
        assert reply.status_code == 303
        assert "secure" in reply.headers["set-cookie"].lower()
        assert addresses(server) == ["203.0.113.7"]


def test_a_proxy_that_is_not_the_one_that_is_named_is_not_believed(anas: Any) -> None:
    with anas("--trusted-proxies", "10.1.2.3") as server:
        assert sign_in(server.url, PASSWORD, **{"X-Forwarded-For": "203.0.113.7"}).status_code == 303
        assert addresses(server) == ["127.0.0.1"]


def test_the_documented_nginx_passes_pages_sockets_and_addresses(anas: Any, tmp_path: Path) -> None:
    """With the location of the docs, on a port that is not the standard one."""
    with anas("--trusted-proxies", "127.0.0.1") as server:
        location = documented("nginx")[0].replace(DOCUMENTED, server.url)
        with nginx(tmp_path, location) as url:
            reply = sign_in(url, PASSWORD, **{"X-Forwarded-For": "203.0.113.7"})
            assert reply.status_code == 303
            assert addresses(server) == ["127.0.0.1"]  # nginx replaces what the client claims
            cookie = reply.headers["set-cookie"].partition(";")[0]
            with httpx.Client(base_url=url, headers={"Cookie": cookie, "Origin": url}) as browser:
                made = browser.post("/api/v1/workspaces", json={"name": "through nginx"})
                assert made.status_code == 200, made.text
            events = f"{url.replace('http', 'ws')}/api/v1/events"
            with (
                httpx.Client(base_url=url, headers={"Cookie": cookie, "Origin": url}) as browser,
                websockets.sync.client.connect(
                    events, additional_headers={"Cookie": cookie}, origin=Origin(url)
                ) as pages,
            ):
                live = browser.post("/api/v1/workspaces", json={"name": "and live"}).json()["id"]
                assert json.loads(pages.recv(timeout=30))["workspace"] == live


def names(replies: list[httpx.Response]) -> list[str]:
    return [reply.json()["user"]["name"] if reply.status_code == 200 else str(reply.status_code) for reply in replies]


SECRET = "5e" * 32


@pytest.fixture
def secret(tmp_path: Path) -> str:
    """The path of a file with the proxy's secret."""
    file = tmp_path / "proxy.secret"
    file.write_text(f"{SECRET}\n")
    return str(file)


def test_the_sign_in_header_counts_from_the_proxy_alone(anas: Any, secret: str) -> None:
    flags = ("--sign-in-header", "X-Remote-User", "--proxy-secret-file", secret, "--trusted-proxies")
    sent = {"X-Remote-User": "Ana", "X-Handloom-Proxy-Secret": SECRET}
    with anas(*flags, "10.1.2.3") as server:
        for forged in (sent, {**sent, "X-Forwarded-For": "10.1.2.3"}, {"x-remote-USER": "ana"}):
            assert httpx.get(f"{server.url}/api/v1/me", headers=forged).status_code == 401
    with anas() as server:
        assert httpx.get(f"{server.url}/api/v1/me", headers=sent).status_code == 401
    with anas(*flags, "127.0.0.1") as server, server.client() as admin:
        for forged in ({}, {"X-Handloom-Proxy-Secret": ""}, {"X-Handloom-Proxy-Secret": SECRET[:-1]}):
            from_a_notebook = {"X-Remote-User": "Ana", **forged}
            assert httpx.get(f"{server.url}/api/v1/me", headers=from_a_notebook).status_code == 401
        doubled = [("X-Remote-User", "ana"), ("X-Handloom-Proxy-Secret", SECRET), ("X-Handloom-Proxy-Secret", SECRET)]
        assert httpx.get(f"{server.url}/api/v1/me", headers=doubled).status_code == 401

        def me(**headers: str | bytes) -> httpx.Response:
            headers = {"X-Handloom-Proxy-Secret": SECRET, **headers}
            raw = [
                (name.encode(), text if isinstance(text, bytes) else text.encode()) for name, text in headers.items()
            ]
            return httpx.get(f"{server.url}/api/v1/me", headers=raw)

        assert names([me(**sent), me(**{"X-Remote-User": ""}), me(**{"X-Remote-User": "eve"})]) == ["ana", "401", "403"]
        assert me(**sent).json()["signs_out"] is False
        twice = httpx.get(f"{server.url}/api/v1/me", headers=[*sent.items(), ("X-Remote-User", "eve")])
        assert twice.status_code == 401
        basic = {"Authorization": "Basic YW5hOnNlY3JldA=="}
        cookie = sign_in(server.url, PASSWORD).headers["set-cookie"].partition(";")[0]
        other = admin.post("/api/v1/users", json={"name": "김지은"}).json()["user"]["name"]
        korean = {"X-Remote-User": other.encode()}
        assert names([me(**sent, **basic), me(Cookie=cookie), me(**korean, Cookie=cookie)]) == ["ana", "ana", other]
        token = me(**sent, Authorization=f"Bearer {server.token}").json()["user"]["name"]
        assert token not in ("ana", other)
        assert httpx.post(f"{server.url}/api/v1/sign-out", headers=sent).status_code == 409
        foreign = {**sent, "Origin": "https://evil.example"}
        assert httpx.post(f"{server.url}/api/v1/workspaces", json={"name": "x"}, headers=foreign).status_code == 403
        assert admin.patch("/api/v1/users/ana", json={"disabled": True}).status_code == 200
        assert me(**sent).status_code == 403


def test_a_real_nginx_signs_people_in_and_replaces_the_header_that_they_send(
    anas: Any, secret: str, tmp_path: Path
) -> None:
    (tmp_path / "people").write_text("ana:{PLAIN}one\nnew:{PLAIN}two\n")
    named = ("--trusted-proxies", "127.0.0.1", "--sign-in-header", "X-Remote-User", "--create-people")
    flags = (*named, "--proxy-secret-file", secret)

    with anas(*flags) as server:
        location = f"""
        location / {{
            auth_basic "people";
            auth_basic_user_file {tmp_path}/people;
            proxy_pass {server.url};
            proxy_set_header Host $http_host;
            proxy_set_header X-Remote-User $remote_user;
            proxy_set_header X-Handloom-Proxy-Secret {SECRET};
        }}"""
        with nginx(tmp_path, location) as url:
            me, forged = f"{url}/api/v1/me", {"X-Remote-User": "ana"}
            replies = [
                httpx.get(me, auth=pair, headers=forged) for pair in (("ana", "one"), ("new", "two"), ("ana", "x"))
            ]
            assert names(replies) == ["ana", "new", "401"]
    refused = handloom("up", "--data", str(tmp_path / "other"), "--sign-in-header", "X-Remote-User", "--no-browser")
    assert "--trusted-proxies" in refused.stderr
