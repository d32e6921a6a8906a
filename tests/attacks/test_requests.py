"""Forged requests: a foreign Origin, invalid characters, paths that do not exist, and caches."""

from __future__ import annotations

import re
import sqlite3

import httpx
import pytest

from handloom.api.mlflow.api import ROUTES as MLFLOW_ROUTES
from handloom.api.routing import Route
from handloom.api.ui.api import ROUTES
from running import ROOT, Handloom


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://{host}", 200),
        ("https://{host}", 403),
        ("ftp://{host}", 403),
        ("http://{host}.evil.example", 403),
        ("http://localhost", 403),
        ("null", 403),
        ("http://[", 403),
    ],
)
def test_origin_must_agree_in_scheme_host_and_port(server: Handloom, origin: str, status: int) -> None:
    host = server.url.removeprefix("http://")
    with server.client() as client:
        headers = {"origin": origin.replace("{host}", host)}
        reply = client.post("/api/2.0/mlflow/experiments/search", json={"max_results": 1}, headers=headers)
        assert reply.status_code == status


def paths() -> list[tuple[str, str, Route]]:
    """Every path of both APIs that takes a parameter, with each of its parameters in turn."""
    found = []
    for route in [*ROUTES, *MLFLOW_ROUTES]:
        path = route.path if route.path.startswith("/") else f"/api/2.0/{route.path}"
        found += [(path, name, route) for name in route.in_path]
    return found


@pytest.mark.parametrize("bad", ["a%00b", "%00"])
def test_no_path_parameter_may_hold_nul(server: Handloom, bad: str) -> None:
    with server.client() as client:
        for path, name, route in paths():
            filled = re.sub(rf"{{{name}(:path)?}}", bad, path)
            filled = re.sub(r"{workspace}", "x" if name == "workspace" else "default", filled)
            filled = re.sub(r"{\w+(:path)?}", "1", filled)
            reply = client.request(route.method, filled, json=None if route.method in ("GET", "DELETE") else {})
            assert reply.status_code in (400, 404), (filled, reply.text)
            assert reply.status_code == 400 or name != "workspace", filled


@pytest.mark.parametrize("path", ["/mlflow/%00/api/2.0/mlflow/runs/get", "/mlflow/a%00b/health"])
def test_no_workspace_in_front_may_hold_nul(server: Handloom, path: str) -> None:
    with server.client() as client:
        assert client.get(path).status_code == 400


@pytest.mark.parametrize("text", [r"a\u0000", r"\ud800", r"\udfff x", r"\uDC00"])
def test_no_body_may_hold_what_is_no_text(server: Handloom, text: str) -> None:
    with server.client() as client:
        for path in ("/api/v1/workspaces", "/api/2.0/mlflow/experiments/create", "/api/2.0/mlflow/runs/search"):
            body = '{"name": "%s", "filter": "%s"}' % (text, text)  # noqa: UP031 - braces of JSON
            reply = client.post(path, content=body.encode(), headers={"content-type": "application/json"})
            assert reply.status_code == 400, (path, reply.text)


def test_what_one_person_sees_is_kept_by_no_cache(server: Handloom) -> None:
    with server.client() as client, httpx.Client(base_url=server.url) as stranger:
        for path in ("/api/v1/workspaces", "/api/v1/tokens", "/api/2.0/mlflow/experiments/get?experiment_id=0"):
            assert client.get(path).headers["cache-control"] == "no-store", path
            assert stranger.get(path).headers["cache-control"] == "no-store", path
        assert client.get("/api/v1/nothing").headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/admin", "/.env", "/wp-login.php", "/healthz", "/jupyter"])
def test_what_is_not_there_is_not_found(server: Handloom, path: str) -> None:
    with server.client() as client:
        assert client.get(path).status_code == 404
        assert client.get(path, headers={"accept": "text/html"}).status_code == 404


def test_pages_of_the_ui_are_those_of_its_route_table(server: Handloom) -> None:
    table = (ROOT / "ui" / "src" / "App.tsx").read_text(encoding="utf-8")
    pages = re.findall(r"page\('(/[^']*)'", table)
    assert len(pages) > 4
    with server.client() as client:
        for page in pages:
            assert client.get(re.sub(r":\w+", "1", page)).status_code in (200, 503), page  # 503: the UI is not built


def test_readiness_names_what_the_server_needs(server: Handloom) -> None:
    with httpx.Client(base_url=server.url) as stranger:
        assert stranger.get("/health").text == "OK"
        ready = stranger.get("/ready")
        assert (ready.status_code, ready.headers["cache-control"]) == (200, "no-store")
        told = ready.json()
        assert (told["ready"], told["database"], told["disk"]) == (True, "ok", "ok")
        assert told["jupyter"] in ("running", "not running")


def test_a_server_whose_database_is_gone_is_alive_but_not_ready(own_server: Handloom) -> None:
    """Its tables are dropped while it runs, as a wrong restore would do."""
    with sqlite3.connect(own_server.data / "handloom.db") as raw:
        raw.execute("ALTER TABLE workspaces RENAME TO gone")
    raw.close()
    with httpx.Client(base_url=own_server.url) as stranger:
        assert stranger.get("/health").text == "OK"
        ready = stranger.get("/ready")
        assert (ready.status_code, ready.json()["database"]) == (503, "unavailable")
