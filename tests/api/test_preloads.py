"""What index.html names for the page at an address: the code and the answers that it asks for first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from running import Handloom


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handloom]:
    with Handloom(tmp_path_factory.mktemp("preloads") / "data", "--no-auth") as running:
        yield running


def named(server: Handloom, path: str) -> list[str]:
    with server.client() as client:
        html = client.get(path, headers={"accept": "text/html"}).raise_for_status().text
    return re.findall(r'<link rel="(?:modulepreload|preload)"[^>]* href="([^"]+)">', html)


def home(server: Handloom) -> str:
    with server.client() as client:
        return str(client.get("/api/v1/workspaces").json()["workspaces"][0]["id"])


@pytest.mark.parametrize("page", ["", "/experiments/0", "/experiments/0?view=details&run=1"])
def test_everything_that_is_named_is_there(server: Handloom, page: str) -> None:
    links = named(server, f"/workspaces/{home(server)}{page}")
    assert {link.rpartition(".")[2] for link in links if link.startswith("/assets/")} == {"js", "css"}
    with server.client() as client:
        assert {link: client.get(link).status_code for link in links} == dict.fromkeys(links, 200)


def test_a_run_list_names_its_code_and_what_its_first_rows_wait_for(server: Handloom) -> None:
    experiment = f"/workspaces/{home(server)}/experiments/0"
    links = named(server, experiment)
    assert any(re.fullmatch(r"/assets/ExperimentPage-[\w-]+\.js", link) for link in links)
    assert {f"/api/v1{experiment}", f"/api/v1{experiment}/columns"} <= set(links)
    assert f"/api/v1{experiment}/columns" not in named(server, f"{experiment}?view=details")


def test_a_notebook_names_its_record_and_its_content(server: Handloom) -> None:
    workspace = home(server)
    with server.client() as client:
        content = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        body = {"name": "모델 & 50 % #1", "content": content}
        made = client.post(f"/api/v1/workspaces/{workspace}/notebooks", json=body).raise_for_status().json()
        links = named(server, f"/workspaces/{workspace}/notebooks/{made['id']}")
        by_id = f"/jupyter/notebooks/{workspace}/{made['id']}"
        assert {by_id, f"/api/v1/workspaces/{workspace}/notebooks/{made['id']}"} <= set(links)
        assert {link: client.get(link).status_code for link in links} == dict.fromkeys(links, 200)
        reply = client.get(by_id)
        found, usual = reply.json(), client.get(f"/jupyter/api/contents/{quote(made['path'])}").json()
        assert reply.headers["cache-control"] == "no-store"
        assert found["name"] == f"{body['name']}.ipynb"
        assert {key: found[key] for key in ("path", "content", "last_modified")} == {
            key: usual[key] for key in ("path", "content", "last_modified")
        }
        assert client.get(f"/jupyter/notebooks/{workspace}/{'0' * 32}").status_code == 404
        assert client.get(f"/jupyter/notebooks/{'0' * 32}/{made['id']}").status_code == 404


def test_an_address_is_never_markup(server: Handloom) -> None:
    with server.client() as client:
        html = client.get('/workspaces/"><script>x', headers={"accept": "text/html"}).text
    assert "<script>x" not in html
    assert named(server, "/workspaces/a.b/experiments/%22%3E") == named(server, "/workspaces/a.b/experiments")
