"""What the server does around a save of a notebook: keep a version of what is replaced, and record who saved."""

from __future__ import annotations

from functools import partial

from handloom.api.server import Server
from handloom.domain.errors import HandloomError
from handloom.domain.members import Caller
from handloom.domain.notebook_versions import Snapshot
from handloom.store.engine.database import Read, Write
from handloom.store.notebooks import rows as notebook_store
from handloom.store.notebooks import versions


async def before_save(server: Server, workspace: str, notebook: str) -> None:
    """Keep a version of the file before it is replaced, if the last one is five minutes old. A file that is none, or
    too large for versions, is replaced without.
    """
    if not await server.read(lambda tx: versions.is_due(tx, notebook)):
        return

    def find(tx: Read) -> partial[Snapshot]:
        return partial(versions.read_file, server.settings.data, notebook_store.get(tx, workspace, notebook))

    try:
        taken = await server.on_thread(await server.read(find))
        await server.write(lambda tx: versions.add(tx, workspace, notebook, taken))
    except HandloomError:
        return  # the save itself says what is wrong


async def after_save(server: Server, caller: Caller, workspace: str, notebook: str) -> None:
    def record(tx: Write) -> None:
        notebook_store.record_save(tx, workspace, notebook, caller.user.id)

    await server.write(record)
