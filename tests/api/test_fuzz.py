"""Fuzzed requests always get a response, never an unintended 500, and errors name what is wrong."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from msgspec import inspect

from api.fuzzing import BODY, Sent, Target, requests, targets
from handloom.api.mlflow.api import ROUTES
from running import Handloom

LIMIT = 1_000_000
MEANT = {501, 507}
"""What is not built says so; a workspace's disk may be full."""


class Fuzzed:
    """A server with data to ask for, and its ids."""

    def __init__(self, server: Handloom) -> None:
        self.server = server
        self.client = server.client(follow_redirects=False)
        self.workspace = self.client.post("/api/v1/workspaces", json={"name": "fuzzed"}).json()["id"]
        self.prefix = f"/mlflow/{self.workspace}"
        run = self.made("runs/create", experiment_id="0", tags=[{"key": "t", "value": "x"}])["run"]["info"]["run_id"]
        self.made("runs/log-batch", run_id=run, metrics=[{"key": "m", "value": 1, "timestamp": 1}])
        model = self.made("logged-models", experiment_id="0", name="m")["model"]["info"]["model_id"]
        self.run, self.asked = run, 0
        self.known = {
            "workspace": [self.workspace],
            "run": [run],
            "run_id": [run],
            "run_uuid": [run],
            "source_run_id": [run],
            "experiment": ["0"],
            "experiment_id": ["0"],
            "experiment_name": ["Default"],
            "model": ["m"],
            "name": ["m", "fuzz"],
            "key": ["m", "t"],
            "metric_key": ["m"],
            "model_id": [model],
            "version": ["1"],
            "alias": ["best"],
            "stage": ["Production"],
            "source": [f"runs:/{run}/model", "s3://bucket/m", "models:/m/1"],
            "url": ["https://1.1.1.1/"],
        }

    def made(self, path: str, **fields: Any) -> Any:
        answer = self.client.post(f"{self.prefix}/api/2.0/mlflow/{path}", json=fields)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def restock(self) -> None:
        """Create again what a fuzzed request may have deleted."""
        for path, fields in (
            ("registered-models/create", {"name": "m"}),
            ("model-versions/create", {"name": "m", "source": "s3://bucket/m"}),
            ("experiments/restore", {"experiment_id": "0"}),
            ("runs/restore", {"run_id": self.run}),
        ):
            self.client.post(f"{self.prefix}/api/2.0/mlflow/{path}", json=fields)

    def ask(self, sent: Sent) -> None:
        """Send the request and check the response."""
        if self.asked % 25 == 0:
            self.restock()
        self.asked += 1
        headers = {"Content-Type": "application/json"} if sent.body is not None else {}
        answer = self.client.request(sent.target.method, sent.url, content=sent.body, headers=headers)
        about = f"{sent.target.name}\n{sent.url[:2_000]}\n{(sent.body or b'')[:2_000]!r}\n{answer.status_code}"
        if answer.status_code < 400:
            return
        assert answer.headers["content-type"].startswith("application/json"), about
        said = answer.json()
        message = said["message"] if sent.target.api == "mlflow" else said["error"]["message"]
        about = f"{about} {message[:2_000]}"
        assert message.strip(), about
        assert "Traceback" not in message, about
        stated = said.get("error_code") == "INVALID_STATE"
        assert answer.status_code < 500 or answer.status_code in MEANT or stated, f"{about}\n{self.server.log[-6_000:]}"


@pytest.fixture(scope="module")
def fuzzed(
    database_kind: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Fuzzed]:
    url = "" if database_kind == "sqlite" else request.getfixturevalue("postgres").fresh()
    data = tmp_path_factory.mktemp("fuzz") / "data"
    with Handloom(data, "--max-request-bytes", str(LIMIT), database=url) as server:
        made = Fuzzed(server)
        yield made
        made.client.close()


def hunt(fuzzed: Fuzzed, examples: int) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )
    @given(sent=requests(fuzzed.known, fuzzed.prefix))
    def one(sent: Sent) -> None:
        fuzzed.ask(sent)

    one()


@pytest.mark.soak_on_postgresql
def test_any_request_is_answered_or_refused_in_words(fuzzed: Fuzzed) -> None:
    hunt(fuzzed, 1_000)


@pytest.mark.soak
@pytest.mark.timeout(3_600)
def test_very_many_requests_are_answered_or_refused_in_words(fuzzed: Fuzzed) -> None:
    hunt(fuzzed, 50_000)


WRONG: dict[type[Any], Any] = {
    inspect.StrType: {"an": "object"},
    inspect.IntType: "no number",
    inspect.FloatType: [],
    inspect.ListType: 7,
}
NAMED = [
    (target, name)
    for target in targets()
    if target.place == BODY
    for name in target.fields
    if name not in target.in_path
]


@pytest.mark.parametrize(("target", "name"), NAMED, ids=[f"{target.name} {name}" for target, name in NAMED])
def test_a_field_of_the_wrong_type_is_named(fuzzed: Fuzzed, target: Target, name: str) -> None:
    kind = target.fields[name]
    parts = kind.types if isinstance(kind, inspect.UnionType) else [kind]
    wrong = next((WRONG[type(part)] for part in parts if type(part) in WRONG), 3.5)
    path = target.path
    for part in target.in_path:
        path = path.replace(f"{{{part}:path}}", f"{{{part}}}").replace(f"{{{part}}}", fuzzed.known.get(part, ["1"])[0])
    url = (fuzzed.prefix if target.api == "mlflow" else "") + path
    answer = fuzzed.client.request(target.method, url, json={name: wrong})
    assert answer.status_code == 400, answer.text
    said = answer.json()
    text = said["message"] if target.api == "mlflow" else f"{said['error']['field']} {said['error']['message']}"
    assert name in text, answer.text


def raw(server: Handloom, head: str) -> socket.socket:
    """A connection on which a request has begun."""
    parts = urlsplit(server.url)
    connection = socket.create_connection((parts.hostname, parts.port), timeout=60)
    lines = f"{head}\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {server.token}\r\n"
    connection.sendall(f"{lines}Content-Type: application/json\r\n".encode())
    return connection


BODIES = ("/api/v1/workspaces", "/api/2.0/mlflow/experiments/create", "/api/2.0/mlflow/webhooks")


@pytest.mark.parametrize("path", BODIES)
def test_a_body_that_says_it_is_too_large_is_refused_before_any_of_it_is_read(fuzzed: Fuzzed, path: str) -> None:
    with raw(fuzzed.server, f"POST {path} HTTP/1.1") as connection:
        connection.sendall(b"Content-Length: 999999999999\r\n\r\n")
        answer = b""
        while not answer.endswith(b"}") and (more := connection.recv(65_536)):
            answer += more
    assert b" 400 " in answer.split(b"\r\n")[0]
    assert b"larger than 1,000,000 bytes" in answer


@pytest.mark.parametrize("path", BODIES)
def test_a_body_that_does_not_end_is_refused_once_it_is_too_large(fuzzed: Fuzzed, path: str) -> None:
    block = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    sent = 0
    with raw(fuzzed.server, f"POST {path} HTTP/1.1") as connection:
        connection.sendall(b"Transfer-Encoding: chunked\r\n\r\n")
        connection.settimeout(0.2)
        answer = b""
        while not answer and sent < 200 * LIMIT:
            try:
                sent += connection.send(block)
                connection.settimeout(0.0)
                answer = connection.recv(65_536)
            except (TimeoutError, BlockingIOError):
                continue
            except ConnectionError:  # the server went away while we were still sending
                break
            finally:
                connection.settimeout(0.2)
    assert sent < 100 * LIMIT  # what the system takes in ahead of the server comes on top of the limit
    assert not answer or b" 400 " in answer.split(b"\r\n")[0]


def test_endpoints_of_both_apis_are_fuzzed() -> None:
    assert sum(target.api == "mlflow" for target in targets()) == len(ROUTES)
    assert len(targets()) > 150
