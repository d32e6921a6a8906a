"""Webhooks through the real mlflow packages, with a server that may send to this machine."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from compat.conftest import python_of
from handloom.domain.webhooks import EXAMPLES, OWN_EVENTS
from receiving import Receiver
from running import Handloom, environment


@pytest.mark.parametrize("client", ["project", "current"])
def test_a_person_makes_webhooks_and_their_messages_arrive(client: str, tmp_path: Path) -> None:
    with Handloom(tmp_path / "data", "--webhook-networks", "127.0.0.1") as server, Receiver() as receiver:
        done = subprocess.run(
            [python_of(client), Path(__file__).with_name("webhook_walk.py"), receiver.url, "hush"],
            env=environment(PYTHONPATH="", MLFLOW_TRACKING_URI=server.url, MLFLOW_TRACKING_TOKEN=server.token),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
        assert done.stdout.strip() == "walked", done.stderr[-5_000:]
        told = [json.loads(receiver.next().body) for _ in range(4)]
    assert [message["entity"] for message in told] == [
        "model_version",  # the example of the first event
        "model_version",
        "registered_model",
        "model_version",
    ]
    assert told[2]["data"] == {"name": "walked model", "tags": {"a": "1"}, "description": "words"}
    assert told[3]["data"]["source"] == "s3://bucket/model"


TELL_EXAMPLES = """
import json, sys
from mlflow.entities.webhook import WebhookEvent
from mlflow.webhooks.types import get_example_payload_for_event
print(json.dumps({name: get_example_payload_for_event(WebhookEvent(*name.split("."))) for name in sys.argv[1:]}))
"""


def test_the_words_of_a_test_message_are_mlflows_own() -> None:
    names = sorted(EXAMPLES.keys() - OWN_EVENTS)
    done = subprocess.run(
        [python_of("current"), "-c", TELL_EXAMPLES, *names],
        env=environment(PYTHONPATH=""),
        capture_output=True,
        text=True,
        timeout=200,
        check=True,
    )
    assert json.loads(done.stdout) == {name: EXAMPLES[name] for name in names}
