"""Links and tokens that end too early or too late: a scanner's look at a link, and tokens that breed tokens."""

from __future__ import annotations

import httpx

from running import Handloom


def test_a_scanner_s_look_at_a_sign_in_link_does_not_use_it_up(server: Handloom) -> None:
    link = server.new_sign_in_url()
    looked = httpx.head(link)
    assert (looked.status_code, "set-cookie" in looked.headers) == (200, False)
    assert "set-cookie" in httpx.get(link).headers


def test_a_token_made_by_a_token_does_not_outlive_it(server: Handloom) -> None:
    with server.client() as client:
        parent = client.post("/api/v1/tokens", json={"name": "parent", "expires_in_days": 2}).json()
    ends = parent["token"]["expires_at"]
    with server.client(parent["text"]) as client:
        for days, kept in ((None, ends), (365, ends), (1, None)):
            child = client.post("/api/v1/tokens", json={"name": f"child {days}", "expires_in_days": days}).json()
            assert child["token"]["expires_at"] <= ends
            assert kept is None or child["token"]["expires_at"] == kept
