"""The contents API, fuzzed by people of every role who try to reach other workspaces."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from handloom.domain.members import Role
from handloom.store.engine.database import Database, Write
from handloom.store.tokens import rows as tokens
from handloom.store.users import rows as users
from handloom.store.workspaces import members
from running import Handloom

ROOT = "/jupyter/api/contents"
SECRET = "the-other-workspace-s-secret"
KEPT = "what-viewers-may-read"
REQUESTS = 150
"""For each role."""


@dataclass
class Ground:
    """Two workspaces with a file and a notebook each, and people who belong to the first one only."""

    owner: httpx.Client
    people: dict[str, httpx.Client]
    mine: str
    other: str

    def state(self, workspace: str) -> dict[str, Any]:
        """Everything in a workspace: the paths and contents of its files."""
        found: dict[str, Any] = {}
        folders = [workspace]
        while folders:
            listed = self.owner.get(f"{ROOT}/{quote(folders.pop())}", params={"content": "1"}).json()
            for entry in listed["content"]:
                if entry["type"] == "directory":
                    folders.append(entry["path"])
                    found[entry["path"]] = None
                else:
                    found[entry["path"]] = self.owner.get(f"{ROOT}/{quote(entry['path'])}").json()["content"]
        return found


def _workspace(owner: httpx.Client, text: str) -> str:
    made: str = owner.post("/api/v1/workspaces", json={"name": f"w {uuid.uuid4()}"}).json()["id"]
    owner.put(f"{ROOT}/{made}/files", json={"type": "directory"})
    file = {"type": "file", "format": "text", "content": text}
    assert owner.put(f"{ROOT}/{made}/files/a.txt", json=file).status_code == 201
    assert owner.post(f"/api/v1/workspaces/{made}/notebooks", json={"name": "book"}).status_code == 200
    return made


@pytest.fixture(scope="module")
def ground(server: Handloom) -> Iterator[Ground]:
    with ExitStack() as stack:
        owner = stack.enter_context(server.client())
        mine, other = _workspace(owner, KEPT), _workspace(owner, SECRET)
        database = Database(server.database_url, server.data)

        def person(tx: Write, role: Role | None) -> str:
            user = users.create(tx, f"p {uuid.uuid4()}")
            if role is not None:
                members.add(tx, mine, user.id, role)
            return tokens.create(tx, "api", user.id, "fuzz")[1]

        try:
            texts = {
                role.value if role else "nobody": database.write_now(partial(person, role=role))
                for role in (None, *Role)
            }
        finally:
            database.close()
        people = {name: stack.enter_context(server.client(text)) for name, text in texts.items()}
        yield Ground(owner, people, mine, other)


class Fuzzer:
    """Draws requests; the same seed always gives the same ones."""

    def __init__(self, ground: Ground, seed: str) -> None:
        self.ground = ground
        self.random = random.Random(seed)

    def workspace(self) -> str:
        return self.random.choice((self.ground.mine, self.ground.other))

    def path(self) -> str:
        """A path inside one workspace, or one that tries to reach another."""
        draw = self.random
        target = draw.choice(("", "files", "files/a.txt", "book.ipynb", "BOOK.IPYNB", f"files/{draw.randrange(9)}.txt"))
        first, second = self.workspace(), self.workspace()
        return draw.choice(
            (
                f"{first}/{target}",
                f"/{first}/{target}",
                f"{first}//{target}",
                f"{first}/../{second}/{target}",
                f"{first}/files/../../{second}/{target}",
                f"{first}\\..\\{second}\\{target}",
                f"./{first}/{target}",
                f"../{first}/{target}",
                f"{first}/./{target}",
                f"{first}/%2e%2e/{second}/{target}",
                f"{first}/files/.{target}",
                f"{first}/files/%ff{target}",
                f"{first}/files/a\x00b",
                f"{first}\u2215{second}/{target}",
                "",
                "..",
            )
        )

    def body(self) -> Any:
        draw = self.random
        kinds: list[Any] = [self.path(), None, 7, [self.path()], {"path": self.path()}, "\ud800x", ""]
        known = ("copy_from", "path", "type", "ext", "content", "format", "name", "chunk", "base", "last_modified")
        fields = draw.sample(known, draw.randrange(4))
        body = {field: self.path() if draw.random() < 0.6 else draw.choice(kinds) for field in fields}
        if draw.random() < 0.4:
            body |= {"type": "file", "format": "text", "content": "overwritten"}
        return draw.choice((body, body, body, None, [], "x"))

    def send(self, client: httpx.Client) -> httpx.Response:
        draw = self.random
        method = draw.choice(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"))
        safe = draw.choice(("/\\", "/", "", "/%"))
        url = f"{ROOT}/{quote(self.path(), safe=safe)}{draw.choice(('', '', '', '/checkpoints', '/trust'))}"
        body = self.body()
        if body is None or method in ("GET", "HEAD"):
            return client.request(method, url)
        content = json.dumps(body).encode()  # NUL and lone surrogates travel as escapes
        return client.request(method, url, content=content, headers={"Content-Type": "application/json"})


@pytest.mark.parametrize("role", ["nobody", *(role.value for role in Role)])
def test_no_request_crosses_workspaces_or_exceeds_its_role(ground: Ground, role: str) -> None:
    before, own = ground.state(ground.other), ground.state(ground.mine)
    fuzzer = Fuzzer(ground, role)
    for _ in range(REQUESTS):
        reply = fuzzer.send(ground.people[role])
        told = f"{reply.request.method} {reply.request.url} {reply.request.content[:300]!r}: {reply.text[:300]}"
        assert reply.status_code < 500, told
        assert "Traceback" not in reply.text, told
        assert SECRET not in reply.text, told
        if role == "nobody":
            assert KEPT not in reply.text, told
    assert ground.state(ground.other) == before
    if role in ("nobody", Role.VIEWER.value):
        assert ground.state(ground.mine) == own
    book = ground.owner.get(f"/api/v1/workspaces/{ground.mine}/items").json()["items"]
    assert [item["name"] for item in book if item["kind"] == "notebook"] == ["book"]
