"""OpenID Connect providers on loopback: a certified one (oidc-provider for Node), and one that answers as told."""

from __future__ import annotations

import json
import re
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from azurite import NODE, await_port, free_port
from running import Handloom

SCRIPT = Path(__file__).parent / "oidc_provider.mjs"
SECRET = "a secret with : and %"


@contextmanager
def certified(port: int, redirect: str) -> Iterator[str]:
    """oidc-provider with one client. The test is skipped where it is not installed."""
    if not (SCRIPT.parent / "node_modules" / "oidc-provider").is_dir():
        pytest.skip("oidc-provider is not installed: run npm ci in tests/")
    with subprocess.Popen(
        [str(NODE), str(SCRIPT), str(port), redirect, SECRET],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=SCRIPT.parent,
    ) as process:
        try:
            await_port(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


@contextmanager
def with_provider(folder: Path, path: str = "", *more: str) -> Iterator[Handloom]:
    """A server with a certified provider, which adds people at their first sign-in. `path` is the public URL's."""
    ports = (free_port(), free_port())
    secret = folder / "client-secret"
    secret.write_text(f"{SECRET}\n")
    flags = ("--oidc-client-secret-file", str(secret), "--oidc-client-id", "handloom", "--oidc-name", "Example")
    url = f"http://127.0.0.1:{ports[0]}{path}"
    public = ("--public-url", url) if path else ()
    with certified(ports[1], f"{url}/sign-in/oidc/callback") as issuer:
        claims = ("--oidc-issuer", issuer, "--oidc-groups-claim", "groups")
        server = Handloom(folder / "data", "--create-people", *claims, *flags, *public, *more)
        server.flags = ("--port", str(ports[0]), *server.flags[2:])
        with server:
            yield server


def pass_provider(browser: httpx.Client, address: str, name: str) -> str:
    """Sign in and consent at the certified provider; return the address to which it sends the browser back."""
    reply = browser.get(address)
    for _ in range(10):
        while reply.is_redirect:
            address = str(httpx.URL(str(reply.url)).join(reply.headers["location"]))
            if "/sign-in/oidc/callback" in address:
                return address
            reply = browser.get(address)
        action = re.search(r'<form[^>]*action="([^"]+)"', reply.text)
        assert action is not None, reply.text
        form = {"prompt": "login", "login": name, "password": "any"} if 'name="login"' in reply.text else {}
        reply = browser.post(action[1], data=form or {"prompt": "consent"})
    raise AssertionError("the provider does not send the browser back")


def shown(browser: httpx.Client, address: str) -> str:
    """Follow the provider's own redirects; return the page that it shows."""
    reply = browser.get(address)
    while reply.is_redirect:
        reply = browser.get(str(httpx.URL(str(reply.url)).join(reply.headers["location"])))
    return reply.text


def leave_provider(browser: httpx.Client, address: str) -> str:
    """Confirm at the certified provider that its session ends; return the address to which it sends the browser."""
    page = shown(browser, address)
    action = re.search(r'<form[^>]*action="([^"]+)"', page)
    xsrf = re.search(r'name="xsrf" value="([^"]+)"', page)
    assert action is not None, page
    assert xsrf is not None, page
    reply = browser.post(action[1], data={"xsrf": xsrf[1], "logout": "yes"})
    assert reply.is_redirect, reply.text
    return str(reply.headers["location"])


class Liar:
    """A provider whose ID token is `claims` signed by `key` with `header`, for every code but each one only once.

    Metadata, keys and userinfo are as `metadata`, `keys` and `userinfo` say at that time.
    """

    def __init__(self, url: str) -> None:
        self.issuer = url
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
        self.keys = [self.key.as_dict(private=False)]
        self.header: dict[str, Any] = {"alg": "RS256", "kid": "one"}
        self.claims: dict[str, Any] = {}
        self.userinfo: dict[str, Any] | None = None
        self.metadata: dict[str, Any] = {
            "issuer": url,
            "authorization_endpoint": f"{url}/authorize",
            "token_endpoint": f"{url}/token",
            "jwks_uri": f"{url}/keys",
        }
        self.token = ""
        self.used: set[str] = set()
        self.requests: list[str] = []

    def id_token(self) -> str:
        return self.token or jwt.encode(self.header, self.claims, self.key)

    def good(self, nonce: str, **more: Any) -> dict[str, Any]:
        """Claims that are valid, with `more`."""
        now = int(time.time())
        ours = {"iss": self.issuer, "aud": "handloom", "sub": "1", "iat": now, "exp": now + 60, "nonce": nonce}
        return {**ours, "email": "ana@example.com", "email_verified": True, **more}

    def reply(self, path: str, form: dict[str, list[str]]) -> tuple[int, Any]:
        self.requests.append(path)
        if path == "/.well-known/openid-configuration":
            return 200, self.metadata
        if path == "/keys":
            return 200, {"keys": self.keys}
        if path == "/userinfo":
            return 200, self.userinfo
        code = form.get("code", [""])[0]
        if code in self.used or not form.get("code_verifier"):
            return 400, {"error": "invalid_grant"}
        self.used.add(code)
        return 200, {"id_token": self.id_token(), "access_token": "access", "token_type": "Bearer"}


@contextmanager
def liar() -> Iterator[Liar]:
    """A provider that answers as the test says."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            form = parse_qs(self.rfile.read(length).decode())
            status, content = provider.reply(urlsplit(self.path).path, form)
            text = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider = Liar(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield provider
        finally:
            server.shutdown()
            thread.join(5)
