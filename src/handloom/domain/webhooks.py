"""Webhooks: events of the registry, the format and signature of messages, retries, and allowed addresses."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec

from handloom.domain.errors import Invalid
from handloom.domain.keys import too_long
from handloom.domain.models import IS_PROMPT

ACTIVE, DISABLED = "ACTIVE", "DISABLED"
MLFLOW, SLACK = "mlflow", "slack"
FORMATS = (MLFLOW, SLACK)
"""How messages look: MLflow's JSON, or `{"text": ...}` as Slack's incoming webhooks and their imitators take it."""

DELIVERED, GIVEN_UP, WAITING = "delivered", "given_up", "waiting"
MAX_SLACK_TEXT = 2_000
MAX_URL = 2_000
MAX_SECRET = 1_000
MAX_DESCRIPTION = 4_000

LEASE_MS = 45_000
"""How long a message stays claimed: longer than the longest attempt."""
MAX_ATTEMPTS = 12  # with the pauses below: about seven hours
FIRST_PAUSE, LONGEST_PAUSE = 2_000, 3_600_000
_RETRYABLE = frozenset({408, 425, 429})

_PROMPT_TEXT, _PROMPT_TYPE = "mlflow.prompt.text", "_mlflow_prompt_type"
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?", re.IGNORECASE)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_VERSION = {"name": "example_model", "version": "1"}
_TAGS = {"tags": {"example_key": "example_value"}}
_TAG = {"key": "example_key"}

EXAMPLES: dict[str, dict[str, Any]] = {
    "registered_model.created": {"name": "example_model", **_TAGS, "description": "An example registered model"},
    "model_version.created": {
        **_VERSION,
        "source": "models:/123",
        "run_id": "abcd1234abcd5678",
        **_TAGS,
        "description": "An example model version",
    },
    "model_version_tag.set": {**_VERSION, **_TAG, "value": "example_value"},
    "model_version_tag.deleted": {**_VERSION, **_TAG},
    "model_version_alias.created": {"name": "example_model", "alias": "example_alias", "version": "1"},
    "model_version_alias.deleted": {"name": "example_model", "alias": "example_alias"},
    "prompt.created": {"name": "example_prompt", **_TAGS, "description": "An example prompt"},
    "prompt_version.created": {
        "name": "example_prompt",
        "version": "1",
        "template": "Hello {{name}}!",
        **_TAGS,
        "description": "An example prompt version",
    },
    "prompt_tag.set": {"name": "example_prompt", **_TAG, "value": "example_value"},
    "prompt_tag.deleted": {"name": "example_prompt", **_TAG},
    "prompt_version_tag.set": {"name": "example_prompt", "version": "1", **_TAG, "value": "example_value"},
    "prompt_version_tag.deleted": {"name": "example_prompt", "version": "1", **_TAG},
    "prompt_alias.created": {"name": "example_prompt", "alias": "example_alias", "version": "1"},
    "prompt_alias.deleted": {"name": "example_prompt", "alias": "example_alias"},
    "run.noticed": {
        "run_id": "abcd1234abcd5678",
        "name": "example_run",
        "experiment_id": "1",
        "experiment": "example_experiment",
        "status": "FAILED",
        "metric": "",
        "value": None,
        "text": "Run example_run of experiment example_experiment failed",
    },
    "budget_policy.exceeded": {
        "budget_policy_id": "bp-abc123",
        "budget_unit": "USD",
        "budget_amount": 100.0,
        "current_spend": 105.5,
        "duration_unit": "MONTHS",
        "duration_value": 1,
        "target_scope": "ENDPOINT",
        "workspace": "default",
        "target_value": "ep-abc123",
        "window_start": 1704067200000,
    },
}
"""Every event that a webhook can subscribe to, as `entity.action`, with the example data that a test sends.

Handloom has no budgets, so the last event never occurs; it is accepted for compatibility with MLflow's clients.
"""

OWN_EVENTS = frozenset({"run.noticed"})
"""Events that MLflow does not have: its clients cannot read a webhook with one."""


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook. `secret` is encrypted, and no reply contains it."""

    internal_id: int
    id: str
    name: str
    description: str
    url: str
    events: list[str]
    status: str
    secret: str | None
    created_at: int
    modified_at: int
    format: str


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """A message to deliver. `id` is the same in every attempt, so that a receiver can detect duplicates."""

    internal_id: int
    id: str
    webhook_id: str
    name: str
    url: str
    secret: str | None
    body: str
    attempts: int
    event: str


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a message: delivered, given up, or waiting for another attempt at `at`. `id` is unique among the
    webhook's messages.
    """

    id: str
    event: str
    state: str
    attempts: int
    problem: str
    at: int


def networks(texts: Sequence[str], setting: str = "webhook-networks") -> list[Network]:
    """Parse the networks of a setting. Raises Invalid, naming the setting."""
    try:
        return [ipaddress.ip_network(text, strict=False) for text in texts]
    except ValueError as error:
        variable = f"HANDLOOM_{setting.upper().replace('-', '_')}"
        raise Invalid(f"--{setting} ({variable}): {error}. Give networks such as 10.0.0.0/8,127.0.0.1.") from error


def check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise Invalid(
            f"Webhook name {name!r} is invalid. It must start and end with a letter or digit, be less than 63 "
            "characters long, and contain only letters, digits, dots (.), underscores (_), and hyphens (-).",
            field="name",
        ).because("webhook_name", name=name)


def check_format(format: str) -> None:
    if format not in FORMATS:
        raise Invalid(f"A webhook's format is one of {', '.join(FORMATS)}.", field="format")


def check_texts(description: str, secret: str) -> None:
    if len(description) > MAX_DESCRIPTION:
        raise too_long("description", MAX_DESCRIPTION)
    if len(secret) > MAX_SECRET:
        raise too_long("secret", MAX_SECRET)


def host_of(url: str) -> tuple[str, int, bool]:
    """Parse a webhook's URL into host, port and whether it is https. Raises Invalid for a URL that no host makes
    valid.
    """
    if not url.strip():
        text = f"Webhook URL cannot be empty or just whitespace: {url!r}"
        raise Invalid(text, field="url").because("webhook_no_url")
    if len(url) > MAX_URL:
        raise too_long("url", MAX_URL)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise Invalid(f"Invalid webhook URL {url!r}: {error}", field="url").because("webhook_url") from error
    if parts.scheme not in ("https", "http"):
        text = f"Invalid webhook URL scheme: {parts.scheme!r}. Allowed schemes are: https, http."
        raise Invalid(text, field="url").because("webhook_url")
    if not host:
        raise Invalid(f"Webhook URL must include a hostname: {url!r}", field="url").because("webhook_url")
    if parts.username is not None or any(not c.isprintable() or c.isspace() for c in url):
        text = "A webhook URL must not contain a user name, a password or blanks. Use the secret."
        raise Invalid(text, field="url").because("webhook_url_user")
    secure = parts.scheme == "https"
    return host, port or (443 if secure else 80), secure


def check_address(host: str, text: str, secure: bool, allowed: Sequence[Network], what: str = "Webhook URL") -> None:
    """Raise Invalid unless the address is public and used with https, or in one of the `allowed` networks. `what` is
    the name of the URL in the message.
    """
    address = _inner(ipaddress.ip_address(text.partition("%")[0]))
    if any(address in network for network in allowed):
        return
    if not _public(address):
        raise Invalid(
            f"{what} must not resolve to a non-public IP address: {host} is {address}. "
            "To allow it, add its network to --webhook-networks.",
            field="url",
        ).because("private_address", host=host, address=str(address), setting="--webhook-networks")
    if not secure:
        text = f"{what} must be https: {host} is {address}, which is not in --webhook-networks."
        raise Invalid(text, field="url").because(
            "https_only", host=host, address=str(address), setting="--webhook-networks"
        )


def _inner(address: Address) -> Address:
    """Return the IPv4 address embedded in an IPv6 one (mapped, NAT64, ...), so that a private one is detected."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        return inner or address
    return address


def _public(address: Address) -> bool:
    special = address.is_multicast or address.is_reserved or address.is_unspecified
    if isinstance(address, ipaddress.IPv6Address):
        special = special or address.is_site_local
    return address.is_global and not special


def check_events(events: Sequence[str]) -> list[str]:
    """Return the events in order without duplicates. Raises Invalid for an empty list or an unknown event."""
    if not events:
        text = "Webhook events must be a non-empty list of WebhookEvent objects: []."
        raise Invalid(text, field="events").because("webhook_no_events")
    for event in events:
        entity, _, action = event.partition(".")
        actions = [known.partition(".")[2] for known in EXAMPLES if known.startswith(f"{entity}.")]
        if action not in actions:
            raise Invalid(
                f"Invalid action '{action}' for entity '{entity}'. Valid actions are: {sorted(actions)}",
                field="events",
            )
    return sorted(set(events), key=lambda event: event.split("."))


def event_of(kind: str, prompt: bool) -> str:
    """Return the event of a change: `version.created` becomes `model_version.created`, or for a prompt
    `prompt_version.created`.

    Returns "" for a tag of a model that is not a prompt, which has no event.
    """
    noun, _, action = kind.partition(".")
    if prompt:
        known = {"model": "prompt", "version": "prompt_version", "tag": "prompt_tag", "alias": "prompt_alias"}
    else:
        known = {"model": "registered_model", "version": "model_version", "alias": "model_version_alias"}
    known["version_tag"] = "prompt_version_tag" if prompt else "model_version_tag"
    return f"{known[noun]}.{action}" if noun in known else ""


def data_of(event: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data of a message. For prompts, omit the internal tags and add the text as `template`."""
    payload = dict(data)
    if event.startswith("prompt") and isinstance(tags := payload.get("tags"), Mapping):
        if event == "prompt_version.created":
            payload = {**payload, "template": tags.get(_PROMPT_TEXT)}
            for name in ("source", "run_id"):
                payload.pop(name, None)
        own = (IS_PROMPT, _PROMPT_TYPE, _PROMPT_TEXT)
        payload["tags"] = {key: value for key, value in tags.items() if key not in own}
    return payload


def message(event: str, workspace: str, data: Mapping[str, Any], at: int) -> str:
    """Format a message's body; `at` is the time of the event, ms since 1970 UTC."""
    entity, _, action = event.partition(".")
    stamp = datetime.fromtimestamp(at / 1_000, UTC).isoformat()
    body = {"entity": entity, "action": action, "timestamp": stamp, "data": data, "workspace": workspace}
    return msgspec.json.encode(body).decode()


def slack_message(event: str, workspace: str, data: Mapping[str, Any]) -> str:
    """Format a message's body for Slack's incoming webhooks: one line of text, without Slack's control characters."""
    words = {"alias": "alias @{}", "version": "version {}", "key": "tag {}", "value": "= {}"}
    facts = [words[name].format(data[name]) for name in ("alias", "version", "key", "value") if data.get(name)]
    what = event.replace("registered_model", "model").replace("_", " ").replace(".", " ")
    line = (
        f"{workspace}: {data['text']}"
        if "text" in data
        else f"{workspace}: {what}: {' '.join([str(data.get('name', '')), *facts])}"
    )
    for character, escaped in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        line = line.replace(character, escaped)
    return msgspec.json.encode({"text": " ".join(line.split())[:MAX_SLACK_TEXT]}).decode()


def headers(delivery_id: str, body: str, secret: str | None, at: int) -> dict[str, str]:
    """Return the headers of an attempt, with a signature of the body and time if the webhook has a secret."""
    stamp = str(at // 1_000)
    made = {"Content-Type": "application/json", "X-MLflow-Delivery-Id": delivery_id, "X-MLflow-Timestamp": stamp}
    if secret:
        signed = hmac.new(secret.encode(), f"{delivery_id}.{stamp}.{body}".encode(), hashlib.sha256).digest()
        made["X-MLflow-Signature"] = f"v1,{base64.b64encode(signed).decode()}"
    return made


def is_retryable(status: int) -> bool:
    """Whether to retry after this status code."""
    return status in _RETRYABLE or status >= 500


def pause_after(attempts: int, chance: float, asked: int = 0) -> int:
    """Return the milliseconds until the next attempt: exponential backoff by 3, with jitter of 0.5 to 1.5.

    `chance` (0 to 1) is the random jitter; `asked` is the receiver's Retry-After in seconds, the minimum.
    """
    pause = min(FIRST_PAUSE * 3 ** min(attempts - 1, 12), LONGEST_PAUSE)
    return min(max(int(pause * (0.5 + chance)), asked * 1_000), 2 * LONGEST_PAUSE)
