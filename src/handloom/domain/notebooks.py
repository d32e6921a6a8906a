"""Notebooks: .ipynb files with a name and settings, each in one workspace."""

from typing import Literal

import msgspec

from handloom.domain.errors import Invalid

BIN = ".bin"
"""Subfolder of a workspace's folder for the files of deleted notebooks."""

MAX_SESSION_TIMEOUT = 7 * 24 * 60

Problem = Literal["missing", "broken"]


class Notebook(msgspec.Struct, frozen=True, kw_only=True):
    """A notebook. `path` is its path in Jupyter's contents API: `<workspace id>/<name>.ipynb`."""

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
    """The id of its sessions' Spark engine; empty for the workspace's default."""
    capacity: str = ""
    """The id of its sessions' capacity; empty for the workspace's."""
    environment: str = ""
    """The id of its sessions' environment, or "none"; empty for the workspace's default."""
    created_at: int
    modified_at: int
    problem: Problem | None = None
    """Whether its file is missing or not a valid notebook; only set in replies about one notebook. `mend` replaces
    it.
    """


def path_of(workspace: str, name: str) -> str:
    return f"{workspace}/{name}.ipynb"


def binned_name(notebook: str) -> str:
    """Return the name of a notebook in the bin, which leads to its file there. No user can choose such a name."""
    return f"{BIN}/{notebook}"


def check_timeout(minutes: int) -> int:
    if not 0 <= minutes <= MAX_SESSION_TIMEOUT:
        raise Invalid(
            f"The session timeout is 0 (never) to {MAX_SESSION_TIMEOUT:,} minutes.",
            field="session_timeout",
        )
    return minutes


def empty() -> bytes:
    """Return the .ipynb content of a new notebook with one empty code cell."""
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
    """Whether a file's content is a notebook. Older formats count, since they are upgraded when opened."""
    try:
        document = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    if not isinstance(document, dict) or not isinstance(document.get("nbformat"), int):
        return False
    return isinstance(document.get("cells" if document["nbformat"] >= 4 else "worksheets"), list)
