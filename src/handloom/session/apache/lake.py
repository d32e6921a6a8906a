"""Open and release sessions on Apache Spark. Those of a workspace share its schemas."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from handloom.session.apache.engine import ConnectEngine, Wrap, no_answer, reach, user_id
from handloom.session.attached import Attached
from handloom.session.engine import EngineError
from handloom.session.notes import Note

RETRIES, LONGEST_PAUSE = 4, 2000
"""Retries for about five seconds in total; the client's default policy retries for ten minutes."""
FIRST_ANSWER_SECONDS = 8
PROGRESS_TASKS = 1
_remotes: dict[str, Any] = {}

Open = Callable[[str, bool], str]
Configured = Callable[[str, str | None], None]


def connect(
    engine: ConnectEngine, session: Attached, open_path: Open, configured: Configured, wrap: Wrap | None
) -> Any:
    """Open a SparkSession on `engine` for this kernel."""
    opened, plans = _open(engine, session, open_path, configured)
    plans.wrap = wrap
    for key, value in engine.confs:
        opened.conf.set(key, value.replace("{workspace}", session.workspace))
    if engine.local:
        opened.conf.set("spark.sql.execution.pyspark.python", sys.executable)
        plans.open_lake()
    else:
        _open_remote_lake(opened, engine, f"lake_{session.workspace}")
    progress: Any = QueryProgress()
    opened.registerProgressHandler(progress)
    os.environ["SPARK_REMOTE"] = engine.url
    return opened


def join(engine: ConnectEngine, session: Attached, open_path: Open, conf: dict[str, str], schema: str) -> Any:
    """Open the SparkSession of another process, whose id is in the address of `engine`, and leave it open at the end.

    `conf` and `schema` are its settings and its current schema.
    """
    opened, plans = _open(engine, session, open_path, lambda key, value: None)
    opened.release_session_on_close = False
    plans.take(conf, schema)
    return opened


def _open(engine: ConnectEngine, session: Attached, open_path: Open, configured: Configured) -> tuple[Any, Any]:
    from handloom.session.apache.delta import DeltaTables
    from handloom.session.apache.plans import ApachePlans
    from handloom.session.client import RewritingClient, open_session
    from handloom.session.interceptor import Interceptor
    from handloom.session.quick.names import Names

    tables = Path(session.cwd) / "Tables"
    delta = DeltaTables(tables, Names(tables, session.workspace_name)) if engine.local else None
    plans = ApachePlans(open_path, delta)
    channel = _channel(engine)
    channel.add_interceptor(Interceptor(engine, [configured, plans.configured]))
    client = RewritingClient(channel, plans)
    plans.connected(client)
    limit_retries(client)
    _require_answer(engine, client)
    for name in ("SQLQueryContextLogger", "DataFrameQueryContextLogger"):
        logging.getLogger(name).disabled = True  # they repeat the error that is raised, with the stacks of Java
    opened = open_session(client)
    return opened, plans


def open_remote(module: ModuleType, options: dict[str, Any]) -> Any:
    """Return the session for `SparkSession.builder.remote(url)`: this kernel's existing one, or a new one."""
    url = options["spark.remote"]
    known = _remotes.get(url)
    if known is not None and not known.is_stopped:
        return known
    from pyspark.sql.connect.session import SparkSession

    engine = ConnectEngine(url, "The Spark server", local=False)
    reach(engine)
    made = SparkSession(connection=url)
    limit_retries(made.client)
    _require_answer(engine, made.client)
    SparkSession._set_default_and_active_session(made)
    SparkSession.builder.config(map=options)._apply_options(made)
    _remotes[url] = made
    return made


def limit_retries(client: Any) -> None:
    """Let the client give up after a few seconds."""
    from pyspark.sql.connect.client.retries import DefaultPolicy

    client.set_retry_policies([DefaultPolicy(max_retries=RETRIES, max_backoff=LONGEST_PAUSE)])


def release(engine: ConnectEngine, session: Any) -> None:
    """Close the session. If its server is gone, only drop it, since the client would wait for it at the kernel's
    end.
    """
    for opened in [session, *_remotes.values()]:
        if opened.is_stopped:
            continue
        if opened is session and engine.exit_code is not None:
            opened.release_session_on_close = False
        with contextlib.suppress(Exception):
            opened.stop()


class QueryProgress:
    """Progress of a query, shown under the cell if it takes more than a moment."""

    def __init__(self) -> None:
        self._note = Note()

    def __call__(self, stages: Any, inflight_tasks: int, operation_id: str | None, done: bool) -> None:
        known = list(stages or ())
        if done:
            self._note.clear()
            return
        tasks = sum(stage.num_tasks for stage in known)
        if tasks < PROGRESS_TASKS:
            return
        finished = sum(stage.num_completed_tasks for stage in known)
        ended = sum(stage.num_tasks == stage.num_completed_tasks for stage in known)
        bar = "█" * (20 * finished // tasks)
        self._note.show(
            f"Spark {bar:░<20} {finished} of {tasks} tasks, stage {min(ended + 1, len(known))} of {len(known)}, "
            f"{inflight_tasks} running"
        )


def _channel(engine: ConnectEngine) -> Any:
    import grpc
    from pyspark.sql.connect.client import DefaultChannelBuilder

    class Channel(DefaultChannelBuilder):
        """A gRPC channel that trusts the operator's certificate authority."""

        def toChannel(self) -> Any:  # noqa: N802 - the client's name
            if not (engine.ca and self.use_ssl):
                return super().toChannel()
            credentials = grpc.ssl_channel_credentials(Path(engine.ca).read_bytes())
            if self.token is not None:
                credentials = grpc.composite_channel_credentials(
                    credentials, grpc.access_token_call_credentials(self.token)
                )
            return self._secure_channel(self.endpoint, credentials)

    made = Channel(engine.url)
    if "user_id" not in made._params:
        made.set("user_id", user_id())
    return made


def _require_answer(engine: ConnectEngine, client: Any) -> None:
    """Query the Spark version with a timeout, since an open port is not always a Spark Connect server.

    Raises EngineError after FIRST_ANSWER_SECONDS for a server that accepts connections and says nothing.
    """
    import grpc
    from pyspark.sql.connect.proto import base_pb2

    request = base_pb2.AnalyzePlanRequest(session_id=client._session_id, client_type="handloom")
    request.user_context.user_id = client._user_id or ""
    request.spark_version.SetInParent()
    try:
        reply = client._stub.AnalyzePlan(
            request, metadata=client._builder.metadata(), timeout=60 if engine.local else FIRST_ANSWER_SECONDS
        )
    except grpc.RpcError as error:
        raise EngineError(no_answer(engine, _reason(error))) from None
    found = reply.spark_version.version
    if engine.version and not found.startswith(engine.version):
        raise EngineError(
            f"{engine.name} runs Spark {found}, and its entry in the capacities file expects {engine.version}. "
            "Correct the entry, or choose another engine."
        )


def _reason(error: Any) -> str:
    """Why a server gave no answer, in words."""
    code = error.code().name if hasattr(error, "code") else str(error)
    if code == "DEADLINE_EXCEEDED":
        return f"it accepts connections, and has said nothing for {FIRST_ANSWER_SECONDS} seconds"
    details = error.details() or "" if hasattr(error, "details") else ""
    if "CERTIFICATE_VERIFY_FAILED" in details:
        return "its certificate is not trusted here; the operator names its authority as `ca` in the capacities file"
    if code in ("UNAVAILABLE", "UNIMPLEMENTED", "INTERNAL", "UNKNOWN"):
        return f"what listens there does not speak Spark Connect, or needs use_ssl=true in its address; {code}"
    return str(code)


def _open_remote_lake(session: Any, engine: ConnectEngine, database: str) -> None:
    """Create the workspace's database. A shared name would let workspaces overwrite each other's tables."""
    place = f" LOCATION '{engine.files.rstrip('/')}/Tables'" if engine.files else ""
    session.sql(f"CREATE DATABASE IF NOT EXISTS `{database}`{place}").collect()
    session.catalog.setCurrentDatabase(database)
    _compare_python(session, engine)


def _compare_python(session: Any, engine: ConnectEngine) -> None:
    """Print a note that Python functions cannot run if the engine's workers have another Python than this kernel."""
    from pyspark.errors import PySparkException

    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    try:
        session.range(1).mapInArrow(_worker_python, "python string").collect()
        return
    except PySparkException as error:
        found = re.search(r"(\d+\.\d+)\D+(\d+\.\d+)", str(error)) if "PYTHON_VERSION_MISMATCH" in str(error) else None
    there = f"Python {found[1]}" if found and found[1] != here else "another Python, or none"
    note = Note()
    note.show(
        f"Note: {engine.name} has {there} and this kernel Python {here}. SQL and DataFrames work; Python functions "
        "(udf, pandas_udf, mapInPandas) need the same version on both."
    )


def _worker_python(batches: Any) -> Any:
    yield from batches
