"""Webhooks as a person makes them with the mlflow client: argument 1 is where messages may go, argument 2 a secret."""

import sys
from collections.abc import Callable
from functools import partial

from mlflow import MlflowClient
from mlflow.entities.webhook import WebhookEvent, WebhookEventStr, WebhookStatus
from mlflow.exceptions import MlflowException

url, secret = sys.argv[1:]
client = MlflowClient()

made = client.create_webhook(
    name="walk", url=url, events=["registered_model.created", "model_version.created"], secret=secret, description="d"
)
assert (made.name, made.url, made.description, made.status) == ("walk", url, "d", WebhookStatus.ACTIVE)
assert made.secret is None
assert {str(event) for event in made.events} == {"registered_model.created", "model_version.created"}

assert client.get_webhook(made.webhook_id).name == "walk"
assert [webhook.webhook_id for webhook in client.list_webhooks()] == [made.webhook_id]

tested = client.test_webhook(made.webhook_id)
assert tested.success, tested
assert (tested.response_status, tested.response_body) == (200, "taken")
tested = client.test_webhook(made.webhook_id, event="model_version.created")
assert tested.success

client.create_registered_model("walked model", tags={"a": "1"}, description="words")
client.create_model_version("walked model", source="s3://bucket/model")

other = client.create_webhook(name="other", url=url, events=["registered_model.created"])
changed = client.update_webhook(other.webhook_id, name="renamed", status="DISABLED")
assert (changed.name, changed.status) == ("renamed", WebhookStatus.DISABLED)
client.delete_webhook(other.webhook_id)


def refused(call: Callable[[], object]) -> str:
    try:
        call()
    except MlflowException as error:
        return str(error.error_code)
    return "nothing"


asked: list[WebhookEventStr | WebhookEvent] = ["registered_model.created"]
link_local = partial(client.create_webhook, name="walk", url="https://169.254.169.254/", events=asked)
assert refused(link_local) == "INVALID_PARAMETER_VALUE"
assert refused(partial(client.get_webhook, other.webhook_id)) == "RESOURCE_DOES_NOT_EXIST"
print("walked")
