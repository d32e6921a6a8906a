"""Webhooks with a real receiver: signatures, retries, kill -9, and addresses that are not allowed."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import ipaddress
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from databases import Postgres
from handloom.api.outbound import MAX_ANSWER, NoResponse, Outbound
from handloom.domain.errors import Invalid
from receiving import Message, Receiver
from running import Handloom
from tls import certificate

CREATED = [{"entity": "REGISTERED_MODEL", "action": "CREATED"}]
LOOPBACK = ("--webhook-networks", "127.0.0.0/8")


@pytest.fixture(scope="module")
def open_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handloom]:
    """A server that may send to this machine."""
    with Handloom(tmp_path_factory.mktemp("webhooks") / "data", *LOOPBACK) as running:
        yield running


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


class Api:
    """MLflow's API of one new workspace."""

    def __init__(self, server: Handloom, workspace: str = "") -> None:
        self.server = server
        with server.client() as client:
            made = workspace or client.post("/api/v1/workspaces", json={"name": f"hooks {uuid4().hex}"}).json()["id"]
        self.workspace = made

    def call(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        with self.server.client() as client:
            answer = client.request(method, f"/mlflow/{self.workspace}/api/2.0/mlflow/{path}", json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def hook(self, url: str, **more: Any) -> str:
        given = {"name": "hook", "url": url, "events": CREATED, **more}
        made: str = self.call("POST", "webhooks", given)["webhook"]["webhook_id"]
        return made

    def model(self, name: str) -> None:
        self.call("POST", "registered-models/create", {"name": name})


def signature(secret: str, message: Message) -> str:
    signed = f"{message.headers['X-MLflow-Delivery-Id']}.{message.headers['X-MLflow-Timestamp']}.".encode()
    return "v1," + base64.b64encode(hmac.new(secret.encode(), signed + message.body, hashlib.sha256).digest()).decode()


def test_a_change_of_the_registry_arrives_signed(open_server: Handloom, receiver: Receiver) -> None:
    api = Api(open_server)
    api.hook(f"{receiver.url}/here?a=b", secret="hush")
    api.model("m")
    message = receiver.next()
    assert message.path == "/here?a=b"
    assert message.headers["Content-Type"] == "application/json"
    assert message.headers["Host"] == f"127.0.0.1:{receiver.port}"
    assert message.headers["X-MLflow-Signature"] == signature("hush", message)
    told = json.loads(message.body)
    assert (told["entity"], told["action"]) == ("registered_model", "created")
    assert told["data"] == {"name": "m", "tags": {}, "description": ""}


def test_no_answer_carries_the_secret(open_server: Handloom, receiver: Receiver) -> None:
    api = Api(open_server)
    hook = api.hook(receiver.url, secret="hush-hush")
    answers = [api.call("GET", f"webhooks/{hook}"), api.call("GET", "webhooks")]
    answers.append(api.call("PATCH", f"webhooks/{hook}", {"secret": "hush-again"}))
    assert "hush" not in json.dumps(answers)
    kept = b"".join(path.read_bytes() for path in open_server.data.glob("handloom.db*"))
    assert b"hook" in kept
    assert b"hush" not in kept
    assert "hush" not in open_server.log


def test_people_make_test_and_follow_webhooks_on_their_page(open_server: Handloom, receiver: Receiver) -> None:
    api = Api(open_server)
    pages = f"/api/v1/workspaces/{api.workspace}/webhooks"
    with open_server.client() as client:
        asked = {"name": "chat", "url": receiver.url, "events": ["registered_model.created"], "secret": "hush"}
        refused = client.post(pages, json=asked | {"url": "http://10.1.2.3/"})
        assert (refused.status_code, refused.json()["error"]["field"]) == (400, "url")
        made = client.post(pages, json=asked | {"format": "slack"}).json()
        assert (made["format"], made["active"], made["signed"]) == ("slack", True, True)
        one = f"{pages}/{made['id']}"
        receiver.answers.put((404, {}))
        tested = client.post(f"{one}/test", json={}).json()
        assert (tested["success"], tested["status"], tested["response"]) == (False, 404, "taken")
        assert json.loads(receiver.next().body)["text"].endswith("model created: example_model")

        receiver.answers.put((410, {}))
        api.model("m")
        first = receiver.next()
        (given_up,) = until_ended(client, one)
        assert (given_up["state"], given_up["attempts"], given_up["problem"]) == ("given_up", 1, "status 410")
        client.post(f"{one}/deliveries/{given_up['id']}", json={}).raise_for_status()
        again = receiver.next()
        assert (again.body, again.headers["X-MLflow-Delivery-Id"]) == (first.body, given_up["id"])
        assert [message["state"] for message in until_ended(client, one)] == ["delivered"]

        assert client.patch(one, json={"active": False}).json()["active"] is False
        assert client.post(f"{one}/deliveries/{given_up['id']}", json={}).status_code == 409
        assert [hook["name"] for hook in client.get(pages).json()["webhooks"]] == ["chat"]
        client.delete(one).raise_for_status()
        assert client.get(pages).json()["webhooks"] == []


def test_a_rule_tells_its_owner_and_slack_of_a_run_that_passes_a_threshold(
    open_server: Handloom, receiver: Receiver
) -> None:
    api = Api(open_server)
    with open_server.client() as client:
        asked = {"name": "chat", "url": receiver.url, "events": ["run.noticed"], "format": "slack"}
        client.post(f"/api/v1/workspaces/{api.workspace}/webhooks", json=asked).raise_for_status()
        assert api.call("GET", "webhooks").get("webhooks", []) == []
        rules = f"/api/v1/workspaces/{api.workspace}/experiments/0/notice-rules"
        wanted = {"kind": "metric", "metric": "loss", "direction": "below", "value": 0.1}
        (rule,) = client.post(rules, json=wanted).json()["rules"]
        begun = {"experiment_id": "0", "run_name": "calm elk", "start_time": int(time.time() * 1_000)}
        run = api.call("POST", "runs/create", begun)["run"]["info"]["run_id"]
        for step, value in enumerate((0.5, 0.05, 0.3)):
            point = {"run_id": run, "key": "loss", "value": value, "timestamp": step, "step": step}
            api.call("POST", "runs/log-metric", point)
        text = json.loads(receiver.next().body)["text"]
        assert text.endswith("Run calm elk of experiment Default: loss is 0.05, below 0.1")
        (told,) = client.get("/api/v1/run-notices").json()["notices"]
        assert (told["run_id"], told["run_name"], told["reached"]) == (run, "calm elk", 0.05)
        assert client.delete(f"{rules}/{rule['id']}").json()["rules"] == []
        assert client.get("/api/v1/run-notices").json()["notices"] == []


def until_ended(client: httpx.Client, webhook: str) -> list[dict[str, Any]]:
    """The webhook's messages once none of them waits."""
    deadline = time.monotonic() + 30
    while True:
        found: list[dict[str, Any]] = client.get(f"{webhook}/deliveries").json()["deliveries"]
        if found and all(message["state"] != "waiting" for message in found):
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.05)


def test_a_message_that_was_not_taken_comes_again_with_the_same_id(open_server: Handloom, receiver: Receiver) -> None:
    api = Api(open_server)
    api.hook(receiver.url, secret="hush")
    receiver.answers.put((503, {}))
    receiver.answers.put((429, {"Retry-After": "1"}))
    api.model("m")
    messages = [receiver.next() for _ in range(3)]
    assert len({m.headers["X-MLflow-Delivery-Id"] for m in messages}) == 1
    assert len({m.body for m in messages}) == 1
    assert all(m.headers["X-MLflow-Signature"] == signature("hush", m) for m in messages)


def test_a_message_that_is_refused_for_good_is_given_up(open_server: Handloom, receiver: Receiver) -> None:
    api = Api(open_server)
    api.hook(receiver.url)
    receiver.answers.put((410, {}))
    api.model("refused")
    api.model("next")
    names = [json.loads(receiver.next().body)["data"]["name"] for _ in range(2)]
    assert names == ["refused", "next"]
    assert "giving up" in open_server.log


def test_messages_of_one_webhook_keep_their_order(open_server: Handloom, receiver: Receiver) -> None:
    api = Api(open_server)
    api.hook(receiver.url)
    for number in range(20):
        api.model(f"m{number}")
    names = [json.loads(receiver.next().body)["data"]["name"] for _ in range(20)]
    assert names == [f"m{number}" for number in range(20)]


def test_a_receiver_that_hangs_holds_up_nobody_else(open_server: Handloom, receiver: Receiver) -> None:
    api = Api(open_server)
    with socket.create_server(("127.0.0.1", 0)) as deaf:  # takes connections and says nothing
        api.hook(f"http://127.0.0.1:{deaf.getsockname()[1]}/", name="deaf")
        api.hook(receiver.url)
        api.model("m")
        assert json.loads(receiver.next(10).body)["data"]["name"] == "m"


def test_messages_outlive_kill_9_and_a_receiver_that_was_away(tmp_path: Path) -> None:
    with Receiver() as first:
        port = first.port
    with Handloom(tmp_path / "data", *LOOPBACK) as server:
        api = Api(server)
        api.hook(f"http://127.0.0.1:{port}/", secret="hush")
        for number in range(5):
            api.model(f"m{number}")  # acknowledged while nobody takes the messages
        server.kill()
        with Receiver(port) as receiver:
            server.start()
            messages = [receiver.next(60) for _ in range(5)]
    assert {json.loads(m.body)["data"]["name"] for m in messages} == {f"m{n}" for n in range(5)}
    assert all(m.headers["X-MLflow-Signature"] == signature("hush", m) for m in messages)


def test_a_kill_in_the_middle_of_a_delivery_loses_nothing(tmp_path: Path) -> None:
    with Handloom(tmp_path / "data", *LOOPBACK) as server, socket.create_server(("127.0.0.1", 0)) as deaf:
        port = deaf.getsockname()[1]
        api = Api(server)
        api.hook(f"http://127.0.0.1:{port}/")
        api.model("m")
        connection, _ = deaf.accept()
        assert connection.recv(65_536)  # it is being sent now
        server.kill()
        connection.close()
        deaf.close()
        with Receiver(port) as receiver:
            server.start()
            assert json.loads(receiver.next(60).body)["data"]["name"] == "m"


def test_a_server_that_ends_in_the_middle_of_a_delivery_gives_it_back(postgres: Postgres, tmp_path: Path) -> None:
    url = postgres.fresh()
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        port = deaf.getsockname()[1]
        with Handloom(tmp_path / "data", *LOOPBACK, database=url) as one:
            api = Api(one)
            api.hook(f"http://127.0.0.1:{port}/")
            api.model("m")
            connection, _ = deaf.accept()
            assert connection.recv(65_536)
            assert one.stop() == 0
            connection.close()
    with Receiver(port) as receiver, Handloom(tmp_path / "data", *LOOPBACK, database=url):
        assert json.loads(receiver.next().body)["data"]["name"] == "m"


def test_servers_of_one_database_share_the_messages_and_outlive_each_other(
    postgres: Postgres, tmp_path: Path, receiver: Receiver
) -> None:
    url = postgres.fresh()
    one = Handloom(tmp_path / "data", *LOOPBACK, database=url, name="one")
    other = Handloom(tmp_path / "data", *LOOPBACK, database=url, name="other")
    with one, other:
        first = Api(one)
        first.hook(receiver.url, secret="hush")
        second = Api(other, first.workspace)
        for number in range(10):
            (first, second)[number % 2].model(f"m{number}")
        messages = [receiver.next() for _ in range(10)]
        assert receiver.messages.empty()
        assert len({m.headers["X-MLflow-Delivery-Id"] for m in messages}) == 10
        one.stop()
        second.model("m10")
        while len({m.headers["X-MLflow-Delivery-Id"] for m in messages}) < 11:
            messages.append(receiver.next(60))
    assert {json.loads(m.body)["data"]["name"] for m in messages} == {f"m{n}" for n in range(11)}
    assert all(m.headers["X-MLflow-Signature"] == signature("hush", m) for m in messages)


def test_a_test_sends_an_example_and_tells_what_came_back(open_server: Handloom, receiver: Receiver) -> None:
    api = Api(open_server)
    hook = api.hook(receiver.url, secret="hush")
    assert api.call("POST", f"webhooks/{hook}/test", {}) == {
        "result": {"success": True, "response_status": 200, "response_body": "taken"}
    }
    message = receiver.next()
    assert message.headers["X-MLflow-Signature"] == signature("hush", message)
    asked = {"event": {"entity": "MODEL_VERSION_TAG", "action": "SET"}}
    receiver.answers.put((500, {}))
    result = api.call("POST", f"webhooks/{hook}/test", asked)["result"]
    assert (result["success"], result["response_status"]) == (False, 500)
    assert json.loads(receiver.next().body)["data"]["key"] == "example_key"


def test_a_redirect_is_not_followed(open_server: Handloom, receiver: Receiver) -> None:
    api = Api(open_server)
    hook = api.hook(receiver.url)
    receiver.answers.put((302, {"Location": f"{receiver.url}/elsewhere"}))
    result = api.call("POST", f"webhooks/{hook}/test", {})["result"]
    assert (result["success"], result["response_status"]) == (False, 302)
    assert receiver.next().path == "/"
    assert receiver.messages.empty()


def test_a_long_answer_is_cut(open_server: Handloom, receiver: Receiver) -> None:
    api = Api(open_server)
    hook = api.hook(receiver.url)
    receiver.answer_body = b"x" * (MAX_ANSWER * 40)
    result = api.call("POST", f"webhooks/{hook}/test", {})["result"]
    assert result["response_body"] == "x" * MAX_ANSWER


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "[::1]", "0.0.0.0"])
def test_private_addresses_are_refused_however_they_are_written(server: Handloom, host: str) -> None:
    api = Api(server)
    body = {"name": "hook", "url": f"https://{host}/", "events": CREATED}
    said = api.call("POST", "webhooks", body, 400)
    assert said["error_code"] == "INVALID_PARAMETER_VALUE"
    assert "non-public IP address" in said["message"] or "Cannot resolve" in said["message"]


def test_a_webhook_cannot_be_moved_to_a_private_address(server: Handloom) -> None:
    api = Api(server)
    hook = api.hook("https://1.1.1.1/")
    said = api.call("PATCH", f"webhooks/{hook}", {"url": "https://169.254.169.254/latest/meta-data"}, 400)
    assert "non-public IP address" in said["message"]
    plain = api.call("PATCH", f"webhooks/{hook}", {"url": "http://1.1.1.1/"}, 400)
    assert "must be https" in plain["message"]


def test_a_setting_taken_back_holds_for_webhooks_that_are_there(tmp_path: Path, receiver: Receiver) -> None:
    with Handloom(tmp_path / "data", *LOOPBACK) as server:
        api = Api(server)
        hook = api.hook(receiver.url)
    server.flags = ("--port", "0", "--no-browser", "--warm-kernels", "0")
    server.url = ""
    with server:
        result = api.call("POST", f"webhooks/{hook}/test", {})["result"]
        assert result["success"] is False
        assert "non-public IP address" in result["error_message"]
    assert receiver.messages.empty()


def test_who_may_only_contribute_neither_sees_nor_makes_webhooks(open_server: Handloom) -> None:
    answer = httpx.get(f"{open_server.url}/api/2.0/mlflow/webhooks")
    assert (answer.status_code, answer.json()["error_code"]) == (401, "UNAUTHENTICATED")


class Rebinding(asyncio.SelectorEventLoop):
    """An event loop whose names resolve to a public address first and to this machine afterwards."""

    asked = 0

    async def getaddrinfo(self, host: Any, port: Any, **_: Any) -> Any:
        self.asked += 1
        address = "1.1.1.1" if self.asked == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]


def test_a_name_that_changes_its_address_leads_nowhere(receiver: Receiver) -> None:
    url = f"https://rebind.test:{receiver.port}/"

    async def register_and_send() -> None:
        outbound = Outbound([])
        await outbound.check(url)
        with pytest.raises(Invalid, match="non-public IP address"):
            await outbound.post(url, {}, b"{}")

    with asyncio.Runner(loop_factory=Rebinding) as runner:
        runner.run(register_and_send())
        loop = runner.get_loop()
        assert isinstance(loop, Rebinding)
        assert loop.asked == 2  # once to register and once to send: never between the check and the connection
    assert receiver.messages.empty()


class Known(asyncio.SelectorEventLoop):
    """An event loop that resolves every name to this machine."""

    async def getaddrinfo(self, host: Any, port: Any, **_: Any) -> Any:
        assert not _is_address(str(host))
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def test_tls_is_checked_for_the_name_in_the_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = certificate(tmp_path, "hooks.test")
    with Receiver(context=context) as receiver, asyncio.Runner(loop_factory=Known) as runner:
        outbound = Outbound(["127.0.0.0/8"])
        unknown = outbound.post(f"https://hooks.test:{receiver.port}/", {}, b"1")
        with pytest.raises(NoResponse, match="certificate verify failed"):
            runner.run(unknown)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        trusting = Outbound(["127.0.0.0/8"])
        answer = runner.run(trusting.post(f"https://hooks.test:{receiver.port}/x", {"A": "b"}, b"2"))
        assert (answer.status, answer.text) == (200, "taken")
        other = trusting.post(f"https://other.test:{receiver.port}/", {}, b"3")
        with pytest.raises(NoResponse, match="certificate verify failed"):
            runner.run(other)
        assert receiver.next().body == b"2"
        assert receiver.messages.empty()
