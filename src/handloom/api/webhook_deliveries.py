"""The one worker that empties the outbox: a few messages at a time, one of each webhook, again later where it fails.

A message is in the outbox until a receiver took it, so that a server which ends at any moment loses none.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Sequence
from functools import partial

from handloom.api.outbound import Answer, Outbound, Unreached
from handloom.domain import clock
from handloom.domain import webhooks as rules
from handloom.domain.changes import Change
from handloom.domain.errors import HandloomError, Unavailable
from handloom.domain.webhooks import Delivery
from handloom.store.engine.database import Database
from handloom.store.webhooks import rows as webhooks
from handloom.supervision import attempt_task, supervised_task

log = logging.getLogger("handloom.webhooks")

AT_ONCE = 8
LOOK_SECONDS = 60
"""The longest time until the outbox is looked at again, whoever may have filled it."""

_AFTER_TROUBLE = 5


class WebhookDeliveries:
    """Runs between `start` and `close`, on the server's loop."""

    def __init__(self, database: Database, outbound: Outbound) -> None:
        self._database = database
        self._outbound = outbound
        self._wake = asyncio.Event()
        self._sending: dict[asyncio.Task[bool], Delivery] = {}
        self._worker: asyncio.Task[None] | None = None

    def start(self) -> None:
        loop = asyncio.get_running_loop()

        def heard(changes: Sequence[Change]) -> None:
            """The registry changed: what webhooks tell of is written with such changes."""
            if any(change.noun == "models" for change in changes):
                with contextlib.suppress(RuntimeError):  # the loop has ended
                    loop.call_soon_threadsafe(self._wake.set)

        self._database.listen(heard)
        self._worker = asyncio.create_task(self._work())

    async def close(self) -> None:
        """End at once; what was on its way is for the next start, or for another server of the database."""
        cut = [delivery for task, delivery in self._sending.items() if not task.done()]
        tasks = [task for task in (self._worker, *self._sending) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for one in cut:
            back = partial(webhooks.again, internal_id=one.internal_id, attempts=one.attempts, due_at=clock.now())
            await self._settle(back)

    async def _work(self) -> None:
        await attempt_task("webhook deliveries", lambda: self._settle(partial(webhooks.release)))
        await supervised_task("webhook deliveries", self._step, asyncio.sleep)

    async def _step(self) -> bool:
        """Begin what is due, then wait until there may be more to do."""
        self._wake.clear()
        try:
            pause = await self._begin()
        except Unavailable as error:
            log.warning("Webhooks wait: %s", error.message)
            pause = _AFTER_TROUBLE
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), pause)
        return True

    async def _begin(self) -> float:
        """Send what is due, as far as there is room; the seconds until there may be more to do."""
        room = AT_ONCE - len(self._sending)
        at = clock.now()
        due = await asyncio.wrap_future(self._database.read(partial(webhooks.next_at, at=at)))
        if due is None or room == 0:
            return LOOK_SECONDS
        if due > at:
            return min((due - at) / 1_000 + 0.01, LOOK_SECONDS)
        claimed = await asyncio.wrap_future(self._database.write(partial(webhooks.claim, at=at, limit=room)))
        for delivery in claimed:
            task = asyncio.create_task(attempt_task("webhook delivery", partial(self._send, delivery)))
            self._sending[task] = delivery
            task.add_done_callback(self._sent)
        return 0 if claimed else 1

    def _sent(self, task: asyncio.Task[bool]) -> None:
        self._sending.pop(task, None)
        self._wake.set()

    async def _send(self, delivery: Delivery) -> None:
        attempts = delivery.attempts + 1
        asked = 0
        try:
            answer = await attempt(self._database, self._outbound, delivery)
            if answer.status < 300:
                await self._settle(partial(webhooks.done, internal_id=delivery.internal_id))
                return
            trouble, hope, asked = f"status {answer.status}", rules.is_tried_again(answer.status), answer.retry_after
        except (Unreached, HandloomError) as error:
            trouble, hope = str(error), True  # names and networks may be put right meanwhile
        what = f"Webhook “{delivery.name}” did not take message {delivery.id} ({trouble}), attempt {attempts}"
        if not hope or attempts >= rules.MAX_ATTEMPTS:
            log.warning("%s; it is given up.", what)
            await self._settle(partial(webhooks.done, internal_id=delivery.internal_id))
            return
        pause = rules.pause_after(attempts, random.random(), asked)
        log.info("%s; the next follows in %.0f s.", what, pause / 1_000)
        due = clock.now() + pause
        await self._settle(partial(webhooks.again, internal_id=delivery.internal_id, attempts=attempts, due_at=due))

    async def _settle(self, work: partial[None]) -> None:
        """Where the disk is full the claim runs out by itself, and the message goes once more."""
        with contextlib.suppress(Unavailable):
            await asyncio.wrap_future(self._database.write(work))


async def attempt(database: Database, outbound: Outbound, delivery: Delivery) -> Answer:
    """Sign and send one message, once."""
    unsealed = partial(webhooks.unseal, webhook_id=delivery.webhook_id, sealed=delivery.secret)
    secret = await asyncio.wrap_future(database.read(unsealed))
    headers = rules.headers(delivery.id, delivery.body, secret, clock.now())
    return await outbound.post(delivery.url, headers, delivery.body.encode())
