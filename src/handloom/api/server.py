"""What a handler that outlives one transaction may reach: the open parts of the running server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from handloom.domain.engines import SparkConnect
from handloom.settings import Settings
from handloom.store.artifacts.storage import Artifacts
from handloom.store.engine.database import Database, Read, Write

if TYPE_CHECKING:
    from handloom.kernels.apache.server import ApacheServer
    from handloom.kernels.sessions import Sessions

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Server:
    """Made once by `app` and handed to whatever answers requests."""

    settings: Settings
    database: Database
    sessions: Sessions
    artifacts: Artifacts
    apache: ApacheServer
    capacities: dict[str, SparkConnect]
    threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(32, "artifacts"))
    """For what waits on files or on the network: never on a thread of the database."""

    async def read(self, work: Callable[[Read], T]) -> T:
        return await asyncio.wrap_future(self.database.read(work))

    async def write(self, work: Callable[[Write], T]) -> T:
        return await asyncio.wrap_future(self.database.write(work))

    async def on_thread(self, work: Callable[[], T]) -> T:
        """Run what blocks, outside of any transaction."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, work)
