"""Webhooks of a workspace for the UI: list, create, change, test; what became of the last messages."""

from __future__ import annotations

from functools import partial
from typing import Literal

import msgspec

from handloom.api.outbound import NoResponse, Outbound
from handloom.api.routing import Context, Route, live, read, write
from handloom.api.server import Server
from handloom.api.webhook_deliveries import send_example
from handloom.domain import webhooks as rules
from handloom.domain.errors import HandloomError
from handloom.domain.members import Role
from handloom.store.engine.database import Read, Write
from handloom.store.webhooks import rows as webhooks
from handloom.store.workspaces import rows as workspace_store

Format = Literal["mlflow", "slack"]
MOST_WEBHOOKS = 1_000
SHOWN_RESPONSE = 2_000


class WebhooksPath(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str


class WebhookPath(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    webhook: str


class DeliveryPath(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    webhook: str
    delivery: str


class WebhookView(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook. Its secret is never part of a reply; `signed` says whether it has one."""

    id: str
    name: str
    description: str
    url: str
    events: list[str]
    format: str
    active: bool
    signed: bool
    created_at: int
    modified_at: int


class WebhookList(msgspec.Struct, frozen=True, kw_only=True):
    """`events` are those that a webhook can have."""

    webhooks: list[WebhookView]
    events: list[str]


class MakeWebhook(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    name: str
    url: str
    events: list[str]
    description: str = ""
    secret: str = ""
    format: Format = "mlflow"


class ChangeWebhook(msgspec.Struct, frozen=True, kw_only=True):
    """Change the given fields; an empty `secret` removes it."""

    workspace: str
    webhook: str
    name: str = ""
    url: str = ""
    events: list[str] = []
    description: str | None = None
    secret: str | None = None
    format: Format | None = None
    active: bool | None = None


class WebhookTest(msgspec.Struct, frozen=True, kw_only=True):
    """The receiver's response to an example message, or why there was none."""

    success: bool
    status: int | None
    response: str
    problem: str


class DeliveryList(msgspec.Struct, frozen=True, kw_only=True):
    deliveries: list[rules.Outcome]


def _view(webhook: rules.Webhook) -> WebhookView:
    return WebhookView(
        id=webhook.id,
        name=webhook.name,
        description=webhook.description,
        url=webhook.url,
        events=webhook.events,
        format=webhook.format,
        active=webhook.status == rules.ACTIVE,
        signed=webhook.secret is not None,
        created_at=webhook.created_at,
        modified_at=webhook.modified_at,
    )


def _outbound(server: Server) -> Outbound:
    return Outbound(server.settings.webhook_networks)


def list_webhooks(tx: Read, context: Context, request: WebhooksPath) -> WebhookList:
    found = webhooks.list_of(tx, request.workspace, limit=MOST_WEBHOOKS, offset=0)
    return WebhookList(webhooks=[_view(one) for one in found], events=list(rules.EXAMPLES))


async def create(server: Server, context: Context, request: MakeWebhook) -> WebhookView:
    rules.check_name(request.name)
    await _outbound(server).check(request.url)  # outside of any transaction, since DNS may be slow
    make = partial(
        webhooks.create,
        workspace=request.workspace,
        name=request.name,
        url=request.url,
        events=request.events,
        description=request.description,
        secret=request.secret,
        format=request.format,
    )
    return _view(await server.write(make))


async def change(server: Server, context: Context, request: ChangeWebhook) -> WebhookView:
    if request.url:
        await _outbound(server).check(request.url)
    status = None if request.active is None else rules.ACTIVE if request.active else rules.DISABLED
    changed = partial(
        webhooks.change,
        workspace=request.workspace,
        id=request.webhook,
        name=request.name,
        url=request.url,
        events=request.events,
        description=request.description,
        secret=request.secret,
        status=status,
        format=request.format,
    )
    return _view(await server.write(changed))


def remove(tx: Write, context: Context, request: WebhookPath) -> None:
    webhooks.remove(tx, request.workspace, request.webhook)


async def test(server: Server, context: Context, request: WebhookPath) -> WebhookTest:
    found = await server.read(lambda tx: webhooks.get(tx, request.workspace, request.webhook))
    name = await server.read(lambda tx: workspace_store.get(tx, request.workspace).name)
    try:
        answer = await send_example(server.database, _outbound(server), found, name, found.events[0])
    except (NoResponse, HandloomError) as error:
        return WebhookTest(success=False, status=None, response="", problem=str(error))
    return WebhookTest(
        success=answer.status < 300, status=answer.status, response=answer.text[:SHOWN_RESPONSE], problem=""
    )


def deliveries(tx: Read, context: Context, request: WebhookPath) -> DeliveryList:
    return DeliveryList(deliveries=webhooks.outcomes(tx, request.workspace, request.webhook))


def send_again(tx: Write, context: Context, request: DeliveryPath) -> DeliveryList:
    webhooks.send_again(tx, request.workspace, request.webhook, request.delivery)
    return DeliveryList(deliveries=webhooks.outcomes(tx, request.workspace, request.webhook))


_WEBHOOKS = "/api/v1/workspaces/{workspace}/webhooks"
_ONE = _WEBHOOKS + "/{webhook}"

# Viewers may not read webhooks: they send a workspace's events to another server, and their URL may contain a key.
ROUTES: list[Route] = [
    read("GET", _WEBHOOKS, list_webhooks, role=Role.MEMBER, summary="List the webhooks of a workspace, newest first."),
    live("POST", _WEBHOOKS, create, audit="webhook.create", role=Role.MEMBER, summary="Create a webhook."),
    live("PATCH", _ONE, change, audit="webhook.change", role=Role.MEMBER, summary="Change a webhook, or turn it off."),
    write("DELETE", _ONE, remove, audit="webhook.delete", role=Role.MEMBER, summary="Delete a webhook."),
    live("POST", _ONE + "/test", test, role=Role.MEMBER, summary="Send an example message of a webhook once."),
    read(
        "GET",
        _ONE + "/deliveries",
        deliveries,
        role=Role.MEMBER,
        summary="List a webhook's waiting, delivered and given-up messages.",
    ),
    write(
        "POST",
        _ONE + "/deliveries/{delivery}",
        send_again,
        role=Role.MEMBER,
        summary="Send a given-up message of a webhook again.",
    ),
]
