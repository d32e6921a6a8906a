"""Answers requests of the page over comms: each request has a number, and every one is answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

Reply = tuple[dict[str, Any], list[bytes]]
"""JSON and binary parts."""


class RequestError(ValueError):
    """The request cannot be answered; the message says why."""


class CommView(Protocol):
    """What one page does over one comm, until it closes it."""

    def answer(self, asked: dict[str, Any]) -> Reply: ...
    def close(self) -> None: ...


def register(shell: Any, target: str, opens: Callable[[dict[str, Any]], CommView]) -> None:
    """Take requests to this target, where the shell is a kernel's. `opens` is called with the page's first data."""
    kernel = getattr(shell, "kernel", None)
    if kernel is None:
        return

    def opened(comm: Any, message: Any) -> None:
        view = opens(message["content"]["data"])

        def on_message(asked: Any) -> None:
            data = asked["content"]["data"]
            content, buffers = answer(view, data)
            comm.send({"number": data.get("number"), **content}, buffers=buffers)

        comm.on_msg(on_message)
        comm.on_close(lambda _: view.close())

    kernel.comm_manager.register_target(target, opened)


def answer(view: CommView, asked: dict[str, Any]) -> Reply:
    """Return the answer, or why there is none: without one the page would wait for ever."""
    try:
        return view.answer(asked)
    except KeyboardInterrupt:
        return {"failed": "Interrupted."}, []
    except RequestError as error:
        return {"failed": str(error)}, []
    except Exception as error:  # noqa: BLE001 - a user's values and engines raise errors of any kind
        return {"failed": f"{type(error).__name__}: {str(error)[:500]}"}, []
