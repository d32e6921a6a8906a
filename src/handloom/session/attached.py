"""The session file, which the server writes for this kernel. It is read again when it changes."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FILE = "HANDLOOM_SESSION_FILE"


@dataclass(frozen=True, slots=True)
class Attached:
    session: str
    workspace: str
    workspace_name: str
    notebook: str | None
    job: str | None
    """The run of the whole notebook that the session is for."""
    name: str
    user: str
    tracking_uri: str
    token: str = field(repr=False)
    mounts: tuple[tuple[str, str], ...]
    """Mounts as pairs of URI prefix and target."""
    autolog: bool
    cwd: str
    engine: dict[str, Any]
    """The Spark engine to use, from `domain.engines.session_entry`; its `kind` is quick, apache or connect."""


_read: tuple[int, Attached] | None = None
_given: Attached | None = None


def become(session: Attached) -> None:
    """Attach this process to a session without its file."""
    global _given
    _given = session


def current() -> Attached | None:
    """Return the session of this process; None in a kernel of the pool that no session has taken yet."""
    global _read
    path = os.environ.get(FILE)
    if not path or _given is not None:
        return _given
    try:
        stamp = Path(path).stat().st_mtime_ns
        if _read is None or _read[0] != stamp:
            _read = (stamp, _parse(Path(path).read_text()))
    except FileNotFoundError:
        return _read[1] if _read else None  # the session is ending
    return _read[1]


def _parse(text: str) -> Attached:
    said = json.loads(text)
    notebook = said["notebook"]
    return Attached(
        session=said["session"],
        workspace=said["workspace"]["id"],
        workspace_name=said["workspace"]["name"],
        notebook=notebook["id"] if notebook else None,
        job=said.get("job"),
        name=said["name"],
        user=said["user"],
        tracking_uri=said["tracking_uri"],
        token=said["token"],
        mounts=tuple((mount["prefix"], mount["target"]) for mount in said["mounts"]),
        autolog=said["autolog"],
        cwd=said["cwd"],
        engine=said["engine"],
    )
