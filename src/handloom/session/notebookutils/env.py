"""`mssparkutils.env`: user, workspace and session, in the older form of `notebookutils.runtime.context`."""

from __future__ import annotations

from handloom.session import attached
from handloom.session.notebookutils.refusal import attribute, functions_of, help_of
from handloom.session.notebookutils.runtime import getCurrentWorkspaceName


def getUserName() -> str:  # noqa: N802 - Fabric's name
    """Return the name of the person whose session this is."""
    session = attached.current()
    return session.user if session else ""


def getWorkspaceName() -> str:  # noqa: N802
    """Return the workspace's name."""
    return getCurrentWorkspaceName()


def getJobId() -> str:  # noqa: N802
    """Return the session's id."""
    session = attached.current()
    return session.session if session else ""


def help(name: str = "") -> None:  # noqa: A001 - Fabric's name
    """Print the available functions, or describe one."""
    help_of("env", functions_of(globals()), name)


_NO_POOL = "leave it out: a session runs on the machine of this server"
__getattr__ = attribute(
    "env",
    {"getPoolName": _NO_POOL, "getClusterId": _NO_POOL, "getUserId": "use getUserName(), which is unique here"},
    lambda: [*functions_of(globals())],
)
