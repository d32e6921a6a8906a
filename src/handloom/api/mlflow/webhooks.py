"""MLflow's webhook endpoints. A webhook's secret can be set, but no reply contains it."""

from __future__ import annotations

from functools import partial

import msgspec

from handloom.api.mlflow.codec import wrong
from handloom.api.mlflow.encoding import Reply
from handloom.api.outbound import NoResponse, Outbound
from handloom.api.routing import Context, Route, live, read, write
from handloom.api.server import Server
from handloom.api.webhook_deliveries import send_example
from handloom.domain import webhooks as rules
from handloom.domain.errors import HandloomError, Invalid
from handloom.domain.members import Role
from handloom.domain.pages import offset_of, page_of
from handloom.store.engine.database import Read, Write
from handloom.store.webhooks import rows as webhooks
from handloom.store.workspaces import rows as workspace_store

MAX_PAGE = 1_000

ENTITIES = (
    "ENTITY_UNSPECIFIED",
    "REGISTERED_MODEL",
    "MODEL_VERSION",
    "MODEL_VERSION_TAG",
    "MODEL_VERSION_ALIAS",
    "PROMPT",
    "PROMPT_VERSION",
    "PROMPT_TAG",
    "PROMPT_VERSION_TAG",
    "PROMPT_ALIAS",
    "BUDGET_POLICY",
)
ACTIONS = ("ACTION_UNSPECIFIED", "CREATED", "UPDATED", "DELETED", "SET", "EXCEEDED")
STATUSES = ("", rules.ACTIVE, rules.DISABLED)


class EventEntry(msgspec.Struct):
    entity: str | int = ""
    action: str | int = ""


class WebhookBody(Reply):
    webhook_id: str
    name: str
    url: str
    events: list[EventEntry]
    status: str
    creation_timestamp: int
    last_updated_timestamp: int
    description: str = ""


class WebhookReply(Reply):
    webhook: WebhookBody


class WebhooksReply(Reply):
    webhooks: list[WebhookBody] = []
    next_page_token: str = ""


class TestResult(Reply):
    success: bool
    response_status: int | msgspec.UnsetType = msgspec.UNSET
    response_body: str | msgspec.UnsetType = msgspec.UNSET
    error_message: str | msgspec.UnsetType = msgspec.UNSET


class TestReply(Reply):
    result: TestResult


class CreateWebhook(msgspec.Struct):
    name: str = ""
    url: str = ""
    events: list[EventEntry] | None = None
    description: str = ""
    secret: str = ""
    status: str | int | None = None


class ListWebhooks(msgspec.Struct):
    max_results: int = 0
    page_token: str = ""


class NamedWebhook(msgspec.Struct):
    webhook_id: str = ""


class UpdateWebhook(msgspec.Struct):
    webhook_id: str = ""
    name: str = ""
    url: str = ""
    events: list[EventEntry] = []
    description: str | None = None
    secret: str | None = None
    status: str | int | None = None


class TestWebhook(msgspec.Struct):
    webhook_id: str = ""
    event: EventEntry | None = None


def _reply(webhook: rules.Webhook) -> WebhookBody:
    events = [event.upper().split(".") for event in webhook.events if event not in rules.OWN_EVENTS]
    return WebhookBody(
        webhook_id=webhook.id,
        name=webhook.name,
        url=webhook.url,
        events=[EventEntry(entity, action) for entity, action in events],
        status=webhook.status,
        creation_timestamp=webhook.created_at,
        last_updated_timestamp=webhook.modified_at,
        description=webhook.description,
    )


def _enum_name(value: str | int, names: tuple[str, ...], field: str) -> str:
    """Return the name of an enum value, which clients send as a name or a number. Raises Invalid."""
    if isinstance(value, int) and 0 < value < len(names):
        return names[value]
    if isinstance(value, str) and value in names[1:]:
        return value
    raise wrong(field, value, f"It must be one of {', '.join(names[1:])}.")


def _event(event: EventEntry, place: str) -> str:
    entity = _enum_name(event.entity, ENTITIES, f"{place}.entity")
    return f"{entity}.{_enum_name(event.action, ACTIONS, f'{place}.action')}".lower()


def _events(given: list[EventEntry]) -> list[str]:
    return [_event(event, f"events[{number}]") for number, event in enumerate(given)]


def _status(given: str | int | None) -> str | None:
    return None if given is None else _enum_name(given, STATUSES, "status")


def _outbound(server: Server) -> Outbound:
    return Outbound(server.settings.webhook_networks)


async def create(server: Server, context: Context, request: CreateWebhook) -> WebhookReply:
    rules.check_name(request.name)
    await _outbound(server).check(request.url)  # outside of any transaction, since DNS may be slow
    make = partial(
        webhooks.create,
        workspace=context.workspace,
        name=request.name,
        url=request.url,
        events=_events(request.events or []),
        description=request.description,
        secret=request.secret,
        status=_status(request.status) or rules.ACTIVE,
    )
    return WebhookReply(_reply(await server.write(make)))


async def update(server: Server, context: Context, request: UpdateWebhook) -> WebhookReply:
    if request.url:
        await _outbound(server).check(request.url)
    change = partial(
        webhooks.change,
        workspace=context.workspace,
        id=request.webhook_id,
        name=request.name,
        url=request.url,
        events=_events(request.events),
        description=request.description,
        secret=request.secret,
        status=_status(request.status),
    )
    return WebhookReply(_reply(await server.write(change)))


def get(tx: Read, context: Context, request: NamedWebhook) -> WebhookReply:
    return WebhookReply(_reply(webhooks.get(tx, context.workspace, request.webhook_id)))


def list_all(tx: Read, context: Context, request: ListWebhooks) -> WebhooksReply:
    limit = request.max_results or 100
    if not 1 <= limit <= MAX_PAGE:
        raise Invalid(f"max_results must be between 1 and {MAX_PAGE}.", field="max_results")
    offset = offset_of(request.page_token)
    rows = webhooks.list_of(tx, context.workspace, limit=limit + 1, offset=offset)
    page, token = page_of(rows, offset, limit)
    known = [webhook for webhook in page if not rules.OWN_EVENTS.issuperset(webhook.events)]
    return WebhooksReply([_reply(webhook) for webhook in known], token)


def remove(tx: Write, context: Context, request: NamedWebhook) -> None:
    webhooks.remove(tx, context.workspace, request.webhook_id)


async def test(server: Server, context: Context, request: TestWebhook) -> TestReply:
    """Send an example of an event once and return the receiver's response."""
    asked = _event(request.event, "event") if request.event else None
    if asked:
        rules.check_events([asked])
    found = await server.read(lambda tx: webhooks.get(tx, context.workspace, request.webhook_id))
    name = await server.read(lambda tx: workspace_store.get(tx, context.workspace).name)
    event = asked or found.events[0]
    try:
        answer = await send_example(server.database, _outbound(server), found, name, event)
    except (NoResponse, HandloomError) as error:
        return TestReply(TestResult(success=False, error_message=f"Failed to test webhook: {error}"))
    result = TestResult(success=answer.status < 300, response_status=answer.status, response_body=answer.text)
    return TestReply(result)


_WEBHOOKS = "mlflow/webhooks"
_ONE = f"{_WEBHOOKS}/{{webhook_id}}"

# Viewers may not read webhooks: they send a workspace's events to another server, and their URL may contain a key.
ROUTES: list[Route] = [
    live("POST", _WEBHOOKS, create, audit="webhook.create", required=("name", "url", "events"), role=Role.MEMBER),
    read("GET", _WEBHOOKS, list_all, role=Role.MEMBER),
    read("GET", _ONE, get, role=Role.MEMBER),
    live("PATCH", _ONE, update, audit="webhook.change", role=Role.MEMBER),
    write("DELETE", _ONE, remove, audit="webhook.delete", role=Role.MEMBER),
    live("POST", f"{_ONE}/test", test, role=Role.MEMBER),
]
