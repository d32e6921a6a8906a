"""Attacks on sign-in with a provider: forged and foreign answers, invalid tokens, and identities that move."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

import oidc_servers
from oidc_servers import Liar
from running import Handloom, handloom


@pytest.fixture(scope="module")
def provider() -> Iterator[Liar]:
    with oidc_servers.liar() as running:
        yield running


@pytest.fixture(scope="module")
def signing(provider: Liar, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handloom]:
    flags = ("--oidc-issuer", provider.issuer, "--oidc-client-id", "handloom", "--create-people")
    data = tmp_path_factory.mktemp("sso") / "data"
    with Handloom(data, *flags, "--oidc-allowed", "example.com,guest@elsewhere.org") as server:
        yield server


def start(server: Handloom, browser: httpx.Client, then: str = "/") -> dict[str, str]:
    """Press the button; return what the provider is asked."""
    reply = browser.get(f"{server.url}/sign-in/oidc", params={"next": then})
    return {name: values[0] for name, values in parse_qs(urlsplit(reply.headers["location"]).query).items()}


def come_back(server: Handloom, browser: httpx.Client, **answer: str) -> httpx.Response:
    return browser.get(f"{server.url}/sign-in/oidc/callback", params={"code": str(time.time_ns()), **answer})


def sign_in(server: Handloom, provider: Liar, **claims: Any) -> tuple[int, str]:
    """Sign in with these claims; return the status and the id of the user, "" for nobody."""
    with httpx.Client() as browser:
        asked = start(server, browser)
        provider.claims = provider.good(asked["nonce"]) | claims
        reply = come_back(server, browser, state=asked["state"])
        me = browser.get(f"{server.url}/api/v1/me")
        return reply.status_code, me.json()["user"]["id"] if me.status_code == 200 else ""


def test_valid_claims_sign_in(signing: Handloom, provider: Liar) -> None:
    """Without this, the attacks below would prove nothing."""
    status, user = sign_in(signing, provider, sub="valid")
    assert (status, bool(user)) == (200, True)
    assert sign_in(signing, provider, sub="guest", email="Guest@Elsewhere.org")[0] == 200


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another"},
        {"aud": ["handloom", "another"]},
        {"azp": "another"},
        {"iss": "http://127.0.0.1:1"},
        {"exp": 1},
        {"iat": None},
        {"sub": ""},
        {"sub": "x" * 300},
        {"sub": 7},
        {"email": "ana@evil.org"},
        {"email": "ana@example.com.evil.org"},
        {"email": "ana@notexample.com"},
        {"email": "", "sub": "no address"},
        {"email_verified": False},
        {"email_verified": "true"},
        {"email_verified": None},
    ],
)
def test_claims_that_are_not_right_sign_nobody_in(signing: Handloom, provider: Liar, claims: dict[str, Any]) -> None:
    assert sign_in(signing, provider, **claims) == (403, "")


def test_tokens_without_a_signature_of_the_provider_sign_nobody_in(signing: Handloom, provider: Liar) -> None:
    def part(content: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()

    def forged(claims: dict[str, Any]) -> Iterator[str]:
        yield f"{part({'alg': 'none'})}.{part(claims)}."
        yield f"{part({'alg': 'None', 'kid': 'one'})}.{part(claims)}."
        signed = f"{part({'alg': 'HS256', 'kid': 'one'})}.{part(claims)}"  # with the public key as a shared secret
        mac = hmac.digest(provider.key.as_pem(private=False), signed.encode(), "sha256")
        yield f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
        own = RSAKey.generate_key(2048, {"kid": "one"})
        yield jwt.encode({"alg": "RS256", "kid": "one"}, claims, own)
        yield jwt.encode({"alg": "RS256", "jwk": own.as_dict(private=False)}, claims, own)
        head, _, tail = jwt.encode({"alg": "RS256", "kid": "one"}, claims, provider.key).split(".")
        yield f"{head}.{part({**claims, 'sub': 'another'})}.{tail}"
        yield "a.b.c"
        yield ""

    for number in range(8):
        with httpx.Client() as browser:
            asked = start(signing, browser)
            provider.token = list(forged(provider.good(asked["nonce"])))[number] or "."
            try:
                assert come_back(signing, browser, state=asked["state"]).status_code == 403, number
            finally:
                provider.token = ""
            assert browser.get(f"{signing.url}/api/v1/me").status_code == 401


def test_new_keys_of_the_provider_are_fetched_but_not_for_every_bad_token(signing: Handloom, provider: Liar) -> None:
    assert sign_in(signing, provider, sub="keys")[0] == 200
    before = provider.requests.count("/keys")
    provider.header = {"alg": "RS256", "kid": "unknown"}
    try:
        for _ in range(5):
            assert sign_in(signing, provider, sub="keys")[0] == 403
    finally:
        provider.header = {"alg": "RS256", "kid": "one"}
    assert provider.requests.count("/keys") - before <= 1
    assert provider.requests.count("/.well-known/openid-configuration") == 1


def test_an_answer_counts_in_the_browser_that_started_it_and_once(signing: Handloom, provider: Liar) -> None:
    with httpx.Client() as mine, httpx.Client() as other:
        asked, foreign = start(signing, mine), start(signing, other)
        provider.claims = provider.good(asked["nonce"])
        for answer in ({"state": foreign["state"]}, {"state": ""}, {"state": "x\ud7ff"}, {}):
            with httpx.Client(cookies=mine.cookies) as copy:
                assert come_back(signing, copy, **answer).status_code == 403
        with httpx.Client() as bare:
            assert come_back(signing, bare, state=asked["state"]).status_code == 403
        with httpx.Client(cookies={next(iter(mine.cookies)): "AAAA" * 30}) as forged:
            assert come_back(signing, forged, state=asked["state"]).status_code == 403
        with httpx.Client(cookies=mine.cookies) as late:
            mixed = come_back(signing, late, state=asked["state"], iss="http://127.0.0.1:1")
            assert mixed.status_code == 403
        with httpx.Client(cookies=mine.cookies) as copy:
            assert come_back(signing, copy, state=asked["state"], code="once").status_code == 200
        assert come_back(signing, mine, state=asked["state"], code="once").status_code == 403


def test_an_error_of_the_provider_is_shown_without_its_html(signing: Handloom) -> None:
    with httpx.Client() as browser:
        asked = start(signing, browser)
        said = come_back(
            signing, browser, state=asked["state"], error="x", error_description="<script>alert(1)</script>"
        )
        assert said.status_code == 403
        assert "alert(1)" not in said.text


@pytest.mark.parametrize(
    "then", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb", "/sign-in"]
)
def test_no_other_site_is_opened_after_the_sign_in(signing: Handloom, provider: Liar, then: str) -> None:
    with httpx.Client() as browser:
        asked = start(signing, browser, then)
        provider.claims = provider.good(asked["nonce"], sub="redirects")
        assert 'content="0;url=/"' in come_back(signing, browser, state=asked["state"]).text


def test_the_subject_decides_and_not_the_address_or_the_name(signing: Handloom, provider: Liar) -> None:
    _, first = sign_in(signing, provider, sub="moved", email="old@example.com", preferred_username="boss")
    assert sign_in(signing, provider, sub="moved", email="new@example.com", preferred_username="x") == (200, first)
    _, second = sign_in(signing, provider, sub="thief", email="old@example.com", preferred_username="boss")
    assert second not in ("", first)
    with signing.client() as admin:
        known = {user["id"]: user["name"] for user in admin.get("/api/v1/users").json()["users"]}
    assert (known[first], known[second]) == ("boss", "old@example.com")


def test_userinfo_about_another_person_signs_nobody_in(signing: Handloom, provider: Liar, tmp_path: Path) -> None:
    provider.metadata["userinfo_endpoint"] = f"{provider.issuer}/userinfo"
    flags = ("--oidc-issuer", provider.issuer, "--oidc-client-id", "handloom", "--create-people")
    try:
        with Handloom(tmp_path / "data", *flags) as server:
            for subject, status in (("another", 403), ("mine", 200)):
                provider.userinfo = {"sub": subject, "email": "u@example.com"}
                with httpx.Client() as browser:
                    asked = start(server, browser)
                    claims = provider.good(asked["nonce"], sub="mine")
                    provider.claims = {name: value for name, value in claims.items() if name != "email"}
                    assert come_back(server, browser, state=asked["state"]).status_code == status
    finally:
        del provider.metadata["userinfo_endpoint"]


def test_without_the_setting_nobody_is_added_and_a_wrong_issuer_is_refused(provider: Liar, tmp_path: Path) -> None:
    flags = ("--oidc-issuer", provider.issuer, "--oidc-client-id", "handloom")
    with Handloom(tmp_path / "data", *flags) as server:
        assert sign_in(server, provider, sub="unknown") == (403, "")
        with server.client() as admin:
            assert len(admin.get("/api/v1/users").json()["users"]) == 1
            invited = admin.post("/api/v1/users", json={"name": "ana@example.com"}).json()["user"]["id"]
        assert sign_in(server, provider, sub="unknown", email_verified=False) == (403, "")
        assert sign_in(server, provider, sub="unknown") == (200, invited)
        assert sign_in(server, provider, sub="another with this address") == (403, "")
    kept = provider.metadata
    for metadata in (
        kept | {"issuer": f"{provider.issuer}/"},
        kept | {"token_endpoint": "http://10.0.0.1/token"},
        kept | {"jwks_uri": "file:///etc/passwd"},
        {"issuer": provider.issuer},
    ):
        provider.metadata = metadata
        try:
            with Handloom(tmp_path / "data", *flags) as server:
                reply = httpx.get(f"{server.url}/sign-in/oidc")
                assert (reply.status_code, "location" in reply.headers) == (503, False)
        finally:
            provider.metadata = kept


def test_incomplete_settings_are_refused_by_name(tmp_path: Path) -> None:
    for flags, named in (
        (("--oidc-issuer", "https://id.example"), "--oidc-client-id"),
        (("--oidc-issuer", "http://id.example", "--oidc-client-id", "x"), "https"),
        (("--oidc-issuer", "https://id.example", "--oidc-client-id", "x", "--oidc-scopes", "email"), "--oidc-scopes"),
    ):
        said = handloom("up", "--data", str(tmp_path / "data"), "--port", "0", "--no-browser", *flags)
        assert said.returncode != 0
        assert named in said.stderr + said.stdout
