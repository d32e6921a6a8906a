"""Comments on runs and notebooks over HTTP: threads, who may do what, and who is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from api.people import Signed, workspace


def ask(person: httpx.Client, method: str, path: str, status: int = 200, /, **body: Any) -> Any:
    content: dict[str, Any] = {"params": body} if method in ("GET", "DELETE") else {"json": body}
    reply = person.request(method, f"/api/v1{path}", **content)
    assert reply.status_code == status, reply.text
    return reply.json()


def notices(person: Signed) -> list[tuple[str, str, str]]:
    found = ask(person.browser, "GET", "/comment-notices")["notices"]
    return [(one["reason"], one["target_name"], one["text"]) for one in found]


def test_a_thread_names_people_tells_them_and_is_resolved(admin: httpx.Client, join: Callable[..., Signed]) -> None:
    place = workspace(admin)
    owner, viewer, stranger = join(), join(), join()
    for one, role in ((owner, "contributor"), (viewer, "viewer")):
        admin.post(f"/api/v1/workspaces/{place}/members", json={"user": one.id, "role": role})
    notebook = ask(owner.browser, "POST", f"/workspaces/{place}/notebooks", name="Train")["id"]
    at, on = f"/workspaces/{place}/comments", {"notebook": notebook}
    text = f"Why, @{stranger.name}? And you, @{owner.name.upper()}"
    said = ask(viewer.browser, "POST", at, **on, text=text)
    (thread,) = said["threads"]
    assert {one["user"] for one in said["people"]} >= {owner.id, viewer.id}
    assert stranger.id not in {one["user"] for one in said["people"]}
    assert notices(owner) == [("mention", "Train", text)]
    assert notices(viewer) == notices(stranger) == []  # who has no role is told nothing
    first = thread["first"]["id"]
    (thread,) = ask(owner.browser, "POST", at, **on, text="Because.", thread=first)["threads"]
    assert [reply["text"] for reply in thread["replies"]] == ["Because."]
    assert notices(viewer) == [("reply", "Train", "Because.")]
    ask(owner.browser, "PATCH", f"{at}/{first}", 403, **on, text="Not mine")
    (thread,) = ask(viewer.browser, "PATCH", f"{at}/{first}", **on, text="Why?")["threads"]
    assert (thread["first"]["text"], thread["first"]["edited_at"] is None) == ("Why?", False)
    (thread,) = ask(viewer.browser, "PATCH", f"{at}/{first}", **on, resolved=True)["threads"]
    assert thread["resolved_at"] is not None
    ask(viewer.browser, "POST", at, **on, text="Once more", thread=first)
    (thread,) = ask(viewer.browser, "GET", at, **on)["threads"]
    assert thread["resolved_at"] is None  # a reply opens it again
    ask(owner.browser, "DELETE", f"{at}/{first}", 403, **on)
    (thread,) = ask(admin, "DELETE", f"{at}/{first}", **on)["threads"]
    assert (thread["first"]["deleted"], thread["first"]["text"]) == (True, "")
    for reply in thread["replies"]:
        left = ask(admin, "DELETE", f"{at}/{reply['id']}", **on)["threads"]
    assert left == []
    ask(stranger.browser, "GET", at, 404, **on)
    log = ask(admin, "GET", "/audit", workspace=place, area="comment")["entries"]
    assert {(entry["action"], entry["target"]) for entry in log} == {
        (f"comment.{verb}", "Train") for verb in ("create", "change", "delete")
    }
    assert "Because" not in str(log)


def test_comments_on_a_run_stay_with_it_and_bad_ones_are_refused(admin: httpx.Client) -> None:
    place = workspace(admin)
    made = admin.post(f"/mlflow/{place}/api/2.0/mlflow/runs/create", json={"experiment_id": "0", "run_name": "ox"})
    run = made.json()["run"]["info"]["run_id"]
    at = f"/workspaces/{place}/comments"
    (thread,) = ask(admin, "POST", at, run=run, text="  Good  ")["threads"]
    assert thread["first"]["text"] == "Good"
    ask(admin, "POST", at, 400, run=run, text="  ")
    ask(admin, "POST", at, 400, run=run, text="x" * 4_001)
    ask(admin, "POST", at, 400, text="Nowhere")
    ask(admin, "POST", at, 404, run="0" * 32, text="Gone")
    ask(admin, "POST", at, 404, run=run, text="No thread", thread=thread["first"]["id"] + 1_000)
    other = workspace(admin)
    ask(admin, "GET", f"/workspaces/{other}/comments", 404, run=run)
