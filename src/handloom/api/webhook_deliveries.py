"""Worker that delivers the messages of an outbox, of webhooks or of schedules: several at a time, those of one webhook
in order, with retries.

A message stays in the outbox until a receiver has accepted it, so a crash loses none.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Collection, Sequence
from functools import partial
from typing import Protocol
from uuid import uuid4

from handloom.api.outbound import NoResponse, Outbound, OutboundResponse
from handloom.domain import clock
from handloom.domain import webhooks as rules
from handloom.domain.changes import Change
from handloom.domain.errors import HandloomError, Unavailable
from handloom.domain.webhooks import Delivery
from handloom.store.engine.database import Database, Read, Write
from handloom.store.webhooks import rows as webhooks
from handloom.supervision import attempt_task, supervised_task

log = logging.getLogger("handloom.webhooks")

AT_ONCE = 8
LOOK_SECONDS = 60
"""Longest time between two checks of the outbox, which another server may have filled."""

_AFTER_TROUBLE = 5


class Outbox(Protocol):
    """What the worker needs of a module that keeps messages."""

    def next_at(self, tx: Read, at: int) -> int | None: ...
    def claim(self, tx: Write, at: int, limit: int) -> list[Delivery]: ...
    def end_message(self, tx: Write, delivery: Delivery, state: str, attempts: int, problem: str = "") -> None: ...
    def retry_at(self, tx: Write, internal_id: int, attempts: int, due_at: int, problem: str = "") -> None: ...
    def release_claims(self, tx: Write) -> None: ...


class WebhookDeliveries:
    """The delivery worker of one outbox. Runs on the server's event loop between `start` and `close`. Changes of
    `nouns` wake it: a message is written in the same transaction.
    """

    def __init__(self, database: Database, outbound: Outbound, outbox: Outbox, nouns: Collection[str]) -> None:
        self._database = database
        self._outbound = outbound
        self._outbox = outbox
        self._nouns = nouns
        self._wake = asyncio.Event()
        self._sending: dict[asyncio.Task[bool], Delivery] = {}
        self._worker: asyncio.Task[None] | None = None

    def start(self) -> None:
        loop = asyncio.get_running_loop()

        def on_changes(changes: Sequence[Change]) -> None:
            if any(change.noun in self._nouns for change in changes):
                with contextlib.suppress(RuntimeError):  # the loop has closed
                    loop.call_soon_threadsafe(self._wake.set)

        self._database.listen(on_changes)
        self._worker = asyncio.create_task(self._work())

    async def close(self) -> None:
        """Cancel deliveries in progress and release their messages, for the next start or another server to send."""
        cut = [delivery for task, delivery in self._sending.items() if not task.done()]
        tasks = [task for task in (self._worker, *self._sending) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for one in cut:
            back = partial(
                self._outbox.retry_at, internal_id=one.internal_id, attempts=one.attempts, due_at=clock.now()
            )
            await self._settle(back)

    async def _work(self) -> None:
        await attempt_task("webhook deliveries", lambda: self._settle(partial(self._outbox.release_claims)))
        await supervised_task("webhook deliveries", self._step, asyncio.sleep)

    async def _step(self) -> bool:
        """Start deliveries that are due, then wait until the next is due or a change wakes the worker."""
        self._wake.clear()
        try:
            pause = await self._start_due()
        except Unavailable as error:
            log.warning("Webhook deliveries wait for the database: %s", error.message)
            pause = _AFTER_TROUBLE
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), pause)
        return True

    async def _start_due(self) -> float:
        """Start deliveries that are due, at most AT_ONCE at a time; return the seconds until the next call."""
        room = AT_ONCE - len(self._sending)
        at = clock.now()
        due = await asyncio.wrap_future(self._database.read(partial(self._outbox.next_at, at=at)))
        if due is None or room == 0:
            return LOOK_SECONDS
        if due > at:
            return min((due - at) / 1_000 + 0.01, LOOK_SECONDS)
        claimed = await asyncio.wrap_future(self._database.write(partial(self._outbox.claim, at=at, limit=room)))
        for delivery in claimed:
            task = asyncio.create_task(attempt_task("webhook delivery", partial(self._send, delivery)))
            self._sending[task] = delivery
            task.add_done_callback(self._on_done)
        return 0 if claimed else 1

    def _on_done(self, task: asyncio.Task[bool]) -> None:
        self._sending.pop(task, None)
        self._wake.set()

    async def _send(self, delivery: Delivery) -> None:
        attempts = delivery.attempts + 1
        asked = 0
        try:
            answer = await attempt(self._database, self._outbound, delivery)
            if answer.status < 300:
                await self._settle(
                    partial(self._outbox.end_message, delivery=delivery, state=rules.DELIVERED, attempts=attempts)
                )
                return
            problem, retry, asked = f"status {answer.status}", rules.is_retryable(answer.status), answer.retry_after
        except (NoResponse, HandloomError) as error:
            problem, retry = str(error), True  # DNS and the network may be repaired meanwhile
        what = f"Message {delivery.id} for “{delivery.name}” was not accepted ({problem}), attempt {attempts}"
        if not retry or attempts >= rules.MAX_ATTEMPTS:
            log.warning("%s; giving up.", what)
            ended = partial(self._outbox.end_message, state=rules.GIVEN_UP, attempts=attempts, problem=problem)
            await self._settle(partial(ended, delivery=delivery))
            return
        pause = rules.pause_after(attempts, random.random(), asked)
        log.info("%s; retrying in %.0f s.", what, pause / 1_000)
        due = clock.now() + pause
        again = partial(self._outbox.retry_at, internal_id=delivery.internal_id, attempts=attempts, due_at=due)
        await self._settle(partial(again, problem=problem))

    async def _settle(self, work: partial[None]) -> None:
        """Record the result of a delivery. If the database is unavailable, the claim expires and the message is sent
        again.
        """
        with contextlib.suppress(Unavailable):
            await asyncio.wrap_future(self._database.write(work))


async def attempt(database: Database, outbound: Outbound, delivery: Delivery) -> OutboundResponse:
    """Sign a message and send it once."""
    unsealed = partial(webhooks.unseal, webhook_id=delivery.webhook_id, sealed=delivery.secret)
    secret = await asyncio.wrap_future(database.read(unsealed))
    headers = rules.headers(delivery.id, delivery.body, secret, clock.now())
    return await outbound.post(delivery.url, headers, delivery.body.encode())


async def send_example(
    database: Database, outbound: Outbound, webhook: rules.Webhook, workspace: str, event: str
) -> OutboundResponse:
    """Send the example of an event once, without the outbox. Raises Invalid or NoResponse."""
    body = webhooks.body_of(webhook.format, event, workspace, rules.EXAMPLES[event], clock.now())
    delivery = Delivery(
        internal_id=0,
        id=str(uuid4()),
        webhook_id=webhook.id,
        name=webhook.name,
        url=webhook.url,
        secret=webhook.secret,
        body=body,
        attempts=0,
        event=event,
    )
    return await attempt(database, outbound, delivery)
