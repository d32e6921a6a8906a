"""The database while it is open: transactions for readers, one writer thread that commits requests in groups.

Never knows what a noun is; the modules beside this one hold the statements.
"""

from __future__ import annotations

import errno
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, TextClause, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from handloom.domain.changes import Change
from handloom.domain.errors import Unavailable

log = logging.getLogger("handloom.store")

T = TypeVar("T")
Listener = Callable[[Sequence[Change]], None]

MAX_GROUP = 256  # requests that share one commit; beyond this the first ones would wait too long


class Read:
    """A transaction that only reads. `root` is the data folder, for functions that read files as well."""

    def __init__(self, connection: Connection, root: Path) -> None:
        self.connection = connection
        self.root = root

    def rows(self, statement: TextClause, parameters: Mapping[str, Any]) -> Sequence[Any]:
        """All rows of a written-out query as plain tuples, which costs a third of SQLAlchemy's own rows."""
        cursor = self.connection.execute(statement, parameters).cursor
        assert cursor is not None
        return cursor.fetchall()


class Write(Read):
    """A transaction that writes; what it promises for later happens only once the commit is on disk."""

    def __init__(self, connection: Connection, root: Path) -> None:
        super().__init__(connection, root)
        self._changes: list[Change] = []
        self._after_commit: list[Callable[[], object]] = []
        self._on_rollback: list[Callable[[], object]] = []

    def changed(self, noun: str, workspace: str, id: str | None = None, parent: str | None = None) -> None:
        """Tell live pages, after the commit, that this noun changed."""
        self._changes.append(Change(noun=noun, workspace=workspace, id=id, parent=parent))

    def after_commit(self, act: Callable[[], object]) -> None:
        """Run `act` once the write is durable, e.g. delete files that no row names any more."""
        self._after_commit.append(act)

    def on_rollback(self, act: Callable[[], object]) -> None:
        """Run `act` if the write does not happen, e.g. delete a file written for it."""
        self._on_rollback.append(act)


class _Job:
    __slots__ = ("error", "future", "result", "tx", "work")

    def __init__(self, work: Callable[[Write], Any]) -> None:
        self.work = work
        self.future: Future[Any] = Future()
        self.tx: Write | None = None
        self.result: Any = None
        self.error: BaseException | None = None


class Database:
    """An open SQLite file. `read` and `write` run a function inside a transaction on a thread of their own."""

    def __init__(self, url: str, root: Path, *, readers: int = 4) -> None:
        self.root = root
        self.engine = _engine(url, readers + 2)
        self._listeners: list[Listener] = []
        self._closed = False
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="store-read")
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write_loop, name="store-write", daemon=True)
        self._writer.start()

    def listen(self, listener: Listener) -> None:
        """Call `listener` with the changes of each commit, from the writer thread."""
        self._listeners.append(listener)

    def read(self, work: Callable[[Read], T]) -> Future[T]:
        return self._readers.submit(self.read_now, work)

    def read_now(self, work: Callable[[Read], T]) -> T:
        """As `read`, on the calling thread."""
        with _translated(), self.engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")  # one snapshot for all statements of the request
            try:
                return work(Read(connection, self.root))
            finally:
                connection.exec_driver_sql("ROLLBACK")

    def write(self, work: Callable[[Write], T]) -> Future[T]:
        """Queue `work`. The future resolves after a commit that survives kill -9 and power loss."""
        if self._closed:
            raise Unavailable("The server is stopping; try again once it is back.")
        job = _Job(work)
        self._jobs.put(job)
        return job.future

    def write_now(self, work: Callable[[Write], T]) -> T:
        """As `write`, waiting for the commit."""
        return self.write(work).result()

    def close(self) -> None:
        """Finish what is queued, then close; again is no error."""
        if self._closed:
            return
        self._closed = True
        self._jobs.put(None)
        self._writer.join()
        self._readers.shutdown()
        self.engine.dispose()

    def _write_loop(self) -> None:
        job = self._jobs.get()
        while job is not None:
            group: list[_Job] = []
            while job is not None:
                if job.future.set_running_or_notify_cancel():  # else its caller is gone: leave it undone
                    group.append(job)
                if len(group) == MAX_GROUP or self._jobs.empty():
                    break
                job = self._jobs.get()
            self._commit(group)
            job = job and self._jobs.get()

    def _commit(self, group: list[_Job]) -> None:
        """One transaction for all of `group`; a job that fails is rolled back alone."""
        if not group:
            return
        failure: BaseException | None = None
        try:
            with _translated(), self.engine.connect() as connection:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                for job in group:
                    self._run(connection, job)
                connection.exec_driver_sql("COMMIT")
        except BaseException as error:  # noqa: BLE001 - every caller of the group must hear of it
            failure = error
        for job in group:
            self._settle(job, failure or job.error)

    def _run(self, connection: Connection, job: _Job) -> None:
        job.tx = Write(connection, self.root)
        connection.exec_driver_sql("SAVEPOINT job")
        try:
            with _translated():
                job.result = job.work(job.tx)
        except BaseException as error:  # noqa: BLE001 - handed to the caller through its future
            job.error = error
            try:
                connection.exec_driver_sql("ROLLBACK TO job")
            except DBAPIError:  # on a full disk SQLite may give up the whole transaction: say why to all who shared it
                raise error from None
        connection.exec_driver_sql("RELEASE job")

    def _settle(self, job: _Job, error: BaseException | None) -> None:
        if error is not None:
            for undo in reversed(job.tx._on_rollback if job.tx else []):
                _attempt(undo)
            job.future.set_exception(error)
            return
        assert job.tx is not None
        for act in job.tx._after_commit:
            _attempt(act)
        if job.tx._changes:  # before the answer: whoever asks next must not meet what a listener remembers from before
            for listener in self._listeners:
                _attempt(partial(listener, job.tx._changes))
        job.future.set_result(job.result)


def _attempt(act: Callable[[], object]) -> None:
    """What follows a write cannot undo it any more: its failure is for the log, and the writer goes on."""
    try:
        act()
    except Exception:
        log.exception("a write is done, but not what was to follow it")


@contextmanager
def _translated() -> Iterator[None]:
    """Turn what the disk or the database says into an error a person can act on."""
    try:
        yield
    except OSError as error:  # a file that belongs to the row
        if error.errno in _DISK:
            raise Unavailable(_cannot_write(error.strerror or "disk error")) from error
        raise
    except DBAPIError as error:
        text = str(error.orig)
        if isinstance(error.orig, sqlite3.OperationalError) and ("full" in text or "I/O" in text or "readonly" in text):
            raise Unavailable(_cannot_write(text)) from error
        raise


_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EFBIG})


def _cannot_write(reason: str) -> str:
    return f"The data folder cannot be written ({reason}). Free some space; what was saved before is safe."


def _engine(url: str, size: int) -> Engine:
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=size,
        isolation_level="AUTOCOMMIT",  # transactions are begun by hand, see _commit
        connect_args={"check_same_thread": False, "timeout": 30},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: object) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA busy_timeout=30000")
        cursor.execute("PRAGMA temp_store=MEMORY")
        cursor.execute("PRAGMA cache_size=-32000")
        cursor.close()

    return engine
