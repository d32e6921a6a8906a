"""Engines that are reached by a Spark Connect address: the shared Apache Spark of this server, and remote ones."""

from __future__ import annotations

import os
import socket
import sys
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from handloom.session.attached import Attached
from handloom.session.engine import EngineError
from handloom.session.mounts import Blob, Place
from handloom.session.notes import Note

ASK_SECONDS = 0.3
CONNECT_SECONDS = 10
PROBE_SECONDS = 2.0


@dataclass(slots=True)
class ConnectEngine:
    """One Spark Connect server that this kernel did not start, and does not end."""

    url: str
    name: str
    local: bool
    """Whether it reads the files of this machine."""
    ca: str = ""
    confs: tuple[tuple[str, str], ...] = ()
    files: str = ""
    """Where a remote engine keeps the files of this workspace; empty where it has no place for them."""
    delta: bool = False
    """Whether the engine itself reads and writes Delta tables."""
    version: str = ""
    """The version of Spark that the operator expects there; empty for any."""

    @property
    def address(self) -> tuple[str, int]:
        parts = urlsplit("http" + self.url[2:])
        return parts.hostname or "localhost", parts.port or 15002

    @property
    def exit_code(self) -> int | None:
        """None while something listens at the address."""
        try:
            with socket.create_connection(self.address, timeout=PROBE_SECONDS):
                return None
        except OSError:
            return 1

    def stop(self) -> None:
        """Leave it running: others use it."""

    def place(self, place: Place, path: str) -> str | None:
        """What a path is on this engine; None for one of this machine. Raises what names the way out."""
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
            f"[CANNOT_READ] {path} lies on the machine of Handloom, which {self.name} cannot reach. Way out: give "
            "a URI that both know (s3://, abfss://), send rows with spark.createDataFrame(pandas.read_csv(...)), or "
            "choose an engine of this machine in the notebook's settings."
        )


def engine_of(session: Attached) -> ConnectEngine | None:
    """The engine that is chosen for this session, started or reached; None for the quick engine."""
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
    """Have the server start its Apache Spark, show how far it is, and return once it runs. Raises EngineError."""
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
    """Raise EngineError where nothing answers at a remote address within ten seconds."""
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
    """Whom the server's log names: never the same for two kernels, so that no session is taken over."""
    return f"handloom-{os.getpid()}-{sys.version_info.major}.{sys.version_info.minor}"
