"""Registered models: create, read, update and delete. One row per name in a workspace, with its tags and aliases."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, Table, delete, insert, select, update

from handloom.domain import models as rules
from handloom.domain.clock import now
from handloom.domain.errors import AlreadyExists, NotFound
from handloom.domain.models import Model, Version
from handloom.store.engine.database import Read, Write
from handloom.store.folders import rows as folders
from handloom.store.models import alias_history
from handloom.store.models import tables as model_tables
from handloom.store.models import versions as model_versions
from handloom.store.users import tables as user_tables
from handloom.store.webhooks import rows as webhooks

_TABLE = model_tables.models
_M = _TABLE.c
SELECT = select(_TABLE, user_tables.users.c.display_name.label("owner")).select_from(
    _TABLE.outerjoin(user_tables.users, _M.owner_id == user_tables.users.c.id)
)
"""The rows for `hydrate`; add a WHERE that names the workspace."""


def create(
    tx: Write,
    workspace: str,
    name: str,
    *,
    owner: str | None,
    description: str = "",
    tags: Mapping[str, str] | None = None,
) -> Model:
    """Create a model without versions; `owner` is a user id."""
    name = rules.clean_model_name(name)
    for key, value in (tags or {}).items():
        rules.check_tag(key, value)
    if exists(tx, workspace, name):
        text = f"Registered Model (name={name}) already exists."
        raise AlreadyExists(text, field="name").because("model_exists", name=name)
    at = now()
    tx.connection.execute(
        insert(_TABLE).values(
            workspace_id=workspace,
            name=name,
            description=description,
            owner_id=owner,
            created_at=at,
            modified_at=at,
            next_version=1,
        )
    )
    if tags:
        rows = [{"workspace_id": workspace, "name": name, "key": key, "value": v} for key, v in tags.items()]
        tx.connection.execute(insert(model_tables.model_tags), rows)
    payload = {"tags": dict(tags or {}), "description": description}
    webhooks.enqueue(tx, workspace, "model.created", name, payload)
    tx.changed("models", workspace, name)
    return get(tx, workspace, name)


def exists(tx: Read, workspace: str, name: str) -> bool:
    return tx.connection.scalar(select(_M.name).where(*_key(workspace, name))) is not None


def get(tx: Read, workspace: str, name: str) -> Model:
    name = rules.clean_model_name(name)
    row = tx.connection.execute(SELECT.where(*_key(workspace, name))).first()
    if row is None:
        raise NotFound(f"Registered Model with name={name} not found").because("no_model", name=name)
    return hydrate(tx, workspace, [row])[0]


def rename(tx: Write, workspace: str, name: str, new_name: str) -> Model:
    """Rename a model with its versions, tags and aliases."""
    name, new_name = rules.clean_model_name(name), rules.clean_model_name(new_name)
    get(tx, workspace, name)
    if new_name != name and exists(tx, workspace, new_name):
        text = f"Registered Model (name={new_name}) already exists."
        raise AlreadyExists(text, field="name").because("model_exists", name=new_name)
    at = now()
    tx.connection.execute(update(_TABLE).where(*_key(workspace, name)).values(name=new_name, modified_at=at))
    v = model_tables.model_versions
    of_model = (v.c.workspace_id == workspace, v.c.name == new_name)
    tx.connection.execute(update(v).where(*of_model).values(modified_at=at))
    folders.rename_item(tx, workspace, "model", name, new_name)
    tx.changed("models", workspace, name)
    for version in model_versions.of_model(tx, workspace, new_name):
        model_versions.changed(tx, workspace, version)
    tx.changed("models", workspace, new_name)
    return get(tx, workspace, new_name)


def describe(tx: Write, workspace: str, name: str, description: str) -> Model:
    name = rules.clean_model_name(name)
    tx.connection.execute(
        update(_TABLE).where(*_key(workspace, name)).values(description=description, modified_at=now())
    )
    tx.changed("models", workspace, name)
    return get(tx, workspace, name)


def remove(tx: Write, workspace: str, name: str) -> None:
    """Delete a model permanently with all its versions; the files stay with the runs that logged them."""
    name = rules.clean_model_name(name)
    get(tx, workspace, name)
    for version in model_versions.of_model(tx, workspace, name):
        model_versions.changed(tx, workspace, version)
    tx.connection.execute(delete(_TABLE).where(*_key(workspace, name)))
    folders.forget(tx, workspace, "model", name)
    tx.changed("models", workspace, name)


def set_tag(tx: Write, workspace: str, name: str, key: str, value: str) -> None:
    rules.check_tag(key, value)
    model = get(tx, workspace, name)
    _drop(tx, model_tables.model_tags, workspace, model.name, key=key)
    tx.connection.execute(
        insert(model_tables.model_tags).values(workspace_id=workspace, name=model.name, key=key, value=value)
    )
    webhooks.enqueue(tx, workspace, "tag.set", model.name, {"key": key, "value": value})
    tx.changed("models", workspace, model.name)


def delete_tag(tx: Write, workspace: str, name: str, key: str) -> None:
    """Delete a tag. A missing one is no error."""
    model = get(tx, workspace, name)
    _drop(tx, model_tables.model_tags, workspace, model.name, key=key)
    webhooks.enqueue(tx, workspace, "tag.deleted", model.name, {"key": key})
    tx.changed("models", workspace, model.name)


def set_alias(
    tx: Write, workspace: str, name: str, alias: str, version: int, *, user: str = "", note: str = ""
) -> None:
    """Point an alias to a version; an existing alias is moved. Its history says that `user` did it, and the note."""
    rules.check_new_alias(alias)
    note = rules.clean_alias_note(note)
    found = model_versions.get(tx, workspace, name, version)
    _drop(tx, model_tables.model_aliases, workspace, found.model, alias=alias)
    tx.connection.execute(
        insert(model_tables.model_aliases).values(
            workspace_id=workspace, name=found.model, alias=alias, version=version
        )
    )
    alias_history.record(tx, workspace, found.model, alias, version, user, note)
    webhooks.enqueue(tx, workspace, "alias.created", found.model, {"alias": alias, "version": str(version)})
    model_versions.changed(tx, workspace, found)


def delete_alias(tx: Write, workspace: str, name: str, alias: str, *, user: str = "") -> None:
    """Delete an alias. A missing one is no error."""
    rules.check_alias(alias)
    model = get(tx, workspace, name)
    if alias in model.aliases:
        alias_history.record(tx, workspace, model.name, alias, None, user)
    _drop(tx, model_tables.model_aliases, workspace, model.name, alias=alias)
    webhooks.enqueue(tx, workspace, "alias.deleted", model.name, {"alias": alias})
    tx.changed("models", workspace, model.name)


def by_alias(tx: Read, workspace: str, name: str, alias: str) -> Version:
    """Return the version that an alias points to; `latest` is the newest."""
    rules.check_alias(alias)
    model = get(tx, workspace, name)
    latest = alias.lower() == "latest"
    return model_versions.find(tx, workspace, rules.Reference(name=model.name, alias=None if latest else alias))


def hydrate(tx: Read, workspace: str, rows: Sequence[Row[Any]]) -> list[Model]:
    """Return the models of rows of `SELECT`, with tags, aliases and latest versions, in a few statements for all."""
    names = [row.name for row in rows]
    tags: defaultdict[str, dict[str, str]] = defaultdict(dict)
    aliases: defaultdict[str, dict[str, int]] = defaultdict(dict)
    c, a = model_tables.model_tags.c, model_tables.model_aliases.c
    for row in tx.connection.execute(
        select(model_tables.model_tags).where(c.workspace_id == workspace, c.name.in_(names)).order_by(c.key)
    ):
        tags[row.name][row.key] = row.value
    for row in tx.connection.execute(
        select(model_tables.model_aliases).where(a.workspace_id == workspace, a.name.in_(names)).order_by(a.alias)
    ):
        aliases[row.name][row.alias] = row.version
    latest = model_versions.latest(tx, workspace, names)
    return [
        Model(
            name=row.name,
            description=row.description,
            owner=row.owner or "",
            created_at=row.created_at,
            modified_at=row.modified_at,
            tags=tags[row.name],
            aliases=aliases[row.name],
            latest=latest[row.name],
        )
        for row in rows
    ]


def _drop(tx: Write, table: Table, workspace: str, name: str, **key: str) -> None:
    where = [table.c[column] == value for column, value in key.items()]
    tx.connection.execute(delete(table).where(table.c.workspace_id == workspace, table.c.name == name, *where))


def _key(workspace: str, name: str) -> tuple[Any, ...]:
    return _M.workspace_id == workspace, _M.name == name
