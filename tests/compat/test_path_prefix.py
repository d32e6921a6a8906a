"""Below a path, behind a real nginx that keeps it in requests or strips it: mlflow clients, and a signed-in browser."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import websockets.sync.client
from websockets.typing import Origin

from azurite import free_port
from reverse_proxy import DOCUMENTED, documented, nginx
from running import Handloom

Walk = Callable[..., str]
TEXT = {"type": "file", "format": "text", "content": "x"}

pytestmark = pytest.mark.on_sqlite


@pytest.fixture(scope="module", params=["kept", "stripped"])
def proxied(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Handloom, str]]:
    """A server, and its URL behind an nginx as the docs have it, which keeps or strips the path."""
    folder: Path = tmp_path_factory.mktemp(request.param)
    _, location = documented("nginx")
    assert "location /lab/ {" in location
    port = free_port()
    flags = ("--public-url", f"http://127.0.0.1:{port}/lab", "--trusted-proxies", "127.0.0.1")
    with Handloom(folder / "data", *flags) as running:
        target = running.url if request.param == "kept" else f"{running.url}/"
        with nginx(folder, location.replace(DOCUMENTED, target), port) as url:
            yield running, f"{url}/lab"


@pytest.mark.parametrize("client", ["project", "current"])
def test_an_unchanged_client_works_with_the_public_url(
    proxied: tuple[Handloom, str], walk_as: Walk, client: str
) -> None:
    """Experiments, runs, artifacts up and down, the registry, traces and workspaces."""
    server, url = proxied
    said = walk_as(client, "workspaces_walk.py", tracking_uri=url, token=server.token)
    assert said.splitlines()[-1] == "walked workspaces"


def test_a_browser_signs_in_and_keeps_its_live_connection(proxied: tuple[Handloom, str]) -> None:
    server, url = proxied
    link = httpx.URL(server.new_sign_in_url())
    assert str(link).startswith(f"{url}/sign-in?token=")
    origin = url.removesuffix("/lab")
    assert httpx.get(url).headers["location"] == f"{url}/"
    with httpx.Client(headers={"Origin": origin}) as browser:
        signed_in = browser.post(f"{url}/sign-in", data=dict(link.params))
        assert (signed_in.status_code, signed_in.headers["location"]) == (303, "/lab/")
        assert browser.get(f"{url}/").text.count('="/lab/assets/') >= 2
        assert 'content="/lab"' in browser.get(f"{url}/workspaces").text
        cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        events = f"{url.replace('http', 'ws')}/api/v1/events"
        with websockets.sync.client.connect(
            events, additional_headers={"Cookie": cookie}, origin=Origin(origin)
        ) as pages:
            made = browser.post(f"{url}/api/v1/workspaces", json={"name": "below a path"}).json()["id"]
            assert json.loads(pages.recv(timeout=30))["workspace"] == made
        named = browser.put(f"{url}/jupyter/api/contents/{made}/Files/a%20b.txt", json=TEXT)
        assert (named.status_code, named.headers["location"].startswith("/lab/jupyter/")) == (201, True), named.text
