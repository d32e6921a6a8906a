"""The webhooks' outbox: written with the change, claimed by one server at a time, emptied by deliveries."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from handloom.domain import webhooks as rules
from handloom.domain.errors import AlreadyExists, Invalid, NotFound, Unavailable
from handloom.domain.webhooks import Webhook
from handloom.store.engine import secrets
from handloom.store.engine.database import Database, Write
from handloom.store.models import rows as models
from handloom.store.models import versions as model_versions
from handloom.store.webhooks import rows as webhooks
from handloom.store.webhooks import tables as webhook_tables

EVENTS = ["registered_model.created", "model_version.created", "model_version_tag.set", "model_version_alias.created"]


@pytest.fixture
def hook(tracked: Database) -> Webhook:
    """One in w1 that asks for four kinds of events, with a secret."""
    secrets.prepare(tracked.root, "")
    create: Callable[[Write], Webhook] = partial(
        webhooks.create, workspace="w1", name="hook", url="https://example.test/", events=EVENTS, secret="hush"
    )
    return tracked.write_now(create)


def waiting(database: Database) -> list[dict[str, Any]]:
    rows = database.read_now(
        lambda tx: tx.connection.execute(select(webhook_tables.webhook_deliveries.c.body)).scalars().all()
    )
    return [msgspec.json.decode(body) for body in rows]


def make(database: Database, name: str) -> None:
    database.write_now(lambda tx: models.create(tx, "w1", name, owner="u1"))


def claimed(database: Database, at: int = 10**15, limit: int = 8) -> list[Any]:
    return database.write_now(partial(webhooks.claim, at=at, limit=limit))


def test_a_change_and_its_message_are_written_together(tracked: Database, hook: Webhook) -> None:
    tracked.write_now(lambda tx: models.create(tx, "w1", "m", owner="u1", description="d", tags={"a": "1"}))
    with pytest.raises(AlreadyExists):
        tracked.write_now(lambda tx: models.create(tx, "w1", "m", owner="u1"))
    (message,) = waiting(tracked)
    assert (message["entity"], message["action"], message["workspace"]) == ("registered_model", "created", "w1")
    assert message["data"] == {"name": "m", "tags": {"a": "1"}, "description": "d"}


def test_only_asked_events_of_the_same_workspace_are_told(tracked: Database, hook: Webhook) -> None:
    def change(tx: Write) -> None:
        models.create(tx, "w2", "elsewhere", owner="u1")
        models.create(tx, "w1", "m", owner="u1")
        models.set_tag(tx, "w1", "m", "not", "told")
        model_versions.create(tx, "w1", "m", model_versions.NewVersion(source="s3://b/m"))
        model_versions.set_tag(tx, "w1", "m", 1, "k", "v")
        model_versions.delete_tag(tx, "w1", "m", 1, "k")
        models.set_alias(tx, "w1", "m", "best", 1)
        models.delete_alias(tx, "w1", "m", "best")

    tracked.write_now(change)
    assert [f"{m['entity']}.{m['action']}" for m in waiting(tracked)] == EVENTS
    assert waiting(tracked)[1]["data"] == {
        "name": "m",
        "version": "1",
        "source": "s3://b/m",
        "run_id": None,
        "tags": {},
        "description": None,
    }
    assert waiting(tracked)[2]["data"] == {"name": "m", "version": "1", "key": "k", "value": "v"}
    assert waiting(tracked)[3]["data"] == {"name": "m", "alias": "best", "version": "1"}


def test_prompts_are_told_as_prompts(tracked: Database) -> None:
    secrets.prepare(tracked.root, "")
    asked = ["prompt.created", "prompt_tag.set", "registered_model.created"]
    create = partial(webhooks.create, workspace="w1", name="p", url="https://example.test/", events=asked)
    tracked.write_now(create)
    tags = {"mlflow.prompt.is_prompt": "true", "team": "a"}
    tracked.write_now(lambda tx: models.create(tx, "w1", "prompt", owner="u1", tags=tags))
    tracked.write_now(lambda tx: models.set_tag(tx, "w1", "prompt", "k", "v"))
    created, tagged = waiting(tracked)
    assert (created["entity"], created["data"]["tags"]) == ("prompt", {"team": "a"})
    assert (tagged["entity"], tagged["data"]) == ("prompt_tag", {"name": "prompt", "key": "k", "value": "v"})


def test_a_webhook_that_is_switched_off_is_told_nothing(tracked: Database, hook: Webhook) -> None:
    make(tracked, "a")
    tracked.write_now(partial(webhooks.change, workspace="w1", id=hook.id, status="DISABLED"))
    make(tracked, "b")
    assert waiting(tracked) == []


def test_a_claimed_message_is_nobody_elses_until_the_claim_runs_out(tracked: Database, hook: Webhook) -> None:
    for name in ("a", "b"):
        make(tracked, name)
    (first,) = claimed(tracked)
    assert (first.url, first.attempts) == ("https://example.test/", 0)
    assert claimed(tracked) == []
    assert tracked.read_now(partial(webhooks.next_at, at=10**15)) == 10**15 + rules.LEASE_MS
    (same,) = claimed(tracked, at=10**15 + rules.LEASE_MS)
    assert same.id == first.id


def test_messages_of_one_webhook_go_one_after_the_other(tracked: Database, hook: Webhook) -> None:
    other = partial(webhooks.create, workspace="w1", name="o", url="https://other.test/", events=EVENTS)
    tracked.write_now(other)
    for name in ("a", "b"):
        make(tracked, name)
    first = claimed(tracked)
    assert [m.url for m in first] == ["https://example.test/", "https://other.test/"]
    tracked.write_now(partial(webhooks.end_message, delivery=first[0], state="delivered", attempts=1))
    (second,) = claimed(tracked)
    assert msgspec.json.decode(second.body)["data"]["name"] == "b"


def test_a_failed_message_waits_while_later_ones_go(tracked: Database, hook: Webhook) -> None:
    for name in ("a", "b"):
        make(tracked, name)
    (first,) = claimed(tracked)
    later = 10**15 + 5_000
    tracked.write_now(partial(webhooks.retry_at, internal_id=first.internal_id, attempts=1, due_at=later))
    (second,) = claimed(tracked)
    assert second.internal_id != first.internal_id
    tracked.write_now(partial(webhooks.end_message, delivery=second, state="delivered", attempts=1))
    assert claimed(tracked) == []
    assert tracked.read_now(partial(webhooks.next_at, at=10**15)) == later
    (again,) = claimed(tracked, at=later)
    assert (again.id, again.attempts) == (first.id, 1)


def test_what_became_of_a_message_is_kept_and_a_given_up_one_goes_again(tracked: Database, hook: Webhook) -> None:
    def outcomes() -> list[tuple[str, str, int, str]]:
        found = tracked.read_now(partial(webhooks.outcomes, workspace="w1", id=hook.id))
        return [(one.event, one.state, one.attempts, one.problem) for one in found]

    for name in ("a", "b"):
        make(tracked, name)
    (first,) = claimed(tracked)
    tracked.write_now(partial(webhooks.end_message, delivery=first, state="delivered", attempts=1))
    (second,) = claimed(tracked)
    gone = partial(webhooks.end_message, delivery=second, state="given_up", attempts=12, problem="status 500")
    tracked.write_now(gone)
    made = "registered_model.created"
    assert outcomes() == [(made, "given_up", 12, "status 500"), (made, "delivered", 1, "")]
    with pytest.raises(NotFound):
        tracked.write_now(partial(webhooks.send_again, workspace="w1", id=hook.id, delivery_id=first.id))
    tracked.write_now(partial(webhooks.send_again, workspace="w1", id=hook.id, delivery_id=second.id))
    assert outcomes() == [(made, "waiting", 0, ""), (made, "delivered", 1, "")]
    (again,) = claimed(tracked)
    assert (again.id, again.body, again.attempts) == (second.id, second.body, 0)


def test_only_the_last_outcomes_of_a_webhook_are_kept(tracked: Database, hook: Webhook) -> None:
    for number in range(webhooks.MOST_OUTCOMES + 2):
        make(tracked, f"m{number}")
        (one,) = claimed(tracked)
        tracked.write_now(partial(webhooks.end_message, delivery=one, state="delivered", attempts=1))
    kept = tracked.read_now(partial(webhooks.outcomes, workspace="w1", id=hook.id))
    assert (len(kept), kept[0].id) == (webhooks.MOST_OUTCOMES, one.id)


def test_slack_gets_a_line_of_text_that_it_does_not_interpret(tracked: Database) -> None:
    slack = partial(webhooks.create, workspace="w1", name="s", url="https://s.test/", events=EVENTS, format="slack")
    tracked.write_now(slack)
    make(tracked, "<!channel> & co")
    (message,) = claimed(tracked)
    assert msgspec.json.decode(message.body) == {"text": "w1: model created: &lt;!channel&gt; &amp; co"}
    with pytest.raises(Invalid, match="format"):
        tracked.write_now(partial(slack, format="teams"))


def test_a_secret_is_sealed_and_opens_for_its_own_webhook_only(tracked: Database, hook: Webhook) -> None:
    assert hook.secret is not None
    assert "hush" not in hook.secret
    assert tracked.read_now(partial(webhooks.unseal, webhook_id=hook.id, sealed=hook.secret)) == "hush"
    with pytest.raises(Unavailable, match="another key"):
        tracked.read_now(partial(webhooks.unseal, webhook_id="another", sealed=hook.secret))


def test_a_key_is_made_once_and_a_given_one_is_the_same_everywhere(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for root in (one, other):
        root.mkdir()
        secrets.prepare(root, "")
    sealed = secrets.seal(one, "text", "place")
    secrets.prepare(one, "")
    assert secrets.unseal(one, sealed, "place") == "text"
    assert (one / secrets.KEY_FILE).stat().st_mode & 0o777 == 0o600
    with pytest.raises(Unavailable, match="another key"):
        secrets.unseal(other, sealed, "place")
    for root in (one, other):
        secrets.prepare(root, "shared")
    assert secrets.unseal(other, secrets.seal(one, "text", "place"), "place") == "text"


def test_a_webhook_changes_in_what_is_given_alone(tracked: Database, hook: Webhook) -> None:
    same = tracked.write_now(partial(webhooks.change, workspace="w1", id=hook.id))
    assert (same.name, same.url, same.events, same.secret) == (hook.name, hook.url, hook.events, hook.secret)
    changed = tracked.write_now(
        partial(webhooks.change, workspace="w1", id=hook.id, name="new", events=["prompt.created"], secret="")
    )
    assert (changed.name, changed.url, changed.events, changed.secret) == ("new", hook.url, ["prompt.created"], None)
    with pytest.raises(Invalid):
        tracked.write_now(partial(webhooks.change, workspace="w1", id=hook.id, name="Not good"))
    with pytest.raises(NotFound, match=f"Webhook with ID {hook.id} not found"):
        tracked.write_now(partial(webhooks.change, workspace="w2", id=hook.id))


def test_removing_a_webhook_forgets_what_it_was_to_tell(tracked: Database, hook: Webhook) -> None:
    make(tracked, "a")
    tracked.write_now(partial(webhooks.remove, workspace="w1", id=hook.id))
    assert waiting(tracked) == []
    assert tracked.read_now(partial(webhooks.list_of, workspace="w1", limit=9, offset=0)) == []


def test_the_newest_webhook_comes_first(tracked: Database, hook: Webhook) -> None:
    other = partial(webhooks.create, workspace="w1", name="o", url="https://other.test/", events=EVENTS)
    tracked.write_now(other)
    listed = tracked.read_now(partial(webhooks.list_of, workspace="w1", limit=9, offset=0))
    assert [w.name for w in listed] == ["o", "hook"]
