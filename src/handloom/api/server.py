"""What a handler that outlives one transaction may reach: the open parts of the running server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from handloom.settings import Settings
from handloom.store.database import Database, Read, Write

if TYPE_CHECKING:
    from handloom.kernels.sessions import Sessions

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Server:
    """Made once by `app`; lives in `request.app.state.server`."""

    settings: Settings
    database: Database
    sessions: Sessions

    async def read(self, work: Callable[[Read], T]) -> T:
        return await asyncio.wrap_future(self.database.read(work))

    async def write(self, work: Callable[[Write], T]) -> T:
        return await asyncio.wrap_future(self.database.write(work))
