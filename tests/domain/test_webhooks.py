"""Messages of webhooks: which addresses they may go to, how they are signed, when they are tried again."""

from __future__ import annotations

import base64
import hashlib
import hmac

import msgspec
import pytest

from handloom.domain import webhooks
from handloom.domain.errors import Invalid

PRIVATE = [
    "127.0.0.1",
    "127.255.255.254",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "240.0.0.1",
    "192.0.2.1",
    "::",
    "::1",
    "fe80::1%eth0",
    "fc00::1",
    "fec0::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    with pytest.raises(Invalid, match="non-public IP address"):
        webhooks.check_address("example.test", address, True, [])


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"])
def test_a_public_address_is_reached_by_https_alone(address: str) -> None:
    webhooks.check_address("example.test", address, True, [])
    with pytest.raises(Invalid, match="must be https"):
        webhooks.check_address("example.test", address, False, [])


def test_a_network_that_the_setting_names_is_reached_either_way() -> None:
    allowed = webhooks.networks(["10.0.0.0/8", "::1"])
    for address in ("10.1.2.3", "::ffff:10.1.2.3", "::1"):
        webhooks.check_address("intern", address, False, allowed)
    with pytest.raises(Invalid):
        webhooks.check_address("intern", "192.168.1.1", True, allowed)
    with pytest.raises(Invalid, match="--webhook-networks"):
        webhooks.networks(["everywhere"])


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (" ", "cannot be empty"),
        ("ftp://example.com/x", "scheme: 'ftp'"),
        ("example.com/x", "scheme: ''"),
        ("file:///etc/passwd", "scheme: 'file'"),
        ("https:///x", "must include a hostname"),
        ("https://me:secret@example.com/", "must not contain a user name"),
        ("https://example.com/a b", "blanks"),
        ("https://example.com/\nHost: x", "blanks"),
        ("https://[::1/", "Invalid webhook URL"),
        ("https://example.com:99999/", "Invalid webhook URL"),
        ("https://example.com/" + "a" * 2_000, "exceeds the maximum length"),
    ],
)
def test_a_url_that_leads_nowhere_is_refused(url: str, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        webhooks.host_of(url)


def test_a_url_names_host_port_and_safety() -> None:
    assert webhooks.host_of("https://Example.com/x?y=z") == ("example.com", 443, True)
    assert webhooks.host_of("http://[::1]:8080") == ("::1", 8080, False)


def test_a_receiver_can_check_who_sent_a_message_and_when() -> None:
    made = webhooks.headers("id-1", '{"a":"키"}', "secret", 1_700_000_000_123)
    signed = hmac.new(b"secret", 'id-1.1700000000.{"a":"키"}'.encode(), hashlib.sha256).digest()
    assert made["X-MLflow-Signature"] == "v1," + base64.b64encode(signed).decode()
    assert (made["X-MLflow-Delivery-Id"], made["X-MLflow-Timestamp"]) == ("id-1", "1700000000")
    assert "X-MLflow-Signature" not in webhooks.headers("id-1", "{}", None, 1)


def test_pauses_grow_and_end() -> None:
    shortest = [webhooks.pause_after(n, 0) for n in range(1, webhooks.MAX_ATTEMPTS)]
    longest = [webhooks.pause_after(n, 1) for n in range(1, webhooks.MAX_ATTEMPTS)]
    assert shortest == sorted(shortest)
    assert (shortest[0], longest[0], longest[-1]) == (1_000, 3_000, 5_400_000)
    assert 3 * 3_600_000 < sum(longest) < 10 * 3_600_000


def test_a_receiver_may_ask_for_a_longer_pause_within_bounds() -> None:
    assert webhooks.pause_after(1, 0.5, asked=60) == 60_000
    assert webhooks.pause_after(1, 0.5, asked=10**7) == 2 * webhooks.LONGEST_PAUSE


def test_what_a_receiver_refuses_for_good_is_not_tried_again() -> None:
    assert [s for s in (301, 400, 404, 408, 410, 425, 429, 500, 503) if webhooks.is_retryable(s)] == [
        408,
        425,
        429,
        500,
        503,
    ]


def test_events_are_known_by_entity_and_action() -> None:
    given = ["model_version.created", "registered_model.created", "model_version.created"]
    assert webhooks.check_events(given) == ["model_version.created", "registered_model.created"]
    for wrong in ([], ["registered_model.deleted"], ["nothing.created"], [""]):
        with pytest.raises(Invalid):
            webhooks.check_events(wrong)


def test_prompts_have_events_of_their_own() -> None:
    assert webhooks.event_of("model.created", False) == "registered_model.created"
    assert webhooks.event_of("version_tag.set", True) == "prompt_version_tag.set"
    assert webhooks.event_of("alias.deleted", True) == "prompt_alias.deleted"
    assert webhooks.event_of("tag.set", False) == ""
    data = {"name": "p", "source": "x", "run_id": None, "tags": {"mlflow.prompt.text": "Hi", "a": "1"}}
    assert webhooks.data_of("prompt_version.created", data) == {"name": "p", "template": "Hi", "tags": {"a": "1"}}


def test_every_kind_of_change_leads_to_a_known_event() -> None:
    kinds = ["model.created", "version.created", "version_tag.set", "version_tag.deleted"]
    for kind in [*kinds, "alias.created", "alias.deleted", "tag.set", "tag.deleted"]:
        assert webhooks.event_of(kind, True) in webhooks.EXAMPLES
        assert webhooks.event_of(kind, False) in {*webhooks.EXAMPLES, ""}


def test_a_message_says_what_happened_where_and_when() -> None:
    body = msgspec.json.decode(webhooks.message("model_version.created", "Lab", {"name": "m"}, 1_700_000_000_000))
    assert body == {
        "entity": "model_version",
        "action": "created",
        "timestamp": "2023-11-14T22:13:20+00:00",
        "data": {"name": "m"},
        "workspace": "Lab",
    }
