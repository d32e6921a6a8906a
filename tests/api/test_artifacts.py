"""Artifact files over HTTP: streamed, ranged, listed, refused; each workspace a world of its own."""

import hashlib
import os
import socket
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import psutil
import pytest

from handloom.domain import tokens
from running import Handloom

API = "/api/2.0/mlflow-artifacts/artifacts"


@pytest.fixture
def workspace(server: Handloom) -> str:
    with server.client() as client:
        made = client.post("/api/v1/workspaces", json={"name": f"artifacts {uuid4().hex}"})
        made.raise_for_status()
        made_id: str = made.json()["id"]
        return made_id


@pytest.fixture
def client(server: Handloom, workspace: str) -> Iterator[httpx.Client]:
    with server.client() as client:
        client.base_url = httpx.URL(f"{server.url}/mlflow/{workspace}")
        yield client


def test_a_file_comes_back_as_it_went(client: httpx.Client) -> None:
    put = client.put(f"{API}/1/run/artifacts/지표 1.txt", content=b"hello")
    assert (put.status_code, put.content) == (200, b"")
    got = client.get(f"{API}/1/run/artifacts/지표 1.txt")
    assert got.content == b"hello"
    assert got.headers["content-type"] == "text/plain; charset=utf-8"
    assert got.headers["content-disposition"].startswith('attachment; filename="__ 1.txt"; filename*=UTF-8')
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["content-security-policy"] == "sandbox"
    assert client.get("/ajax-api/2.0/mlflow-artifacts/artifacts/1/run/artifacts/지표 1.txt").content == b"hello"


def test_a_part_of_a_file_can_be_asked_for(client: httpx.Client) -> None:
    client.put(f"{API}/a.bin", content=bytes(range(200)))
    part = client.get(f"{API}/a.bin", headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, bytes(range(10, 20)))
    assert part.headers["content-range"] == "bytes 10-19/200"


def test_a_large_file_streams_through_in_constant_memory(server: Handloom, client: httpx.Client) -> None:
    chunk = os.urandom(1024 * 1024)
    megabytes = 192

    def chunks() -> Iterator[bytes]:
        for _ in range(megabytes):
            yield chunk

    assert server.process is not None
    process = psutil.Process(server.process.pid)
    client.put(f"{API}/warm.bin", content=chunk)
    before = process.memory_info().rss
    client.put(f"{API}/large.bin", content=chunks()).raise_for_status()
    digest = hashlib.sha256()
    with client.stream("GET", f"{API}/large.bin") as response:
        assert int(response.headers["content-length"]) == megabytes * len(chunk)
        for data in response.iter_bytes():
            digest.update(data)
    assert process.memory_info().rss - before < 64 * 1024 * 1024
    expected = hashlib.sha256()
    for data in chunks():
        expected.update(data)
    assert digest.digest() == expected.digest()


def test_an_upload_that_breaks_off_leaves_nothing(server: Handloom, client: httpx.Client, workspace: str) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as broken:
        head = (
            f"PUT /mlflow/{workspace}{API}/half.bin HTTP/1.1\r\nHost: {host}:{port}\r\n"
            f"Authorization: Bearer {server.token}\r\nContent-Length: 5000000\r\n\r\n"
        )
        broken.sendall(head.encode() + b"x" * 3_000_000)
        time.sleep(0.2)
    waiting = server.data / "artifacts" / workspace / ".uploads"
    end = time.monotonic() + 10
    while any(waiting.iterdir()) and time.monotonic() < end:
        time.sleep(0.02)
    assert list(waiting.iterdir()) == []
    assert client.get(f"{API}/half.bin").status_code == 404
    assert client.get(API).json() == {}


def test_a_folder_lists_with_paths_relative_to_it(client: httpx.Client) -> None:
    client.put(f"{API}/run/artifacts/a.txt", content=b"123")
    client.put(f"{API}/run/artifacts/b/c.txt", content=b"")
    assert client.get(API, params={"path": "run/artifacts"}).json() == {
        "files": [{"path": "a.txt", "is_dir": False, "file_size": 3}, {"path": "b", "is_dir": True}]
    }
    assert client.get(API, params={"path": "run/artifacts/a.txt"}).json() == {}
    assert client.get(API, params={"path": "nowhere"}).json() == {}
    assert client.get(API, params={"path": ".."}).json() == {
        "error_code": "INVALID_PARAMETER_VALUE",
        "message": "Invalid path",
    }


def test_a_missing_file_and_a_folder_are_told_apart(client: httpx.Client) -> None:
    client.put(f"{API}/run/a.txt", content=b"x")
    missing = client.get(f"{API}/run/b.txt")
    assert missing.status_code == 404
    assert missing.json() == {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "No such artifact: 'run/b.txt'"}
    folder = client.get(f"{API}/run")
    assert (folder.status_code, folder.json()) == (
        400,
        {"detail": "Artifact path refers to a directory, not a file: 'run'"},
    )


def test_a_file_is_deleted_and_deleting_it_again_is_fine(client: httpx.Client) -> None:
    client.put(f"{API}/run/a.txt", content=b"x")
    assert [client.delete(f"{API}/run/a.txt").status_code for _ in range(2)] == [200, 200]
    assert client.get(f"{API}/run/a.txt").status_code == 404


@pytest.mark.parametrize(
    "path",
    ["%2e%2e/x", "%252e%252e/x", "a/%2e%2e/%2e%2e/x", "%2fetc/passwd", "a%5cb", "a%23b", "C:/x", ".uploads/x", "a%00b"],
)
def test_a_path_that_leaves_the_workspace_is_refused(server: Handloom, workspace: str, path: str) -> None:
    """Sent raw: a well-behaved client would tidy the path first."""
    host, port = server.url.removeprefix("http://").split(":")
    for method in ("GET", "PUT", "DELETE"):
        with socket.create_connection((host, int(port)), timeout=10) as raw:
            raw.sendall(
                f"{method} /mlflow/{workspace}{API}/{path} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 1\r\n"
                f"Authorization: Bearer {server.token}\r\nConnection: close\r\n\r\nx".encode()
            )
            answer = b""
            while data := raw.recv(65536):
                answer += data
        assert b" 400 " in answer.splitlines()[0], (method, path, answer)
        assert b"Invalid path" in answer


def test_another_workspace_has_none_of_it(server: Handloom, client: httpx.Client) -> None:
    client.put(f"{API}/1/a.txt", content=b"mine")
    with server.client() as other:
        made = other.post("/api/v1/workspaces", json={"name": f"other {uuid4().hex}"}).json()["id"]
        assert other.get(f"/mlflow/{made}{API}/1/a.txt").status_code == 404
        assert other.get(f"/mlflow/{made}{API}").json() == {}
        assert other.get(f"/mlflow/nowhere{API}/1/a.txt").status_code == 404
    assert httpx.get(f"{client.base_url}{API}/1/a.txt").status_code == 401


def member_token(data: Path, workspace: str, role: str) -> str:
    """A user with a role in the workspace, as an administrator would make them; the text of their token."""
    user, text = uuid4().hex, tokens.new_text()
    with sqlite3.connect(data / "handloom.db", timeout=30) as database:
        database.execute("INSERT INTO users VALUES (?, ?, ?, 1)", (user, user, user))
        database.execute("INSERT INTO members VALUES (?, ?, ?)", (workspace, user, role))
        database.execute(
            "INSERT INTO tokens (id, kind, name, digest, user_id, created_at) VALUES (?, 'api', 't', ?, ?, 1)",
            (uuid4().hex, tokens.digest(text), user),
        )
    database.close()
    return text


def test_a_viewer_reads_and_does_not_write(server: Handloom, client: httpx.Client, workspace: str) -> None:
    client.put(f"{API}/a.txt", content=b"x")
    headers = {"Authorization": f"Bearer {member_token(server.data, workspace, 'viewer')}"}
    assert client.get(f"{API}/a.txt", headers=headers).content == b"x"
    refused = client.put(f"{API}/a.txt", content=b"y", headers=headers)
    assert (refused.status_code, refused.json()["error_code"]) == (403, "PERMISSION_DENIED")
    assert client.delete(f"{API}/a.txt", headers=headers).status_code == 403
    assert client.get(f"{API}/a.txt").content == b"x"


def test_uploads_in_parts_are_said_not_to_exist(client: httpx.Client) -> None:
    for path in ("mpu/create/a", "mpu/complete/a", "mpu/abort/a"):
        answer = client.post(f"/api/2.0/mlflow-artifacts/{path}", json={})
        assert (answer.status_code, answer.json()["error_code"]) == (501, "NOT_IMPLEMENTED")
