"""MLflow's webhook endpoints. A secret goes in and never comes out."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import uuid4

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from handloom.api.deliveries import attempt
from handloom.api.mlflow.about import Nothing
from handloom.api.mlflow.encoding import Reply
from handloom.api.mlflow.endpoints import Endpoint, live
from handloom.api.mlflow.parsing import Reader, wrong
from handloom.api.outbound import Outbound, Unreached
from handloom.api.reading import body
from handloom.api.server import Server
from handloom.domain import clock
from handloom.domain import webhooks as rules
from handloom.domain.errors import HandloomError, Invalid
from handloom.domain.members import Caller, Role
from handloom.domain.pages import offset_of, page_of
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


class Event(msgspec.Struct):
    entity: str | int = ""
    action: str | int = ""


class WebhookBody(Reply):
    webhook_id: str
    name: str
    url: str
    events: list[Event]
    status: str
    creation_timestamp: int
    last_updated_timestamp: int
    description: str = ""


class WebhookReply(Reply):
    webhook: WebhookBody


class Page(Reply):
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
    events: list[Event] | None = None
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
    events: list[Event] = []
    description: str | None = None
    secret: str | None = None
    status: str | int | None = None


class TestWebhook(msgspec.Struct):
    webhook_id: str = ""
    event: Event | None = None


def _reply(webhook: rules.Webhook) -> WebhookBody:
    events = [event.upper().split(".") for event in webhook.events]
    return WebhookBody(
        webhook_id=webhook.id,
        name=webhook.name,
        url=webhook.url,
        events=[Event(entity, action) for entity, action in events],
        status=webhook.status,
        creation_timestamp=webhook.created_at,
        last_updated_timestamp=webhook.modified_at,
        description=webhook.description,
    )


def _known(value: str | int, names: tuple[str, ...], field: str) -> str:
    """The name of an enumerated value, which clients give by name or by number."""
    if isinstance(value, int) and 0 < value < len(names):
        return names[value]
    if isinstance(value, str) and value in names[1:]:
        return value
    raise wrong(field, value, f"It must be one of {', '.join(names[1:])}.")


def _event(event: Event, place: str) -> str:
    entity = _known(event.entity, ENTITIES, f"{place}.entity")
    return f"{entity}.{_known(event.action, ACTIONS, f'{place}.action')}".lower()


def _events(given: list[Event]) -> list[str]:
    return [_event(event, f"events[{number}]") for number, event in enumerate(given)]


def _status(given: str | int | None) -> str | None:
    return None if given is None else _known(given, STATUSES, "status")


_CREATE = Reader(CreateWebhook, ("name", "url", "events"))
_UPDATE = Reader(UpdateWebhook, ())
_TEST = Reader(TestWebhook, ())


async def _parsed(server: Server, reader: Reader, http: Request, **path: str) -> Any:
    return reader.body(await body(http, server.settings.max_request_bytes), path)


def _outbound(server: Server) -> Outbound:
    return Outbound(server.settings.webhook_networks)


def _answer(reply: Reply | None) -> Response:
    return Response(b"{}" if reply is None else msgspec.json.encode(reply), media_type="application/json")


async def create(server: Server, caller: Caller, workspace: str, _: Nothing, http: Request) -> Response:
    request: CreateWebhook = await _parsed(server, _CREATE, http)
    rules.check_name(request.name)
    await _outbound(server).check(request.url)  # outside of any transaction: names take their time to resolve
    make = partial(
        webhooks.create,
        workspace=workspace,
        name=request.name,
        url=request.url,
        events=_events(request.events or []),
        description=request.description,
        secret=request.secret,
        status=_status(request.status) or rules.ACTIVE,
    )
    return _answer(WebhookReply(_reply(await server.write(make))))


async def update(server: Server, caller: Caller, workspace: str, named: NamedWebhook, http: Request) -> Response:
    request: UpdateWebhook = await _parsed(server, _UPDATE, http, webhook_id=named.webhook_id)
    if request.url:
        await _outbound(server).check(request.url)
    change = partial(
        webhooks.change,
        workspace=workspace,
        id=request.webhook_id,
        name=request.name,
        url=request.url,
        events=_events(request.events),
        description=request.description,
        secret=request.secret,
        status=_status(request.status),
    )
    return _answer(WebhookReply(_reply(await server.write(change))))


async def get(server: Server, caller: Caller, workspace: str, named: NamedWebhook, http: Request) -> Response:
    return _answer(WebhookReply(_reply(await server.read(lambda tx: webhooks.get(tx, workspace, named.webhook_id)))))


async def list_all(server: Server, caller: Caller, workspace: str, request: ListWebhooks, http: Request) -> Response:
    limit = request.max_results or 100
    if not 1 <= limit <= MAX_PAGE:
        raise Invalid(f"max_results must be between 1 and {MAX_PAGE}.", field="max_results")
    offset = offset_of(request.page_token)
    rows = await server.read(lambda tx: webhooks.list_of(tx, workspace, limit=limit + 1, offset=offset))
    page, token = page_of(rows, offset, limit)
    return _answer(Page([_reply(webhook) for webhook in page], token))


async def remove(server: Server, caller: Caller, workspace: str, named: NamedWebhook, http: Request) -> Response:
    await server.write(lambda tx: webhooks.remove(tx, workspace, named.webhook_id))
    return _answer(None)


async def test(server: Server, caller: Caller, workspace: str, named: NamedWebhook, http: Request) -> Response:
    """Send an example of an event now, once, and tell what came back."""
    request: TestWebhook = await _parsed(server, _TEST, http, webhook_id=named.webhook_id)
    asked = _event(request.event, "event") if request.event else None
    if asked:
        rules.check_events([asked])
    found = await server.read(lambda tx: webhooks.get(tx, workspace, request.webhook_id))
    name = await server.read(lambda tx: workspace_store.get(tx, workspace).name)
    event = asked or found.events[0]
    delivery = rules.Delivery(
        number=0,
        id=str(uuid4()),
        webhook_id=found.id,
        name=found.name,
        url=found.url,
        secret=found.secret,
        body=rules.message(event, name, rules.EXAMPLES[event], clock.now()),
        attempts=0,
    )
    try:
        answer = await attempt(server.database, _outbound(server), delivery)
    except (Unreached, HandloomError) as error:
        return _answer(TestReply(TestResult(success=False, error_message=f"Failed to test webhook: {error}")))
    result = TestResult(success=answer.status < 300, response_status=answer.status, response_body=answer.text)
    return _answer(TestReply(result))


_WEBHOOKS = "mlflow/webhooks"
_ONE = f"{_WEBHOOKS}/{{webhook_id}}"

# A webhook carries what happens in a workspace to another server, and its URL may hold a key: members' business.
ENDPOINTS: list[Endpoint] = [
    live("POST", _WEBHOOKS, Nothing, create, role=Role.MEMBER),
    live("GET", _WEBHOOKS, ListWebhooks, list_all, role=Role.MEMBER),
    live("GET", _ONE, NamedWebhook, get, role=Role.MEMBER),
    live("PATCH", _ONE, NamedWebhook, update, role=Role.MEMBER),
    live("DELETE", _ONE, NamedWebhook, remove, role=Role.MEMBER),
    live("POST", f"{_ONE}/test", NamedWebhook, test, role=Role.MEMBER),
]
