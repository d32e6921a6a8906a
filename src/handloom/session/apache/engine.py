"""Engines that are reached through Spark Connect: the shared Apache Spark of this machine, and remote servers."""

from __future__ import annotations

import socket
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from handloom.session.attached import Attached
from handloom.session.engine import EngineError
from handloom.session.mounts import Blob, Resolved
from handloom.session.notes import Note

ASK_SECONDS = 0.3
CONNECT_SECONDS = 10
PROBE_SECONDS = 2.0
Wrap = Callable[[bytes, dict[str, str], str], bytes]
"""Gives a pickled function of foreachBatch a session with these settings and this current schema where it runs."""
_KERNEL = uuid.uuid4().hex


@dataclass(slots=True)
class ConnectEngine:
    """A Spark Connect server, which this kernel neither starts nor stops."""

    url: str
    name: str
    local: bool
    """Whether it can read the files of this machine."""
    ca: str = ""
    confs: tuple[tuple[str, str], ...] = ()
    files: str = ""
    """A remote engine's path of this workspace's files; empty if it has none."""
    delta: bool = False
    """Whether the engine reads and writes Delta tables itself."""
    version: str = ""
    """Required prefix of its Spark version; empty accepts any."""

    @property
    def address(self) -> tuple[str, int]:
        parts = urlsplit("http" + self.url[2:])
        return parts.hostname or "localhost", parts.port or 15002

    @property
    def exit_code(self) -> int | None:
        """None while its port accepts connections."""
        try:
            with socket.create_connection(self.address, timeout=PROBE_SECONDS):
                return None
        except OSError:
            return 1

    def stop(self) -> None:
        """Do nothing: other sessions use the server."""

    def place(self, place: Resolved, path: str) -> str | None:
        """Translate a path for this engine; None for a path of this machine. Raises AnalysisException with an
        alternative if the engine cannot read it.
        """
        from pyspark.errors import AnalysisException

        if isinstance(place, Blob):
            raise AnalysisException(
                f"[CANNOT_READ] {path}: {self.name} has no driver for Azure's blobs here. Way out: mount a copy "
                "(workspace settings, Mounts), or run this cell on the quick engine."
            )
        if isinstance(place, str) or self.local:
            return place if isinstance(place, str) else None
        if self.files and not path.startswith(("/", "file:")):
            return f"{self.files.rstrip('/')}/{path}"
        raise AnalysisException(
            f"[CANNOT_READ] {path} is on the machine of Handloom, which {self.name} cannot read. Way out: use a URI "
            "that both can read (s3://, abfss://), send rows with spark.createDataFrame(pandas.read_csv(...)), or "
            "choose an engine of this machine in the notebook's settings."
        )


def engine_of(session: Attached) -> ConnectEngine | None:
    """Return the session's engine after starting or connecting to it; None for the quick engine."""
    chosen = session.engine
    if chosen["kind"] == "apache":
        return start_apache(session)
    if chosen["kind"] != "connect":
        return None
    url = chosen["url"] if "://" in chosen["url"] else f"sc://{chosen['url']}"
    if chosen.get("token"):
        url += ("" if "/;" in url else "/") + f";token={chosen['token']}"
    engine = ConnectEngine(
        url=url,
        name=chosen["name"],
        local=False,
        ca=chosen.get("ca", ""),
        confs=tuple(chosen.get("confs", {}).items()),
        files=chosen.get("files", "").replace("{workspace}", session.workspace),
        delta=bool(chosen.get("delta")),
        version=chosen.get("version", ""),
    )
    reach(engine)
    return engine


def start_apache(session: Attached) -> ConnectEngine:
    """Request that the server starts Apache Spark, show the progress, and return once it runs. Raises EngineError."""
    note = Note()
    began = time.monotonic()
    try:
        with httpx.Client(trust_env=False, timeout=30, headers={"Authorization": f"Bearer {session.token}"}) as http:
            while True:
                state = _ask(http, session)
                if state["status"] == "running":
                    return ConnectEngine(state["url"], "Apache Spark", local=True)
                if state["status"] == "failed":
                    raise EngineError(state["message"])
                note.show(f"{state['message']} ({time.monotonic() - began:.0f} s)")
                time.sleep(ASK_SECONDS)
    finally:
        note.clear()


def _ask(http: httpx.Client, session: Attached) -> dict[str, Any]:
    base = session.tracking_uri.rpartition("/mlflow/")[0]
    try:
        reply = http.post(f"{base}/api/v1/workspaces/{session.workspace}/apache-spark")
    except httpx.HTTPError as error:
        raise EngineError(f"Handloom does not answer ({error}), so Apache Spark cannot be started.") from error
    if reply.status_code >= 400:
        raise EngineError(f"Handloom refused to start Apache Spark: {reply.text[:300]}")
    found: dict[str, Any] = reply.json()
    return found


def reach(engine: ConnectEngine) -> None:
    """Raise EngineError if a remote server does not accept a connection within CONNECT_SECONDS."""
    note = Note()
    host, port = engine.address
    note.show(f"Connecting to {engine.name} ({host}:{port})")
    try:
        socket.create_connection((host, port), timeout=CONNECT_SECONDS).close()
    except OSError as error:
        raise EngineError(no_answer(engine, str(error))) from error
    finally:
        note.clear()


def no_answer(engine: ConnectEngine, why: str) -> str:
    host, port = engine.address
    return (
        f"{engine.name} does not answer at {host}:{port} ({why}). Run the cell again to retry, or choose an engine of "
        "this machine in the notebook's settings: the quick engine or Apache Spark."
    )


def user_id() -> str:
    """Return the user id for Spark Connect: unique per kernel, so that no other kernel can use its session.

    The process id is not: in a box, it is the same for every kernel.
    """
    return f"handloom-{_KERNEL}-{sys.version_info.major}.{sys.version_info.minor}"
