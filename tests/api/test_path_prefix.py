"""A public URL with a path: requests with and without it, links, redirects, cookies and pages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import httpx
import pytest
import websockets.sync.client
from websockets.typing import Origin

from azurite import free_port
from handloom.domain.errors import Invalid
from handloom.settings import parse
from running import Handloom

PASSWORD = "correct horse battery"


def public_url(text: str) -> str:
    return parse({"public_url": text}, {}).public_url


@pytest.fixture(scope="module")
def below(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handloom]:
    """A server with the public URL http://127.0.0.1:PORT/lab, and the user ana."""
    port = free_port()
    flags = ("--passwords", "--port", str(port), "--public-url", f"http://127.0.0.1:{port}/lab/")
    with Handloom(tmp_path_factory.mktemp("below") / "data", *flags) as running:
        with running.client() as client:
            client.post("/api/v1/users", json={"name": "ana"})
            client.put("/api/v1/users/ana/password", json={"password": PASSWORD})
        yield running


@pytest.fixture(params=["kept", "stripped"])
def prefix(request: pytest.FixtureRequest) -> str:
    """What the path of a request begins with behind a proxy that keeps the path, and behind one that strips it."""
    return "/lab" if request.param == "kept" else ""


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        ("https://lab.example.com", "https://lab.example.com"),
        ("https://lab.example.com/", "https://lab.example.com"),
        ("https://example.com:8443/lab//", "https://example.com:8443/lab"),
        ("http://[::1]:80/tools/lab-1.x_~", "http://[::1]:80/tools/lab-1.x_~"),
    ],
)
def test_a_public_url_may_have_a_path_and_ends_without_a_slash(given: str, normal: str) -> None:
    assert public_url(given) == normal


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("lab.example.com/lab", "must be a URL"),
        ("ftp://example.com/lab", "must be a URL"),
        ("https://:443/lab", "must be a URL"),
        ("https://example.com:99999/lab", "must be a URL"),
        ("https://example.com/lab?x=1", "query"),
        ("https://example.com/lab#x", "fragment"),
        ("https://ana:pw@example.com/lab", "no user"),
        ("https://example.com/a//b", "“/a//b”"),
        ("https://example.com/../lab", "“/../lab”"),
        ("https://example.com/./lab", "“/./lab”"),
        ("https://example.com/l%61b", "“/l%61b”"),
        ('https://example.com/"><script>', "Each part"),
        ("https://example.com/실험실", "Each part"),
        ("https://example.com/lab;x", "Each part"),
        ("https://example.com/mlflow", "/lab/mlflow"),
        ("https://example.com/workspaces/team", "begins with /workspaces"),
    ],
)
def test_a_public_url_that_cannot_work_is_refused_by_name(given: str, reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        public_url(given)
    assert "--public-url (HANDLOOM_PUBLIC_URL)" in refused.value.message
    assert reason in refused.value.message


@pytest.mark.on_sqlite
def test_links_have_the_public_url(below: Handloom) -> None:
    public = f"{below.url}/lab"
    assert below.sign_in_url.startswith(f"{public}/sign-in?token=")
    assert below.new_sign_in_url().startswith(f"{public}/sign-in?token=")


@pytest.mark.on_sqlite
def test_sign_in_works_below_the_path(below: Handloom, prefix: str) -> None:
    with httpx.Client(base_url=below.url, headers={"Origin": below.url}) as browser:
        link = httpx.URL(below.new_sign_in_url())
        page = browser.get(f"{prefix}/sign-in", params=link.params)
        assert 'action="/lab/sign-in"' in page.text
        form = browser.get(f"{prefix}/sign-in", params={"next": "/people"}).text
        assert 'action="/lab/sign-in"' in form
        refused = browser.get(f"{prefix}/sign-in", params={"token": "x"}).text
        assert re.findall(r'href="(/[^"]*)"', refused) == ["/lab/sign-in"]
        sent = {"name": "ana", "password": PASSWORD, "next": "/people?a=1"}
        done = browser.post(f"{prefix}/sign-in", data=sent)
        assert (done.status_code, done.headers["location"]) == (303, "/lab/people?a=1")
        cookie = done.headers["set-cookie"]
        assert "path=/lab;" in cookie.lower() + ";"
        browser.cookies.clear()
        browser.headers["Cookie"] = cookie.partition(";")[0]
        assert browser.get(f"{prefix}/api/v1/me").json()["user"]["name"] == "ana"
        assert browser.post(f"{prefix}/api/v1/sign-out").status_code == 200
        assert browser.get(f"{prefix}/api/v1/me").status_code == 401


@pytest.mark.on_sqlite
def test_apis_sockets_and_frames_are_served_below_the_path(below: Handloom, prefix: str) -> None:
    with below.client() as client:
        made = client.post(f"{prefix}/api/v1/workspaces", json={"name": f"lab{prefix.strip('/')}"}).json()["id"]
        assert client.get(f"{prefix}/health").text == "OK"
        mlflow = f"{prefix}/mlflow/{made}"
        experiment = client.post(f"{mlflow}/api/2.0/mlflow/experiments/create", json={"name": "x"})
        assert experiment.status_code == 200, experiment.text
        put = client.put(f"{mlflow}/api/2.0/mlflow-artifacts/artifacts/0/a%2Fb%25.txt", content=b"kept")
        assert put.status_code == 200, put.text
        assert client.get(f"{mlflow}/api/2.0/mlflow-artifacts/artifacts/0/a/b%25.txt").content == b"kept"
        moved = client.get(f"{mlflow}/")
        assert (moved.status_code, moved.headers["location"]) == (307, f"/lab/workspaces/{made}")
        page = f"{mlflow}/static-files/lib/notebook-trace-renderer/index.html"
        assert client.get(page).status_code == 200
        assert client.post(f"{prefix}/graphql", json={"query": "{__typename}"}).status_code != 404
        assert client.post(f"{prefix}/v1/traces", content=b"").status_code != 404
        frame = client.get(f"{prefix}/output-frame")
        assert frame.headers["content-security-policy"].startswith("sandbox")
        assert client.get(f"{prefix}/jupyter/api/contents/{made}").json()["type"] == "directory"
        events = f"{below.url.replace('http', 'ws')}{prefix}/api/v1/events"
        token = {"Authorization": f"Bearer {below.token}"}
        with websockets.sync.client.connect(events, additional_headers=token, origin=Origin(below.url)) as pages:
            live = client.post(f"{prefix}/api/v1/workspaces", json={"name": f"live{prefix.strip('/')}"}).json()["id"]
            assert json.loads(pages.recv(timeout=30))["workspace"] == live


@pytest.mark.on_sqlite
def test_only_whole_segments_of_the_path_count(below: Handloom) -> None:
    with below.client() as client:
        assert client.get("/laboratory/health").status_code == 404
        assert client.get("/lab/lab/health").status_code == 404
        assert client.get("/lab/health").status_code == 200
        foreign = {"Origin": "http://evil.example"}
        assert client.post("/lab/api/v1/workspaces", json={"name": "no"}, headers=foreign).status_code == 403
