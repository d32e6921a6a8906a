"""Sessions as pages see them."""

import msgspec

from handloom.domain.sessions import Session


class Sessions(msgspec.Struct, frozen=True, kw_only=True):
    sessions: list[Session]


class StartSession(msgspec.Struct, frozen=True, kw_only=True):
    """Of a notebook (`notebook`), or of a file by its `name` alone."""

    workspace: str
    notebook: str | None = None
    name: str = ""


class SessionPath(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    session: str
