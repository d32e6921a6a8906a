"""The mount table of a workspace."""

import msgspec

from handloom.domain.mounts import Mount


class Mounts(msgspec.Struct, frozen=True, kw_only=True):
    mounts: list[Mount]


class PutMount(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    prefix: str
    target: str


class RemoveMount(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    prefix: str
