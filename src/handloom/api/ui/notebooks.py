"""Notebooks as pages see them; their content travels through Jupyter's contents API."""

from typing import Any, Literal

import msgspec

from handloom.domain.notebooks import Notebook


class NotebookPath(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    notebook: str


class CreateNotebook(msgspec.Struct, frozen=True, kw_only=True):
    """`content` is an uploaded .ipynb document; else `template` chooses: one empty code cell, or the tutorial."""

    workspace: str
    name: str
    description: str = ""
    template: Literal["empty", "tutorial-en", "tutorial-ko"] = "empty"
    content: dict[str, Any] | None = None


class UpdateNotebook(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    notebook: str
    name: str | None = None
    description: str | None = None
    session_timeout: int | None = None
    autolog: bool | None = None


class NotebookRuns(msgspec.Struct, frozen=True, kw_only=True):
    """Runs that a notebook made, newest first: the way back from the notebook to its runs."""

    runs: list["NotebookRun"]


class NotebookRun(msgspec.Struct, frozen=True, kw_only=True):
    run_id: str
    name: str
    status: str
    start_time: int
    experiment: str
    experiment_name: str


__all__ = ["CreateNotebook", "Notebook", "NotebookPath", "NotebookRun", "NotebookRuns", "UpdateNotebook"]
