"""Artifact files over HTTP: streams, ranges, lists and refusals; workspaces are isolated from each other."""

import base64
import hashlib
import os
import socket
import time
from collections.abc import Iterator
from uuid import uuid4

import httpx
import psutil
import pytest
from sqlalchemy import create_engine

from handloom.domain import tokens
from handloom.store.tokens.tables import tokens as token_table
from handloom.store.users.tables import users
from handloom.store.workspaces.tables import members
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
    assert got.headers["content-type"] == "text/plain"
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


def test_an_upload_that_a_kill_interrupts_leaves_nothing(own_server: Handloom) -> None:
    host, port = own_server.url.removeprefix("http://").split(":")
    with own_server.client() as client:
        client.put(f"{API}/whole.bin", content=b"whole").raise_for_status()
    (top,) = [p for p in (own_server.data / "artifacts").iterdir() if not p.name.startswith(".")]
    with socket.create_connection((host, int(port))) as cut:
        head = (
            f"PUT {API}/half.bin HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Bearer {own_server.token}\r\n"
            "Content-Length: 50000000\r\n\r\n"
        )
        cut.sendall(head.encode() + b"x" * 30_000_000)
        assert any((top / ".uploads").iterdir())
        own_server.kill()
    own_server.start()
    assert list((top / ".uploads").iterdir()) == []
    with own_server.client() as client:
        assert client.get(API).json() == {"files": [{"path": "whole.bin", "is_dir": False, "file_size": 5}]}
        again = client.get(f"{API}/whole.bin")
        assert again.headers["etag"] == f'"{hashlib.sha256(b"whole").hexdigest()}"'


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
    """Sent without a client library, which would normalize the path first."""
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
        assert b"Invalid path" in answer or b"the character NUL" in answer


def test_another_workspace_has_none_of_it(server: Handloom, client: httpx.Client) -> None:
    client.put(f"{API}/1/a.txt", content=b"mine")
    with server.client() as other:
        made = other.post("/api/v1/workspaces", json={"name": f"other {uuid4().hex}"}).json()["id"]
        assert other.get(f"/mlflow/{made}{API}/1/a.txt").status_code == 404
        assert other.get(f"/mlflow/{made}{API}").json() == {}
        assert other.get(f"/mlflow/nowhere{API}/1/a.txt").status_code == 404
    assert httpx.get(f"{client.base_url}{API}/1/a.txt").status_code == 401


def member_token(server: Handloom, workspace: str, role: str) -> str:
    """Create a user with a role in the workspace, as an administrator would; return the text of their token."""
    user, text = uuid4().hex, tokens.new_text()
    engine = create_engine(server.database_url)
    with engine.begin() as database:
        database.execute(users.insert().values(id=user, name=user, display_name=user, created_at=1))
        database.execute(members.insert().values(workspace_id=workspace, user_id=user, role=role))
        token = {"id": uuid4().hex, "kind": "api", "name": "t", "digest": tokens.digest(text), "created_at": 1}
        database.execute(token_table.insert().values(user_id=user, **token))
    engine.dispose()
    return text


def test_a_viewer_reads_and_does_not_write(server: Handloom, client: httpx.Client, workspace: str) -> None:
    client.put(f"{API}/a.txt", content=b"x")
    headers = {"Authorization": f"Bearer {member_token(server, workspace, 'viewer')}"}
    assert client.get(f"{API}/a.txt", headers=headers).content == b"x"
    refused = client.put(f"{API}/a.txt", content=b"y", headers=headers)
    assert (refused.status_code, refused.json()["error_code"]) == (403, "PERMISSION_DENIED")
    assert client.delete(f"{API}/a.txt", headers=headers).status_code == 403
    assert client.get(f"{API}/a.txt").content == b"x"


def test_uploads_in_parts_are_said_not_to_exist(client: httpx.Client) -> None:
    """With the error that makes MLflow's client send the whole file instead."""
    body = {"path": "/tmp/f.bin", "num_parts": 2, "upload_id": "u", "parts": [{"part_number": 1, "etag": "e"}]}
    for path in ("mpu/create/a", "mpu/complete/a", "mpu/abort/a"):
        answer = client.post(f"/api/2.0/mlflow-artifacts/{path}", json=body)
        assert (answer.status_code, answer.json()["error_code"]) == (501, "NOT_IMPLEMENTED")
        assert answer.json()["message"].startswith("Multipart upload is not supported for the current artifact repo")
    assert client.get("/api/2.0/mlflow-artifacts/presigned/a").status_code == 501
    told = client.get("/api/2.0/mlflow/server-info").json()
    assert (told["multipart_uploads_enabled"], told["multipart_downloads_enabled"]) == (False, False)


def test_an_upload_in_parts_names_what_is_wrong_with_it(client: httpx.Client) -> None:
    for path, body, field in (
        ("create/a", {}, "path"),
        ("create/a", {"path": "f", "num_parts": 10_001}, "num_parts"),
        ("create/a", {"path": "f", "num_parts": "many"}, "num_parts"),
        ("complete/a", {"path": "f"}, "parts"),
    ):
        answer = client.post(f"/api/2.0/mlflow-artifacts/mpu/{path}", json=body)
        assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
        assert field in answer.json()["message"]


def test_a_client_that_has_the_file_gets_no_bytes(client: httpx.Client) -> None:
    client.put(f"{API}/a.txt", content=b"hello")
    first = client.get(f"{API}/a.txt")
    digest = hashlib.sha256(b"hello")
    assert first.headers["etag"] == f'"{digest.hexdigest()}"'
    assert first.headers["repr-digest"] == f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"
    for tag in (first.headers["etag"], f'"other", W/{first.headers["etag"]}', "*"):
        again = client.get(f"{API}/a.txt", headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")
    client.put(f"{API}/a.txt", content=b"changed")
    assert client.get(f"{API}/a.txt", headers={"If-None-Match": first.headers["etag"]}).content == b"changed"


def test_a_file_that_changed_behind_the_server_is_not_called_by_its_old_hash(
    server: Handloom, client: httpx.Client, workspace: str
) -> None:
    client.put(f"{API}/a.txt", content=b"hello")
    place = server.data / "artifacts" / workspace / "a.txt"
    place.unlink()
    place.write_bytes(b"other")
    got = client.get(f"{API}/a.txt")
    assert got.content == b"other"
    assert "repr-digest" not in got.headers
    assert got.headers["etag"] != f'"{hashlib.sha256(b"hello").hexdigest()}"'


@pytest.mark.parametrize(
    ("asked", "status", "start", "end"),
    [
        ("bytes=0-0", 206, 0, 1),
        ("bytes=190-", 206, 190, 200),
        ("bytes=-5", 206, 195, 200),
        ("bytes=-500", 206, 0, 200),
        ("bytes=150-900", 206, 150, 200),
        ("bytes=0-1,5-6", 200, 0, 200),
        ("bytes=9-3", 200, 0, 200),
        ("lines=1-2", 200, 0, 200),
        ("bytes=200-", 416, 0, 0),
        ("bytes=-0", 416, 0, 0),
    ],
)
def test_ranges_are_answered_as_http_says(client: httpx.Client, asked: str, status: int, start: int, end: int) -> None:
    data = bytes(range(200))
    client.put(f"{API}/a.bin", content=data)
    got = client.get(f"{API}/a.bin", headers={"Range": asked})
    assert (got.status_code, got.content) == (status, data[start:end])
    assert got.headers["content-length"] == str(end - start)
    assert got.headers.get("content-range") == {206: f"bytes {start}-{end - 1}/200", 416: "bytes */200"}.get(status)


def test_a_range_of_an_older_file_is_the_whole_new_one(client: httpx.Client) -> None:
    client.put(f"{API}/a.bin", content=b"old")
    old = client.get(f"{API}/a.bin").headers["etag"]
    same = client.get(f"{API}/a.bin", headers={"Range": "bytes=1-", "If-Range": old})
    assert (same.status_code, same.content) == (206, b"ld")
    client.put(f"{API}/a.bin", content=b"new")
    changed = client.get(f"{API}/a.bin", headers={"Range": "bytes=1-", "If-Range": old})
    assert (changed.status_code, changed.content) == (200, b"new")


def test_a_question_for_the_head_gets_no_body(client: httpx.Client) -> None:
    client.put(f"{API}/a.bin", content=b"12345")
    head = client.head(f"{API}/a.bin")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "5")
    client.put(f"{API}/empty.bin", content=b"")
    assert client.get(f"{API}/empty.bin").content == b""


def test_the_same_bytes_from_two_runs_take_their_space_once(
    server: Handloom, client: httpx.Client, workspace: str
) -> None:
    data = os.urandom(3 * 1024 * 1024)
    for path in ("1/a/model.pkl", "2/b/model.pkl"):
        client.put(f"{API}/{path}", content=data)
    places = [server.data / "artifacts" / workspace / path for path in ("1/a/model.pkl", "2/b/model.pkl")]
    assert len({place.stat().st_ino for place in places}) == 1
    content = server.data / "artifacts" / ".contents" / hashlib.sha256(data).hexdigest()[:2]
    client.delete(f"{API}/1/a/model.pkl")
    assert client.get(f"{API}/2/b/model.pkl").content == data
    client.put(f"{API}/2/b/model.pkl", content=b"another")
    assert not (content / hashlib.sha256(data).hexdigest()).exists()


def test_a_small_upload_into_a_run_has_its_limit(client: httpx.Client) -> None:
    run = client.post("/api/2.0/mlflow/runs/create", json={"experiment_id": "0"}).json()["run"]["info"]["run_id"]
    for content in (b"x" * (10 * 1024 * 1024 + 1), iter([b"x" * 1024 * 1024] * 11)):
        answer = client.post(
            "/ajax-api/2.0/mlflow/upload-artifact", params={"run_uuid": run, "path": "a.bin"}, content=content
        )
        assert (answer.status_code, answer.json()["message"]) == (400, "Artifact size is too large. Max size is 10MB.")
    assert client.get("/api/2.0/mlflow/artifacts/list", params={"run_id": run}).json().get("files", []) == []
