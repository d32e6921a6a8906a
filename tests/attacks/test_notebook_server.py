"""The notebook server's contents API, attacked across workspaces by path and body, and with endless bodies."""

from __future__ import annotations

import asyncio
import itertools
import socket
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import psutil
import pytest

from handloom.api.jupyter.proxy import LARGE_SAVE
from handloom.api.jupyter.rules import _check_body_paths
from handloom.domain.errors import HandloomError
from running import Handloom

ROOT = "/jupyter/api/contents"


class Two:
    """Two workspaces, a file with a secret in the second, and a person who may read only the first."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.mine = self.make()
        self.other = self.make()
        client.put(f"{ROOT}/{self.mine}/files", json={"type": "directory"})
        client.put(f"{ROOT}/{self.other}/files", json={"type": "directory"})
        secret = {"type": "file", "format": "text", "content": "secret"}
        assert client.put(f"{ROOT}/{self.other}/files/secret.txt", json=secret).status_code == 201
        assert client.put(f"{ROOT}/{self.mine}/files/own.txt", json=secret).status_code == 201

    def make(self) -> str:
        made: str = self.client.post("/api/v1/workspaces", json={"name": f"w {uuid.uuid4()}"}).json()["id"]
        return made


@pytest.fixture(scope="module")
def two(server: Handloom) -> Iterator[Two]:
    with server.client() as client:
        yield Two(client)


def test_a_file_is_copied_and_moved_within_its_workspace(two: Two) -> None:
    copied = two.client.post(f"{ROOT}/{two.mine}/files", json={"copy_from": f"{two.mine}/files/own.txt"})
    assert copied.status_code == 201
    moved = two.client.patch(f"{ROOT}/{copied.json()['path']}", json={"path": f"{two.mine}/files/moved.txt"})
    assert moved.status_code == 200
    assert two.client.get(f"{ROOT}/{two.mine}/files/moved.txt").json()["content"] == "secret"


def bad_paths(two: Two) -> list[Any]:
    below = f"{two.other}/files/secret.txt"
    prefixes = ["", "/", "//", "./", f"{two.mine}/../", f"{two.mine}/files/../../", f"{two.mine}\\..\\", "..//"]
    return [
        *(prefix + below for prefix in prefixes),
        "",
        "/",
        two.mine,
        f"{two.mine}/",
        f"{two.mine}/\0",
        [below],
        {"path": below},
        7,
        f"{two.mine}/new.ipynb",
        f"{two.mine}/NEW.IPYNB",
    ]


def test_no_body_reaches_into_another_workspace(two: Two) -> None:
    for path in bad_paths(two):
        copied = two.client.post(f"{ROOT}/{two.mine}/files", json={"copy_from": path, "type": "file"})
        moved = two.client.patch(f"{ROOT}/{two.mine}/files/own.txt", json={"path": path})
        if not str(path).lower().endswith(".ipynb"):
            assert copied.status_code in (400, 403), (path, copied.text)
        assert moved.status_code in (400, 403, 409), (path, moved.text)
    for path in (f"{two.mine}/../{two.other}/files/secret.txt", f"{two.mine}/%2e%2e/{two.other}/files/secret.txt"):
        assert two.client.request("GET", f"{ROOT}/{path}").status_code in (200, 400, 404)  # the client may fold it
    assert two.client.get(f"{ROOT}/{two.other}/files/secret.txt").json()["content"] == "secret"
    assert two.client.get(f"{ROOT}/{two.mine}/files/own.txt").json()["content"] == "secret"


def test_bodies_hold_nothing_that_is_not_judged() -> None:
    for method, rest, body in itertools.product(
        ("POST", "PATCH"),
        ("files", "files/x.txt", "files/x.txt/checkpoints", "files/x.ipynb/trust"),
        (b'{"name": "x"}', b"[]", b"7", b'{"path": "a", "path": "w/../b/x"}', b'{"copy_from": "other/x"}', b"\xff"),
    ):
        with pytest.raises(HandloomError):
            _check_body_paths(method, "w", rest, body)


def test_a_small_request_with_a_huge_body_is_refused_before_it_is_read(server: Handloom, two: Two) -> None:
    """With an announced length nothing is read, without one a megabyte; the rest of it takes no memory."""

    async def pour(path: str, method: str) -> int:
        async def endless() -> Any:
            for _ in range(400):
                yield b"x" * 262_144
                await asyncio.sleep(0)

        headers = {"Authorization": f"Bearer {server.token}"}
        async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=60) as client:
            try:
                return (await client.request(method, path, content=endless())).status_code
            except httpx.TransportError:
                return 0  # the server closed first

    assert server.process is not None
    memory = psutil.Process(server.process.pid).memory_info
    before = memory().rss

    for method, path in (
        ("POST", "/jupyter/api/sessions"),
        ("PATCH", f"{ROOT}/{two.mine}/files/own.txt"),
        ("POST", f"{ROOT}/{two.mine}/files"),
        ("DELETE", f"{ROOT}/{two.mine}/files/own.txt"),
    ):
        assert asyncio.run(pour(path, method)) in (0, 400), (method, path)
    assert memory().rss - before < 80 * 1024 * 1024
    head = (
        f"PUT {ROOT}/{two.mine}/files/own.txt HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {server.token}\r\n"
    )
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=30) as raw:
        raw.sendall(head.encode() + b"Content-Length: 2147483648\r\n\r\nx")
        assert raw.recv(65_536).startswith(b"HTTP/1.1 400")


def test_one_person_saves_one_large_file_at_a_time_and_small_ones_beside_it(server: Handloom, two: Two) -> None:
    """The first save is held half way; a second large one waits for it, and a small one does not."""

    def content(size: int) -> bytes:
        return b'{"type": "file", "format": "text", "content": "' + b"x" * size + b'"}'

    async def save(client: httpx.AsyncClient, name: str, size: int) -> int:
        return (await client.put(f"{ROOT}/{two.mine}/files/{name}", content=content(size))).status_code

    async def story() -> None:
        half_way, go_on = asyncio.Event(), asyncio.Event()

        async def held() -> Any:
            whole = content(LARGE_SAVE)
            yield whole[:1000]
            half_way.set()
            await go_on.wait()
            yield whole[1000:]

        headers = {"Authorization": f"Bearer {server.token}"}
        async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=60) as client:
            first = asyncio.create_task(client.put(f"{ROOT}/{two.mine}/files/first.txt", content=held()))
            await half_way.wait()
            second = asyncio.create_task(save(client, "second.txt", LARGE_SAVE))
            for number in range(5):
                assert await save(client, f"small {number}.txt", 10) == 201
            await asyncio.wait({second}, timeout=5)
            go_on.set()
            assert [(await first).status_code, await second] == [201, 201]

    asyncio.run(story())
    files = server.data / "workspaces" / two.mine / "files"
    assert (files / "first.txt").stat().st_mtime_ns < (files / "second.txt").stat().st_mtime_ns


def test_a_huge_file_is_not_read_into_a_response_but_downloads_in_pieces(server: Handloom, two: Two) -> None:
    file = server.data / "workspaces" / two.mine / "files" / "huge.bin"
    with file.open("wb") as sparse:
        sparse.truncate(2 * 1024**3)
    refused = two.client.get(f"{ROOT}/{two.mine}/files/huge.bin")
    assert refused.status_code == 413
    assert "Download it" in refused.json()["message"]
    assert two.client.get(f"{ROOT}/{two.mine}/files/huge.bin", params={"content": "0"}).json()["size"] == 2 * 1024**3
    with two.client.stream("GET", f"/jupyter/files/{two.mine}/files/huge.bin") as download:
        assert download.status_code == 200
        assert len(next(download.iter_bytes(65_536))) == 65_536
    file.unlink()
