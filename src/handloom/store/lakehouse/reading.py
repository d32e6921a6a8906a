"""Files of a workspace's folder, open for reading. Code in the workspace may exchange a folder for a link at any time,
so that none is followed.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from handloom.domain.errors import Conflict, Invalid, NotFound
from handloom.store.artifacts.folder import OpenFile
from handloom.store.lakehouse.files import opened
from handloom.store.lakehouse.uploads import checked

# A pipe would block until somebody writes to it.
_FILE = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


def open_file(root: Path, workspace: str, path: str) -> OpenFile:
    """Open a file by its path in the workspace. Raises NotFound, Invalid for a folder, or Conflict for a link."""
    *folders, name = checked(path)
    try:
        with opened(root / "workspaces" / workspace, folders) as parent:
            file = OpenFile(os.open(name, _FILE, dir_fd=parent))
    except FileNotFoundError as error:
        text = f"There is no file {path} in this workspace."
        raise NotFound(text).because("no_file", path=path) from error
    except OSError as error:
        raise Conflict(
            f"{path} cannot be read ({error.strerror}). Symbolic links are not followed; copy the file to Files."
        ) from error
    if stat.S_ISREG(file.mode):
        return file
    file.close()
    raise Invalid(f"{path} is not a file.", field="path")
