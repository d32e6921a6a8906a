"""How a workspace is removed, whichever API asks for it."""

from handloom.api.server import Server
from handloom.store.engine import data_folder as folder
from handloom.store.workspaces import rows as workspaces


async def remove_workspace(server: Server, workspace: str, typed: str) -> None:
    """Delete the workspace with this id if its name was typed right; raise Invalid or Conflict where it stays.

    Its sessions end first, so that no kernel writes into what is being deleted.
    """
    await server.read(lambda tx: workspaces.check_removable(tx, workspace, typed))
    await server.sessions.stop_workspace(workspace)
    await server.write(lambda tx: workspaces.remove(tx, workspace, typed))
    await server.sessions.stop_workspace(workspace)  # one that was starting meanwhile
    folder.empty_trash(server.settings.data)
