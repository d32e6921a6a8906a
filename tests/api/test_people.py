"""Several people: permissions in a workspace, managing people, and what ends when somebody leaves."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

import httpx
import pytest

from api.people import Signed, workspace
from running import Handloom

ROLES = ("viewer", "contributor", "member", "admin")


def members(client: httpx.Client, of: str) -> dict[str, str]:
    found = client.get(f"/api/v1/workspaces/{of}/members").json()["members"]
    return {member["user"]: member["role"] for member in found}


def test_a_new_person_signs_in_once_by_their_link_and_sees_nothing_of_others(
    server: Handloom, admin: httpx.Client
) -> None:
    name = f"지은 {uuid.uuid4()}"
    made = admin.post("/api/v1/users", json={"name": name, "display_name": "김지은"}).json()
    assert made["path"].startswith("/sign-in?token=")
    with httpx.Client(base_url=server.url) as browser, httpx.Client() as late:
        assert server.sign_in(browser, server.url + made["path"]).status_code == 303
        assert browser.get("/api/v1/me").json()["user"] == made["user"]
        assert made["user"]["display_name"] == "김지은"
        assert browser.get("/api/v1/workspaces").json() == {"workspaces": []}
        assert server.sign_in(late, server.url + made["path"]).status_code == 401


@pytest.mark.parametrize("name", ["", " ", "x" * 300, "a\nb", "removed x"])
def test_a_name_that_is_none_is_refused(admin: httpx.Client, name: str) -> None:
    assert admin.post("/api/v1/users", json={"name": name}).status_code in (400, 409)


def test_a_name_is_taken_in_any_case(admin: httpx.Client, join: Callable[..., Signed]) -> None:
    person = join()
    for name in (person.name, person.name.upper(), f" {person.name} "):
        refused = admin.post("/api/v1/users", json={"name": name})
        assert (refused.status_code, refused.json()["error"]["field"]) == (409, "name")


def test_people_are_managed_by_admins_of_the_installation_alone(join: Callable[..., Signed]) -> None:
    person, boss = join(), join(admin=True)
    calls = [
        ("GET", "/users"),
        ("POST", "/users"),
        ("GET", f"/users/{boss.id}/access"),
        ("PATCH", f"/users/{boss.id}"),
        ("DELETE", f"/users/{boss.id}"),
        ("POST", f"/users/{boss.id}/link"),
        ("POST", f"/users/{boss.id}/hand-over"),
        ("DELETE", f"/users/{boss.id}/sign-ins"),
        ("DELETE", f"/users/{boss.id}/tokens/x"),
        ("PUT", f"/users/{boss.id}/password"),
    ]
    assert [person.status(*call) for call in calls] == [403] * len(calls)
    assert boss.status("GET", "/users") == 200
    assert boss.status("GET", f"/users/{person.id}/access") == 200


def test_a_token_invites_nobody_and_disables_nobody(server: Handloom, join: Callable[..., Signed]) -> None:
    boss, person = join(admin=True), join()
    text = boss.browser.post("/api/v1/tokens", json={"name": "ci"}).json()["text"]
    with server.client(text) as client:
        assert client.get("/api/v1/users").status_code == 200
        assert client.post("/api/v1/users", json={"name": f"x {uuid.uuid4()}"}).status_code == 403
        assert client.post(f"/api/v1/users/{person.id}/link", json={}).status_code == 403
        assert client.patch(f"/api/v1/users/{person.id}", json={"admin": True}).status_code == 403
        assert client.delete(f"/api/v1/users/{person.id}").status_code == 403


def test_a_new_link_ends_the_one_before(server: Handloom, admin: httpx.Client, join: Callable[..., Signed]) -> None:
    person = join()
    first, second = (admin.post(f"/api/v1/users/{person.id}/link", json={}).json()["path"] for _ in range(2))
    with httpx.Client() as browser:
        assert server.sign_in(browser, server.url + first).status_code == 401
        assert server.sign_in(browser, server.url + second).status_code == 303


def test_the_four_roles_do_what_they_say(admin: httpx.Client, join: Callable[..., Signed]) -> None:
    place = workspace(admin)
    people = {role: join() for role in ROLES}
    for role, person in people.items():
        added = admin.post(f"/api/v1/workspaces/{place}/members", json={"user": person.name.upper(), "role": role})
        assert added.status_code == 200, added.text
    at = f"/workspaces/{place}"
    for role, person in people.items():
        rank = ROLES.index(role)
        assert person.status("GET", f"{at}/items") == 200
        assert person.status("GET", f"{at}/members") == 200
        assert person.status("POST", f"{at}/notebooks", name=f"by {role}") == (200 if rank >= 1 else 403)
        assert person.status("GET", f"{at}/member-candidates") == (200 if rank >= 2 else 403)
        assert person.status("PATCH", at, description=role) == (200 if rank == 3 else 403)
        assert person.status("GET", f"{at}/removal") == (200 if rank == 3 else 403)
        for given in ROLES:
            may = rank >= 2 and ROLES.index(given) <= rank
            newcomer = join()
            assert person.status("POST", f"{at}/members", user=newcomer.id, role=given) == (200 if may else 403)
            changed = person.status("PATCH", f"{at}/members/{newcomer.id}", role="viewer")
            assert changed == (200 if rank == 3 else 403)
            removed = person.status("DELETE", f"{at}/members/{newcomer.id}")
            assert removed == (200 if rank == 3 else 403)


def test_nobody_outside_learns_of_a_workspace(admin: httpx.Client, join: Callable[..., Signed]) -> None:
    place, outside = workspace(admin), join(admin=True)
    assert outside.status("GET", f"/workspaces/{place}") == 404
    assert outside.status("GET", f"/workspaces/{place}/members") == 404
    assert outside.status("POST", f"/workspaces/{place}/members", user=outside.id, role="admin") == 404


def test_a_role_ends_with_the_next_request(admin: httpx.Client, join: Callable[..., Signed]) -> None:
    place, person = workspace(admin), join()
    at = f"/workspaces/{place}"
    admin.post(f"/api/v1{at}/members", json={"user": person.id, "role": "contributor"})
    assert person.status("POST", f"{at}/notebooks", name="a") == 200
    admin.patch(f"/api/v1{at}/members/{person.id}", json={"role": "viewer"})
    assert person.status("POST", f"{at}/notebooks", name="b") == 403
    admin.delete(f"/api/v1{at}/members/{person.id}")
    assert person.status("GET", f"{at}/items") == 404


def test_a_person_is_added_once_and_only_one_that_is_there(admin: httpx.Client, join: Callable[..., Signed]) -> None:
    place, person = workspace(admin), join()
    path = f"/api/v1/workspaces/{place}/members"
    found = [c["user"] for c in admin.get(f"/api/v1/workspaces/{place}/member-candidates").json()["members"]]
    assert person.id in found
    assert admin.post(path, json={"user": person.id, "role": "viewer"}).status_code == 200
    again = admin.post(path, json={"user": person.name, "role": "admin"})
    assert (again.status_code, again.json()["error"]["field"]) == (409, "user")
    assert admin.post(path, json={"user": "nobody at all", "role": "viewer"}).status_code == 404
    assert admin.post(path, json={"user": person.id, "role": "owner"}).status_code == 400
    assert admin.patch(f"{path}/unknown", json={"role": "viewer"}).status_code == 404
    assert members(admin, place)[person.id] == "viewer"


def test_the_last_admin_stays_and_everybody_else_may_leave(join: Callable[..., Signed]) -> None:
    one, two = join(), join()
    place = workspace(one.browser)
    at = f"/workspaces/{place}/members"
    assert one.status("DELETE", f"{at}/{one.id}") == 409
    assert one.status("DELETE", f"/me/memberships/{place}") == 409
    assert two.status("DELETE", f"/me/memberships/{place}") == 404
    assert one.status("PATCH", f"{at}/{one.id}", role="viewer") == 409
    assert one.status("POST", at, user=two.id, role="viewer") == 200
    assert one.status("DELETE", f"{at}/{one.id}") == 409
    assert two.status("DELETE", f"/me/memberships/{place}") == 200
    assert two.status("GET", f"/workspaces/{place}") == 404
    assert one.status("POST", at, user=two.id, role="viewer") == 200
    assert one.status("PATCH", f"{at}/{two.id}", role="admin") == 200
    assert one.status("DELETE", f"/me/memberships/{place}") == 200
    assert members(two.browser, place) == {two.id: "admin"}
    assert two.status("DELETE", f"{at}/{two.id}") == 409


def test_disabling_ends_browsers_tokens_and_links_at_once_and_for_good(
    server: Handloom, admin: httpx.Client, join: Callable[..., Signed]
) -> None:
    person = join()
    place = workspace(person.browser)
    text = person.browser.post("/api/v1/tokens", json={"name": "ci"}).json()["text"]
    link = admin.post(f"/api/v1/users/{person.id}/link", json={}).json()["path"]
    with server.client(text) as client, httpx.Client() as late:
        assert client.get("/api/v1/me").status_code == 200
        assert admin.patch(f"/api/v1/users/{person.id}", json={"disabled": True}).status_code == 200
        assert client.get("/api/v1/me").status_code == 401
        assert person.status("GET", "/me") == 401
        assert server.sign_in(late, server.url + link).status_code == 401
        assert admin.post(f"/api/v1/users/{person.id}/link", json={}).status_code == 409
        assert admin.patch(f"/api/v1/users/{person.id}", json={"disabled": False}).status_code == 200
        assert (client.get("/api/v1/me").status_code, person.status("GET", "/me")) == (401, 401)
    assert members(admin, place) == {person.id: "admin"}


def test_the_installation_keeps_an_admin(own_server: Handloom) -> None:
    with own_server.client() as admin:
        (first,) = admin.get("/api/v1/users").json()["users"]
        assert first["admin"] is True
        for change in ({"admin": False}, {"disabled": True}):
            assert admin.patch(f"/api/v1/users/{first['id']}", json=change).status_code == 409
        assert admin.delete(f"/api/v1/users/{first['id']}", params={"successor": "x"}).status_code in (404, 409)
        second = admin.post("/api/v1/users", json={"name": "second", "admin": True}).json()["user"]
        removed = admin.delete(f"/api/v1/users/{first['id']}", params={"successor": "second"})
        assert removed.status_code == 200, removed.text
        # The command line's own token goes on as the admin who is left.
        assert admin.get("/api/v1/me").json()["user"]["id"] == second["id"]
        assert [user["name"] for user in admin.get("/api/v1/users").json()["users"]] == ["second"]
        (default,) = admin.get("/api/v1/workspaces").json()["workspaces"]
        assert members(admin, default["id"]) == {second["id"]: "admin"}
    own_server.stop()
    own_server.start()
    with own_server.client() as admin:
        assert admin.get("/api/v1/me").json()["user"]["id"] == second["id"]


def test_who_leaves_hands_their_workspaces_over_and_their_name_stays(
    admin: httpx.Client, join: Callable[..., Signed]
) -> None:
    leaver, heir, other = join(display_name="Park"), join(), join()
    alone, shared = workspace(leaver.browser), workspace(leaver.browser)
    for place, person, role in ((alone, heir, "viewer"), (shared, other, "admin")):
        leaver.status("POST", f"/workspaces/{place}/members", user=person.id, role=role)
    leaver.status("POST", f"/workspaces/{alone}/notebooks", name="mine")
    refused = admin.delete(f"/api/v1/users/{leaver.id}")
    assert (refused.status_code, refused.json()["error"]["field"]) == (409, "successor")
    assert admin.delete(f"/api/v1/users/{leaver.id}", params={"successor": leaver.id}).status_code == 400
    assert admin.delete(f"/api/v1/users/{leaver.id}", params={"successor": heir.name}).status_code == 200
    assert leaver.status("GET", "/me") == 401
    assert members(admin, alone) == {heir.id: "admin"}
    assert members(admin, shared) == {other.id: "admin"}
    items = heir.browser.get(f"/api/v1/workspaces/{alone}/items").json()["items"]
    assert {(item["name"], item["owner"]) for item in items if item["kind"] == "notebook"} == {("mine", "Park")}
    assert admin.get(f"/api/v1/users/{leaver.id}/access").status_code == 404
    assert admin.post("/api/v1/users", json={"name": leaver.name}).status_code == 200  # the name is free again


def test_an_admin_hands_over_what_a_disabled_person_left(admin: httpx.Client, join: Callable[..., Signed]) -> None:
    gone, heir = join(), join()
    place = workspace(gone.browser)
    admin.patch(f"/api/v1/users/{gone.id}", json={"disabled": True})
    access = admin.get(f"/api/v1/users/{gone.id}/access").json()
    assert [(w["workspace"], w["only_admin"]) for w in access["workspaces"]] == [(place, True)]
    assert admin.post(f"/api/v1/users/{gone.id}/hand-over", json={"successor": gone.id}).status_code == 400
    done = admin.post(f"/api/v1/users/{gone.id}/hand-over", json={"successor": heir.id})
    assert [w["only_admin"] for w in done.json()["workspaces"]] == [False]
    assert members(heir.browser, place) == {gone.id: "admin", heir.id: "admin"}


def test_one_lists_and_ends_the_browsers_one_is_signed_in_with(
    server: Handloom, admin: httpx.Client, join: Callable[..., Signed]
) -> None:
    person = join()
    link = admin.post(f"/api/v1/users/{person.id}/link", json={}).json()["path"]
    with httpx.Client(base_url=server.url, headers={"User-Agent": "Other/1.0"}) as other:
        server.sign_in(other, server.url + link)
        found = person.browser.get("/api/v1/me/sign-ins").json()
        assert found["sign_ins"][0]["name"] == "Other/1.0"
        assert found["sign_ins"][0]["address"] == "127.0.0.1"
        assert found["current"] == found["sign_ins"][1]["id"]
        assert person.status("DELETE", "/me/sign-ins") == 200
        assert other.get("/api/v1/me").status_code == 401
        assert person.status("GET", "/me") == 200
        assert len(person.browser.get("/api/v1/me/sign-ins").json()["sign_ins"]) == 1
    assert person.browser.patch("/api/v1/me", json={"display_name": "새 이름"}).json()["display_name"] == "새 이름"
    assert person.browser.get("/api/v1/me").json()["user"]["display_name"] == "새 이름"


def test_an_admin_sees_and_ends_what_a_person_is_signed_in_with(
    admin: httpx.Client, join: Callable[..., Signed]
) -> None:
    person = join()
    made = person.browser.post("/api/v1/tokens", json={"name": "ci", "expires_in_days": 3}).json()["token"]
    shown = next(u for u in admin.get("/api/v1/users").json()["users"] if u["id"] == person.id)
    assert (shown["sign_ins"], shown["tokens"], shown["invited_until"], shown["password"]) == (1, 1, None, False)
    access = admin.get(f"/api/v1/users/{person.id}/access").json()
    assert [token["id"] for token in access["tokens"]] == [made["id"]]
    assert admin.delete(f"/api/v1/users/{person.id}/tokens/{made['id']}").status_code == 200
    assert admin.delete(f"/api/v1/users/{person.id}/sign-ins").status_code == 200
    assert person.status("GET", "/me") == 401


@pytest.mark.on_sqlite
def test_the_kernel_of_a_person_ends_with_their_right_to_run_it(
    server: Handloom, admin: httpx.Client, join: Callable[..., Signed]
) -> None:
    person = join()
    place = workspace(admin)
    at = f"/api/v1/workspaces/{place}"
    admin.post(f"{at}/members", json={"user": person.id, "role": "contributor"})
    notebook = person.browser.post(f"{at}/notebooks", json={"name": "n"}).json()
    ends = [(f"{at}/members/{person.id}", {"role": "viewer"}), (f"/api/v1/users/{person.id}", {"disabled": True})]
    for path, change in ends:
        admin.patch(f"{at}/members/{person.id}", json={"role": "contributor"})
        started = person.browser.post(f"{at}/sessions", json={"notebook": notebook["id"]})
        assert started.status_code == 200, started.text
        assert admin.get(f"{at}/removal").json()["sessions"] == 1
        assert admin.patch(path, json=change).status_code == 200
        until(lambda: admin.get(f"{at}/removal").json()["sessions"] == 0)


def enter(server: Handloom, name: str, password: str, **more: str) -> httpx.Response:
    form = {"name": name, "password": password, **more}
    return httpx.post(f"{server.url}/sign-in", data=form, headers={"Origin": server.url})


def test_a_password_signs_in_and_the_page_leads_on(with_passwords: Handloom) -> None:
    name, password = f"이름 {uuid.uuid4()}", "correct horse 말"
    with with_passwords.client() as admin:
        person = admin.post("/api/v1/users", json={"name": name}).json()["user"]
        assert enter(with_passwords, name, password).status_code == 401
        assert admin.put(f"/api/v1/users/{person['id']}/password", json={"password": password}).status_code == 200
    assert "current-password" in httpx.get(f"{with_passwords.url}/sign-in").text
    assert httpx.get(f"{with_passwords.url}/sign-in/ways").json() == {"passwords": True, "provider": ""}
    entered = enter(with_passwords, name.upper(), password, next="/workspaces?x=1")
    assert (entered.status_code, entered.headers["location"]) == (303, "/workspaces?x=1")
    assert "httponly" in entered.headers["set-cookie"].lower()
    me = httpx.get(f"{with_passwords.url}/api/v1/me", cookies=entered.cookies).json()
    assert (me["user"]["id"], me["passwords"], me["has_password"]) == (person["id"], True, True)
    for elsewhere in ("https://evil.example", "//evil.example", "/\\evil.example", "/a\nb"):
        assert enter(with_passwords, name, password, next=elsewhere).headers["location"] == "/"


def test_wrong_passwords_look_alike_and_are_throttled(with_passwords: Handloom) -> None:
    name, password = f"p {uuid.uuid4()}", "correct horse battery"
    with with_passwords.client() as admin:
        person = admin.post("/api/v1/users", json={"name": name}).json()["user"]
        admin.put(f"/api/v1/users/{person['id']}/password", json={"password": password})
    wrong, nobody = enter(with_passwords, name, "x" * 12), enter(with_passwords, "nobody", "x" * 12)
    assert wrong.status_code == nobody.status_code == 401
    assert wrong.text.replace(name, "nobody") == nobody.text
    assert [enter(with_passwords, name, f"guess {n:08}").status_code for n in range(4)] == [401] * 4
    refused = enter(with_passwords, name, password)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 60


def test_one_changes_one_s_password_by_knowing_it(with_passwords: Handloom) -> None:
    name = f"p {uuid.uuid4()}"
    with with_passwords.client() as admin, httpx.Client(base_url=with_passwords.url) as browser:
        made = admin.post("/api/v1/users", json={"name": name}).json()
        with_passwords.sign_in(browser, with_passwords.url + made["path"])
        text = browser.post("/api/v1/tokens", json={"name": "ci"}).json()["text"]
        for bad in ("short", "x" * 300, name):
            refused = browser.put("/api/v1/me/password", json={"password": bad})
            assert (refused.status_code, refused.json()["error"]["field"]) == (400, "password")
        assert browser.put("/api/v1/me/password", json={"password": "first password"}).status_code == 200
        other = enter(with_passwords, name, "first password").cookies
        again = {"password": "second password", "current": "not the first"}
        assert browser.put("/api/v1/me/password", json=again).status_code == 400
        with with_passwords.client(text) as client:
            assert client.put("/api/v1/me/password", json={**again, "current": "first password"}).status_code == 403
        assert browser.put("/api/v1/me/password", json={**again, "current": "first password"}).status_code == 200
        assert browser.get("/api/v1/me").status_code == 200
        assert httpx.get(f"{with_passwords.url}/api/v1/me", cookies=other).status_code == 401
        assert enter(with_passwords, name, "first password").status_code == 401
        assert enter(with_passwords, name, "second password").status_code == 303
        admin.patch(f"/api/v1/users/{made['user']['id']}", json={"disabled": True})
        assert enter(with_passwords, name, "second password").status_code == 401
        admin.patch(f"/api/v1/users/{made['user']['id']}", json={"disabled": False})
        admin.put(f"/api/v1/users/{made['user']['id']}/password", json={"password": None})
        assert enter(with_passwords, name, "second password").status_code == 401


def test_the_present_password_cannot_be_guessed_with_a_stolen_session(with_passwords: Handloom) -> None:
    with with_passwords.client() as admin, httpx.Client(base_url=with_passwords.url) as browser:
        made = admin.post("/api/v1/users", json={"name": f"p {uuid.uuid4()}"}).json()
        with_passwords.sign_in(browser, with_passwords.url + made["path"])
        assert browser.put("/api/v1/me/password", json={"password": "first password"}).status_code == 200
        for guess in range(5):
            body = {"password": "second password", "current": f"guess {guess}"}
            assert browser.put("/api/v1/me/password", json=body).status_code == 400
        body = {"password": "second password", "current": "first password"}
        assert browser.put("/api/v1/me/password", json=body).status_code == 503


def test_without_the_setting_no_password_opens(
    server: Handloom, admin: httpx.Client, join: Callable[..., Signed]
) -> None:
    person = join()
    assert person.status("PUT", "/me/password", password="another password") == 409
    admin.put(f"/api/v1/users/{person.id}/password", json={"password": "a good password"})
    assert httpx.get(f"{server.url}/sign-in/ways").json() == {"passwords": False, "provider": ""}
    assert "current-password" not in httpx.get(f"{server.url}/sign-in").text
    assert enter(server, person.name, "a good password").status_code == 401


def test_a_hash_is_argon2id_and_leaves_no_password_in_the_log(with_passwords: Handloom) -> None:
    secret = f"secret {uuid.uuid4()}"
    with with_passwords.client() as admin:
        person = admin.post("/api/v1/users", json={"name": f"p {uuid.uuid4()}"}).json()["user"]
        admin.put(f"/api/v1/users/{person['id']}/password", json={"password": secret})
    enter(with_passwords, person["name"], secret)
    stored = (with_passwords.data / "handloom.db-wal").read_bytes() + (with_passwords.data / "handloom.db").read_bytes()
    assert b"$argon2id$" in stored
    assert secret.encode() not in stored
    assert secret not in with_passwords.log


def until(done: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        time.sleep(0.1)
