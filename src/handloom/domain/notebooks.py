"""Notebooks: .ipynb files with a name, settings and a home workspace."""

from typing import Literal

import msgspec

from handloom.domain.errors import Invalid

DEFAULT_SESSION_TIMEOUT = 20  # minutes
MAX_SESSION_TIMEOUT = 7 * 24 * 60

Problem = Literal["missing", "broken"]


class Notebook(msgspec.Struct, frozen=True, kw_only=True):
    """`path` is the file's path as Jupyter's contents API sees it: `<workspace id>/<name>.ipynb`."""

    id: str
    workspace: str
    name: str
    description: str
    owner: str
    path: str
    session_timeout: int
    """Idle minutes after which the session ends; 0 means never."""
    autolog: bool
    engine: str = ""
    """The Spark engine of its sessions; empty for the workspace's."""
    created_at: int
    modified_at: int
    problem: Problem | None = None
    """Where one notebook was asked for: its file is not there, or is no notebook any more. `mend` is the way out."""


def path_of(workspace: str, name: str) -> str:
    return f"{workspace}/{name}.ipynb"


def check_timeout(minutes: int) -> int:
    if not 0 <= minutes <= MAX_SESSION_TIMEOUT:
        raise Invalid(
            f"The session timeout is 0 (never) to {MAX_SESSION_TIMEOUT:,} minutes.",
            field="session_timeout",
        )
    return minutes


def empty() -> bytes:
    """The document of a new notebook: one empty code cell."""
    document = {
        "cells": [
            {
                "cell_type": "code",
                "execution_count": None,
                "id": "first",
                "metadata": {},
                "outputs": [],
                "source": "",
            }
        ],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def is_notebook(content: bytes) -> bool:
    """Whether the text of a file can be opened as a notebook; older formats count, they are brought up on opening."""
    try:
        document = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    if not isinstance(document, dict) or not isinstance(document.get("nbformat"), int):
        return False
    return isinstance(document.get("cells" if document["nbformat"] >= 4 else "worksheets"), list)
