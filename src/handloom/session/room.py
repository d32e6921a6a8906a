"""Room in the workspace: before code writes tables or files, ask the server whether the workspace is full."""

from __future__ import annotations

import errno
import re
import time
from typing import Any

from handloom.session import attached

KEPT_SECONDS = 10.0
"""How long an answer that there is room holds."""

_WRITES = re.compile(r"\s*(CREATE\s+(OR\s+REPLACE\s+)?TABLE|REPLACE\s+TABLE|INSERT|MERGE|COPY)\b", re.I)

_until = 0.0


class WorkspaceFullError(OSError):
    """The workspace has used up its quota of tables and files. Deleting some, or a larger quota, makes room."""


def require() -> None:
    """Raise WorkspaceFullError if the workspace is full. A server that does not answer keeps nobody from writing."""
    import httpx

    global _until
    session = attached.current()
    if session is None or time.monotonic() < _until:
        return
    base = session.tracking_uri.rpartition("/mlflow/")[0]
    at = f"{base}/api/v1/workspaces/{session.workspace}/file-room"
    try:
        reply = httpx.get(at, headers={"Authorization": f"Bearer {session.token}"}, timeout=20, trust_env=False)
        full = str(reply.json()["full"]) if reply.is_success else ""
    except (httpx.HTTPError, ValueError, KeyError):
        full = ""
    if full:
        raise WorkspaceFullError(errno.EDQUOT, full)
    _until = time.monotonic() + KEPT_SECONDS


def check_plan(plan: Any) -> None:
    """Raise WorkspaceFullError if a plan of Spark writes tables or files of a workspace that is full."""
    if plan.WhichOneof("op_type") != "command":
        return
    command = plan.command
    if command.HasField("write_operation"):
        write = command.write_operation
        if write.WhichOneof("save_type") == "path" and "://" in write.path and not write.path.startswith("abfss:"):
            return  # to storage elsewhere
        require()
    elif command.HasField("write_operation_v2") or command.HasField("write_stream_operation_start"):
        require()
    elif command.HasField("sql_command"):
        given = command.sql_command
        if _WRITES.match(given.input.sql.query if given.HasField("input") else given.sql):
            require()
