"""`make bench ARGS=notebook`: a notebook in a real browser: the first output, many outputs, a million printed lines."""

from __future__ import annotations

import argparse
import base64
import os
import shutil
import statistics
import sys
import time
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from bench import pages, servers, table
from bench.servers import ROOT, Server
from bench.ui import FLAGS

WORK = ROOT / "bench" / "work" / "notebook"
READING = 8.0  # seconds that a person looks at a notebook before the first run
TIMES = 5
CELLS = 500
OUTPUT_BYTES = 16_000_000
LINES = 1_000_000
LIMIT = 120.0  # seconds that anything may take
STATE = "[data-chrome=foot] [data-state=ok]"
IN_SIGHT = """(text) => {
  const last = [...document.querySelectorAll('.jp-Cell')].find((one) => one.innerText.includes(text));
  return Boolean(last) && last.getBoundingClientRect().top < innerHeight;
}"""
PRINTS = """import time
for n in range({lines}):
    print("line", n)
with open("end", "w") as file:
    file.write(str(time.time()))"""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """What was measured, and what it should be at most."""

    work: str
    target: str
    found: str


class Bench:
    """One server with notebooks, and a browser."""

    def __init__(self, server: Server, browser: Browser) -> None:
        self._server = server
        self._browser = browser
        self._http = httpx.Client(base_url=server.url, timeout=LIMIT)
        found = self._http.get("/api/v1/workspaces").raise_for_status().json()["workspaces"]
        self.workspace = str(found[0]["id"])
        self._count = 0

    def notebook(self, *cells: dict[str, Any]) -> str:
        """Create a notebook; return the address of its page."""
        self._count += 1
        content = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells)}
        body = {"name": f"n{self._count}", "content": content}
        made = self._http.post(f"/api/v1/workspaces/{self.workspace}/notebooks", json=body).raise_for_status().json()
        return f"{self._server.url}/workspaces/{self.workspace}/notebooks/{made['id']}"

    def page(self) -> Page:
        context = self._browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-US")
        context.set_default_timeout(LIMIT * 1_000)
        page = context.new_page()
        page.add_init_script(pages.WATCH)
        return page


def code(number: int, source: str, *outputs: dict[str, Any]) -> dict[str, Any]:
    count = number + 1 if outputs else None
    common = {"cell_type": "code", "id": f"cell{number}", "metadata": {}}
    return {**common, "source": source, "outputs": list(outputs), "execution_count": count}


def _cells(page: Page) -> Locator:
    return page.locator(".jp-Notebook .jp-Cell")


def _opened(bench: Bench, source: str) -> Page:
    """Open a notebook with one cell and read it for a while."""
    page = bench.page()
    page.goto(bench.notebook(code(0, source)))
    _cells(page).first.wait_for()
    page.wait_for_timeout(READING * 1_000)
    return page


def _run(page: Page) -> float:
    """Press the button of the first cell; return the time of the click."""
    button = _cells(page).first.get_by_role("button", name="Run cell")
    button.hover()
    clicked = time.perf_counter()
    button.click()
    return clicked


def first_output(bench: Bench) -> list[Figure]:
    """From the click on Run in a notebook that has no session, to the output."""
    seconds = []
    for _ in range(TIMES):
        page = _opened(bench, "6 * 7")
        clicked = _run(page)
        _cells(page).first.locator(".jp-OutputArea-output").get_by_text("42").wait_for()
        seconds.append(time.perf_counter() - clicked)
        page.context.close()
    first, *later = seconds
    work = f"click Run in a fresh notebook to its output, page open for {READING:.0f} s"
    return [
        Figure(work=f"{work}: first of the server", target="1 s", found=f"{first:.2f} s"),
        Figure(
            work=f"{work}: {len(later)} more, median (longest)",
            target="1 s",
            found=f"{statistics.median(later):.2f} s ({max(later):.2f} s)",
        ),
    ]


def many_outputs(bench: Bench) -> list[Figure]:
    """A notebook with text and pictures in its outputs, from its address to the first of them."""
    each = OUTPUT_BYTES // CELLS
    text = "".join(f"{n:6} a line of some output\n" for n in range(each // 31))
    picture = base64.b64encode(_png(each * 3 // 4)).decode()
    printed = {"output_type": "stream", "name": "stdout", "text": text}
    drawn = {"output_type": "display_data", "metadata": {}, "data": {"image/png": picture, "text/plain": "picture"}}
    cells = [code(n, f"cell({n})", drawn if n % 10 == 9 else printed) for n in range(CELLS)]
    address = bench.notebook(*cells)
    page = bench.page()
    began = time.perf_counter()
    page.goto(address, wait_until="commit")
    with pages.main_thread(page) as used:
        _cells(page).first.locator(".jp-OutputArea-output").first.wait_for()
        seconds, cpu = time.perf_counter() - began, used()
        _cells(page).first.locator(".jp-InputPrompt").click()
        page.keyboard.press("Escape")
        began = time.perf_counter()
        page.keyboard.press("ControlOrMeta+End")
        page.wait_for_function(IN_SIGHT, arg=f"cell({CELLS - 1})")
        end = time.perf_counter() - began
    longest = pages.longest_task(page)
    page.context.close()
    work = f"{CELLS} cells with {OUTPUT_BYTES / 1e6:.0f} MB of outputs"
    return [
        Figure(work=f"{work}: address to the first output", target="3 s", found=f"{seconds:.2f} s"),
        Figure(work=f"{work}: CPU of the main thread by then", target="", found=f"{cpu * 1_000:,.0f} ms"),
        Figure(work=f"{work}: from the first cell to the last, by keys", target="", found=f"{end:.2f} s"),
        Figure(work=f"{work}: longest task until then", target="", found=f"{longest:,.0f} ms"),
    ]


def _png(size: int) -> bytes:
    """A picture of about this many bytes, which cannot be made smaller."""
    side = max(8, round((size / 3) ** 0.5))
    rows = b"".join(b"\0" + os.urandom(side * 3) for _ in range(side))

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = zlib.crc32(kind + content).to_bytes(4, "big")
        return len(content).to_bytes(4, "big") + kind + content + check

    head = side.to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def printed_lines(bench: Bench, folder: Path) -> list[Figure]:
    """Lines that a cell prints: from the kernel's end to the state that the page shows."""
    page = _opened(bench, PRINTS.format(lines=LINES))
    with pages.main_thread(page) as used:
        clicked = _run(page)
        _cells(page).first.locator(STATE).wait_for()
        whole, shown, cpu = time.perf_counter() - clicked, time.time(), used()
    ended = float((folder / "workspaces" / bench.workspace / "end").read_text())
    longest = pages.longest_task(page)
    page.context.close()
    work = f"{LINES:,} printed lines"
    return [
        Figure(work=f"{work}: click to the end on the page", target="", found=f"{whole:.2f} s"),
        Figure(work=f"{work}: the code's end to the end on the page", target="5 s", found=f"{shown - ended:.2f} s"),
        Figure(work=f"{work}: CPU of the main thread", target="", found=f"{cpu * 1_000:,.0f} ms"),
        Figure(work=f"{work}: longest task", target="200 ms", found=f"{longest:,.0f} ms"),
    ]


HEAD = """# A notebook in the browser

`make bench ARGS=notebook` wrote this: Handloom in Chromium at 1440 x 900 on the server's own machine, each page in a
fresh profile. The first session of a server starts its kernel with the first open page, later ones have one waiting.
Pictures are a tenth of the outputs, the others are text.

"""


def markdown(figures: list[Figure]) -> str:
    lines = ["| work | at most | found |", "| --- | --: | --: |"]
    return "\n".join([*lines, *(f"| {one.work} | {one.target} | {one.found} |" for one in figures)]) + "\n"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make bench ARGS=notebook", description=__doc__)
    parser.add_argument("--dry", action="store_true", help="write nothing")
    given = parser.parse_args(arguments)
    machine = table.machine()
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    folder = WORK / "handloom"
    with servers.handloom(folder, "--no-auth") as server, sync_playwright() as playwright:
        names = ("chromium", "chromium-browser", "google-chrome")
        path = next((found for name in names if (found := shutil.which(name))), None)
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        bench = Bench(server, browser)
        figures: list[Figure] = []
        for part in (first_output, many_outputs, lambda one: printed_lines(one, folder)):
            figures += part(bench)
            print(f"  {figures[-1].work}: {figures[-1].found}", file=sys.stderr, flush=True)
        browser.close()
    text = markdown(figures)
    print(text)
    if not given.dry:
        Path(ROOT / "bench" / "NOTEBOOK.md").write_text(f"{HEAD}Machine: {machine}.\n\n{text}", encoding="utf-8")
    return 0
