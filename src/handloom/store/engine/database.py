"""The database: transactions for readers, and one writer thread that commits the writes of requests in groups.

This module knows no noun; the statements are in the nouns' folders.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, overload

import msgspec
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, InvalidRequestError

from handloom.domain.changes import Change, Noun
from handloom.domain.errors import HandloomError, Unavailable
from handloom.store.engine import bulk_insert
from handloom.store.engine.background_writes import BackgroundWrites
from handloom.store.engine.bulk_insert import Insert
from handloom.store.engine.dialects import POSTGRES, begun, open_engine, translated
from handloom.store.engine.driver import Driver
from handloom.store.engine.peer_notifications import PeerNotifications
from handloom.store.engine.statements import parsed
from handloom.supervision import attempt, supervised

T = TypeVar("T")
R = TypeVar("R", bound=msgspec.Struct)
Listener = Callable[[Sequence[Change]], None]

_before_commit: list[Callable[[Write, Sequence[Change]], object]] = []


def before_commit(act: Callable[[Write, Sequence[Change]], object]) -> None:
    """Register `act`, called inside every write transaction with its changes, to invalidate cached rows."""
    _before_commit.append(act)


_STOPPING = "The server is stopping; try again once it is back."
_CUT_OFF = "An error of the server cut off the write. Try again."
MAX_GROUP = 256  # most writes per commit; with more, the first ones would wait too long


class WriterFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What the writer has done since the start, and what waits for it now."""

    queued: int
    writes: int
    commits: int


class Read:
    """A read transaction. `root` is the data folder, for functions that also read files.

    SQL has two styles: SQLAlchemy Core, executed by `connection`, and text with named parameters, executed by `fetch`.
    """

    def __init__(self, driver: Driver, root: Path, background_writes: BackgroundWrites) -> None:
        self.root = root
        self._driver = driver
        self._background_writes = background_writes
        self._paramstyle = driver.connection.dialect.paramstyle

    @property
    def connection(self) -> Connection:
        """SQLAlchemy's connection, inside the transaction."""
        self._driver.flush()
        return self._driver.connection

    @property
    def is_remote(self) -> bool:
        """Whether each statement is a round trip to a database server."""
        return self._driver.is_remote

    def write_in_background(self, key: Hashable, work: Callable[[Write], object]) -> None:
        """Queue `work`, which only makes later reads faster, for its own transaction. It may be dropped."""
        self._background_writes.add(key, work)

    @overload
    def fetch(self, statement: str, /, **values: object) -> list[Any]: ...
    @overload
    def fetch(self, statement: str, row_type: type[R], /, **values: object) -> list[R]: ...
    def fetch(self, statement: str, row_type: type[msgspec.Struct] | None = None, /, **values: object) -> list[Any]:
        """All rows of a statement with parameters as `:name` and lists as `IN :name`; see `store.engine.statements`.

        Rows are read by the names of the columns. `row_type` gives them their types.
        """
        statement_of_dialect = parsed(statement, self._paramstyle, row_type)
        return statement_of_dialect.rows(self._driver.execute(*statement_of_dialect.bound(values)))


class Write(Read):
    """A write transaction. Callbacks registered for later run only once the commit is on disk."""

    def __init__(self, driver: Driver, root: Path, background_writes: BackgroundWrites) -> None:
        super().__init__(driver, root, background_writes)
        self._changes: list[Change] = []
        self._cached_changes: list[Change] = []
        self._after_commit: list[Callable[[], object]] = []
        self._on_rollback: list[Callable[[], object]] = []

    def execute(self, statement: str, /, **values: object) -> int:
        """Execute a statement without rows, written as for `fetch`; return the number of changed rows."""
        return int(self._driver.execute(*parsed(statement, self._paramstyle).bound(values)).rowcount)

    def insert(self, insert: Insert, rows: Sequence[tuple[Any, ...]]) -> int:
        """Insert rows, given in the order of the insert's columns; return the number of rows added or changed."""
        return bulk_insert.execute(self._driver, insert, rows)

    def execute_later(self, statement: str, /, **values: object) -> None:
        """As `execute`, without waiting where each statement is a round trip: it is sent with the next one. Its error
        is raised by that one, or by the commit.
        """
        self._driver.queue(*parsed(statement, self._paramstyle).bound(values))

    def insert_later(self, insert: Insert, rows: Sequence[tuple[Any, ...]]) -> None:
        """As `insert`, without waiting, see `execute_later`."""
        bulk_insert.queue(self._driver, insert, rows)

    def changed(
        self, noun: Noun, workspace: str, id: str | None = None, parent: str | None = None, *, cached: bool = True
    ) -> None:
        """Report that this noun changed: caches in the database are invalidated with this commit, and listeners (open
        pages, workers, peers) are notified after it.

        `cached` is false where nothing can be cached of it, e.g. of a run that is running; that saves a statement.
        """
        change = Change(noun=noun, workspace=workspace, id=id, parent=parent)
        self._changes.append(change)
        if cached:
            self._cached_changes.append(change)

    def after_commit(self, act: Callable[[], object]) -> None:
        """Run `act` once the write is durable, on a thread for files, before the write's future resolves."""
        self._after_commit.append(act)

    def on_rollback(self, act: Callable[[], object]) -> None:
        """Run `act` if the transaction is rolled back, on a thread for files; the last one first."""
        self._on_rollback.append(act)


Work = Callable[["Write", Sequence[Any]], Sequence[BaseException | None]]
"""Does several writes of one kind with few statements; returns an error or None for each of them."""


class Together:
    """Writes of one kind that one commit makes together. Make each once, as a constant.

    If `work` raises, its writes are done again one by one, so that only those fail that must.
    """

    def __init__(self, work: Work) -> None:
        self.work = work


Settle = Callable[[Sequence[tuple[Any, BaseException | None]]], object]
"""Receives the handles of writes that were made together, and the error of each that failed."""


class _Job:
    __slots__ = ("error", "future", "is_settled", "result", "tx", "work")

    def __init__(self, work: Callable[[Write], Any]) -> None:
        self.work = work
        self.future: Future[Any] = Future()
        self.tx: Write | None = None
        self.result: Any = None
        self.error: BaseException | None = None
        self.is_settled = False

    def starts(self) -> bool:
        """Whether the caller still waits for it."""
        return self.future.set_running_or_notify_cancel()


class _Part:
    """One write of several that are made together."""

    __slots__ = ("error", "handle", "is_settled", "item", "settle", "together", "tx")

    def __init__(self, together: Together, item: Any, handle: Any, settle: Settle) -> None:
        self.together, self.item, self.handle, self.settle = together, item, handle, settle
        self.tx: Write | None = None
        self.error: BaseException | None = None
        self.is_settled = False


class _Mine(threading.local):
    """The connection that a thread of the store keeps between its transactions."""

    driver: Driver | None = None


class Database:
    """An open database. `read` and `write` run a function inside a transaction on a thread of the store."""

    def __init__(self, url: str, root: Path, *, readers: int = 4) -> None:
        self.root = root
        self.engine = open_engine(url, readers + 2)
        self._peers = PeerNotifications(url, self._peer_committed) if self.engine.dialect.name == POSTGRES else None
        self._listeners: list[Listener] = []
        self._remote_listeners: list[Listener] = []  # called for commits of other processes only
        self._closed = False
        self.background_writes = BackgroundWrites(self.write)
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="store-read")
        self._jobs: queue.SimpleQueue[_Job | _Part | None] = queue.SimpleQueue()
        self._mine = _Mine()
        self._kept: dict[Driver, None] = {}
        self._writes = self._commits = 0
        self._actions = ThreadPoolExecutor(1, thread_name_prefix="store-files")
        arguments = ("database-writer", self._write_group, threading.Event().wait)
        self._writer = threading.Thread(target=supervised, args=arguments, name="database-writer", daemon=True)
        self._writer.start()

    def listen(self, listener: Listener, *, own: bool = True) -> None:
        """Call `listener`, on a thread of the store, with the changes of each commit of every process.

        Without `own`, leave out the commits of this process.
        """
        (self._listeners if own else self._remote_listeners).append(listener)
        if self._peers is not None:
            self._peers.start()

    def writer_figures(self) -> WriterFigures:
        return WriterFigures(queued=self._jobs.qsize(), writes=self._writes, commits=self._commits)

    @property
    def in_sync(self) -> bool:
        """Return whether listeners receive every change now. While they do not, treat every cached read as stale."""
        return self._peers is None or self._peers.in_sync

    @property
    def writes_wait(self) -> bool:
        """Whether writes are queued in this process behind the one that runs."""
        return not self._jobs.empty()

    def read(self, work: Callable[[Read], T]) -> Future[T]:
        return self._readers.submit(self._read_on_thread, work)

    def read_now(self, work: Callable[[Read], T]) -> T:
        """As `read`, on the calling thread."""
        with translated():
            driver = begun(self.engine, write=False)
            try:
                return self._read(driver, work)
            finally:
                driver.close()

    def _read_on_thread(self, work: Callable[[Read], T]) -> T:
        with translated(), self._own(write=False) as driver:
            return self._read(driver, work)

    def _read(self, driver: Driver, work: Callable[[Read], T]) -> T:
        try:
            return work(Read(driver, self.root, self.background_writes))
        finally:
            driver.end("ROLLBACK")

    @contextmanager
    def _own(self, *, write: bool) -> Iterator[Driver]:
        """Begin a transaction on the connection that the calling thread keeps. An error of the database, or one that
        left a write open, gives it back to the pool.
        """
        kept, self._mine.driver = self._mine.driver, None
        if kept is not None:
            self._kept.pop(kept, None)
        driver = begun(self.engine, write=write, kept=kept)
        try:
            yield driver
        except BaseException as error:
            if write or not isinstance(error, HandloomError):
                driver.close()
                raise
            self._keep(driver)
            raise
        self._keep(driver)

    def _keep(self, driver: Driver) -> None:
        self._mine.driver = driver
        self._kept[driver] = None

    def write(self, work: Callable[[Write], T]) -> Future[T]:
        """Queue `work`. The future resolves after a commit that survives kill -9 and power loss."""
        if self._closed:
            raise Unavailable(_STOPPING)
        job = _Job(work)
        self._jobs.put(job)
        return job.future

    def write_together(self, together: Together, item: Any, handle: Any, settle: Settle) -> None:
        """Queue a write that is made together with others of its kind. `settle` is called once for all of them in a
        commit, on a thread of the store, and gets `handle` back.
        """
        if self._closed:
            raise Unavailable(_STOPPING)
        self._jobs.put(_Part(together, item, handle, settle))

    def write_now(self, work: Callable[[Write], T]) -> T:
        """As `write`, but wait for the commit."""
        return self.write(work).result()

    def close(self) -> None:
        """Finish queued writes, then close. Calling it again is no error."""
        if self._closed:
            return
        self.background_writes.close()
        self._closed = True
        self._jobs.put(None)
        self._writer.join()
        self._actions.shutdown()
        self._readers.shutdown()
        if self._peers is not None:
            self._peers.close()
        for driver in list(self._kept):
            driver.close()
        self.engine.dispose()

    def _notify(self, changes: Sequence[Change]) -> None:
        for listener in self._listeners:
            attempt("change-listener", partial(listener, changes))

    def _peer_committed(self, changes: Sequence[Change]) -> None:
        self._notify(changes)
        for listener in self._remote_listeners:
            attempt("change-listener", partial(listener, changes))

    def _write_group(self) -> bool:
        """Wait for a write and commit it together with those queued after it; return False once the queue is closed."""
        group: list[_Job | _Part] = []
        job = self._jobs.get()
        try:
            while job is not None:
                if isinstance(job, _Part) or job.starts():  # else the caller has cancelled it
                    group.append(job)
                if len(group) == MAX_GROUP or self._jobs.empty():
                    break
                job = self._jobs.get()
            self._commit(group)
        finally:
            if unsettled := [job for job in group if not job.is_settled]:
                self._settle_all(unsettled, Unavailable(_CUT_OFF))
        return job is not None

    def _commit(self, group: list[_Job | _Part]) -> None:
        """Commit one transaction for all jobs of `group`; a job that fails is rolled back alone."""
        if not group:
            return
        failure: BaseException | None = None
        units = _units(group)
        try:
            with translated(), self._own(write=True) as driver:
                for unit in units:
                    if isinstance(unit, _Job):
                        self._run(driver, unit, alone=len(units) == 1)
                    else:
                        self._run_together(driver, unit, alone=len(units) == 1)
                made = [job for job in group if job.tx is not None and job.error is None]
                written = list(dict.fromkeys(job.tx for job in made if job.tx is not None))
                self._invalidate(driver, [change for tx in written for change in tx._cached_changes])
                if self._peers is not None:
                    self._peers.send(driver, [change for tx in written for change in tx._changes])
                driver.end("COMMIT")
                self._commits += 1
                self._writes += len(made)
        except BaseException as error:  # noqa: BLE001 - every caller of the group gets the error
            failure = error
        if self._peers is not None and len(units) == 1 and len(group) > 1 and _may_be_of_one(failure):
            for job in group:
                self._commit([job])
            return
        self._settle_all(group, failure)

    def _invalidate(self, driver: Driver, changes: Sequence[Change]) -> None:
        if changes:
            tx = Write(driver, self.root, self.background_writes)
            for act in _before_commit:
                act(tx, changes)

    def _run(self, driver: Driver, job: _Job, *, alone: bool) -> None:
        """Run one job of a group. If it is `alone`, it needs no savepoint: its failure ends the transaction."""
        job.tx = Write(driver, self.root, self.background_writes)
        try:
            with self._savepoint(driver, needed=not alone), translated():
                job.result = job.work(job.tx)
        except BaseException as error:
            job.error = error
            if alone or isinstance(error, _LostError):
                raise

    def _run_together(self, driver: Driver, parts: list[_Part], *, alone: bool) -> None:
        """Run writes of one kind with shared statements, or one by one if those fail.

        Where each statement is a round trip and they are `alone`, they have no savepoint: their failure ends the
        transaction, and `_commit` gives each its own.
        """
        tx = Write(driver, self.root, self.background_writes)
        only = len(parts) == 1
        ends = alone and (only or driver.is_remote)
        try:
            with self._savepoint(driver, needed=not ends), translated():
                errors = parts[0].together.work(tx, [part.item for part in parts])
        except BaseException as error:
            if only:
                parts[0].error = error
            if ends or isinstance(error, _LostError) or not isinstance(error, Exception):
                raise
        else:
            for part, failed in zip(parts, errors, strict=True):
                part.tx, part.error = tx, failed
            return
        for part in parts if not only else ():
            self._run_together(driver, [part], alone=False)

    @contextmanager
    def _savepoint(self, driver: Driver, *, needed: bool) -> Iterator[None]:
        """Undo only the block's writes if it raises. Raises _LostError if the whole transaction is gone."""
        if not needed:
            yield
            return
        savepoint = driver.savepoint()
        try:
            yield
            driver.settle(savepoint)
        except BaseException as error:
            try:
                driver.undo(savepoint)
            except (DBAPIError, InvalidRequestError):
                # A full disk may end SQLite's whole transaction, as a lost connection does: report the cause to all
                # jobs that shared it.
                raise _LostError from error
            raise
        driver.release(savepoint)

    def _settle_all(self, group: Sequence[_Job | _Part], failure: BaseException | None) -> None:
        """Resolve the jobs of a group. Those that were made together are resolved together."""
        if isinstance(failure, _LostError):
            failure = failure.__cause__
        together: dict[Settle, list[tuple[Any, BaseException | None]]] = {}
        notified: set[Write] = set()
        for job in group:
            if isinstance(job, _Job):
                self._settle(job, failure or job.error)
                continue
            job.is_settled = True
            error = failure or job.error
            if error is None and job.tx is not None and job.tx not in notified:
                notified.add(job.tx)
                self._notify(job.tx._changes)
            together.setdefault(job.settle, []).append((job.handle, error))
        for settle, outcomes in together.items():
            attempt("settle-writes", partial(settle, outcomes))

    def _settle(self, job: _Job, error: BaseException | None) -> None:
        """Resolve the future of a job. Its actions on files run before, on a thread of their own, so that other writes
        do not wait for them.
        """
        job.is_settled = True
        tx = job.tx
        if tx is None or not (tx._after_commit if error is None else tx._on_rollback):
            self._resolve(job, error)
        else:
            self._actions.submit(self._act, tx, job, error)

    def _act(self, tx: Write, job: _Job, error: BaseException | None) -> None:
        name = "commit-action" if error is None else "rollback-action"
        for act in tx._after_commit if error is None else reversed(tx._on_rollback):
            attempt(name, act)
        self._resolve(job, error)

    def _resolve(self, job: _Job, error: BaseException | None) -> None:
        if error is not None:
            job.future.set_exception(error)
            return
        if job.tx is not None and job.tx._changes:
            self._notify(job.tx._changes)  # first: the next request must not read a listener's outdated cache
        job.future.set_result(job.result)


class _LostError(Exception):
    """The whole transaction is gone; its cause is the error that ended it."""


def _may_be_of_one(failure: BaseException | None) -> bool:
    """Whether one job of a group may have caused the failure, and the others succeed without it."""
    return isinstance(failure, Exception) and not isinstance(failure, (_LostError, Unavailable))


def _units(group: Sequence[_Job | _Part]) -> list[_Job | list[_Part]]:
    """Gather the parts of each kind, in place of the first of them."""
    found: list[_Job | list[_Part]] = []
    parts: dict[Together, list[_Part]] = {}
    for job in group:
        if isinstance(job, _Job):
            found.append(job)
        elif job.together in parts:
            parts[job.together].append(job)
        else:
            parts[job.together] = [job]
            found.append(parts[job.together])
    return found
