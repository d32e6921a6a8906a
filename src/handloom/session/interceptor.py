"""gRPC interceptor of a session: fail requests to a dead engine at once, and report changes of spark.conf."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import grpc
from pyspark.errors import PySparkException

Configured = Callable[[str, str | None], None]
"""Called with each spark.conf.set (key, value) and unset (key, None)."""


class HasExitCode(Protocol):
    """An engine whose `exit_code` is None while it runs."""

    @property
    def exit_code(self) -> int | None: ...


class Interceptor(grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor):  # type: ignore[misc]
    """Intercepts the requests of one session."""

    def __init__(self, engine: HasExitCode, configured: Sequence[Configured]) -> None:
        self._engine = engine
        self._configured = configured

    def intercept_unary_unary(self, proceed: Any, details: Any, request: Any) -> Any:
        return proceed(details, self._require_running(details, request))

    def intercept_unary_stream(self, proceed: Any, details: Any, request: Any) -> Any:
        return proceed(details, self._require_running(details, request))

    def _require_running(self, details: Any, request: Any) -> Any:
        code = self._engine.exit_code
        if code is not None:  # without this error, the client would retry for ten minutes
            raise PySparkException(
                f"The Spark engine has stopped ({_reason(code)}), and the DataFrames made with it are gone. "
                "The next use of spark starts a fresh engine: run the cells again that read the data."
            )
        if details.method.rsplit("/", 1)[-1] == "Config":
            self._report(request.operation)
        return request

    def _report(self, operation: Any) -> None:
        changes: list[tuple[str, str | None]] = []
        if operation.HasField("set"):
            changes = [(pair.key, pair.value) for pair in operation.set.pairs]
        elif operation.HasField("unset"):
            changes = [(key, None) for key in operation.unset.keys]
        for key, value in changes:
            for configured in self._configured:
                configured(key, value)


def _reason(code: int) -> str:
    if code == -9:
        return "it was killed, mostly because the memory ran out"
    return f"signal {-code}" if code < 0 else f"exit code {code}"
