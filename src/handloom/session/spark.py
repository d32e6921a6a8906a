"""The Spark session of this kernel: its engine, paths and tables. The first use starts the engine."""

from __future__ import annotations

import atexit
import os
import re
import threading
from pathlib import Path
from types import ModuleType
from typing import Any

from handloom.session import attached, layer, mounts, overwrite
from handloom.session.apache import lake as apache_lake
from handloom.session.apache.engine import ConnectEngine, Wrap, engine_of
from handloom.session.engine import EngineProcess
from handloom.session.gateway import Gateway
from handloom.session.mounts import Blob

_SAS = re.compile(r"fs\.azure\.sas\.(?P<container>[^.]+)\.(?P<account>[^.]+)\.(?:blob|dfs)\.core\.windows\.net")
_GLOB = re.compile(r"[*?\[{]")


class Spark:
    """Manages the kernel's Spark session. `session` is always a working one: a new one if the engine has died."""

    def __init__(self, wrap: Wrap | None = None) -> None:
        """`wrap` gives functions of foreachBatch a session where they run."""
        self._wrap = wrap
        self._lock = threading.RLock()
        self._engine: EngineProcess | ConnectEngine | None = None
        self._gateway: Gateway | None = None
        self._session: Any = None
        atexit.register(self.stop)

    def session(self) -> Any:
        """The SparkSession; starts the engine if it does not run."""
        layer.require_spark()
        with self._lock:
            if self._engine is None or self._engine.exit_code is not None or self._session is None:
                self._start()
            elif self._session.is_stopped:
                self._session = self._connect(self._engine)
            return self._session

    def join(self, url: str, conf: dict[str, str], schema: str) -> Any:
        """Use the session at `url`, which is another process's: Apache Spark runs functions of streams beside it.

        `conf` and `schema` are what the session has set, and its current schema.
        """
        attached_to = attached.current()
        assert attached_to is not None
        with self._lock:
            self._engine = ConnectEngine(url, "Apache Spark", local=True)
            self._session = apache_lake.join(self._engine, attached_to, self._open, conf, schema)
            return self._session

    def describe(self) -> str:
        """Describe the state for a user who prints `spark`."""
        if self._engine is None:
            return "the engine starts when you use it"
        if self._engine.exit_code is not None:
            return "the engine has stopped; a fresh one starts when you use it"
        return "running"

    def stop(self) -> None:
        """Stop this kernel's engine, or on a shared engine only close this kernel's session."""
        if isinstance(self._engine, ConnectEngine) and self._session is not None:
            apache_lake.release(self._engine, self._session)
        if self._engine is not None:
            self._engine.stop()

    def adopt(self, module: ModuleType) -> None:
        """Patch SparkSession.builder.getOrCreate() to return this session."""
        builder = module.SparkSession.Builder

        def get_or_create(this: Any) -> Any:
            if "spark.remote" in this._options:
                return apache_lake.open_remote(module, this._options)
            session = self.session()
            for key, value in this._options.items():
                if key not in ("spark.app.name", "spark.master"):
                    _configure(session, key, value)
            return session

        builder.getOrCreate = get_or_create
        plain = builder._validate_startup_urls

        def validate(this: Any) -> None:
            if "spark.remote" in this._options:  # otherwise the session is this one, whatever master was named
                plain(this)

        builder._validate_startup_urls = validate

    def _start(self) -> None:
        if self._gateway is None:
            self._gateway = Gateway()
        self.stop()  # stop an engine whose session could not be opened
        self._session = None
        attached_to = attached.current()
        engine = engine_of(attached_to) if attached_to else None
        self._engine = engine or EngineProcess(_folder(), self._gateway.endpoint)
        self._session = self._connect(self._engine)

    def _connect(self, engine: EngineProcess | ConnectEngine) -> Any:
        if isinstance(engine, ConnectEngine):
            attached_to = attached.current()
            assert attached_to is not None
            return apache_lake.connect(engine, attached_to, self._open, self._configured, self._wrap)
        from pyspark.sql.connect.client import DefaultChannelBuilder

        from handloom.session.client import RewritingClient, open_session
        from handloom.session.interceptor import Interceptor
        from handloom.session.quick.lake import open_lake
        from handloom.session.quick.names import Names
        from handloom.session.quick.plans import QuickPlans

        url = f"sc://127.0.0.1:{engine.port}"
        attached_to = attached.current()
        names = Names(Path(_folder()) / "Tables", attached_to.workspace_name if attached_to else "")
        plans = QuickPlans(self._open, names)
        channel = DefaultChannelBuilder(url)
        channel.add_interceptor(Interceptor(engine, [self._configured, plans.configured]))
        os.environ["SPARK_REMOTE"] = url
        client = RewritingClient(channel, plans)
        plans.connected(client)
        session = open_session(client)
        open_lake(session, Path(_folder()) / "Tables")
        return session

    def _configured(self, key: str, value: str | None) -> None:
        """Handle spark.conf.set and unset: pass SAS tokens to the gateway."""
        if self._gateway and (match := _SAS.fullmatch(key)):
            self._gateway.set_sas(match["account"], match["container"], value or "")

    def _open(self, path: str, must_exist: bool) -> str:
        session = attached.current()
        place = mounts.resolve(path, session.mounts if session else (), _folder())
        if isinstance(self._engine, ConnectEngine) and (elsewhere := self._engine.place(place, path)) is not None:
            return elsewhere
        if isinstance(place, Blob):
            assert self._gateway is not None
            if must_exist:
                answer = self._gateway.exists(place)
                _require(answer.found, path, answer.problem)
            return self._gateway.uri(place)
        if isinstance(place, Path):
            overwrite.recover(place)
            if must_exist:
                _require(_exists(place), path)
            return str(place)
        return place


def _folder() -> str:
    session = attached.current()
    return session.cwd if session else os.getcwd()  # noqa: PTH109 - the engine takes text


def _configure(session: Any, key: str, value: str) -> None:
    """Set one option of a builder. Print those that a running session cannot change, such as memory and jars."""
    from pyspark.errors import PySparkException

    try:
        session.conf.set(key, value)
    except PySparkException as error:
        if error.getCondition() != "CANNOT_MODIFY_STATIC_CONFIG" and "CANNOT_MODIFY" not in str(error):
            raise
        print(f"Not used here: {key}, which only an engine that starts can take.")


def _exists(path: Path) -> bool:
    if path.exists():
        return True
    if not (match := _GLOB.search(str(path))):
        return False
    root = Path(str(path)[: match.start()].rpartition("/")[0] or "/")
    pattern = str(path)[len(str(root)) :].strip("/")
    if "{" in pattern:  # Spark's alternatives, which pathlib does not support
        return root.exists()
    return root.is_dir() and next(root.glob(pattern), None) is not None


def _require(found: bool, path: str, problem: str = "") -> None:
    if found:
        return
    from pyspark.errors import AnalysisException

    if problem:
        raise AnalysisException(f"[CANNOT_READ] {path}: {problem}")
    raise AnalysisException(f"[PATH_NOT_FOUND] Path does not exist: {path}. SQLSTATE: 42K03")
