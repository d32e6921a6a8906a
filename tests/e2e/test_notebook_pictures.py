"""Pictures from other addresses: nothing is asked of those before the reader says so, and only for that notebook."""

from __future__ import annotations

import socket
import threading
import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from e2e import notebook
from e2e.browser import Person
from e2e.conftest import Sit
from e2e.words import ENGLISH, KOREAN, Words
from running import Handloom


class Tracker:
    """A server of pictures that only counts who connects; it hangs up at once."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"https://127.0.0.1:{self._listener.getsockname()[1]}/pixel.png"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.close()
            self.asked.set()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


@pytest.fixture
def tracker() -> Iterator[Tracker]:
    made = Tracker()
    yield made
    made.close()


def opened(person: Person, workspace: str, notebook_id: str) -> None:
    person.go(f"/workspaces/{workspace}/notebooks/{notebook_id}")
    notebook.opened(person)


@pytest.mark.parametrize(
    ("words", "dark", "title", "show"),
    [
        (ENGLISH, False, "This notebook shows pictures from other addresses.", "Show them"),
        (KOREAN, True, "이 노트북에는 다른 주소의 그림이 있습니다.", "그림 표시"),
    ],
)
def test_pictures_from_elsewhere_load_once_they_are_allowed(
    sit: Sit, site: Handloom, tracker: Tracker, words: Words, dark: bool, title: str, show: str
) -> None:
    with site.client() as client:
        workspace = client.post("/api/v1/workspaces", json={"name": f"pictures {uuid.uuid4()}"}).json()["id"]
        cell = {
            "cell_type": "markdown",
            "id": "a",
            "metadata": {},
            "source": f"# Report\n\n![chart]({tracker.address})",
        }
        content = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        api = f"/api/v1/workspaces/{workspace}/notebooks"
        made = client.post(api, json={"name": "Report", "content": content}).json()["id"]
    person = sit(words, dark=dark, story=f"pictures-{words.language}")
    page = person.page
    opened(person, workspace, made)
    expect(page.get_by_text(title)).to_be_visible()
    person.shot("asked")
    assert not tracker.asked.is_set()

    page.get_by_role("button", name=show).click()
    expect(page.locator('meta[name="handloom-pictures"]')).to_have_attribute("content", made)
    notebook.opened(person)
    expect(page.get_by_text(title)).to_have_count(0)
    assert tracker.asked.wait(20)

    # Every other page is a new document, with the usual policy.
    page.get_by_role("navigation").get_by_role("link", name=words.create).first.click()
    expect(page.locator('meta[name="handloom-pictures"]')).to_have_count(0)
    assert all("Content Security Policy" in complaint for complaint in person.complaints)
    person.complaints.clear()
