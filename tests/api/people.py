"""People in tests: a person with a signed-in browser, and a workspace of theirs."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import httpx


@dataclass
class Signed:
    """A person with a signed-in browser."""

    id: str
    name: str
    browser: httpx.Client

    def status(self, method: str, path: str, **body: Any) -> int:
        content = {"params": body} if method in ("GET", "DELETE") else {"json": body}
        return self.browser.request(method, f"/api/v1{path}", **content).status_code  # type: ignore[arg-type]


def workspace(client: httpx.Client, name: str = "") -> str:
    made: str = client.post("/api/v1/workspaces", json={"name": name or f"w {uuid.uuid4()}"}).json()["id"]
    return made
