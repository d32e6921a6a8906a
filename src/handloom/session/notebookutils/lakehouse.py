"""`notebookutils.lakehouse`: the workspace's only lakehouse, which consists of its folders `Files` and `Tables`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from handloom.session import attached
from handloom.session import lakehouse as paths
from handloom.session.notebookutils.refusal import refuse


def get(name: str = "", workspaceId: str = "") -> dict[str, Any]:  # noqa: N803 - Fabric's name
    """Return the workspace's lakehouse."""
    session = attached.current()
    own = (session.workspace_name, session.workspace) if session else ("", "")
    if name and name not in own:
        raise refuse(f"lakehouse.get({name!r})", "omit the name: a workspace has one lakehouse")
    return {"id": own[1], "displayName": own[0], "workspaceId": own[1], "properties": {"path": paths.folder()}}


def list(workspaceId: str = "", maxResults: int = 1000) -> Any:  # noqa: A001, N803
    """Return a list with the workspace's only lakehouse."""
    return [get()]


def listTables(lakehouse: str = "", workspaceId: str = "", maxResults: int = 1000) -> Any:  # noqa: N802, N803
    """List name and folder of every Delta table below `Tables`; tables in a schema are named `schema.table`."""
    get(lakehouse)
    root = Path(paths.folder()) / "Tables"
    logs = sorted([*root.glob("*/_delta_log"), *root.glob("*/*/_delta_log")])[:maxResults]
    return [
        {"name": ".".join(log.parent.relative_to(root).parts), "location": str(log.parent), "format": "delta"}
        for log in logs
    ]


def create(*_: object, **__: object) -> dict[str, Any]:
    raise refuse("lakehouse.create", "create another workspace: each has its own lakehouse")


def update(*_: object, **__: object) -> dict[str, Any]:
    raise refuse("lakehouse.update", "rename the workspace in its settings")


def delete(*_: object, **__: object) -> bool:
    raise refuse("lakehouse.delete", "delete files with notebookutils.fs.rm and tables with DROP TABLE")
