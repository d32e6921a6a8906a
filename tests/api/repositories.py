"""A workspace whose files are committed to git, for tests."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import httpx

from running import Handloom


class Repository:
    """A workspace of one test with its files."""

    def __init__(self, server: Handloom, client: httpx.Client) -> None:
        self.client = client
        self.workspace: str = client.post("/api/v1/workspaces", json={"name": f"w {uuid.uuid4()}"}).json()["id"]
        self.folder: Path = server.data / "workspaces" / self.workspace
        self.data = server.data / "git" / self.workspace

    def ask(self, method: str, path: str = "", status: int = 200, /, **body: Any) -> Any:
        content: dict[str, Any] = {"params": body} if method == "GET" else {"json": body}
        reply = self.client.request(method, f"/api/v1/workspaces/{self.workspace}/git{path}", **content)
        assert reply.status_code == status, reply.text
        return reply.json() if status < 400 else reply.json()["error"]

    def save(self, name: str, *sources: str, output: str = "shown") -> None:
        """Write a notebook's file, as a page's save does."""
        cells = [
            {
                "id": f"cell{number}",
                "cell_type": "code",
                "source": source,
                "metadata": {"handloom": {"state": "ok"}},
                "execution_count": 7,
                "outputs": [{"output_type": "stream", "name": "stdout", "text": output}],
            }
            for number, source in enumerate(sources)
        ]
        content = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        (self.folder / f"{name}.ipynb").write_text(json.dumps(content))

    def status(self) -> dict[str, str]:
        return {change["path"]: change["kind"] for change in self.ask("GET")["changes"]}

    def commit(self, message: str, *paths: str, status: int = 200, **more: Any) -> Any:
        """Commit these files, or all that have changed, as the status shows them."""
        seen = {change["path"]: change["blob"] for change in self.ask("GET")["changes"]}
        files = [{"path": path, "blob": seen.get(path, "")} for path in paths or seen]
        return self.ask("POST", "/commits", status, message=message, files=files, **more)
