"""What pages show about backups: when the last one was written, and whether more follow by themselves."""

from __future__ import annotations

import msgspec

from handloom.api.routing import Context, Empty, Route, live
from handloom.api.server import Server
from handloom.store.backup import last
from handloom.store.backup.last import LastBackup


class BackupStatus(msgspec.Struct, frozen=True, kw_only=True):
    last: LastBackup | None
    every_hours: int
    """Hours between scheduled backups; 0 where none are scheduled."""


async def status(server: Server, context: Context, request: Empty) -> BackupStatus:
    found = await server.on_thread(lambda: last.read(server.settings.data, server.settings.backups))
    return BackupStatus(last=found, every_hours=server.settings.backup_hours)


ROUTES: list[Route] = [
    live("GET", "/api/v1/backup-status", status, role=None, summary="When the last backup was written."),
]
