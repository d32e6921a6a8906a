"""`handloom drain`: take a running server out of service, and wait until its cells have ended and it has stopped."""

from __future__ import annotations

import time

import httpx

from handloom import console
from handloom.api.ui.drain import DrainState
from handloom.client.http import Client
from handloom.domain.errors import HandloomError
from handloom.settings import Settings
from handloom.store.engine import data_folder
from handloom.store.engine.data_folder import Running

LOOK_SECONDS = 1.0


def drain(settings: Settings, minutes: float, *, pid: int | None, stop: bool, wait: bool, cancel: bool) -> int:
    """Drain the server of the data folder, or of several the one with this process id. Returns the exit code."""
    running = data_folder.named(settings.data, pid)
    with Client(running.url, running.token) as client:
        if cancel:
            client.ask("DELETE", "/drain", reply=DrainState)
            console.line("The server is in service again.")
            return 0
        state = client.ask("POST", "/drain", {"minutes": minutes, "stop": stop}, reply=DrainState)
        console.line(f"No session starts on {running.url} any more. {_words(state, minutes)}")
        if wait:
            _follow(client, settings, running, state, stop=stop)
    return 0


def _words(state: DrainState, minutes: float) -> str:
    left = state.draining.running if state.draining is not None else 0
    if not left:
        return "No cell runs."
    return f"{left} {'session runs' if left == 1 else 'sessions run'} cells, for {minutes:g} minutes at most."


def _follow(client: Client, settings: Settings, running: Running, state: DrainState, *, stop: bool) -> None:
    """Print how many sessions still run cells, until none does or, with `stop`, the server has gone."""
    shown = state.draining.running if state.draining is not None else 0
    while True:
        time.sleep(LOOK_SECONDS)
        try:
            state = client.ask("GET", "/drain", reply=DrainState)
        except (HandloomError, httpx.HTTPError):
            if data_folder.announced_by(settings.data, running.pid) is None:
                console.line("The server has stopped.")
                return
            continue
        if state.draining is None:
            console.line("Draining was cancelled: the server is in service again.")
            return
        if state.draining.running != shown:
            shown = state.draining.running
            console.line(f"{shown} left." if shown else "All cells have ended.")
        if not stop and not shown:
            return
