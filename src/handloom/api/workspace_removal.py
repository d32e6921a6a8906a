"""Remove a workspace and stop its sessions; shared by both APIs."""

from handloom.api.server import Server
from handloom.store.engine import data_folder as folder
from handloom.store.workspaces import rows as workspaces


async def remove_workspace(server: Server, workspace: str, typed: str) -> None:
    """Delete the workspace with this id if `typed` is its name; otherwise raise Invalid or Conflict.

    Stops its sessions first, so that no kernel writes into files that are being deleted.
    """
    await server.read(lambda tx: workspaces.check_removable(tx, workspace, typed))
    await server.sessions.stop_workspace(workspace)
    await server.write(lambda tx: workspaces.remove(tx, workspace, typed))
    await server.sessions.stop_workspace(workspace)  # again, for a session that was starting in the meantime
    folder.discard(server.settings.data, server.settings.data / "environments" / workspace)
    folder.empty_trash(server.settings.data)
