"""Webhooks, and their outbox: messages written in the same transaction as the change, and deleted after delivery."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from sqlalchemy import Row, delete, func, insert, or_, select, update

from handloom.domain import webhooks as rules
from handloom.domain.clock import now
from handloom.domain.errors import Conflict, NotFound
from handloom.domain.models import IS_PROMPT
from handloom.domain.webhooks import ACTIVE, Delivery, Outcome, Webhook
from handloom.store.engine import secrets
from handloom.store.engine.database import Read, Write
from handloom.store.models import tables as model_tables
from handloom.store.webhooks import tables as webhook_tables
from handloom.store.workspaces import tables as workspace_tables

MOST_OUTCOMES = 100
"""Messages of a webhook of which we keep what became of them."""

_W, _D = webhook_tables.webhooks.c, webhook_tables.webhook_deliveries.c
_O = webhook_tables.webhook_outcomes.c


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
    format: str = rules.MLFLOW,
) -> Webhook:
    """Create a webhook, whose URL was checked before. Names may repeat."""
    rules.check_name(name)
    rules.check_texts(description, secret)
    rules.check_format(format)
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
            format=format,
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
    format: str | None = None,
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
    if format is not None:
        rules.check_format(format)
        values["format"] = format
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
    hooks = _active(tx, workspace)
    if not hooks:
        return
    event = rules.event_of(kind, _is_prompt(tx, workspace, model))
    _enqueue(tx, workspace, hooks, event, rules.data_of(event, {"name": model, **data}))


def enqueue_event(tx: Write, workspace: str, event: str, data: Mapping[str, Any]) -> None:
    """Add a message about an event outside of the registry to the outbox of every webhook that has the event.

    Callers also report a change of the noun "experiments", which wakes the delivery worker.
    """
    _enqueue(tx, workspace, _active(tx, workspace), event, data)


def _active(tx: Read, workspace: str) -> list[Row[Any]]:
    query = select(_W.internal_id, _W.events, _W.format).where(_W.workspace_id == workspace, _W.status == ACTIVE)
    return list(tx.connection.execute(query))


def _enqueue(tx: Write, workspace: str, hooks: Sequence[Row[Any]], event: str, payload: Mapping[str, Any]) -> None:
    wanted = [hook for hook in hooks if event in hook.events.split()]
    if not wanted:
        return
    at = now()
    name = tx.connection.scalar(
        select(workspace_tables.workspaces.c.name).where(workspace_tables.workspaces.c.id == workspace)
    )
    rows = [
        {
            "delivery_id": str(uuid4()),
            "webhook_internal_id": hook.internal_id,
            "body": body_of(hook.format, event, name or "", payload, at),
            "attempts": 0,
            "due_at": at,
            "event": event,
        }
        for hook in wanted
    ]
    tx.connection.execute(insert(webhook_tables.webhook_deliveries), rows)


def body_of(format: str, event: str, workspace: str, data: Mapping[str, Any], at: int) -> str:
    if format == rules.SLACK:
        return rules.slack_message(event, workspace, data)
    return rules.message(event, workspace, data, at)


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
        claimed = update(webhook_tables.webhook_deliveries).where(taken)
        tx.connection.execute(claimed.values(claimed_until=at + rules.LEASE_MS))
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
            event=row.event,
        )
        for row in rows
    ]


def _free(at: int) -> Any:
    return or_(_D.claimed_until.is_(None), _D.claimed_until <= at)


def _busy(at: int) -> Any:
    other = webhook_tables.webhook_deliveries.alias()
    return select(other.c.webhook_internal_id).where(other.c.claimed_until > at)


def end_message(tx: Write, delivery: Delivery, state: str, attempts: int, problem: str = "") -> None:
    """Take a message that was delivered or given up out of the outbox, and keep what became of it."""
    number = tx.connection.scalar(select(_D.webhook_internal_id).where(_D.internal_id == delivery.internal_id))
    tx.connection.execute(delete(webhook_tables.webhook_deliveries).where(_D.internal_id == delivery.internal_id))
    if number is None:  # the webhook was deleted or disabled meanwhile
        return
    tx.connection.execute(
        insert(webhook_tables.webhook_outcomes).values(
            webhook_internal_id=number,
            delivery_id=delivery.id,
            event=delivery.event,
            body=delivery.body,
            state=state,
            attempts=attempts,
            problem=problem,
            ended_at=now(),
        )
    )
    newest = select(_O.internal_id).where(_O.webhook_internal_id == number).order_by(_O.internal_id.desc())
    oldest = tx.connection.scalar(newest.limit(1).offset(MOST_OUTCOMES))
    if oldest is not None:
        old = (_O.webhook_internal_id == number, _O.internal_id <= oldest)
        tx.connection.execute(delete(webhook_tables.webhook_outcomes).where(*old))


def outcomes(tx: Read, workspace: str, id: str) -> list[Outcome]:
    """Return the messages of a webhook: those that wait, the next one first, then the last ones that ended."""
    number = get(tx, workspace, id).internal_id
    waiting = select(webhook_tables.webhook_deliveries).where(_D.webhook_internal_id == number)
    ended = select(webhook_tables.webhook_outcomes).where(_O.webhook_internal_id == number)
    return [
        *(
            Outcome(
                id=row.delivery_id,
                event=row.event,
                state=rules.WAITING,
                attempts=row.attempts,
                problem=row.problem,
                at=row.due_at,
            )
            for row in tx.connection.execute(waiting.order_by(_D.due_at, _D.internal_id).limit(MOST_OUTCOMES))
        ),
        *(
            Outcome(
                id=row.delivery_id,
                event=row.event,
                state=row.state,
                attempts=row.attempts,
                problem=row.problem,
                at=row.ended_at,
            )
            for row in tx.connection.execute(ended.order_by(_O.internal_id.desc()))
        ),
    ]


def send_again(tx: Write, workspace: str, id: str, delivery_id: str) -> None:
    """Put a message that was given up into the outbox again, with its id. Raises NotFound, or Conflict while the
    webhook is disabled.
    """
    hook = get(tx, workspace, id)
    if hook.status != ACTIVE:
        raise Conflict("This webhook is off. Turn it on first, then send the message again.")
    mine = (_O.webhook_internal_id == hook.internal_id, _O.delivery_id == delivery_id, _O.state == rules.GIVEN_UP)
    row = tx.connection.execute(select(webhook_tables.webhook_outcomes).where(*mine)).first()
    if row is None:
        raise NotFound("This message is not among those that were given up.")
    tx.connection.execute(delete(webhook_tables.webhook_outcomes).where(_O.internal_id == row.internal_id))
    tx.connection.execute(
        insert(webhook_tables.webhook_deliveries).values(
            delivery_id=row.delivery_id,
            webhook_internal_id=hook.internal_id,
            body=row.body,
            attempts=0,
            due_at=now(),
            event=row.event,
        )
    )
    tx.changed("models", workspace, None)  # wakes the delivery worker


def retry_at(tx: Write, internal_id: int, attempts: int, due_at: int, problem: str = "") -> None:
    """Schedule another attempt; `problem` says why the last one failed."""
    values = {"attempts": attempts, "due_at": due_at, "claimed_until": None, "problem": problem}
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
        format=row.format,
    )
