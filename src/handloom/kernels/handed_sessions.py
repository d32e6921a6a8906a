"""The sessions as one server hands them to the next, which its process becomes when it restarts in place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from handloom.kernels.jupyter import HandedJupyter
from handloom.kernels.pool import HandedKernel
from handloom.kernels.running import RunningSession


class HandedSessions(msgspec.Struct, frozen=True, kw_only=True):
    """`sessions` are `RunningSession.facts`. `jupyter` is None if no Jupyter child runs."""

    sessions: list[dict[str, Any]]
    pool: list[HandedKernel]
    jupyter: HandedJupyter | None


def sessions_of(handed: HandedSessions) -> list[RunningSession]:
    """Return them as they were. One of a release that did not note `reached` counts as used: it keeps its idle time."""
    known: list[dict[str, Any]] = [{"reached": True} | facts for facts in handed.sessions]
    return [msgspec.convert(facts, RunningSession, dec_hook=decode_path) for facts in known]


def encode_path(value: Any) -> str:
    """Encode what msgspec does not know: paths."""
    if isinstance(value, Path):
        return str(value)
    raise NotImplementedError(f"{type(value).__name__} cannot be handed over")


def decode_path(kind: type[Any], value: Any) -> Any:
    if kind is Path:
        return Path(value)
    raise NotImplementedError(f"{kind.__name__} cannot be taken over")
