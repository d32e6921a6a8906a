"""`handloom up`: run the server in this process until a signal stops it."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import signal
import socket
import threading
import webbrowser
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import uvicorn

from handloom import app
from handloom.api.http_server import KEEP_ALIVE_SECONDS, HttpServer, LimitedHttp, raise_descriptor_limit
from handloom.api.restart import HandedParts
from handloom.api.ui.tokens import link as sign_in_link
from handloom.commands import handover
from handloom.commands.handover import Handover
from handloom.domain import tokens
from handloom.domain.errors import HandloomError, Unavailable
from handloom.domain.members import User
from handloom.settings import Settings
from handloom.store.engine import data_folder as folder
from handloom.store.engine.database import Database
from handloom.store.engine.dialects import shown
from handloom.store.tokens import rows as token_store

log = logging.getLogger("handloom")

WEBSOCKET_BYTES = 256 * 1024 * 1024  # maximum of a message; one may contain an image or a table
GRACE_SECONDS = 3
RESTART_GRACE_SECONDS = 30
"""How long requests that are being answered may take before a restart in place. Others wait for the next program."""
RESTART_SECONDS = 60
"""How long a restart by SIGHUP waits for what is being started or built."""


class _Uvicorn(HttpServer):
    """Stops on SIGTERM and Ctrl+C with exit code 0, after running cells have ended. A second signal does not wait.
    SIGHUP restarts a service in place; where it says that the terminal was closed, it stops the server."""

    def __init__(self, config: uvicorn.Config, connections: int, composed: app.Composed) -> None:
        super().__init__(config, connections)
        self._drain = composed.drain
        self._restart = composed.restart
        self._restart.begin = self._exit_to_restart
        self._draining: asyncio.Task[None] | None = None
        self._restarting: asyncio.Task[None] | None = None

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                loop.add_signal_handler(number, self._end)
            except NotImplementedError:  # Windows
                signal.signal(number, lambda *_: self._end())
        if os.name == "posix" and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # as nohup sets it
            loop.add_signal_handler(signal.SIGHUP, self._end if _has_terminal() else self._begin_restart)
        yield

    def _begin_restart(self) -> None:
        if self.started and self._draining is None and (self._restarting is None or self._restarting.done()):
            self._restarting = asyncio.get_running_loop().create_task(self._prepare_and_exit())

    async def _prepare_and_exit(self) -> None:
        try:
            await self._restart.prepare(RESTART_SECONDS)
        except HandloomError as error:
            log.error("The server does not restart: %s", error.message)
            return
        self._exit_to_restart()

    def _exit_to_restart(self) -> None:
        self.keeps_listening = True
        self.config.timeout_graceful_shutdown = RESTART_GRACE_SECONDS
        self.should_exit = True

    def _end(self) -> None:
        self._restart.prepared = self.keeps_listening = False  # a stop is a stop, also within a restart
        if self._draining is None and self.started:
            self._draining = asyncio.get_running_loop().create_task(self._drain_and_exit())
            return
        self.force_exit = self._draining is not None
        self.should_exit = True

    async def _drain_and_exit(self) -> None:
        try:
            await self._drain()
        finally:
            self.should_exit = True


def _has_terminal() -> bool:
    """Whether a terminal controls this process, whose end it is told by SIGHUP."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def serve(settings: Settings, owner_name: str, open_browser: Callable[[str], object] = webbrowser.open) -> None:
    """Serve until a signal arrives. Raises Conflict, Unavailable or Invalid if the server cannot start."""
    handed = handover.taken()
    folder.prepare(settings.data)
    place = Path(handed.place) if handed else folder.place(settings.data, alone=not settings.database)
    lock = folder.Lock(place, handed.lock) if handed else folder.lock(place)
    try:
        with _listening(settings, handed) as listener:
            settings = replace(settings, port=listener.getsockname()[1])
            local_token = handed.local_token if handed else tokens.new_text()
            parts = _serve(settings, owner_name, listener, place, local_token, handed, open_browser)
            if parts is not None:
                try:
                    handover.restart(listener, lock, place, local_token, parts)
                except OSError as error:
                    folder.withdraw(place)
                    raise Unavailable(
                        f"The installed program does not run: {error}. The sessions have ended."
                    ) from error
    finally:
        lock.release()
        folder.leave(place)


def _serve(
    settings: Settings,
    owner_name: str,
    listener: socket.socket,
    place: Path,
    local_token: str,
    handed: Handover | None,
    open_browser: Callable[[str], object],
) -> HandedParts | None:
    """Serve with the database open. Returns what to hand over to the next program, for a restart in place."""
    alone = not folder.shared(settings.data, place)
    database, owner = app.open_database(settings, owner_name, alone=alone, goes_on=handed is not None)
    parts = None
    try:
        parts = _run(settings, database, owner, listener, place, local_token, handed, open_browser, alone=alone)
        return parts
    finally:
        if parts is None:
            folder.withdraw(place)
        database.close()


@contextlib.contextmanager
def _listening(settings: Settings, handed: Handover | None) -> Iterator[socket.socket]:
    if handed is not None:
        with socket.socket(fileno=handed.listener) as listener:
            listener.set_inheritable(False)
            yield listener
        return
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as listener:
        if os.name == "posix":  # elsewhere it would let two servers share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, settings.port))
            listener.listen(2048)
        except OSError as error:
            raise _not_listening(settings, error) from error
        listener.set_inheritable(False)
        yield listener


def _not_listening(settings: Settings, error: OSError) -> Unavailable:
    place = f"{settings.host}:{settings.port}"
    if error.errno == errno.EADDRINUSE:
        return Unavailable(
            f"Port {settings.port} of {settings.host} is in use by another program. "
            "Choose another with --port, or --port 0 for any free one."
        )
    return Unavailable(f"Cannot listen on {place}: {error.strerror}. Check --host and --port.")


def _run(
    settings: Settings,
    database: Database,
    owner: User,
    listener: socket.socket,
    place: Path,
    local_token: str,
    handed: Handover | None,
    open_browser: Callable[[str], object],
    *,
    alone: bool,
) -> HandedParts | None:
    link = settings.url
    if settings.auth:
        text = database.write_now(lambda tx: token_store.sign_in_text(tx, owner.id))
        link = sign_in_link(settings, text)

    def ready() -> None:
        folder.announce(
            place, folder.Running(url=settings.url, pid=os.getpid(), token=local_token, public_url=settings.public_url)
        )
        print(_welcome(settings, link), flush=True)
        if settings.browser and handed is None:
            threading.Thread(target=open_browser, args=(link,), daemon=True).start()

    parts = handed.parts if handed else None
    composed = app.compose(settings, database, local_token, ready, alone=alone, handed=parts)
    config = uvicorn.Config(
        composed.asgi,
        lifespan="on",
        http=LimitedHttp,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        ws="websockets-sansio",
        ws_max_size=WEBSOCKET_BYTES,
        ws_per_message_deflate=False,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # the application believes them from the proxies that the settings name only
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    _Uvicorn(config, raise_descriptor_limit(), composed).run(sockets=[listener])
    if composed.restart.prepared:
        return composed.restart.handed
    log.info("Handloom has stopped.")
    return None


def _welcome(settings: Settings, link: str) -> str:
    what = f"{settings.data} and {shown(settings.database_url)}" if settings.database else str(settings.data)
    if not settings.auth:
        return f"Handloom serves {what} at {link} (without sign-in). Ctrl+C stops it."
    return (
        f"Handloom serves {what} at {settings.url}. Ctrl+C stops it.\n"
        f"Sign in with this link (once, within {token_store.SIGN_IN_MINUTES} minutes):\n\n    {link}\n"
    )
