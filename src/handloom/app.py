"""Composition root: create the ASGI application and everything it uses from Settings."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.types import ASGIApp

from handloom.api.access_log import AccessLog
from handloom.api.application import Application
from handloom.api.authenticator import Authenticator
from handloom.api.events import EventBroadcaster
from handloom.api.forwarding import Forwarding, PeerEntry
from handloom.api.jupyter.proxy import Proxy
from handloom.api.mlflow import api as mlflow
from handloom.api.monitoring import Monitoring
from handloom.api.new_session import revoke_token
from handloom.api.notebook_jobs import NotebookJobs
from handloom.api.origin_guard import OriginGuard
from handloom.api.outbound import Outbound
from handloom.api.path_prefix import PathPrefix
from handloom.api.peers import Peers
from handloom.api.remote_session_sync import RemoteSessionSync
from handloom.api.restart import HandedParts, Restart
from handloom.api.root_routes import RootRoutes
from handloom.api.run_notices import RunNotices
from handloom.api.server import Server
from handloom.api.session_access import SessionAccess
from handloom.api.trusted_proxies import TrustedProxies
from handloom.api.ui import api as ui
from handloom.api.webhook_deliveries import WebhookDeliveries
from handloom.domain.capacities import Capacity
from handloom.domain.capacities import parse_file as parse_session_capacities
from handloom.domain.engines import APACHE, SparkConnect, parse_capacities
from handloom.domain.errors import Invalid
from handloom.domain.members import User
from handloom.domain.sessions import Isolation
from handloom.domain.workspaces import DEFAULT_NAME
from handloom.kernels.apache.server import ApacheServers
from handloom.kernels.box import Box, NoBoxError
from handloom.kernels.box import find as find_box
from handloom.kernels.draining import Drain
from handloom.kernels.environments import Environments
from handloom.kernels.git.repository import GitRepositories
from handloom.kernels.language.servers import LanguageServers
from handloom.kernels.sessions import SessionRegistry
from handloom.kernels.table_readers import TableReaders
from handloom.settings import Settings
from handloom.store.artifacts import storage as artifact_store
from handloom.store.artifacts.removal import RemovalWorker
from handloom.store.audit.retention import AuditRetention
from handloom.store.backup.schedule import BackupSchedule
from handloom.store.deleted.retention import BinRetention
from handloom.store.engine import data_folder as folder
from handloom.store.engine import secrets
from handloom.store.engine.database import Database, Write
from handloom.store.environments import rows as environment_store
from handloom.store.notebooks import files as notebook_files
from handloom.store.retention.schedule import RunRetention
from handloom.store.runs import abandoned
from handloom.store.runs.counts import RunCounts
from handloom.store.runs.param_keys import ParamKeys
from handloom.store.schedules import messages as schedule_messages
from handloom.store.tokens import rows as token_store
from handloom.store.upgrade import upgrade
from handloom.store.users import rows as user_store
from handloom.store.webhooks import rows as webhook_rows
from handloom.store.workspaces import rows as workspace_store
from handloom.supervision import attempt

log = logging.getLogger("handloom")


def open_database(
    settings: Settings, owner_name: str, *, alone: bool = True, goes_on: bool = False
) -> tuple[Database, User]:
    """Open the database, migrate it, and create the owner and the default workspace in a new one. Returns the owner.

    `alone` is True if no other server uses the data folder now: then unfinished work in it can be finished or undone.
    `goes_on` is True after a restart in place, with sessions that keep their tokens.
    """
    artifacts = artifact_store.connect(settings.artifacts, settings.data, alone=alone)
    if backup := upgrade(settings.database_url, settings.data):
        log.info("The database was migrated to this release's schema; a copy of the old one is %s.", backup)
    database = Database(settings.database_url, settings.data)
    artifacts.sweep()
    if alone:
        database.read_now(notebook_files.finish_interrupted)
    owner = database.write_now(partial(_furnish, owner_name=owner_name, alone=not settings.database, goes_on=goes_on))
    for workspace in database.read_now(workspace_store.ids):  # a kill may have interrupted the creation of one
        workspace_store.make_folders(settings.data, workspace)
    return database, owner


def _furnish(tx: Write, owner_name: str, *, alone: bool, goes_on: bool) -> User:
    token_store.sweep(tx, alone=alone and not goes_on)
    if alone:
        environment_store.end_interrupted(tx)
    owner = user_store.owner(tx) or user_store.create(tx, owner_name, admin=True)
    if workspace_store.find(tx, DEFAULT_NAME) is None:
        workspace_store.create(tx, owner.id, DEFAULT_NAME)
    return owner


def _backup_schedule(settings: Settings) -> BackupSchedule:
    return BackupSchedule(
        settings.backups,
        settings.data,
        settings.database_url,
        settings.artifacts,
        interval_seconds=settings.backup_hours * 3600,
        keep=max(settings.backup_keep, 1),
    )


def _start_schedules(settings: Settings, database: Database, closing: contextlib.AsyncExitStack) -> None:
    """Start what runs by the clock, where a setting turns it on; `closing` ends it."""
    if settings.backup_hours:
        backups = _backup_schedule(settings)
        closing.callback(backups.close)
        backups.start()
    if settings.audit_days:
        retention = AuditRetention(database, settings.audit_days)
        closing.callback(retention.close)
        retention.start()
    rules = RunRetention(database)
    closing.callback(rules.close)
    rules.start()
    if settings.bin_days:
        purging = BinRetention(database, settings.data, settings.bin_days)
        closing.callback(purging.close)
        purging.start()


def _capacities(settings: Settings) -> tuple[dict[str, SparkConnect], dict[str, Capacity]]:
    """Read the Spark Connect servers and the capacities for sessions of the capacities file."""
    if not settings.capacities:
        return {}, {}
    try:
        text = Path(settings.capacities).read_text(encoding="utf-8")
    except OSError as error:
        raise Invalid(f"The capacities file {settings.capacities} cannot be read: {error.strerror}.") from error
    return parse_capacities(text, os.environ), parse_session_capacities(text)


def find_isolation(settings: Settings) -> tuple[Box | None, Isolation]:
    """Find out whether sessions can run in boxes here, and log it where they cannot."""
    if settings.isolation == "none":
        return None, Isolation()
    if settings.isolation == "auto" and not settings.is_shared:
        return None, Isolation(reason="this server is for this machine's user; --isolation required changes that")
    required = settings.isolation == "required"
    try:
        box = find_box(settings.data, settings.session_folders, settings.session_variables)
    except NoBoxError as error:
        if required:
            log.error("No sessions can start: --isolation is required, but %s.", error)
        else:
            log.warning("Sessions are not isolated: %s. Whoever runs a notebook can read the data folder.", error)
        return None, Isolation(required=required, reason=str(error))
    return box, Isolation(boxed=True, required=required)


def _sessions(settings: Settings, database: Database, box: Box | None, isolation: Isolation) -> SessionRegistry:
    return SessionRegistry(
        data=settings.data,
        url=settings.url,
        warm=settings.warm_kernels,
        forked=settings.forked_kernels and settings.warm_kernels > 0,
        packages_mb=settings.session_packages_mb,
        box=box,
        isolation=isolation,
        on_end=partial(revoke_token, database),
    )


def _beside(
    settings: Settings, database: Database, sessions: SessionRegistry
) -> tuple[Drain, RunCounts, dict[str, SparkConnect], dict[str, Capacity]]:
    drain = Drain(sessions, grace=settings.grace, interrupting=settings.drain)
    return (drain, RunCounts(database), *_capacities(settings))


def _free_disk(database: Database, environments: Environments, data: Path, *, alone: bool) -> None:
    """Discard builds of environments that no new session will get, if none can be in use, and empty the trash."""
    if alone:
        for build in environments.superseded(database.read_now(environment_store.list_all)):
            folder.discard(data, build)
    folder.empty_trash(data)


def _end_abandoned_runs(database: Database) -> None:
    """End the runs of sessions that were killed with the previous server. Runs on its own thread."""
    last = database.read_now(abandoned.newest)
    act = partial(abandoned.end_abandoned, database, last)
    threading.Thread(target=attempt, args=("abandoned-runs", act), daemon=True).start()


def _clean_up(database: Database, data: Path) -> None:
    """Finish in the background what a killed server left, while no other server uses the data folder."""
    _end_abandoned_runs(database)
    _sweep_deep_drafts(data)


def _sweep_deep_drafts(data: Path) -> None:
    act = partial(notebook_files.sweep_deep_drafts, data, time.time())
    threading.Thread(target=attempt, args=("draft-sweep", act), daemon=True).start()


@dataclass(frozen=True, slots=True)
class Composed:
    """The application, `drain` to await before the HTTP server stops: running cells end their runs through it, and
    `restart`, which does without that."""

    asgi: ASGIApp
    drain: Callable[[], Awaitable[object]]
    restart: Restart


def _workers(server: Server, *, alone: bool) -> tuple[WebhookDeliveries | NotebookJobs | RunNotices, ...]:
    """The workers that send messages, run notebooks, and look for notices."""
    outbound = Outbound(server.settings.webhook_networks)
    server.restart.jobs = jobs = NotebookJobs(server, alone=alone)
    return (
        WebhookDeliveries(server.database, outbound, webhook_rows, ("models", "experiments")),
        WebhookDeliveries(server.database, outbound, schedule_messages, ("schedules",)),
        jobs,
        RunNotices(server.database),
    )


def _guarded(application: ASGIApp, settings: Settings, peers: Peers) -> ASGIApp:
    guarded: ASGIApp = OriginGuard(application, settings)
    guarded = TrustedProxies(AccessLog(guarded) if settings.access_log else guarded, settings)
    guarded = PeerEntry(guarded, peers)
    return PathPrefix(guarded, settings.path_prefix) if settings.path_prefix else guarded


def _application(
    server: Server,
    authenticator: Authenticator,
    events: EventBroadcaster,
    lifespan: Callable[[Starlette], contextlib.AbstractAsyncContextManager[None]],
) -> ASGIApp:
    """The two APIs, and the pages and WebSockets beside them."""
    proxy = Proxy(server, authenticator)
    sockets = {"page": lambda: events.connections, "kernel": lambda: proxy.connections}
    monitoring = Monitoring(server, authenticator, sockets)
    pages = Starlette(
        routes=[
            WebSocketRoute("/api/v1/events", events.serve),
            *proxy.routes(),
            *RootRoutes(server, authenticator, monitoring).routes(),
        ],
        lifespan=lifespan,
    )
    apis = [
        (ui.owns, ui.UiApi(server, authenticator, ui.ROUTES)),
        (mlflow.owns, mlflow.MlflowApi(server, authenticator, mlflow.ROUTES)),
    ]
    application = Application(apis, pages)
    return Forwarding(application, server, authenticator) if server.settings.database else application


def compose(
    settings: Settings,
    database: Database,
    local_token: str,
    on_ready: Callable[[], None],
    *,
    alone: bool,
    handed: HandedParts | None = None,
) -> Composed:
    """Create the application. `on_ready` is called after startup; `alone`: no other server uses the data folder;
    `handed`: what the program before goes on with, after a restart in place."""
    authenticator = Authenticator(settings, database, local_token=local_token)
    box, isolation = find_isolation(settings)
    sessions = _sessions(settings, database, box, isolation)
    artifacts = artifact_store.connect(settings.artifacts, settings.data, presigned=settings.presigned)
    remover, git = RemovalWorker(database, artifacts), GitRepositories(settings.data, box)
    apache = ApacheServers(settings.data, settings.spark_home, partial(sessions.uses_engine, APACHE), box=box)
    environments = Environments(settings.data, settings.session_packages_mb * 1_000_000)
    parts = (sessions, environments, TableReaders(settings.data, box), LanguageServers(settings.data, box))
    peers = Peers(settings, database, sessions, authenticator.cookie)
    restart = Restart(sessions, apache, environments, peers)
    beside = _beside(settings, database, sessions)
    server = Server(settings, database, *parts, git, artifacts, apache, restart, peers, ParamKeys(database), *beside)
    events = EventBroadcaster(authenticator)
    session_sync = RemoteSessionSync(server)
    secrets.prepare(settings.data, settings.secret_key)
    workers = _workers(server, alone=alone)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        """Start background workers; at shutdown, close everything in reverse order, even if one of them fails."""
        async with contextlib.AsyncExitStack() as closing:
            closing.callback(artifacts.close)
            events.attach(database, sessions)
            session_sync.attach()
            SessionAccess(database, sessions).attach()
            _free_disk(database, environments, settings.data, alone=alone and handed is None)
            closing.callback(remover.close)
            remover.start()
            _start_schedules(settings, database, closing)
            for alive in (apache, *parts, peers, *workers):
                closing.push_async_callback(alive.close)
            closing.push_async_callback(restart.hand_over)
            if handed is not None:
                restart.take_over(handed)
            for worker in (peers, *workers):
                worker.start()
            if alone and handed is None:
                _clean_up(database, settings.data)
            on_ready()
            yield

    asgi = _application(server, authenticator, events, lifespan)
    return Composed(_guarded(asgi, settings, peers), server.drain.finish, restart)
