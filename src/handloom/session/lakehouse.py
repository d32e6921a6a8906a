"""Resolve lakehouse paths of Fabric notebooks: `/lakehouse/default/`, `Files/`, OneLake URIs.

The lakehouse of a workspace is its folder, with `Files` and `Tables` in it. Paths that lead out of it are refused.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import unquote

from handloom.session import attached

ROOT = "/lakehouse/default"
ONELAKE = re.compile(
    r"(?:abfss?|https)://(?:(?P<workspace>[^@/]+)@)?onelake\.(?:dfs|blob)\.fabric\.microsoft\.com(?P<path>/.*)?"
)
_PARTS = ("Files", "Tables")


class LakehouseError(OSError):
    """The session's lakehouse has no such path; the message says what to use instead."""


def folder() -> str:
    """Return the workspace's folder, or the working directory in a kernel without a session."""
    session = attached.current()
    return session.cwd if session else os.getcwd()  # noqa: PTH109 - callers join it as text


def inside(path: str) -> Path | None:
    """Return the local path of a lakehouse path; None for any other path. Raises LakehouseError."""
    if path.startswith(("file:/lakehouse/", "file:///lakehouse/")):
        path = "/" + path.removeprefix("file:").lstrip("/")
    if match := ONELAKE.fullmatch(path):
        return _onelake(path, match["workspace"], match["path"] or "")
    if path == ROOT or path.startswith(ROOT + "/"):
        return _below(path, path[len(ROOT) :])
    if path in _PARTS or path.startswith(("Files/", "Tables/")):
        return _below(path, path)
    return None


def existing(folder: Path) -> Path:
    """The folder of this name without regard to case; `folder` itself where there is none."""
    if folder.exists() or not folder.parent.is_dir():
        return folder
    wanted = folder.name.lower()
    return next((one for one in folder.parent.iterdir() if one.name.lower() == wanted), folder)


def name_of(path: Path) -> str:
    """Return a file's path relative to the workspace, such as `Files/a.csv`; the absolute path of any other file."""
    try:
        return path.relative_to(folder()).as_posix()
    except ValueError:
        return str(path)


def _onelake(path: str, workspace: str | None, rest: str) -> Path:
    """Resolve `abfss://<workspace>@onelake.../<lakehouse>.Lakehouse/Files/x`; an https URI has the workspace in its
    path. Names may be written with `%20` for a space.
    """
    if path.startswith("https:"):
        rest = unquote(rest)
    steps = [step for step in rest.split("/") if step]
    if workspace is None and steps:
        workspace, *steps = steps
    workspace = unquote(workspace) if workspace else workspace
    session = attached.current()
    own = {session.workspace, session.workspace_name} if session else set()
    if workspace not in own:
        here = f"'{session.workspace_name}'" if session else "no workspace"
        raise LakehouseError(
            f"{path} is in the workspace '{workspace}', and this session is in {here}. "
            "Copy the data into this workspace's Files, or add a mount for that address in the workspace settings."
        )
    if steps and steps[0] not in _PARTS:  # the lakehouse's name or id: a workspace has one lakehouse
        steps = steps[1:]
    return _below(path, "/".join(steps))


def _below(path: str, rest: str) -> Path:
    base = Path(folder())
    found = Path(os.path.normpath(base / rest.strip("/")))
    if found != base and not found.is_relative_to(base):
        raise LakehouseError(f"{path} leads out of the workspace's folder.")
    dbo = base / "Tables" / "dbo"
    if found.is_relative_to(dbo) and not dbo.exists():  # the tables of the default schema lie directly in `Tables`
        return base / "Tables" / found.relative_to(dbo)
    return found
