"""The frame for scripts of outputs has an origin and a content security policy of its own."""

from __future__ import annotations

import httpx

from running import Handloom


def test_the_frame_for_outputs_is_sandboxed_and_has_no_network(server: Handloom) -> None:
    reply = httpx.get(f"{server.url}/output-frame")
    policy = reply.headers["content-security-policy"]
    assert reply.headers["content-type"].startswith("text/html")
    assert policy.startswith("sandbox allow-scripts allow-downloads;")
    assert "allow-same-origin" not in policy
    assert "default-src 'none'" in policy
    assert "connect-src data: blob:;" in policy
    assert "http" not in policy
    assert "set-cookie" not in reply.headers


def test_with_the_network_the_frame_is_still_sandboxed(server: Handloom) -> None:
    policy = httpx.get(f"{server.url}/output-frame?network=allowed").headers["content-security-policy"]
    assert policy.startswith("sandbox allow-scripts allow-downloads;")
    assert "allow-same-origin" not in policy
    assert "connect-src data: blob: https: wss:;" in policy
    assert "'self'" not in policy.replace("frame-ancestors 'self'", "")
