"""The log: JSON lines, the access log with ids of requests, a file for them, and no secrets in any of them."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import httpx
import pytest

from handloom import log_setup
from running import Handloom, handloom

pytestmark = pytest.mark.on_sqlite


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_each_request_has_a_line_of_json_with_the_id_of_its_reply(tmp_path: Path) -> None:
    file = tmp_path / "server.log"
    flags = ("--access-log", "--log-format", "json", "--log-file", str(file))
    with Handloom(tmp_path / "data", *flags) as server, server.client() as client:
        me = client.get("/api/v1/me")
        listed = client.post("/api/2.0/mlflow/experiments/search", json={"max_results": 1})
        stranger = httpx.get(f"{server.url}/api/v1/workspaces/a%0Ab", params={"token": "hl_secret"})
        page = httpx.get(f"{server.url}/health")
        ids = [reply.headers["x-request-id"] for reply in (me, listed, stranger, page)]
        name = me.json()["user"]["name"]
    found = {line["request"]: line for line in lines(file) if line["logger"] == "handloom.access"}
    assert len(set(ids)) == 4
    keys = ("method", "path", "status", "client", "user")
    assert [tuple(found[one][key] for key in keys) for one in ids] == [
        ("GET", "/api/v1/me", 200, "127.0.0.1", name),
        ("POST", "/api/2.0/mlflow/experiments/search", 200, "127.0.0.1", name),
        ("GET", "/api/v1/workspaces/a%0Ab", 401, "127.0.0.1", ""),
        ("GET", "/health", 200, "127.0.0.1", ""),
    ]
    assert found[ids[0]]["bytes"] == len(me.content)
    assert "hl_secret" not in file.read_text()
    assert server.token not in file.read_text()
    assert lines(file)[-1]["message"] == "Handloom has stopped."


def test_lines_of_one_request_share_its_id_in_both_formats_and_hide_credentials() -> None:
    record = logging.LogRecord("n", logging.ERROR, "", 0, "at %s", ("postgresql://ana:secret@host/db",), None)
    reset = log_setup.REQUEST.set("abc")
    try:
        text = log_setup.MaskingFormatter("%(message)s").format(record)
        line = json.loads(log_setup.JsonFormatter().format(record))
    finally:
        log_setup.REQUEST.reset(reset)
    assert text.endswith("[request abc]")
    assert (line["request"], line["level"], line["message"]) == ("abc", "ERROR", text.removesuffix(" [request abc]"))
    assert "secret" not in text + json.dumps(line)
    try:
        raise ValueError("postgresql://ana:secret@host/db")
    except ValueError as error:
        record.exc_info = (type(error), error, error.__traceback__)
    line = json.loads(log_setup.JsonFormatter().format(record))
    assert "ValueError" in line["traceback"]
    assert "ana:secret" not in line["traceback"]


def test_without_the_setting_no_request_is_logged(server: Handloom) -> None:
    with server.client() as client:
        reply = client.get("/api/v1/me")
    assert "x-request-id" not in reply.headers
    assert "/api/v1/me" not in server.log


def test_a_file_that_cannot_be_written_and_an_unknown_format_stop_the_start(tmp_path: Path) -> None:
    for flags, said in ((("--log-file", str(tmp_path)), "--log-file"), (("--log-format", "xml"), "log-format")):
        done = handloom("up", "--data", str(tmp_path / "data"), "--port", "0", "--no-browser", *flags)
        assert done.returncode == 2
        assert said in done.stderr
