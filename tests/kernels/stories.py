"""A notebook with a session of its own, as tests of a kernel's channels tell stories with it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from handloom.domain.members import User
from handloom.domain.sessions import Session
from handloom.kernels.running import SessionSpec
from handloom.kernels.sessions import SessionRegistry
from kernels.pages import Page

ME = User(id="u1", name="me", display_name="Me", created_at=0)

Story = Callable[["Notebook"], Coroutine[Any, Any, None]]


class Notebook:
    """A notebook with a session of its own."""

    def __init__(self, sessions: SessionRegistry, folder: Path, name: str) -> None:
        self.sessions = sessions
        self.name = name
        self.file = folder / "workspaces" / "w1" / f"{name}.ipynb"
        self.gate = self.file.with_suffix(".go")  # a cell may wait until this file is there
        self.session: Session

    async def open(self) -> None:
        cell: dict[str, Any] = {
            "cell_type": "code",
            "source": "",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
        }
        content = {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": {},
            "cells": [cell | {"id": f"c{n}"} for n in range(3)],
        }
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(json.dumps(content))
        facts: dict[str, Any] = {"user": ME, "workspace": "w1", "workspace_name": "W", "timeout": 0}
        self.session = await self.sessions.start(SessionSpec(notebook=self.name, name=self.name, token="t", **facts))

    async def page(self, session_id: str | None = None) -> Page:
        return await Page(self.sessions, self.session.kernel, session_id).open()

    def cell(self, cell: str) -> dict[str, Any]:
        content = json.loads(self.file.read_text())
        return next(one for one in content["cells"] if one["id"] == cell)

    def saved_text(self, cell: str) -> str:
        return "".join("".join(one["text"]) for one in self.cell(cell)["outputs"] if one["output_type"] == "stream")

    def saved_state(self, cell: str) -> str:
        return str(self.cell(cell)["metadata"].get("handloom", {}).get("state", ""))

    async def until_saved(self, true: Callable[[], object]) -> None:
        for _ in range(600):
            if true():
                return
            await asyncio.sleep(0.1)
        raise AssertionError(self.file.read_text()[:3000])

    async def put(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Save as a page does."""
        path = f"/api/contents/w1/{self.name}.ipynb"
        model = await self.sessions.jupyter.ask("GET", path)
        change(model["content"])
        await self.sessions.jupyter.ask(
            "PUT", path, {"type": "notebook", "format": "json", "content": model["content"]}
        )
