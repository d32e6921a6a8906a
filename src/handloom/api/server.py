"""`Server`: the parts of the running server that `live` handlers use (database, sessions, artifacts, capacities)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from handloom.api.audit import PendingEntry
from handloom.api.passwords import Passwords
from handloom.api.request_stats import RequestStats
from handloom.domain.capacities import Capacity
from handloom.domain.engines import SparkConnect
from handloom.kernels.param_importance import ImportanceProcesses
from handloom.settings import Settings
from handloom.store.artifacts.storage import Artifacts
from handloom.store.engine.database import Database, Read, Together, Write
from handloom.store.quotas.folder_sizes import FolderSizes
from handloom.store.runs.counts import RunCounts
from handloom.store.runs.param_keys import ParamKeys

if TYPE_CHECKING:
    from handloom.api.peers import Peers
    from handloom.api.restart import Restart
    from handloom.kernels.apache.server import ApacheServers
    from handloom.kernels.draining import Drain
    from handloom.kernels.environments import Environments
    from handloom.kernels.git.repository import GitRepositories
    from handloom.kernels.language.servers import LanguageServers
    from handloom.kernels.sessions import SessionRegistry
    from handloom.kernels.table_readers import TableReaders

T = TypeVar("T")
Waiting = tuple[asyncio.AbstractEventLoop, "asyncio.Future[None]"]


@dataclass(frozen=True, slots=True)
class Server:
    """The parts of the running server. `app` creates one and passes it to both APIs and the root routes."""

    settings: Settings
    database: Database
    sessions: SessionRegistry
    environments: Environments
    tables: TableReaders
    language_servers: LanguageServers
    git: GitRepositories
    artifacts: Artifacts
    apache: ApacheServers
    restart: Restart
    peers: Peers
    param_keys: ParamKeys
    drain: Drain
    run_counts: RunCounts
    capacities: dict[str, SparkConnect]
    session_capacities: dict[str, Capacity] = field(default_factory=dict)
    """The capacities for sessions of the capacities file. Others are in the database."""
    threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(32, "artifacts"))
    """Threads for blocking file and network access, apart from the database's threads."""
    passwords: Passwords = field(default_factory=Passwords)
    importance: ImportanceProcesses = field(default_factory=ImportanceProcesses)
    requests: RequestStats = field(default_factory=RequestStats)
    folder_sizes: FolderSizes = field(default_factory=FolderSizes)
    purges: set[tuple[str, str, int]] = field(default_factory=set)
    """Recorded purges by user, workspace and time, since one takes several requests."""
    pending_audit: PendingEntry | None = None

    async def read(self, work: Callable[[Read], T]) -> T:
        return await asyncio.wrap_future(self.database.read(work))

    async def write(self, work: Callable[[Write], T]) -> T:
        pending = self.pending_audit
        if pending is None or pending.added:
            return await asyncio.wrap_future(self.database.write(work))

        def audited(tx: Write) -> T:
            pending.add(tx)
            return work(tx)

        result = await asyncio.wrap_future(self.database.write(audited))
        pending.added = True
        return result

    async def write_together(self, together: Together, item: object) -> None:
        """Make a write together with others of its kind, see `Database.write_together`. It has no audit entry."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        self.database.write_together(together, item, (loop, future), _settle)
        await future

    def auditing(self, pending: PendingEntry) -> Server:
        """This server for one request, whose first write adds an entry to the audit log."""
        return replace(self, pending_audit=pending)

    def skip_audit(self) -> None:
        """Add no entry for this request, because it turned out to change nothing, or continues a recorded action."""
        if self.pending_audit is not None:
            self.pending_audit.added = True

    async def on_thread(self, work: Callable[[], T]) -> T:
        """Run a blocking function on a thread, outside of any transaction."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, work)


def _settle(outcomes: Sequence[tuple[Waiting, BaseException | None]]) -> None:
    """Resolve the futures of a commit with one call to their event loop, from the thread of the writer."""
    for loop in {loop for (loop, _), _ in outcomes}:
        with contextlib.suppress(RuntimeError):  # the loop has closed
            loop.call_soon_threadsafe(_resolve, [(future, error) for (own, future), error in outcomes if own is loop])


def _resolve(outcomes: Sequence[tuple[asyncio.Future[None], BaseException | None]]) -> None:
    for future, error in outcomes:
        if future.done():  # cancelled
            continue
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)
