"""Readiness checks of the database, the disk and the workers, for `/ready` (load balancers and monitors).

`/ready` needs no credentials, so the reply names the failing part without error messages; those are in the log.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from pathlib import Path

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from handloom.api.server import Server
from handloom.domain.errors import HandloomError
from handloom.store.engine.database import Read
from handloom.supervision import failures

FREE_BYTES = 64 * 1024 * 1024
"""The disk counts as full when the data folder has less free space than this, in bytes."""

DATABASE_SECONDS = 5


class WorkerErrors(msgspec.Struct, frozen=True, kw_only=True):
    """How many unexpected errors a background worker has had since the server started. It restarts after each."""

    count: int
    seconds_since_last: int


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """`ready` depends on `database` and `disk`; a server that is about to stop (`draining`) is not ready. The notebook
    server (`jupyter`) starts on first use.
    """

    ready: bool
    database: str
    disk: str
    jupyter: str
    draining: bool
    background: dict[str, WorkerErrors]


async def readiness(server: Server) -> Readiness:
    database, disk = await asyncio.gather(_database(server), server.on_thread(lambda: _disk(server.settings.data)))
    draining = server.sessions.draining or server.sessions.until is not None
    return Readiness(
        draining=draining,
        ready=database == "ok" and disk == "ok" and not draining,
        database=database,
        disk=disk,
        jupyter="running" if server.sessions.jupyter.running else "not running",
        background={
            name: WorkerErrors(count=one.count, seconds_since_last=round(time.time() - one.at))
            for name, one in failures().items()
        },
    )


async def _database(server: Server) -> str:
    def ask(tx: Read) -> None:
        tx.connection.exec_driver_sql("SELECT id FROM workspaces LIMIT 1").fetchall()

    try:
        async with asyncio.timeout(DATABASE_SECONDS):
            await server.read(ask)
    except TimeoutError:
        return "too slow"
    except (HandloomError, SQLAlchemyError):
        return "unavailable"
    return "ok"


def _disk(data: Path) -> str:
    try:
        free = shutil.disk_usage(data).free
    except OSError:
        return "unavailable"
    if not os.access(data, os.W_OK):
        return "read-only"
    return "ok" if free >= FREE_BYTES else "full"
