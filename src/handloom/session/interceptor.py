"""What stands between the Spark client and the engine: every request passes here, and none reaches a dead engine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
from pyspark.errors import PySparkException

from handloom.session.engine import Engine
from handloom.session.rewrite import Open, rewrite

_PLANS = frozenset({"ExecutePlan", "AnalyzePlan"})


class Interceptor(grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor):  # type: ignore[misc]
    """Of one session. `configured` hears of every spark.conf.set (value) and unset (None)."""

    def __init__(
        self, engine: Engine, open_path: Open, configured: Callable[[str, str | None], None], lake: str
    ) -> None:
        self._engine = engine
        self._open_path = open_path
        self._configured = configured
        self._lake = Path(lake)

    def intercept_unary_unary(self, proceed: Any, details: Any, request: Any) -> Any:
        return proceed(details, self._checked(details, request))

    def intercept_unary_stream(self, proceed: Any, details: Any, request: Any) -> Any:
        return proceed(details, self._checked(details, request))

    def _checked(self, details: Any, request: Any) -> Any:
        code = self._engine.exit_code
        if code is not None:  # the client itself would try again for ten minutes
            raise PySparkException(
                f"The Spark engine has stopped ({_reason(code)}), and the DataFrames made with it are gone. "
                "The next use of spark starts a fresh engine: run the cells again that read the data."
            )
        method = details.method.rsplit("/", 1)[-1]
        if method in _PLANS:
            rewrite(request, self._open_path, self._lake)
        elif method == "Config":
            self._listen(request.operation)
        return request

    def _listen(self, operation: Any) -> None:
        if operation.HasField("set"):
            for pair in operation.set.pairs:
                self._configured(pair.key, pair.value)
        elif operation.HasField("unset"):
            for key in operation.unset.keys:
                self._configured(key, None)


def _reason(code: int) -> str:
    if code == -9:
        return "it was killed, mostly because the memory ran out"
    return f"signal {-code}" if code < 0 else f"exit code {code}"
