"""Folders of tables. Code in the workspace may exchange a folder for a link at any time, so that none is followed."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import uuid4

from handloom.domain.errors import Conflict, Invalid, NotFound

_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)


def discard_table(root: Path, workspace: str, path: str) -> None:
    """Move the folder of a table, relative to the workspace, to the trash of the data folder. Raises NotFound, or
    Invalid for a path that leaves `Tables`: it comes from a process that reads what any code has written.
    """
    *folders, name = Path(path).parts or ("",)
    if folders[:1] != ["Tables"] or ".." in (*folders, name):
        raise Invalid("A table's folder lies in Tables.")
    descriptors = [os.open(root / "workspaces" / workspace, _FOLDER)]
    try:
        for folder in folders:
            descriptors.append(os.open(folder, _FOLDER, dir_fd=descriptors[-1]))
        descriptors.append(os.open(name, _FOLDER, dir_fd=descriptors[-1]))
        os.rename(name, root / "trash" / f"table-{uuid4().hex}", src_dir_fd=descriptors[-2])
    except FileNotFoundError as error:
        raise NotFound("The table was deleted already.") from error
    except OSError as error:
        raise Conflict(f"The table's folder cannot be deleted ({error.strerror}).") from error
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
