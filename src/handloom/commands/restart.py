"""`handloom restart`: let a running server run the installed program in its process, with its sessions."""

from __future__ import annotations

import time

import httpx

from handloom import console
from handloom.api.ui.restart import RestartState
from handloom.client.http import Client
from handloom.domain.errors import HandloomError, Unavailable
from handloom.settings import Settings
from handloom.store.engine import data_folder

LOOK_SECONDS = 0.1
START_SECONDS = 120


def restart(settings: Settings, minutes: float, *, pid: int | None) -> int:
    """Restart the server of the data folder, or of several the one with this process id. Returns the exit code.

    Raises Conflict with the reason if the server does not restart, and Unavailable if it does not come back.
    """
    running = data_folder.named(settings.data, pid)
    began = time.monotonic()
    with Client(running.url, running.token) as client:
        before = client.ask("GET", "/restart", reply=RestartState)
        client.ask("POST", "/restart", {"seconds": minutes * 60}, reply=RestartState)
        console.line(f"{running.url} restarts. Its {_sessions(before.sessions)} go on.")
        after = _await(client, before.started_at)
    console.line(f"It runs again, after {time.monotonic() - began:.1f} s, with {_sessions(after.sessions)}.")
    return 0


def _sessions(count: int) -> str:
    return f"{count} session{'s' if count != 1 else ''}"


def _await(client: Client, started_at: int) -> RestartState:
    """Return the state of the next program, once it answers."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        time.sleep(LOOK_SECONDS)
        try:
            state = client.ask("GET", "/restart", reply=RestartState)
        except (HandloomError, httpx.HTTPError):
            continue
        if state.started_at != started_at:
            return state
    raise Unavailable("The server does not answer two minutes after its restart. Its log says why.")
