"""Uploads of files: as they are, in constant memory, whole or not at all, and only where they may lie."""

from __future__ import annotations

import os
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from api.people import Signed
from running import Handloom

MB = 1024 * 1024


@pytest.fixture
def place(admin: httpx.Client) -> str:
    return str(admin.post("/api/v1/workspaces", json={"name": f"w {uuid.uuid4()}"}).json()["id"])


def folder(server: Handloom, place: str) -> Path:
    return server.data / "workspaces" / place


def left(server: Handloom, place: str) -> list[str]:
    """Every file below the workspace's folder, drafts included."""
    top = folder(server, place)
    return sorted(one.relative_to(top).as_posix() for one in top.rglob("*") if one.is_file() or one.is_symlink())


def memory(server: Handloom) -> int:
    """The most bytes that the server itself has had in memory."""
    assert server.process is not None
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) * 1024


def until(true: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def blocks(count: int) -> Iterator[bytes]:
    for n in range(count):
        yield bytes([n % 256]) * MB


def test_a_large_file_passes_through_in_constant_memory(server: Handloom, admin: httpx.Client, place: str) -> None:
    at = f"/api/v1/workspaces/{place}/files/Files"
    admin.put(f"{at}/warm.bin", content=b"x" * MB).raise_for_status()
    before = memory(server)
    sent = admin.put(f"{at}/새 폴더/data 1.bin", content=blocks(300), headers={"content-length": str(300 * MB)})
    assert (sent.status_code, sent.json()) == (200, {"path": "Files/새 폴더/data 1.bin", "size": 300 * MB})
    assert memory(server) - before < 40 * MB
    with (folder(server, place) / "Files" / "새 폴더" / "data 1.bin").open("rb") as written:
        assert all(written.read(MB) == block for block in blocks(300))
        assert written.read() == b""
    assert admin.put(f"{at}/empty.csv", content=b"").json()["size"] == 0
    assert left(server, place) == ["Files/empty.csv", "Files/warm.bin", "Files/새 폴더/data 1.bin"]


def begin(server: Handloom, place: str, announced: int, sent: bytes) -> socket.socket:
    """Send the beginning of an upload of `Files/a.csv`, and keep its connection."""
    url = urlsplit(server.url)
    connection = socket.create_connection((url.hostname, url.port))
    head = (
        f"PUT /api/v1/workspaces/{place}/files/Files/a.csv HTTP/1.1\r\nHost: {url.netloc}\r\n"
        f"Authorization: Bearer {server.token}\r\nContent-Length: {announced}\r\n\r\n"
    )
    connection.sendall(head.encode() + sent)
    return connection


def test_an_interrupted_upload_leaves_what_was_there_and_nothing_of_itself(
    server: Handloom, admin: httpx.Client, place: str
) -> None:
    file = folder(server, place) / "Files" / "a.csv"
    admin.put(f"/api/v1/workspaces/{place}/files/Files/a.csv", content=b"before").raise_for_status()
    file.chmod(0o640)
    connection = begin(server, place, 20 * MB, b"x" * 5 * MB)
    until(lambda: len(left(server, place)) == 2)
    assert file.read_bytes() == b"before"
    connection.close()
    until(lambda: left(server, place) == ["Files/a.csv"])
    assert file.read_bytes() == b"before"
    admin.put(f"/api/v1/workspaces/{place}/files/Files/a.csv", content=b"after").raise_for_status()
    assert file.read_bytes() == b"after"
    assert file.stat().st_mode & 0o777 == 0o640


def test_an_upload_that_a_kill_interrupts_leaves_nothing(tmp_path: Path) -> None:
    with Handloom(tmp_path / "data") as server:
        with server.client() as admin:
            place = str(admin.post("/api/v1/workspaces", json={"name": "w"}).json()["id"])
        with begin(server, place, 20 * MB, b"x" * 5 * MB):
            until(lambda: len(left(server, place)) == 1)
            server.kill()
        assert len(left(server, place)) == 1
        server.start()
        assert left(server, place) == []


def test_a_path_leads_nowhere_else(server: Handloom, admin: httpx.Client, place: str) -> None:
    top = folder(server, place)
    outside = server.data / f"outside-{uuid.uuid4()}"
    outside.mkdir()
    (outside / "kept").write_text("kept")
    (top / "Files" / "out").symlink_to(outside)
    (top / "Files" / "one").symlink_to(outside / "kept")
    (top / "Files" / "file").write_text("kept")
    (top / "Files" / "folder").mkdir()
    before = left(server, place)
    for path in (
        "Files/out/a",
        "Files/one",
        "Files/file/a",
        "Files/folder",
        "Files/%2e%2e/a",
        "%2e%2e/a",
        "%2Fetc%2Fa",
        "Files/.hidden",
        ".config/a",
        "Files/a%00b",
        "Notebook.ipynb",
        "Notebook.IPYNB",
        f"Files/{'x' * 300}",
    ):
        url = httpx.URL(server.url).copy_with(raw_path=f"/api/v1/workspaces/{place}/files/{path}".encode())
        refused = admin.put(url, content=b"attack")
        assert 400 <= refused.status_code < 500, (path, refused.text)
    assert left(server, place) == before
    assert sorted(one.name for one in outside.iterdir()) == ["kept"]
    assert (outside / "kept").read_text() == "kept"


def test_uploads_need_the_role_and_the_room(
    server: Handloom, admin: httpx.Client, join: Callable[..., Signed], place: str
) -> None:
    at = f"/api/v1/workspaces/{place}/files/Files/a.bin"
    stranger = httpx.put(f"{server.url}{at}", content=b"x")
    assert stranger.status_code == 401
    person = join()
    assert person.browser.put(at, content=b"x").status_code == 404
    member = {"user": person.id, "role": "viewer"}
    admin.post(f"/api/v1/workspaces/{place}/members", json=member).raise_for_status()
    assert person.browser.put(at, content=b"x").status_code == 403
    admin.put(f"/api/v1/storage/{place}", json={"files_mb": 1}).raise_for_status()
    announced = begin(server, place, 500 * MB, b"")  # refused before anything of it is sent
    assert b" 409 " in announced.recv(100)
    announced.close()
    refused = admin.put(at, content=blocks(3))  # its length is not announced
    assert refused.status_code == 409
    assert "may have" in refused.text or "of 1 MB" in refused.text
    assert left(server, place) == []
    admin.put(at, content=os.urandom(1000)).raise_for_status()


def test_the_contents_api_takes_no_pieces(server: Handloom, admin: httpx.Client, place: str) -> None:
    """It would write each in place, and leave a part of the file when the others do not come."""
    piece = {"type": "file", "format": "text", "content": "a", "chunk": 1}
    refused = admin.put(f"/jupyter/api/contents/{place}/Files/a.txt", json=piece)
    assert (refused.status_code, left(server, place)) == (400, [])
