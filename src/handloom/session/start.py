"""Loaded by IPython as the kernel starts: puts the session's names in place and attaches to a session when there is one."""

from __future__ import annotations

from typing import Any


def load_ipython_extension(shell: Any) -> None:
    shell.user_ns["_handloom"] = True
