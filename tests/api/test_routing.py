"""The router: what it reads from a request, what it refuses, and how errors look."""

import asyncio
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import msgspec
import pytest
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message

from handloom.api import errors, static
from handloom.api.authenticator import credential
from handloom.api.html_pages import preferred
from handloom.api.routing import body, catch_errors
from handloom.api.ui.api import ROUTES
from handloom.api.ui.codec import UiReader
from handloom.domain.errors import HandloomError, Invalid
from handloom.domain.members import Role
from running import Handloom


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    workspace: str
    version: int = 0
    order_by: list[str] = []
    restore: bool = False
    note: str | None = None


def request_of(
    method: str, query: str = "", chunks: tuple[bytes, ...] = (b"",), headers: dict[str, str] | None = None
) -> Request:
    waiting = list(chunks)

    async def receive() -> Message:
        body = waiting.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(waiting)}

    scope = {
        "type": "http",
        "method": method,
        "path": "/x/w",
        "raw_path": b"/x/w",
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in (headers or {}).items()],
        "server": ("127.0.0.1", 80),
        "scheme": "http",
    }
    return Request(scope, receive)


def run(work: Any) -> Any:
    return asyncio.run(work)


def test_path_and_query_fill_the_request_with_their_types() -> None:
    request = request_of("GET", "version=3&order_by=a&order_by=b%20c&restore=true&unknown=1&workspace=other")
    got = UiReader(Wanted).query(request.query_params, {"workspace": "w"})
    assert got == Wanted(workspace="w", version=3, order_by=["a", "b c"], restore=True)


def test_a_body_fills_the_request_and_the_path_wins() -> None:
    sent = b'{"version": 3, "workspace": "other", "note": null, "unknown": {}}'
    whole = run(body(request_of("POST", chunks=(sent[:9], sent[9:])), 100))
    got = UiReader(Wanted).body(whole, {"workspace": "w"})
    assert got == Wanted(workspace="w", version=3)


@pytest.mark.parametrize(
    ("method", "query", "body", "field"),
    [
        ("GET", "version=many", b"", "version"),
        ("GET", "restore=perhaps", b"", "restore"),
        ("POST", "", b'{"version": "3"}', "version"),
        ("POST", "", b'{"order_by": [1]}', "order_by"),
        ("POST", "", b'{"note": 5}', "note"),
        ("POST", "", b"[]", None),
        ("POST", "", b"{", None),
        ("POST", "", b"\xff", None),
    ],
)
def test_what_is_wrong_is_named(method: str, query: str, body: bytes, field: str | None) -> None:
    reader, path = UiReader(Wanted), {"workspace": "w"}
    with pytest.raises(Invalid) as caught:
        reader.query(QueryParams(query), path) if method == "GET" else reader.body(body, path)
    assert caught.value.field == field


def test_a_body_is_refused_as_soon_as_it_is_too_large() -> None:
    chunks = (b'{"note": "', b"x" * 95, b"never asked for")
    with pytest.raises(Invalid, match="larger than 100 bytes"):
        run(body(request_of("POST", chunks=chunks), 100))
    announced = request_of("POST", chunks=(), headers={"content-length": "101"})
    with pytest.raises(Invalid, match="larger than 100 bytes"):
        run(body(announced, 100))


def test_every_error_of_the_house_has_its_answer() -> None:
    for kind in (k for k in HandloomError.__subclasses__() if k.__module__ == HandloomError.__module__):
        answer = errors.failure(kind("what happened", field="name"))
        said = msgspec.json.decode(answer.body)["error"]
        assert 400 <= answer.status_code < 600
        assert (said["message"], said["field"]) == ("what happened", "name")


def test_a_fault_of_ours_is_logged_and_tells_nothing_of_the_inside(caplog: pytest.LogCaptureFixture) -> None:
    async def broken() -> Response:
        raise ZeroDivisionError("secret detail")

    answer = run(catch_errors(request_of("GET"), broken(), errors.failure))
    assert answer.status_code == 500
    assert b"secret" not in answer.body
    assert msgspec.json.decode(answer.body)["error"]["code"] == "internal"
    assert "secret detail" in caplog.text


@pytest.mark.parametrize(
    ("headers", "text"),
    [
        ({}, None),
        ({"authorization": "Bearer abc"}, "abc"),
        ({"authorization": "bearer abc"}, "abc"),
        ({"authorization": "Basic dXNlcjphOmI="}, "a:b"),
        ({"authorization": "Basic ?"}, ""),
        ({"authorization": "Digest abc", "cookie": "handloom_session=c"}, "c"),
        ({"cookie": "a=1; handloom_session=hl_x; b=2"}, "hl_x"),
        ({"cookie": "not_handloom_session=hl_x"}, None),
    ],
)
def test_a_credential_is_found(headers: dict[str, str], text: str | None) -> None:
    assert credential(request_of("GET", headers=headers).headers, "handloom_session") == text


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("ko", "ko"),
        ("ko-KR,ko;q=0.9,en;q=0.8", "ko"),
        ("en-US,en;q=0.9,ko;q=0.8", "en"),
        ("de,ko;q=0.3,en;q=0.2", "ko"),
        ("fr;q=x", "en"),
    ],
)
def test_the_page_of_the_server_speaks_the_browsers_language(accepted: str, language: str) -> None:
    assert preferred(accepted) == language


def test_every_route_is_named_once_and_says_what_it_does() -> None:
    seen = [(one.method, one.path) for one in ROUTES]
    assert len(seen) == len(set(seen)) > 40
    for one in ROUTES:
        assert one.path.startswith("/api/v1/")
        assert one.summary
        assert ("{workspace}" in one.path) == (one.role is not None), one.path
        # what one person allows for their own browser, of what they want to be told, and what they say
        personal = one.path.endswith("/pictures") or "/notice-rules" in one.path or "/comments" in one.path
        if one.kind == "write" and one.role is not None and not personal:
            assert one.role.rank >= Role.CONTRIBUTOR.rank


@pytest.fixture
def client(server: Handloom) -> Iterator[httpx.Client]:
    with server.client() as opened:
        yield opened


def test_what_is_not_there_is_told_in_the_shape_of_the_api(client: httpx.Client) -> None:
    ours = client.get("/api/v1/nothing")
    assert (ours.status_code, ours.json()["error"]["code"]) == (404, "not_found")
    theirs = client.get("/api/2.0/mlflow/nothing")
    assert (theirs.status_code, theirs.json()["error_code"]) == (404, "ENDPOINT_NOT_FOUND")
    for path in ("/api/9.0/mlflow/runs/get", "/ajax-api/x"):
        assert client.get(path).json()["error"]["code"] == "not_found"
    wrong = client.put("/api/v1/workspaces", json={})
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, POST")


def test_names_in_paths_may_hold_anything(client: httpx.Client) -> None:
    made = client.post("/api/v1/workspaces", json={"name": "names in paths"}).json()
    name = "b c%20?#&%2F한글"
    mlflow = f"/mlflow/{made['id']}/api/2.0/mlflow"
    assert client.post(f"{mlflow}/registered-models/create", json={"name": name}).status_code == 200
    found = client.get(f"/api/v1/workspaces/{made['id']}/models/{quote(name, safe='')}")
    assert found.json()["name"] == name


def test_a_body_over_the_limit_is_refused_without_being_read(tmp_path: Path) -> None:
    with Handloom(tmp_path / "data", "--max-request-bytes", "1000") as running:
        address = (running.url.split("//")[1].split(":")[0], int(running.url.rpartition(":")[2]))
        with socket.create_connection(address, timeout=10) as raw:
            head = f"POST /api/v1/tokens HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {running.token}\r\n"
            raw.sendall(head.encode() + b"Content-Length: 1000000000\r\n\r\n" + b"x" * 100)
            assert b"400 Bad Request" in raw.recv(100)
        with running.client() as client:

            def endless() -> Iterator[bytes]:
                for _ in range(100):
                    yield b"x" * 100

            assert client.post("/api/v1/tokens", content=endless()).json()["error"]["code"] == "invalid"


def built(folder: Path) -> Path:
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<p>the app</p>")
    (folder / "icon.svg").write_text("<svg/>")
    (folder / "assets" / "app-1a2b.js").write_text("long " * 100)
    (folder / "assets" / "app-1a2b.js.br").write_bytes(b"short")
    (folder.parent / "secret.txt").write_text("secret")
    return folder


def page(folder: Path, path: str, accept_encoding: str = "", prefix: str = "") -> tuple[int, dict[str, str], bytes]:
    """The answer of the static files to a path."""
    scope = dict(request_of("GET", headers={"accept-encoding": accept_encoding}).scope)
    scope |= {"path": path, "raw_path": quote(path).encode(), "handloom.path_prefix": prefix}

    async def collect() -> tuple[int, dict[str, str], bytes]:
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        async def receive() -> Message:
            await asyncio.Event().wait()  # the browser stays
            return {"type": "http.disconnect"}

        await static.answer(Request(scope), folder)(scope, receive, send)
        start = sent[0]
        head = {name.decode(): value.decode() for name, value in start["headers"]}
        return start["status"], head, b"".join(message.get("body", b"") for message in sent[1:])

    answer: tuple[int, dict[str, str], bytes] = run(collect())
    return answer


def test_below_a_path_the_index_names_it_and_has_its_files_there(tmp_path: Path) -> None:
    folder = built(tmp_path / "static")
    html = '<head><script src="/assets/a.js"></script><link href="/assets/b.css"></head><p>/assets/'
    (folder / "index.html").write_text(html)
    for path in ("/", "/workspaces/w/notebooks/n"):
        status, headers, body = page(folder, path, accept_encoding="br", prefix="/lab")
        assert (status, headers["cache-control"]) == (200, "no-cache")
        assert "content-encoding" not in headers
        named = '<head><meta name="handloom-path-prefix" content="/lab">'
        links = re.findall(r'<link rel="preload" as="fetch" crossorigin href="([^"]*)">', body.decode())
        assert links[:2] == ["/lab/api/v1/me", "/lab/api/v1/workspaces"]
        bare = re.sub(r'<link rel="preload"[^>]*>', "", body.decode())
        assert bare == html.replace('="/assets', '="/lab/assets').replace("<head>", named)
    status, headers, _ = page(folder, "/assets/app-1a2b.js", prefix="/lab")
    assert (status, "immutable" in headers["cache-control"]) == (200, True)


def test_pages_of_the_ui_are_its_index(tmp_path: Path) -> None:
    folder = built(tmp_path / "static")
    for path in ("/", "/workspaces", "/workspaces/abc/models/a%20b", "/workspaces/abc/models/model-1.5", "/create"):
        status, headers, body = page(folder, path)
        assert (status, body, headers["cache-control"]) == (200, b"<p>the app</p>", "no-cache")
    assert page(folder, "/icon.svg")[1]["content-type"] == "image/svg+xml"


def test_hashed_files_stay_in_the_browsers_cache_and_travel_packed(tmp_path: Path) -> None:
    folder = built(tmp_path / "static")
    status, headers, body = page(folder, "/assets/app-1a2b.js", accept_encoding="gzip, br")
    assert (status, body, headers["content-encoding"]) == (200, b"short", "br")
    assert headers["content-type"].startswith("text/javascript")
    assert "immutable" in headers["cache-control"]
    assert page(folder, "/assets/app-1a2b.js")[2].startswith(b"long")


@pytest.mark.parametrize("path", ["/assets/gone.js", "/gone.png", "/assets/../../secret.txt", "/../secret.txt"])
def test_what_is_no_file_of_the_ui_is_not_found(tmp_path: Path, path: str) -> None:
    assert page(built(tmp_path / "static"), path)[0] == 404


def test_an_unbuilt_ui_says_how_to_build_it(tmp_path: Path) -> None:
    status, _, body = page(tmp_path, "/")
    assert status == 503
    assert b"make install" in body
