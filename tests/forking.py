"""Servers whose kernels are forked from the template process, which needs some seconds until it is ready."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import psutil

from handloom.client.http import Client
from handloom.client.session import RemoteSession
from running import Handloom

SECONDS = 240
IS_FORKED = "import sys; print('handloom.session.boxed' in sys.modules)"
"""Only the template process imports this module."""


def server(data: Path, *flags: str) -> Handloom:
    """A server with a template process, which does not spend seconds on an index of the machine's fonts."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "matplotlib")
    if cache.is_dir():
        shutil.copytree(cache, data / "cache" / "template" / ".cache" / "matplotlib")
    return Handloom(data, *flags, warm_kernels=1)


def session(server: Handloom, client: Client, workspace: str, name: str) -> RemoteSession:
    """A session whose kernel is forked. The first ones of a server are not: its template is not ready yet."""
    session = RemoteSession(client, workspace, name=name)
    end = time.monotonic() + SECONDS
    while session.run(IS_FORKED, seconds=SECONDS).text.strip() != "True":
        _await_imports(template(server), end)
        client.ask("POST", f"/workspaces/{workspace}/sessions/{session.facts['id']}/restart")
    return session


def template(server: Handloom) -> psutil.Process:
    assert server.process is not None
    processes = psutil.Process(server.process.pid).children(recursive=True)
    return next(one for one in processes if "handloom.session.template" in one.cmdline())


def _await_imports(process: psutil.Process, end: float) -> None:
    """Return once the template has used no processor time for some seconds. A restart meanwhile would take it away."""
    before = -1.0
    while (used := process.cpu_times().user) != before:
        assert time.monotonic() < end, "the template process does not become ready"
        before = used
        time.sleep(3)
