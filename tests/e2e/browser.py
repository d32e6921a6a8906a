"""A real Chromium and the person who uses it: one signed-in page, a language, a folder for pictures."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserType, ConsoleMessage, Page, ViewportSize

from e2e.words import Words
from running import Handloom

SCREENS = Path(__file__).parent / "screens"
PICTURES = "SCREENS" in os.environ
"""Whether pictures of every story are taken; a failed test takes one in any case."""
SIZE: ViewportSize = {"width": 1440, "height": 900}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# What the browser itself says of a request that a test provoked; everything else on the console is a fault.
EXPECTED = re.compile(r"Failed to load resource|WebSocket connection to|ERR_CONNECTION|ERR_INTERNET|Download the React")


def launch(chromium: BrowserType) -> Browser:
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    path = next((found for name in names if (found := shutil.which(name))), None)
    if path is None:
        pytest.fail("Chromium is missing; `make test` installs it where apt is there")
    return chromium.launch(executable_path=path, args=FLAGS)


@dataclass(kw_only=True)
class Person:
    """Someone in front of a browser. `complaints` are errors on the console."""

    page: Page
    words: Words
    site: Handloom
    story: str
    complaints: list[str] = field(default_factory=list)
    pictures: int = 0

    def shot(self, name: str, *, always: bool = False) -> None:
        """A picture of the page as it stands, numbered in the order of the story; `always` also without SCREENS=1."""
        if not (PICTURES or always):
            return
        folder = SCREENS / self.story
        folder.mkdir(parents=True, exist_ok=True)
        self.pictures += 1
        self.page.wait_for_timeout(250)  # panels slide in
        self.page.screenshot(path=folder / f"{self.pictures:02d}-{name}.png", animations="disabled")

    def go(self, path: str) -> None:
        self.page.goto(self.site.url + path)


def sit_down(browser: Browser, site: Handloom, words: Words, story: str, *, dark: bool = False) -> Person:
    """A new browser profile, signed in by a link of its own."""
    context = browser.new_context(
        locale=words.locale,
        viewport=SIZE,
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        permissions=["clipboard-read", "clipboard-write"],
    )
    context.set_default_timeout(20_000)
    person = Person(page=context.new_page(), words=words, site=site, story=story)
    watch(person, person.page)
    person.page.goto(site.new_sign_in_url())
    person.page.get_by_role("button").click()  # its only one
    person.page.wait_for_url(site.url + "/")
    return person


def watch(person: Person, page: Page) -> None:
    def heard(message: ConsoleMessage) -> None:
        if message.type == "error" and not EXPECTED.search(message.text):
            person.complaints.append(message.text)

    page.on("console", heard)
    page.on("pageerror", lambda error: person.complaints.append(str(error)))
