"""The one composition root: from Settings to an ASGI application with everything behind it open."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator, Callable

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route, WebSocketRoute

from handloom.api.auth import Doors
from handloom.api.deliveries import Deliveries
from handloom.api.events import Hub
from handloom.api.following import Following
from handloom.api.front import Front
from handloom.api.jupyter import Proxy
from handloom.api.outbound import Outbound
from handloom.api.router import Mlflow, Router
from handloom.api.security import Gate
from handloom.api.server import Server
from handloom.api.table import ROUTES
from handloom.domain.members import User
from handloom.domain.workspaces import DEFAULT_NAME
from handloom.kernels.sessions import Sessions
from handloom.settings import Settings
from handloom.store.artifacts import storage as artifact_store
from handloom.store.artifacts.removal import RemovalWorker
from handloom.store.engine import data_folder as folder
from handloom.store.engine import secrets
from handloom.store.engine.database import Database, Write
from handloom.store.engine.upgrade import upgrade
from handloom.store.tokens import rows as token_store
from handloom.store.users import rows as user_store
from handloom.store.workspaces import rows as workspace_store

log = logging.getLogger("handloom")


def open_database(settings: Settings, owner_name: str, *, alone: bool = True) -> tuple[Database, User]:
    """The database, in today's form, with what every data folder holds: an owner and the default workspace.

    `alone` says that no other server uses the folder now, so that what is half done there is nobody's.
    """
    artifacts = artifact_store.connect(settings.artifacts, settings.data, alone=alone)
    if backup := upgrade(settings.database_url, settings.data):
        log.info("The database was brought to this release's form; a copy of the old one is %s.", backup)
    database = Database(settings.database_url, settings.data)
    artifacts.sweep()
    return database, database.write_now(lambda tx: _furnish(tx, owner_name, alone=not settings.database))


def _furnish(tx: Write, owner_name: str, *, alone: bool) -> User:
    token_store.sweep(tx, alone=alone)
    owner = user_store.first(tx) or user_store.create(tx, owner_name)
    if workspace_store.find(tx, DEFAULT_NAME) is None:
        workspace_store.create(tx, owner.id, DEFAULT_NAME)
    return owner


def compose(
    settings: Settings, database: Database, owner: User, local_token: str, on_ready: Callable[[], None]
) -> Starlette:
    """The application. `on_ready` is called once it is about to answer."""
    doors = Doors(settings, database, owner, local_token=local_token)
    sessions = Sessions(data=settings.data, url=settings.url, warm=settings.warm_kernels)
    artifacts = artifact_store.connect(settings.artifacts, settings.data, presigned=settings.presigned)
    remover = RemovalWorker(database, artifacts)
    server = Server(settings, database, sessions, artifacts)
    hub = Hub(doors)
    following = Following(database, sessions)
    secrets.prepare(settings.data, settings.secret_key)
    deliveries = Deliveries(database, Outbound(settings.webhook_networks))
    front = Front(server, doors, Router(server, doors, ROUTES), Mlflow(server, doors))

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        hub.attach(database, sessions)
        following.attach()
        folder.empty_trash(settings.data)
        remover.start()
        deliveries.start()
        on_ready()
        yield
        await deliveries.close()
        await sessions.close()
        remover.close()
        artifacts.close()

    app = Starlette(
        routes=[
            Route("/health", front.health),
            Route("/version", front.version),
            Route("/sign-in", front.sign_in),
            WebSocketRoute("/api/v1/events", hub.serve),
            *Proxy(server, doors).routes(),
            Route("/{path:rest}", front.answer, methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]),
        ],
        middleware=[Middleware(Gate, settings=settings)],
        lifespan=lifespan,
    )
    app.state.server = server
    app.state.doors = doors
    return app
