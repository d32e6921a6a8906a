"""Remove a workspace and stop its sessions; shared by both APIs."""

from handloom.api.server import Server
from handloom.store.workspaces import rows as workspaces


async def remove_workspace(server: Server, workspace: str, typed: str) -> None:
    """Move the workspace with this id to the bin if `typed` is its name; otherwise raise Invalid or Conflict.

    Stops its sessions first, so that no kernel goes on working in it.
    """
    await server.read(lambda tx: workspaces.check_removable(tx, workspace, typed))
    await server.sessions.stop_workspace(workspace)
    await server.write(lambda tx: workspaces.remove(tx, workspace, typed))
    await server.sessions.stop_workspace(workspace)  # again, for a session that was starting in the meantime
