"""Servers that run on one database, and which of them holds a session."""

import msgspec

CapacityPlace = tuple[str, str]
"""The ids of a capacity and of a user who holds a place of it."""


class Peer(msgspec.Struct, frozen=True, kw_only=True):
    """A running server. `url` is where other servers reach it; `secret` opens it for them."""

    id: str
    url: str
    secret: str


class LiveSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session as other servers know it. `notebook`, `job` and `kernel` are empty where it has none, and `capacity`
    where it holds no place of one."""

    id: str
    user: str
    workspace: str
    notebook: str
    job: str
    kernel: str
    capacity: str = ""
