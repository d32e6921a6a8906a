"""Webhooks, and their outbox: messages written in the same transaction as the change, and deleted after delivery."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from sqlalchemy import Row, delete, func, insert, or_, select, update

from handloom.domain import webhooks as rules
from handloom.domain.clock import now
from handloom.domain.errors import NotFound
from handloom.domain.models import IS_PROMPT
from handloom.domain.webhooks import ACTIVE, Delivery, Webhook
from handloom.store.engine import secrets
from handloom.store.engine.database import Read, Write
from handloom.store.models import tables as model_tables
from handloom.store.webhooks import tables as webhook_tables
from handloom.store.workspaces import tables as workspace_tables

LEASE = 45_000
"""How long a message stays claimed, ms: longer than the longest attempt."""

_W, _D = webhook_tables.webhooks.c, webhook_tables.webhook_deliveries.c


def create(
    tx: Write,
    workspace: str,
    name: str,
    url: str,
    events: Sequence[str],
    *,
    description: str = "",
    secret: str = "",
    status: str = ACTIVE,
) -> Webhook:
    """Create a webhook, whose URL was checked before. Names may repeat."""
    rules.check_name(name)
    rules.check_texts(description, secret)
    known = rules.check_events(events)
    webhook_id, at = str(uuid4()), now()
    tx.connection.execute(
        insert(webhook_tables.webhooks).values(
            webhook_id=webhook_id,
            workspace_id=workspace,
            name=name,
            description=description,
            url=url,
            events=" ".join(known),
            status=status,
            secret=secrets.seal(tx.root, secret, webhook_id) if secret else None,
            created_at=at,
            modified_at=at,
        )
    )
    return get(tx, workspace, webhook_id)


def get(tx: Read, workspace: str, id: str) -> Webhook:
    row = tx.connection.execute(
        select(webhook_tables.webhooks).where(_W.workspace_id == workspace, _W.webhook_id == id)
    ).first()
    if row is None:
        raise NotFound(f"Webhook with ID {id} not found.")
    return _webhook(row)


def list_of(tx: Read, workspace: str, *, limit: int, offset: int) -> list[Webhook]:
    """Return the webhooks of a workspace, newest first."""
    query = (
        select(webhook_tables.webhooks)
        .where(_W.workspace_id == workspace)
        .order_by(_W.created_at.desc(), _W.internal_id.desc())
    )
    return [_webhook(row) for row in tx.connection.execute(query.limit(limit).offset(offset))]


def change(
    tx: Write,
    workspace: str,
    id: str,
    *,
    name: str = "",
    url: str = "",
    events: Sequence[str] = (),
    description: str | None = None,
    secret: str | None = None,
    status: str | None = None,
) -> Webhook:
    """Change the given fields. Disabling a webhook deletes its undelivered messages."""
    found = get(tx, workspace, id)
    rules.check_texts(description or "", secret or "")
    values: dict[str, Any] = {"modified_at": now()}
    if name:
        rules.check_name(name)
        values["name"] = name
    if url:
        values["url"] = url
    if events:
        values["events"] = " ".join(rules.check_events(events))
    if description is not None:
        values["description"] = description
    if secret is not None:
        values["secret"] = secrets.seal(tx.root, secret, id) if secret else None
    if status is not None:
        values["status"] = status
    tx.connection.execute(update(webhook_tables.webhooks).where(_W.internal_id == found.internal_id).values(values))
    if status == rules.DISABLED:
        tx.connection.execute(
            delete(webhook_tables.webhook_deliveries).where(_D.webhook_internal_id == found.internal_id)
        )
    return get(tx, workspace, id)


def remove(tx: Write, workspace: str, id: str) -> None:
    """Delete a webhook and its undelivered messages."""
    found = get(tx, workspace, id)
    tx.connection.execute(delete(webhook_tables.webhooks).where(_W.internal_id == found.internal_id))


def enqueue(tx: Write, workspace: str, kind: str, model: str, data: Mapping[str, Any]) -> None:
    """Add a message about a change of the registry to the outbox of every webhook of the workspace that has the event.

    `kind` is model.created, tag.set, version.created, version_tag.deleted, alias.created, ...; see `rules.event_of`.
    Callers also report a change of the noun "models", which wakes the delivery worker.
    """
    active = select(_W.internal_id, _W.events).where(_W.workspace_id == workspace, _W.status == ACTIVE)
    hooks = tx.connection.execute(active).all()
    if not hooks:
        return
    event = rules.event_of(kind, _is_prompt(tx, workspace, model))
    numbers = [hook.internal_id for hook in hooks if event in hook.events.split()]
    if not numbers:
        return
    at = now()
    name = tx.connection.scalar(
        select(workspace_tables.workspaces.c.name).where(workspace_tables.workspaces.c.id == workspace)
    )
    body = rules.message(event, name or "", rules.data_of(event, {"name": model, **data}), at)
    rows = [
        {"delivery_id": str(uuid4()), "webhook_internal_id": number, "body": body, "attempts": 0, "due_at": at}
        for number in numbers
    ]
    tx.connection.execute(insert(webhook_tables.webhook_deliveries), rows)


def _is_prompt(tx: Read, workspace: str, model: str) -> bool:
    c = model_tables.model_tags.c
    tag = select(c.value).where(c.workspace_id == workspace, c.name == model, c.key == IS_PROMPT)
    return (tx.connection.scalar(tag) or "").lower() == "true"


def next_at(tx: Read, at: int) -> int | None:
    """Return when the next message is due, ms since 1970 UTC; None if the outbox is empty."""
    waiting = select(func.min(_D.due_at)).where(_free(at), _D.webhook_internal_id.not_in(_busy(at)))
    leased = select(func.min(_D.claimed_until)).where(_D.claimed_until > at)
    times = [time for time in (tx.connection.scalar(waiting), tx.connection.scalar(leased)) if time is not None]
    return min(times, default=None)


def claim(tx: Write, at: int, limit: int) -> list[Delivery]:
    """Claim up to `limit` messages that are due, one for each webhook that no server is busy with. The caller sends
    them.
    """
    first = (
        select(func.min(_D.internal_id))
        .where(_D.due_at <= at, _free(at), _D.webhook_internal_id.not_in(_busy(at)))
        .group_by(_D.webhook_internal_id)
    )
    query = (
        select(webhook_tables.webhook_deliveries, _W.webhook_id, _W.name, _W.url, _W.secret)
        .join(webhook_tables.webhooks, _W.internal_id == _D.webhook_internal_id)
        .where(_D.internal_id.in_(first))
        .order_by(_D.due_at, _D.internal_id)
        .limit(limit)
    )
    rows = tx.connection.execute(query).all()
    if rows:
        taken = _D.internal_id.in_([row.internal_id for row in rows])
        tx.connection.execute(update(webhook_tables.webhook_deliveries).where(taken).values(claimed_until=at + LEASE))
    return [
        Delivery(
            internal_id=row.internal_id,
            id=row.delivery_id,
            webhook_id=row.webhook_id,
            name=row.name,
            url=row.url,
            secret=row.secret,
            body=row.body,
            attempts=row.attempts,
        )
        for row in rows
    ]


def _free(at: int) -> Any:
    return or_(_D.claimed_until.is_(None), _D.claimed_until <= at)


def _busy(at: int) -> Any:
    other = webhook_tables.webhook_deliveries.alias()
    return select(other.c.webhook_internal_id).where(other.c.claimed_until > at)


def delete_message(tx: Write, internal_id: int) -> None:
    """Delete a message that was delivered, or given up."""
    tx.connection.execute(delete(webhook_tables.webhook_deliveries).where(_D.internal_id == internal_id))


def retry_at(tx: Write, internal_id: int, attempts: int, due_at: int) -> None:
    """Schedule another attempt."""
    values = {"attempts": attempts, "due_at": due_at, "claimed_until": None}
    tx.connection.execute(update(webhook_tables.webhook_deliveries).where(_D.internal_id == internal_id).values(values))


def release_claims(tx: Write) -> None:
    """Release all claims at the start, if no other server shares the database. On PostgreSQL claims expire instead."""
    if tx.connection.dialect.name != "sqlite":  # other servers may be sending
        return
    tx.connection.execute(update(webhook_tables.webhook_deliveries).values(claimed_until=None))


def unseal(tx: Read, webhook_id: str, sealed: str | None) -> str | None:
    """Decrypt the secret for signing."""
    return secrets.unseal(tx.root, sealed, webhook_id) if sealed else None


def _webhook(row: Row[Any]) -> Webhook:
    return Webhook(
        internal_id=row.internal_id,
        id=row.webhook_id,
        name=row.name,
        description=row.description,
        url=row.url,
        events=row.events.split(),
        status=row.status,
        secret=row.secret,
        created_at=row.created_at,
        modified_at=row.modified_at,
    )
