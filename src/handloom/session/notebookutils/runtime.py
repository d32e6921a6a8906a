"""`notebookutils.runtime`: context of this session (notebook, workspace, user)."""

from __future__ import annotations

from typing import Any

from handloom.session import attached
from handloom.session.notebookutils.refusal import functions_of, help_of


def getCurrentNotebookName() -> str:  # noqa: N802 - Fabric's name
    """Return the notebook's name; empty in a session without a notebook."""
    session = attached.current()
    return session.name if session and session.notebook else ""


def getCurrentNotebookId() -> str:  # noqa: N802
    """Return the notebook's id; empty in a session without a notebook."""
    session = attached.current()
    return session.notebook or "" if session else ""


def getCurrentWorkspaceId() -> str:  # noqa: N802
    """Return the workspace's id."""
    session = attached.current()
    return session.workspace if session else ""


def getCurrentWorkspaceName() -> str:  # noqa: N802
    """Return the workspace's name."""
    session = attached.current()
    return session.workspace_name if session else ""


def getCurrentLakehouseId() -> str:  # noqa: N802
    """Return the id of the lakehouse, which is the workspace's."""
    return getCurrentWorkspaceId()


def getCurrentLakehouseName() -> str:  # noqa: N802
    """Return the name of the lakehouse, which is the workspace's."""
    return getCurrentWorkspaceName()


def help(name: str = "") -> None:  # noqa: A001 - Fabric's name
    """Print the available functions, or describe one."""
    help_of("runtime", functions_of(globals()), name)


def __getattr__(name: str) -> Any:
    if name != "context":
        raise AttributeError(
            f"notebookutils.runtime has no {name}. It has: context, {', '.join(functions_of(globals()))}."
        )
    session = attached.current()
    if session is None:
        return {}
    return {
        "currentNotebookName": session.name if session.notebook else None,
        "currentNotebookId": session.notebook,
        "currentWorkspaceName": session.workspace_name,
        "currentWorkspaceId": session.workspace,
        "defaultLakehouseName": session.workspace_name,
        "defaultLakehouseId": session.workspace,
        "defaultLakehouseWorkspaceName": session.workspace_name,
        "defaultLakehouseWorkspaceId": session.workspace,
        "activityId": session.session,
        "userName": session.user,
        "isForPipeline": False,
        "isForInteractive": True,
        "isReferenceRun": False,
        "productType": "Handloom",
    }
