"""Fixtures of tests with several people."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from api.people import Signed
from running import Handloom


@pytest.fixture
def admin(server: Handloom) -> Iterator[httpx.Client]:
    with server.client() as opened:
        yield opened


@pytest.fixture
def join(server: Handloom, admin: httpx.Client) -> Iterator[Callable[..., Signed]]:
    """`join()` adds a person by the command line's own token and signs their browser in by the link."""
    browsers: list[httpx.Client] = []

    def one(name: str = "", **more: Any) -> Signed:
        made = admin.post("/api/v1/users", json={"name": name or f"p {uuid.uuid4()}", **more})
        assert made.status_code == 200, made.text
        browser = httpx.Client(base_url=server.url, headers={"Origin": server.url}, timeout=60)
        browsers.append(browser)
        assert server.sign_in(browser, server.url + made.json()["path"]).status_code == 303
        return Signed(made.json()["user"]["id"], made.json()["user"]["name"], browser)

    yield one
    for browser in browsers:
        browser.close()


@pytest.fixture(scope="module")
def with_passwords(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handloom]:
    with Handloom(tmp_path_factory.mktemp("passwords") / "data", "--passwords") as running:
        yield running
