"""What a page weighs in a real browser: CPU, DOM nodes, longest task, heap, requests when nobody does anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, Request

WATCH = """
window.longest = 0;
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) window.longest = Math.max(window.longest, one.duration);
}).observe({ entryTypes: ['longtask'] });
"""
"""Script of a page from its first moment on: notes the longest task in ms."""


def nodes(page: Page) -> int:
    found: int = page.evaluate("document.querySelectorAll('*').length")
    return found


def longest_task(page: Page) -> float:
    """Milliseconds of the longest task since the page was opened; 0 if none took 50 ms. The page needs `WATCH`."""
    found: float = page.evaluate("window.longest")
    return found


@contextmanager
def main_thread(page: Page) -> Iterator[Callable[[], float]]:
    """A function for the seconds of CPU that the main thread's tasks of the page have used, which other programs on the
    machine hardly change. It counts from now on, in the process that the page has now.
    """
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def used() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return next(float(one["value"]) for one in metrics if one["name"] == "TaskDuration")

    try:
        yield used
    finally:
        session.detach()


def heap(page: Page) -> float:
    """Bytes of JavaScript objects that are in use, after a collection."""
    session = page.context.new_cdp_session(page)
    try:
        session.send("HeapProfiler.collectGarbage")
        used: float = session.send("Runtime.getHeapUsage")["usedSize"]
    finally:
        session.detach()
    return used


def idle_requests(page: Page, seconds: float) -> list[str]:
    """URLs that the page asks for in this time, without anybody doing anything."""
    asked: list[str] = []

    def heard(request: Request) -> None:
        asked.append(request.url)

    page.on("request", heard)
    page.wait_for_timeout(seconds * 1000)
    page.remove_listener("request", heard)
    return asked
