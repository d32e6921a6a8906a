"""Pictures from other addresses reveal who reads a notebook: pages load none unless the reader allows it."""

from __future__ import annotations

import uuid

import httpx

from handloom.store.engine.database import Database
from handloom.store.tokens import rows as tokens
from running import Handloom


def policy(browser: httpx.Client, path: str) -> str:
    found: str = browser.get(path, headers={"Accept": "text/html"}).headers["content-security-policy"]
    return found


def test_no_page_loads_pictures_from_elsewhere_but_the_notebook_that_its_reader_allowed(server: Handloom) -> None:
    with server.client() as client, httpx.Client(base_url=server.url) as stranger:
        workspace = client.post("/api/v1/workspaces", json={"name": f"w {uuid.uuid4()}"}).json()["id"]
        api = f"/api/v1/workspaces/{workspace}/notebooks"
        shown, other = (client.post(api, json={"name": name}).json()["id"] for name in ("a", "b"))
        pages = [f"/workspaces/{workspace}/notebooks/{one}" for one in (shown, other)]
        for path in ("/", "/workspaces", *pages):
            assert "img-src 'self' data: blob:;" in policy(client, path)
        assert client.get(f"{api}/{shown}/pictures").json() == {"allowed": False}
        assert client.put(f"{api}/{shown}/pictures", json={"allowed": True}).status_code == 200
        assert "img-src 'self' data: blob: https:;" in policy(client, pages[0])
        assert f'name="handloom-pictures" content="{shown}"' in client.get(pages[0]).text
        for path in ("/", pages[1], f"{pages[0]}/x"):
            assert "https:" not in policy(client, path)
        assert "https:" not in policy(stranger, pages[0])
        assert client.put(f"{api}/{shown}/pictures", json={"allowed": False}).status_code == 200
        assert "https:" not in policy(client, pages[0])


def test_a_notebook_s_own_code_allows_itself_no_pictures(server: Handloom) -> None:
    with server.client() as client:
        workspace = client.post("/api/v1/workspaces", json={"name": f"w {uuid.uuid4()}"}).json()["id"]
        notebook = client.post(f"/api/v1/workspaces/{workspace}/notebooks", json={"name": "a"}).json()["id"]
        owner = client.get("/api/v1/me").json()["user"]["id"]
    database = Database(server.database_url, server.data)
    try:
        _, text = database.write_now(lambda tx: tokens.create(tx, "kernel", owner, "session", workspace=workspace))
    finally:
        database.close()
    with server.client(text) as kernel:
        path = f"/api/v1/workspaces/{workspace}/notebooks/{notebook}/pictures"
        assert kernel.put(path, json={"allowed": True}).status_code == 403
