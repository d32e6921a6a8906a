"""The Spark Connect client of a session, which passes every plan through `Plans` before sending it to the engine."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any, NoReturn, Protocol

import grpc
from pyspark.errors import PySparkException
from pyspark.sql.connect.client import ChannelBuilder, SparkConnectClient
from pyspark.sql.connect.readwriter import DataFrameWriter
from pyspark.sql.connect.session import SparkSession

from handloom.session import room, tracebacks

INTERRUPT_SECONDS = 0.3
"""How long an interrupted cell waits for the engine's word; the engine gets the request in any case."""


class Plans(Protocol):
    """Hooks to rewrite plans before an engine analyzes or executes them."""

    def analyzing(self, plan: Any) -> None:
        """Rewrite `plan` in place before analysis (schema, explain); nothing is executed."""

    def observed(self, plan: Any, observations: Any) -> list[tuple[str, Any]]:
        """Take the observations out of `plan` that the engine cannot make; their names and the queries for them."""

    def executing(self, plan: Any) -> AbstractContextManager[None]:
        """Rewrite `plan` in place, and wrap its execution in the returned context."""

    def answered(self, command: Any, properties: dict[str, Any]) -> None:
        """Rewrite the engine's result of a command in place."""

    def explain(self, error: PySparkException) -> PySparkException:
        """Return the error to raise instead of the engine's."""

    def source_of(self, name: str) -> dict[str, Any] | None:
        """Return the table that a name in a plan stands for, as arguments of `mlflow.data.from_spark`; None for a name
        of the user's.
        """


class RewritingClient(SparkConnectClient):
    """A SparkConnectClient that sends plans rewritten by `plans`."""

    def __init__(self, channel: ChannelBuilder, plans: Plans) -> None:
        super().__init__(connection=channel)
        self._plans = plans
        self._plan_compression_threshold, self._plan_compression_algorithm = -1, "NONE"  # `plans` must read them

    def _execute_and_fetch_as_iterator(self, req: Any, observations: Any, progress: Any = None) -> Iterator[Any]:
        # Measured before: afterwards, a write may have changed what the frame reads.
        measured = [
            (name, self.to_table(plan, {})[0].to_pylist()[0])
            for name, plan in self._plans.observed(req.plan, observations)
        ]
        room.check_plan(req.plan)
        with tracebacks.shorten_interrupts(), self._plans.executing(req.plan):
            yield from super()._execute_and_fetch_as_iterator(req, observations, progress)
        for name, measures in measured:
            observations[name]._result.update(measures)

    def execute_command(self, command: Any, observations: Any = None) -> Any:
        data, properties, info = super().execute_command(command, observations)
        self._plans.answered(command, properties)
        return data, properties, info

    def interrupt_operation(self, op_id: str) -> list[str] | None:
        """Interrupt a query, and wait for the engine's word a moment only: a busy one answers late."""
        answer: list[str] = [op_id]
        plain = super().interrupt_operation

        def interrupt() -> None:
            with contextlib.suppress(PySparkException, grpc.RpcError):
                answer[:] = plain(op_id) or [op_id]

        thread = threading.Thread(target=interrupt, name="interrupt", daemon=True)
        thread.start()
        thread.join(INTERRUPT_SECONDS)
        return list(answer)

    def _execute(self, req: Any) -> None:
        room.check_plan(req.plan)
        with tracebacks.shorten_interrupts(), self._plans.executing(req.plan):
            super()._execute(req)

    def _analyze(self, method: str, **kwargs: Any) -> Any:
        for name in ("plan", "other", "relation"):
            if name in kwargs:
                copy = type(kwargs[name])()
                copy.CopyFrom(kwargs[name])
                self._plans.analyzing(copy)
                kwargs[name] = copy
        with tracebacks.shorten_interrupts():
            return super()._analyze(method, **kwargs)

    def source_of(self, name: str) -> dict[str, Any] | None:
        """Return the table that a name in the plan of a frame stands for, see `Plans`."""
        return self._plans.source_of(name)

    def explained(self, plan: Any) -> str:
        """All plans that the engine makes of a plan, which is sent as it is."""
        return str(super()._analyze("explain", plan=plan, explain_mode="extended").explain_string)

    def to_schema(self, plan: Any) -> Any:
        """The schema of a plan, which is sent as it is."""
        return super()._analyze("schema", plan=plan).schema

    def _handle_error(self, error: Exception) -> NoReturn:
        try:
            super()._handle_error(error)
        except PySparkException as raised:
            explained = self._plans.explain(raised)
            if explained is raised:
                raise
            raise explained from None


def _accept_all_modes() -> None:
    """Accept the save modes errorifexists and default, which the client of Connect refuses."""
    original = DataFrameWriter.mode

    def mode(self: Any, saveMode: Any) -> Any:  # noqa: N803 - the client's own name
        return original(self, "error" if str(saveMode).lower() in ("errorifexists", "default") else saveMode)

    if original.__module__ != __name__:
        DataFrameWriter.mode = mode  # type: ignore[method-assign]


def open_session(client: RewritingClient) -> SparkSession:
    """Create a SparkSession that uses `client`, and make it the default and active one."""
    _accept_all_modes()
    session = object.__new__(SparkSession)
    session._client = client
    session._session_id = client._session_id
    session.release_session_on_close = True
    SparkSession._default_session = None
    SparkSession._active_session.session = None
    SparkSession._set_default_and_active_session(session)
    return session
