"""Users, their roles in workspaces, and the caller of a request."""

from enum import StrEnum

import msgspec

from handloom.domain.errors import Forbidden


class Role(StrEnum):
    """A member's role in a workspace. Each role includes the permissions of the ones before it."""

    VIEWER = "viewer"
    CONTRIBUTOR = "contributor"
    MEMBER = "member"
    ADMIN = "admin"

    @property
    def rank(self) -> int:
        return list(Role).index(self)


class User(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    display_name: str
    created_at: int


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """The caller of a request. `workspace` is set for a credential that is limited to it (a kernel's token)."""

    user: User
    token_id: str
    workspace: str | None = None


def require(role: Role | None, needed: Role) -> None:
    """Raise Forbidden unless `role` is at least `needed`. None means that the caller is not a member."""
    if role is None or role.rank < needed.rank:
        raise Forbidden(f"This requires the role {needed.value} in the workspace; ask one of its admins.")
