"""Steps that a thread does in order while the caller prepares the next ones."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType


class Steps:
    """A queue of at most `ahead` steps that wait. After one that failed none is done, and the next call raises."""

    def __init__(self, ahead: int) -> None:
        self._ahead = ahead
        self._waiting: deque[Future[None]] = deque()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="transfer-steps")
        self._failed = False

    def add(self, step: Callable[[], None]) -> None:
        """Queue a step; wait while too many are queued. Raises what an earlier step raised."""
        self._waiting.append(self._pool.submit(self._do, step))
        while len(self._waiting) > self._ahead:
            self._waiting.popleft().result()

    def finish(self) -> None:
        """Wait for all steps. Raises what one of them raised."""
        while self._waiting:
            self._waiting.popleft().result()

    def _do(self, step: Callable[[], None]) -> None:
        if self._failed:
            return
        try:
            step()
        except BaseException:
            self._failed = True
            raise

    def __enter__(self) -> Steps:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._failed = self._failed or error is not None
        self._pool.shutdown(cancel_futures=True)
