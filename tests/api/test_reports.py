"""Reports over HTTP: blocks with limits, a version that keeps changes apart, roles, the bin and the audit log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from api.people import Signed, workspace


def ask(person: httpx.Client, method: str, path: str, status: int = 200, /, **body: Any) -> Any:
    content: dict[str, Any] = {"params": body} if method in ("GET", "DELETE") else {"json": body}
    reply = person.request(method, f"/api/v1{path}", **content)
    assert reply.status_code == status, reply.text
    return reply.json()


def text(id: str, words: str = "Prose.") -> dict[str, Any]:
    return {"kind": "text", "id": id, "text": words}


def spec(**change: Any) -> dict[str, Any]:
    plain = {"title": "", "type": "bar", "x": "run", "y": ["r2"], "params": [], "by": "auto", "scale": "linear"}
    return plain | {"agg": "last", "sort": "runs", "smooth": 0} | change


def search(place: str, **change: Any) -> dict[str, Any]:
    return {"search": {"workspace": place, "experiment": "0"} | change, "picks": []}


def table(id: str, runs: dict[str, Any], columns: list[str] | None = None) -> dict[str, Any]:
    return {"kind": "table", "id": id, "title": "Best", "runs": runs, "columns": columns or ["metrics.r2"]}


def test_a_report_keeps_its_blocks_and_is_listed_with_the_other_items(admin: httpx.Client) -> None:
    place = workspace(admin)
    at = f"/workspaces/{place}/reports"
    chart = {"kind": "chart", "id": "c", "runs": search(place, filter="metrics.r2 > 0.4"), "spec": spec()}
    named = {"search": None, "picks": [{"workspace": "elsewhere", "experiment": "7", "runs": ["a", "b"]}]}
    made = ask(admin, "POST", at, name=" 결과 ", description="Why", blocks=[text("t"), chart, table("b", named)])
    assert (made["name"], made["version"], [block["kind"] for block in made["blocks"]]) == (
        "결과",
        1,
        ["text", "chart", "table"],
    )
    assert made["blocks"][1]["runs"]["search"] == {
        "workspace": place,
        "experiment": "0",
        "filter": "metrics.r2 > 0.4",
        "order_by": [],
        "limit": 10,
    }
    one = f"{at}/{made['id']}"
    assert ask(admin, "GET", one) == made
    added = ask(admin, "POST", f"{one}/blocks", blocks=[text("more")])
    assert (added["version"], added["blocks"][-1]["text"]) == (2, "Prose.")
    ask(admin, "POST", at, 409, name="결과")
    ask(admin, "PATCH", one, name="Findings")
    (item,) = ask(admin, "GET", f"/workspaces/{place}/items")["items"]
    assert (item["kind"], item["name"], item["description"]) == ("report", "Findings", "Why")
    assert [found["id"] for found in ask(admin, "GET", "/search", query="findings")["items"]] == [made["id"]]
    assert ask(admin, "GET", f"/workspaces/{place}/removal")["reports"] == 1


def test_a_change_of_an_older_version_is_refused_and_overwrites_nothing(
    admin: httpx.Client, join: Callable[..., Signed]
) -> None:
    place, other = workspace(admin), join("Bo")
    admin.post(f"/api/v1/workspaces/{place}/members", json={"user": other.id, "role": "contributor"})
    made = ask(admin, "POST", f"/workspaces/{place}/reports", name="R", blocks=[text("t", "first")])
    one = f"/workspaces/{place}/reports/{made['id']}"
    saved = ask(other.browser, "PUT", f"{one}/blocks", version=1, blocks=[text("t", "theirs")])
    assert (saved["version"], saved["modified_by"], saved["owner"] == saved["modified_by"]) == (2, "Bo", False)
    refused = ask(admin, "PUT", f"{one}/blocks", 409, version=1, blocks=[text("t", "mine")])
    assert refused["error"]["code"] == "conflict"
    assert "Bo has changed this report" in refused["error"]["message"]
    assert ask(admin, "GET", one)["blocks"] == [text("t", "theirs")]


def test_viewers_read_and_others_do_not_know_of_it(admin: httpx.Client, join: Callable[..., Signed]) -> None:
    place, viewer, stranger = workspace(admin), join(), join()
    admin.post(f"/api/v1/workspaces/{place}/members", json={"user": viewer.id, "role": "viewer"})
    made = ask(admin, "POST", f"/workspaces/{place}/reports", name="R", blocks=[table("b", search(place))])
    one = f"/workspaces/{place}/reports/{made['id']}"
    assert ask(viewer.browser, "GET", one)["blocks"] == made["blocks"]
    for method, path, body in (
        ("PUT", f"{one}/blocks", {"version": 1, "blocks": []}),
        ("POST", f"{one}/blocks", {"blocks": []}),
        ("PATCH", one, {"name": "x"}),
        ("DELETE", one, {}),
        ("POST", f"{one}/restore", {}),
    ):
        assert viewer.status(method, path, **body) == 403
        assert stranger.status(method, path, **body) == 404
    ask(stranger.browser, "GET", one, 404)
    ask(admin, "GET", f"/workspaces/{workspace(admin)}/reports/{made['id']}", 404)


def test_a_deleted_report_comes_back_from_the_bin_or_goes_for_good(admin: httpx.Client) -> None:
    place = workspace(admin)
    at = f"/workspaces/{place}/reports"
    made = ask(admin, "POST", at, name="R", blocks=[text("t")])
    one = f"{at}/{made['id']}"
    ask(admin, "DELETE", one)
    ask(admin, "GET", one, 404)
    ask(admin, "DELETE", one, 404)
    (binned,) = ask(admin, "GET", f"/workspaces/{place}/bin")["items"]
    assert (binned["kind"], binned["id"], binned["name"]) == ("report", made["id"], "R")
    taker = ask(admin, "POST", at, name="R")["id"]  # the name is free meanwhile
    ask(admin, "POST", f"{one}/restore", 409)
    back = ask(admin, "POST", f"{one}/restore", new_name="R again")
    assert (back["name"], back["blocks"]) == ("R again", made["blocks"])
    ask(admin, "DELETE", f"{at}/{taker}")
    deleted = f"/workspaces/{place}/deleted"
    assert ask(admin, "GET", deleted, before=2**50)["waiting"]["reports"] == 1
    assert ask(admin, "DELETE", deleted, before=2**50)["reports"] == 1
    ask(admin, "POST", f"{at}/{taker}/restore", 404)
    entries = ask(admin, "GET", "/audit", workspace=place, area="report")["entries"]
    assert {(entry["action"], entry["target"]) for entry in entries} == {
        ("report.create", "R"),
        ("report.delete", "R"),
        ("report.restore", "R"),
    }


@pytest.mark.parametrize(
    ("block", "says"),
    [
        (text("x" * 65), "its id must have"),
        (text("a", "x" * 50_001), "at most 50,000"),
        (table("a", {"search": None, "picks": []}), "either a search of runs or named runs"),
        (table("a", search("w", limit=101)), "from 1 to 100 runs"),
        (table("a", search("w", filter="x" * 5_001)), "its filter has 5,001"),
        (table("a", {"picks": [{"workspace": "w", "experiment": "0", "runs": ["r"] * 101}]}), "at most 100 runs"),
        (table("a", {"picks": [{"workspace": "w", "experiment": "0", "runs": []}]}), "an experiment without runs"),
        (table("a", search("w"), ["c"] * 51), "at most 50 columns"),
        ({"kind": "chart", "id": "a", "runs": search("w"), "spec": spec(smooth=1)}, "its smoothing"),
        ({"kind": "chart", "id": "a", "runs": search("w"), "spec": spec(x="r2")}, "its x axis"),
        ({"kind": "chart", "id": "a", "runs": search("w"), "spec": spec(by="r2")}, "its groups"),
        ({"kind": "chart", "id": "a", "runs": search("w"), "spec": spec(type="pie")}, "pie"),
        ({"kind": "video", "id": "a"}, "video"),
    ],
)
def test_what_a_report_cannot_show_is_refused_by_its_place(
    admin: httpx.Client, block: dict[str, Any], says: str
) -> None:
    made = ask(
        admin, "POST", f"/workspaces/{shared_workspace(admin)}/reports", 400, name="R", blocks=[text("t"), block]
    )
    assert says in made["error"]["message"]


def shared_workspace(admin: httpx.Client) -> str:
    """A workspace for requests that are refused."""
    found = ask(admin, "GET", "/workspaces")["workspaces"]
    return next((str(one["id"]) for one in found if one["name"] == "refused"), "") or workspace(admin, "refused")


def test_a_report_has_at_most_200_blocks_with_ids_of_their_own(admin: httpx.Client) -> None:
    at = f"/workspaces/{shared_workspace(admin)}/reports"
    twice = ask(admin, "POST", at, 400, name="R", blocks=[text("t"), text("t")])
    assert "Block 2 cannot be saved: its id is used twice" in twice["error"]["message"]
    many = ask(admin, "POST", at, 400, name="R", blocks=[text(str(n)) for n in range(201)])
    assert "at most 200 blocks" in many["error"]["message"]
    large = ask(admin, "POST", at, 400, name="R", blocks=[text(str(n), "가" * 49_000) for n in range(7)])
    assert "at most 1,000,000 are allowed" in large["error"]["message"]
