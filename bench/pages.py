"""What a page weighs in a real browser: DOM nodes, longest task, heap, and requests when nobody does anything."""

from __future__ import annotations

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
