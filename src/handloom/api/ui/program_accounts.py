"""Service accounts of a workspace: programs such as CI, with a role and API tokens of their own.

Whoever manages one can act as it with a new token. Therefore only a person who is admin of every workspace in which the
account has a role manages it, so that nobody gains access by it.
"""

from collections.abc import Mapping

import msgspec
from msgspec import UNSET, UnsetType

from handloom.api.routing import Context, Empty, Route, read, write
from handloom.api.ui.tokens import DEFAULT_DAYS, NewToken, expiry
from handloom.domain.errors import Forbidden, NotFound
from handloom.domain.members import Caller, Role, User, check_service_role, require_person
from handloom.domain.names import clean_name
from handloom.domain.tokens import Token
from handloom.store.engine.database import Read, Write
from handloom.store.tokens import rows as token_store
from handloom.store.users import rows as user_store
from handloom.store.workspaces import members as member_store
from handloom.store.workspaces import people


class ServiceAccount(msgspec.Struct, frozen=True, kw_only=True):
    user: str
    name: str
    role: Role
    disabled: bool
    workspaces: int
    """In how many workspaces it has a role."""
    managed: bool
    """Whether the caller manages it: they are admin of each of these workspaces."""
    tokens: list[Token]
    """Its tokens, for whoever manages it."""


class ServiceAccounts(msgspec.Struct, frozen=True, kw_only=True):
    accounts: list[ServiceAccount]


class ServiceAccountsPath(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str


class CreateServiceAccount(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    name: str
    role: Role = Role.CONTRIBUTOR
    expires_in_days: int | UnsetType | None = UNSET
    """Lifetime of its first token. Left out: 90. Null: it never expires."""


class ServiceAccountPath(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    account: str
    """An id or a name."""


class ChangeServiceAccount(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    account: str
    disabled: bool


class CreateServiceToken(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    account: str
    name: str
    expires_in_days: int | UnsetType | None = UNSET
    """Left out: 90. Null: it never expires."""


class ServiceTokenPath(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    account: str
    token: str


def list_accounts(tx: Read, context: Context, request: ServiceAccountsPath) -> ServiceAccounts:
    mine = member_store.roles(tx, context.caller.user.id, in_bin=True)
    found = []
    for member in member_store.list_of(tx, request.workspace):
        if member.service:
            theirs = member_store.roles(tx, member.user, in_bin=True)
            managed = _manages(context.caller, mine, theirs)
            found.append(
                ServiceAccount(
                    user=member.user,
                    name=member.name,
                    role=member.role,
                    disabled=member.disabled,
                    workspaces=len(theirs),
                    managed=managed,
                    tokens=token_store.list_of(tx, member.user) if managed else [],
                )
            )
    return ServiceAccounts(accounts=found)


def create_account(tx: Write, context: Context, request: CreateServiceAccount) -> NewToken:
    """Create a service account with a role in the workspace, and its first token."""
    require_person(context.caller)
    user = user_store.create(tx, request.name, service=True)
    check_service_role(user, request.role)
    member_store.add(tx, request.workspace, user.id, request.role)
    return _new_token(tx, user, user.name, request.expires_in_days)


def change_account(tx: Write, context: Context, request: ChangeServiceAccount) -> Empty:
    """Disable an account, which revokes its tokens permanently, or enable it."""
    user = _managed(tx, context, request.workspace, request.account)
    if request.disabled:
        people.disable(tx, user.id)
    else:
        user_store.enable(tx, user.id)
    return Empty()


def remove_account(tx: Write, context: Context, request: ServiceAccountPath) -> Empty:
    """Remove the account from all workspaces and revoke its tokens. What it logged stays and shows its name."""
    people.remove(tx, _managed(tx, context, request.workspace, request.account).id, None)
    return Empty()


def create_token(tx: Write, context: Context, request: CreateServiceToken) -> NewToken:
    user = _managed(tx, context, request.workspace, request.account)
    if not user_store.is_active(tx, user.id):
        raise Forbidden("This service account is disabled. Enable it first.")
    return _new_token(tx, user, request.name, request.expires_in_days)


def revoke_token(tx: Write, context: Context, request: ServiceTokenPath) -> Empty:
    token_store.revoke(tx, _managed(tx, context, request.workspace, request.account).id, request.token)
    return Empty()


def _new_token(tx: Write, user: User, name: str, days: int | UnsetType | None) -> NewToken:
    lifetime = DEFAULT_DAYS if days is UNSET else days
    token, text = token_store.create(
        tx, "api", user.id, clean_name(name, what="token name"), expires_at=expiry(lifetime)
    )
    return NewToken(token=token, text=text)


def _managed(tx: Read, context: Context, workspace: str, reference: str) -> User:
    """Return the service account with this id or name. Raises NotFound unless it has a role in the workspace, and
    Forbidden unless the caller manages it.
    """
    require_person(context.caller)
    user = user_store.find(tx, reference)
    theirs = member_store.roles(tx, user.id, in_bin=True)
    if not user.service or workspace not in theirs:
        raise NotFound(f"There is no service account “{reference}” in this workspace.", field="account")
    if not _manages(context.caller, member_store.roles(tx, context.caller.user.id, in_bin=True), theirs):
        raise Forbidden(
            "This account has a role in a workspace of which you are no admin; ask an admin of all of them."
        )
    return user


def _manages(caller: Caller, mine: Mapping[str, Role], theirs: Mapping[str, Role]) -> bool:
    return caller.kind == "local" or all(mine.get(workspace) == Role.ADMIN for workspace in theirs)


_ALL = "/api/v1/workspaces/{workspace}/service-accounts"
_ONE = _ALL + "/{account}"
ROUTES: list[Route] = [
    read("GET", _ALL, list_accounts, role=Role.ADMIN, summary="List the service accounts of a workspace."),
    write(
        "POST",
        _ALL,
        create_account,
        audit="user.create",
        role=Role.ADMIN,
        summary="Create a service account with a role and its first token.",
    ),
    write(
        "PATCH",
        _ONE,
        change_account,
        audit="user.change",
        role=Role.ADMIN,
        summary="Disable or enable a service account; disabling revokes its tokens.",
    ),
    write("DELETE", _ONE, remove_account, audit="user.remove", role=Role.ADMIN, summary="Remove a service account."),
    write(
        "POST",
        _ONE + "/tokens",
        create_token,
        audit="token.create",
        role=Role.ADMIN,
        summary="Create a token for a service account.",
    ),
    write(
        "DELETE",
        _ONE + "/tokens/{token}",
        revoke_token,
        audit="token.revoke",
        role=Role.ADMIN,
        summary="Revoke a token of a service account.",
    ),
]
