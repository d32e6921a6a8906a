"""Atomic file writes for the Jupyter child: write a temporary file beside the target, fsync it, then rename it.

Jupyter overwrites the file in place, so a full disk or a kill in the middle leaves a truncated notebook.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager


class Files(AsyncLargeFileManager):
    """The contents manager of the workspaces' folders."""

    @contextmanager
    def atomic_writing(self, os_path: str, text: bool = True, encoding: str = "utf-8", **_: Any) -> Iterator[IO[Any]]:
        with self.perm_to_403(os_path):
            target = Path(os_path).resolve()
            draft = target.with_name(f".{uuid4().hex}.draft")
            try:
                mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o600
                opened = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
                with os.fdopen(opened, "w" if text else "wb", encoding=encoding if text else None) as file:
                    yield file
                    file.flush()
                    os.fsync(file.fileno())
                draft.replace(target)
            finally:
                draft.unlink(missing_ok=True)
