"""Asking for a role in a workspace by a link: who sees it, who answers, and that nothing of the workspace shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from api.people import Signed, workspace
from running import Handloom


def waiting(client: httpx.Client, place: str) -> list[Any]:
    found: list[Any] = client.get(f"/api/v1/workspaces/{place}/access-requests").json()["requests"]
    return found


def test_a_request_is_seen_by_who_may_add_people_and_granted_by_adding(
    admin: httpx.Client, join: Callable[..., Signed]
) -> None:
    place, other = workspace(admin), workspace(admin)
    person, member, viewer, stranger = join(), join(), join(), join()
    for one, role in ((member, "member"), (viewer, "viewer")):
        admin.post(f"/api/v1/workspaces/{place}/members", json={"user": one.id, "role": role})
    asked = person.browser.post("/api/v1/access-requests", json={"place": place, "note": " for the report "})
    assert asked.json() | {"asked_at": 0} == {"asked_at": 0, "declined_at": None, "granted": False}
    assert person.browser.get(f"/api/v1/access-requests/{place}").json() == asked.json()
    (seen,) = waiting(member.browser, place)
    assert (seen["user"], seen["note"], seen["asked_at"]) == (person.id, "for the report", asked.json()["asked_at"])
    for manager in (admin, member.browser):
        assert seen in manager.get("/api/v1/access-requests").json()["requests"]
        since = {"since": seen["asked_at"]}
        assert seen not in manager.get("/api/v1/access-requests", params=since).json()["requests"]
    for one in (viewer, stranger, person):
        assert one.browser.get("/api/v1/access-requests").json() == {"requests": []}
    assert viewer.status("GET", f"/workspaces/{place}/access-requests") == 403
    assert person.status("GET", f"/workspaces/{place}/access-requests") == 404
    assert waiting(admin, other) == []
    again = person.browser.post("/api/v1/access-requests", json={"place": place, "note": "please"})
    assert again.json() == asked.json()  # people are told once
    assert [one["note"] for one in waiting(admin, place)] == ["please"]
    given = member.status("POST", f"/workspaces/{place}/members", user=person.id, role="viewer")
    assert given == 200
    assert waiting(admin, place) == []
    assert person.browser.get(f"/api/v1/access-requests/{place}").json()["granted"]
    assert person.status("POST", "/access-requests", place=place) == 409


def test_a_declined_request_is_told_and_not_repeated(admin: httpx.Client, join: Callable[..., Signed]) -> None:
    place = workspace(admin)
    person = join()
    assert person.status("POST", "/access-requests", place=place) == 200
    assert person.status("DELETE", f"/workspaces/{place}/access-requests/{person.id}") == 404
    path = f"/api/v1/workspaces/{place}/access-requests/{person.id}"
    assert admin.delete(path).status_code == 200
    assert admin.delete(path).status_code == 404
    state = person.browser.get(f"/api/v1/access-requests/{place}").json()
    assert state["asked_at"] is None
    assert state["declined_at"] is not None
    assert person.status("POST", "/access-requests", place=place) == 409
    assert waiting(admin, place) == []


def test_what_cannot_be_asked_is_refused(server: Handloom, admin: httpx.Client, join: Callable[..., Signed]) -> None:
    place, gone = workspace(admin), workspace(admin)
    person = join()
    assert person.status("POST", "/access-requests", place=gone) == 200
    name = admin.get(f"/api/v1/workspaces/{gone}").json()["name"]
    assert admin.request("DELETE", f"/api/v1/workspaces/{gone}", params={"name": name}).status_code == 200
    for missing in (gone, "0" * 32):
        assert person.status("GET", f"/access-requests/{missing}") == 404
        assert person.status("POST", "/access-requests", place=missing) == 404
    assert person.status("POST", "/access-requests", place=place, note="x" * 501) == 400
    assert all(one["workspace"] != gone for one in admin.get("/api/v1/access-requests").json()["requests"])
    text = person.browser.post("/api/v1/tokens", json={"name": "script"}).json()["text"]
    with server.client(text) as program:
        assert program.post("/api/v1/access-requests", json={"place": place}).status_code == 403
