"""Everybody's sessions: a workspace's for its members, all for admins of the installation, who may stop them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from threading import Thread
from typing import Any

import httpx
import pytest

from handloom.client.http import Client
from handloom.client.session import RemoteSession
from handloom.domain.cell_outputs import Ran
from running import Handloom

pytestmark = pytest.mark.on_sqlite


@contextmanager
def joined(server: Handloom, admin: httpx.Client, workspace: str, name: str, role: str) -> Iterator[httpx.Client]:
    """The signed-in browser of a new member of the workspace."""
    made = admin.post("/api/v1/users", json={"name": name}).json()
    with httpx.Client(base_url=server.url, headers={"Origin": server.url}, timeout=60) as browser:
        assert server.sign_in(browser, server.url + made["path"]).status_code == 303
        added = admin.post(f"/api/v1/workspaces/{workspace}/members", json={"user": name, "role": role})
        assert added.status_code == 200, added.text
        yield browser


def listed(client: httpx.Client, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(path).json()["sessions"]
    return found


def until(find: Callable[[], list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Return what `find` finds, once it finds something."""
    end = time.monotonic() + 60
    while not (found := find()):
        assert time.monotonic() < end, "nothing was found in a minute"
        time.sleep(0.1)
    return found


def test_members_see_the_sessions_of_a_workspace_and_its_admins_stop_them(own_server: Handloom) -> None:
    with own_server.client() as admin, ExitStack() as closing:
        workspace = admin.post("/api/v1/workspaces", json={"name": "shared"}).json()["id"]
        hers, his = (
            closing.enter_context(joined(own_server, admin, workspace, name, role))
            for name, role in (("mina", "contributor"), ("joon", "viewer"))
        )
        path = f"/api/v1/workspaces/{workspace}"
        notebook = hers.post(f"{path}/notebooks", json={"name": "Hers"}).json()["id"]
        session = hers.post(f"{path}/sessions", json={"notebook": notebook}).json()["id"]

        (seen,) = listed(his, f"{path}/sessions")
        assert (seen["id"], seen["name"], seen["user"]) == (session, "Hers", "mina")
        assert (seen["mine"], seen["may_stop"]) == (False, False)
        assert "kernel" not in seen
        assert his.delete(f"{path}/sessions/{session}").status_code == 404
        assert his.get("/api/v1/sessions/all").status_code == 403
        assert his.delete(f"/api/v1/sessions/{session}").status_code == 403
        (own,) = listed(hers, f"{path}/sessions")
        assert (own["mine"], own["may_stop"]) == (True, True)

        other = admin.post("/api/v1/workspaces", json={"name": "other"}).json()["id"]
        assert listed(admin, f"/api/v1/workspaces/{other}/sessions") == []
        assert admin.delete(f"/api/v1/workspaces/{other}/sessions/{session}").status_code == 404
        (of_all,) = listed(admin, "/api/v1/sessions/all")
        assert (of_all["workspace_name"], of_all["may_stop"]) == ("shared", True)
        assert admin.delete(f"{path}/sessions/{session}").status_code == 200
        assert listed(admin, "/api/v1/sessions/all") == []


def test_an_admin_of_the_installation_sees_since_when_a_cell_runs_and_interrupts_it(own_server: Handloom) -> None:
    with own_server.client() as admin, ExitStack() as closing:
        workspace = admin.post("/api/v1/workspaces", json={"name": "busy"}).json()["id"]
        hers = closing.enter_context(joined(own_server, admin, workspace, "suji", "contributor"))
        made = hers.post("/api/v1/tokens", json={"name": "laptop"})
        assert made.status_code == 200, made.text
        client = closing.enter_context(Client(own_server.url, token=made.json()["text"]))
        session = closing.enter_context(RemoteSession(client, workspace, name="long"))
        running: list[Ran] = []
        thread = Thread(target=lambda: running.append(session.run("import time\ntime.sleep(600)", seconds=120)))
        thread.start()

        busy = until(lambda: [one for one in listed(admin, "/api/v1/sessions/all") if one["state"] == "busy"])
        assert busy[0]["busy_since"] >= busy[0]["started_at"]
        assert admin.post(f"/api/v1/sessions/{busy[0]['id']}/interrupt").status_code == 200
        thread.join(60)
        assert [ran.error["ename"] for ran in running if ran.error] == ["KeyboardInterrupt"]
        (idle,) = until(lambda: [one for one in listed(admin, "/api/v1/sessions/all") if one["state"] == "idle"])
        assert idle["busy_since"] is None
