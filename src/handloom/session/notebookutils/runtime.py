"""`notebookutils.runtime`: context of this session (notebook, workspace, user)."""

from __future__ import annotations

from typing import Any

from handloom.session import attached


def getCurrentNotebookName() -> str:  # noqa: N802 - Fabric's name
    """Return the notebook's name; empty in a session without a notebook."""
    session = attached.current()
    return session.name if session and session.notebook else ""


def __getattr__(name: str) -> Any:
    if name != "context":
        raise AttributeError(f"notebookutils.runtime has no {name}; it has context.")
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
