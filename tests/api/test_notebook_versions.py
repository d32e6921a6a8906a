"""Version history of notebooks over HTTP: kept around saves, without outputs, each text once."""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest

from handloom.domain.notebook_versions import superfluous
from running import Handloom

DAY = 86_400_000


class Book:
    """A notebook of one test."""

    def __init__(self, server: Handloom, client: httpx.Client) -> None:
        self.client = client
        self.server = server
        self.workspace = client.post("/api/v1/workspaces", json={"name": f"w {uuid.uuid4()}"}).json()["id"]
        made = client.post(f"/api/v1/workspaces/{self.workspace}/notebooks", json={"name": "book"}).json()
        self.id = made["id"]
        self.path = f"/api/v1/workspaces/{self.workspace}/notebooks/{self.id}"
        self.contents = f"/jupyter/api/contents/{made['path']}"

    def save(self, *sources: str, output: str = "") -> None:
        cells = [
            {
                "id": f"cell{number}",
                "cell_type": "code",
                "source": source,
                "metadata": {"handloom": {"state": "ok"}, "tags": ["parameters"]},
                "execution_count": 1,
                "outputs": [{"output_type": "stream", "name": "stdout", "text": output}],
            }
            for number, source in enumerate(sources)
        ]
        content = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        answer = self.client.put(self.contents, json={"type": "notebook", "format": "json", "content": content})
        assert answer.status_code == 200, answer.text

    def versions(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.client.get(f"{self.path}/versions").json()["versions"]
        return found

    def sources(self, version: dict[str, Any]) -> list[str]:
        document = self.client.get(f"{self.path}/versions/{version['id']}").json()["document"]
        return ["".join(cell["source"]) for cell in document["cells"]]

    def sql(self, statement: str) -> list[Any]:
        with closing(sqlite3.connect(self.server.data / "handloom.db", timeout=30)) as db, db:
            return db.execute(statement, {"id": self.id}).fetchall()

    def five_minutes_pass(self) -> None:
        """Let the newest version be five minutes older."""
        self.sql("UPDATE notebook_versions SET made_at = made_at - 300001 WHERE notebook_id = :id")


@pytest.fixture
def book(server: Handloom) -> Iterator[Book]:
    with server.client() as client:
        yield Book(server, client)


@pytest.mark.on_sqlite
def test_what_a_save_replaces_is_kept_every_five_minutes(book: Book) -> None:
    book.save("x = 1")
    (first,) = book.versions()
    assert book.sources(first) == [""]
    book.save("x = 2")
    book.save("x = 3")
    assert len(book.versions()) == 1
    book.five_minutes_pass()
    book.save("all is gone")
    newest, _ = book.versions()
    assert book.sources(newest) == ["x = 3"]
    me = book.client.get("/api/v1/me").json()["user"]
    assert (newest["user"], first["user"]) == (me["display_name"], "")


@pytest.mark.on_sqlite
def test_a_version_has_no_outputs_and_each_text_is_stored_once(book: Book) -> None:
    book.save("print('x')", output="x" * 2_000_000)
    kept = book.client.post(f"{book.path}/versions", json={"name": " Before  the talk "}).json()
    assert (kept["name"], kept["cells"]) == ("Before the talk", 1)
    document = book.client.get(f"{book.path}/versions/{kept['id']}").json()["document"]
    (cell,) = document["cells"]
    assert (cell["outputs"], cell["execution_count"], cell["metadata"]) == ([], None, {"tags": ["parameters"]})
    book.save("print('x')", output="other")
    book.client.post(f"{book.path}/versions", json={"name": "Again"})
    ((texts, size),) = book.sql("SELECT count(*), sum(length(content)) FROM notebook_texts WHERE notebook_id = :id")
    assert (texts, len(book.versions())) == (2, 3)
    assert size < 2_000
    book.five_minutes_pass()
    book.save("print('x')", output="third")
    assert len(book.versions()) == 3  # the newest version has this text already


@pytest.mark.on_sqlite
def test_versions_are_renamed_and_deleted_with_their_texts(book: Book) -> None:
    book.save("x = 1")
    kept = book.client.post(f"{book.path}/versions", json={"name": "One"}).json()
    one = f"{book.path}/versions/{kept['id']}"
    assert book.client.patch(one, json={"name": "Two"}).json()["name"] == "Two"
    assert book.client.patch(one, json={"name": "x" * 201}).status_code == 400
    assert book.client.post(f"{book.path}/versions", json={"name": " "}).json()["error"]["field"] == "name"
    assert book.client.delete(one).status_code == 200
    assert book.client.get(one).status_code == 404
    assert book.sql("SELECT count(*) FROM notebook_texts WHERE notebook_id = :id") == [(1,)]
    assert book.client.get(f"{book.path.rpartition('/')[0]}/{'0' * 32}/versions").status_code == 404


def test_a_save_over_a_file_that_is_no_notebook_goes_through(book: Book) -> None:
    file = book.server.data / "workspaces" / book.workspace / "book.ipynb"
    file.write_text("{ broken")
    book.save("x = 1")
    assert book.versions() == []


def test_old_automatic_versions_are_thinned_out() -> None:
    now = int(time.time() * 1000) // DAY * DAY + DAY // 2
    every_hour = [(f"{hours}", now - hours * DAY // 24) for hours in range(24 * 400)]
    left = {int(one) for one, _ in every_hour} - {int(one) for one in superfluous(every_hour, now)}
    assert set(range(24 * 7)) <= left
    days = [hours // 24 for hours in sorted(left) if hours > 24 * 9]
    assert len(days) == len({(now - hours * DAY // 24) // DAY for hours in left if hours > 24 * 9})
    assert max(left) <= 24 * 366
    assert len(superfluous([(str(n), now) for n in range(600)], now)) == 100
